"""Writes the same rows as Parquet with each of the real writers.

    python write.py [--kept] DIRECTORY [WRITER ...]

Each writer makes DIRECTORY/WRITER/*.parquet, which hold the rows of `rows` in
order, DIRECTORY/WRITER/empty.parquet, which holds none, and a data set in
DIRECTORY/WRITER/hive/fecha=.../region=.../. With --kept there are few rows, and
only the files that the project keeps in kept/, so that tests without a Python
read each writer's.
"""

import datetime as dt
import decimal
import os
import shutil
import sys

ROWS = 60
KEPT_ROWS = 7
KEPT = {
    "pyarrow": ["brotli-v1", "delta", "int96", "empty"],
    "duckdb": ["snappy-v1", "zstd-v2", "empty", "hive"],
    "polars": ["lz4", "nanos", "empty"],
    "chdb": ["gzip-2", "bytes"],
    "arrow": ["zstd-file.arrow", "dictionary-stream.arrow", "polars-lz4.arrow", "empty-stream.arrow", "rows"],
    "spark": ["int96", "lz4", "v2", "empty", "hive"],
}
UTC = dt.timezone.utc


def rows():
    """The rows; parquet_writers_test.go makes the same."""
    out = []
    for i in range(ROWS):
        at = dt.datetime(2026, 11, 24, 12, tzinfo=UTC) + dt.timedelta(microseconds=(i - 30) * 86_399_123_456)
        row = {
            "id": i,
            "i8": i - 30,
            "i16": (i - 30) * 1000,
            "i32": (i - 30) * 70_000_000,
            "i64": (i - 30) * 300_000_000_000_000_000,
            "u8": 255 - i,
            "u16": 65535 - i,
            "u32": 4294967295 - i,
            "u64": 9223372036854775807 - i,
            "f32": i / 4,
            "f64": i / 7,
            "text": ["uno", "dos", "tres ñ", ""][i % 4],
            "unique": "text number %d" % i,
            "flag": i % 3 == 0,
            "day": (at - dt.timedelta(days=30000 if i == 0 else 0)).date(),
            "millis": at.replace(microsecond=at.microsecond // 1000 * 1000),
            "micros": at,
            "local": at.replace(tzinfo=None),
            "d9": decimal.Decimal((i - 30) * 12345).scaleb(-2),
            "d18": decimal.Decimal((i - 30) * 123456789012345).scaleb(-4),
            "d38": decimal.Decimal((i - 30) * 123456789012345).scaleb(-4),
            "whole": decimal.Decimal(i * 1000003),
        }
        row["list"] = [i, i + 1][: i % 3]
        row["pair"] = {"a": i, "b": str(i)}
        maybe = i % 5 != 0
        for name, of in {"n_i64": "i64", "n_f64": "f64", "n_text": "text", "n_flag": "flag",
                         "n_micros": "micros", "n_d18": "d18", "n_day": "day"}.items():
            row[name] = row[of] if maybe else None
        out.append(row)
    return out


def hive_rows():
    return [{"id": i, "fecha": dt.date(2026, 11, 20 + i % 3), "region": ["norte", "sur/este", None][i // 3 % 3]} for i in range(18)]


def arrow_schema(pa):
    d = pa.decimal128
    fields = [("id", pa.int64())]
    fields += [(k, t) for k, t in zip("i8 i16 i32 i64 u8 u16 u32 u64".split(),
               [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()])]
    fields += [("f32", pa.float32()), ("f64", pa.float64()), ("text", pa.string()), ("unique", pa.string()),
               ("flag", pa.bool_()), ("day", pa.date32()), ("millis", pa.timestamp("ms", "UTC")),
               ("micros", pa.timestamp("us", "UTC")), ("local", pa.timestamp("us")), ("d9", d(9, 2)), ("d18", d(18, 4)),
               ("d38", d(38, 4)), ("whole", d(12, 0)), ("list", pa.list_(pa.int64())),
               ("pair", pa.struct([("a", pa.int64()), ("b", pa.string())])), ("n_i64", pa.int64()), ("n_f64", pa.float64()),
               ("n_text", pa.string()), ("n_flag", pa.bool_()), ("n_micros", pa.timestamp("us", "UTC")), ("n_d18", d(18, 4)),
               ("n_day", pa.date32())]
    return pa.schema(fields)


def table():
    import pyarrow as pa

    return pa.Table.from_pylist(rows(), schema=arrow_schema(pa))


def hive_table():
    import pyarrow as pa

    return pa.Table.from_pylist(hive_rows(), schema=pa.schema([("id", pa.int64()), ("fecha", pa.date32()), ("region", pa.string())]))


def write_pyarrow(dir):
    import pyarrow as pa
    import pyarrow.parquet as pq

    t = table()
    nanos = t.set_column(t.schema.get_field_index("micros"), "micros", t["micros"].cast(pa.timestamp("ns", "UTC")))
    for codec in ("none", "snappy", "gzip", "zstd", "brotli", "lz4"):
        for version in ("1.0", "2.0"):
            pq.write_table(t, f"{dir}/{codec}-v{version[0]}.parquet", compression=codec, data_page_version=version, row_group_size=25, data_page_size=64)
    pq.write_table(nanos, f"{dir}/nanos.parquet", version="2.6")
    pq.write_table(t, f"{dir}/format1.parquet", version="1.0", store_schema=False)
    pq.write_table(t, f"{dir}/int96.parquet", use_deprecated_int96_timestamps=True)
    pq.write_table(t, f"{dir}/plain.parquet", use_dictionary=False)
    pq.write_table(t, f"{dir}/integers.parquet", store_decimal_as_integer=True)
    pq.write_table(t, f"{dir}/index.parquet", write_page_index=True, write_page_checksum=True, row_group_size=25)
    delta = {c: "DELTA_BINARY_PACKED" for c in ("i8", "i32", "i64", "u32", "u64", "micros", "day", "n_i64")}
    delta |= {"text": "DELTA_BYTE_ARRAY", "unique": "DELTA_BYTE_ARRAY", "n_text": "DELTA_LENGTH_BYTE_ARRAY", "f32": "BYTE_STREAM_SPLIT",
              "f64": "BYTE_STREAM_SPLIT", "d9": "BYTE_STREAM_SPLIT", "d38": "BYTE_STREAM_SPLIT", "flag": "RLE"}
    pq.write_table(t, f"{dir}/delta.parquet", use_dictionary=False, column_encoding=delta, data_page_version="2.0")
    large = t.set_column(t.schema.get_field_index("text"), "text", t["text"].dictionary_encode())
    pq.write_table(large, f"{dir}/dictionary.parquet")
    pq.write_table(t.slice(0, 0), f"{dir}/empty.parquet")
    pq.write_to_dataset(hive_table(), f"{dir}/hive", partition_cols=["fecha", "region"])


def write_duckdb(dir):
    import duckdb

    con = duckdb.connect()
    con.execute("set timezone = 'UTC'")
    arrow = table()
    con.register("rows", arrow)
    con.execute("create table t as select * from rows")
    for codec in ("uncompressed", "snappy", "gzip", "zstd", "brotli", "lz4_raw"):
        for version in ("v1", "v2"):
            con.execute(f"copy (select * from t order by id) to '{dir}/{codec}-{version}.parquet' (format parquet, compression {codec}, parquet_version {version})")
    con.execute(f"copy (select * replace (micros::timestamp_ns as micros) from t order by id) to '{dir}/nanos.parquet' (format parquet)")
    con.execute(f"copy (select * from t where false) to '{dir}/empty.parquet' (format parquet)")
    con.register("hive", hive_table())
    con.execute(f"copy (select * from hive) to '{dir}/hive' (format parquet, partition_by (fecha, region))")


def write_polars(dir):
    import polars as pl

    frame = pl.from_arrow(table())
    for codec in ("uncompressed", "snappy", "gzip", "zstd", "brotli", "lz4"):
        frame.write_parquet(f"{dir}/{codec}.parquet", compression=codec, row_group_size=25, data_page_size=64)
    frame.with_columns(pl.col("micros").dt.cast_time_unit("ns"), pl.col("text").cast(pl.Categorical)).write_parquet(f"{dir}/nanos.parquet")
    frame.write_parquet(f"{dir}/arrow.parquet", use_pyarrow=True)
    frame.head(0).write_parquet(f"{dir}/empty.parquet")
    hive = pl.from_arrow(hive_table())
    try:
        hive.write_parquet(f"{dir}/hive", partition_by=["fecha", "region"], mkdir=True)
    except TypeError:
        hive.write_parquet(f"{dir}/hive", partition_by=["fecha", "region"])


CLICKHOUSE = """id, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, text, unique, flag, day, millis, micros,
 local, d9, d18, d38, whole, list, pair, n_i64, n_f64, n_text, n_flag, n_micros, n_d18, n_day"""


def write_chdb(dir):
    import pyarrow.parquet as pq
    from chdb import session

    pq.write_table(table(), f"{dir}/in.tmp")
    pq.write_table(hive_table(), f"{dir}/hive.tmp")
    s = session.Session()
    types = """id Int64, i8 Int8, i16 Int16, i32 Int32, i64 Int64, u8 UInt8, u16 UInt16, u32 UInt32, u64 UInt64, f32 Float32, f64 Float64,
      text LowCardinality(String), unique String, flag Bool, day Date32, millis DateTime64(3, 'UTC'), micros DateTime64(6, 'UTC'),
      local DateTime64(6, 'UTC'), d9 Decimal(9,2), d18 Decimal(18,4), d38 Decimal(38,4), whole Decimal(12,0), list Array(Int64),
      pair Tuple(a Int64, b String), n_i64 Nullable(Int64), n_f64 Nullable(Float64), n_text Nullable(String), n_flag Nullable(Bool),
      n_micros Nullable(DateTime64(6, 'UTC')), n_d18 Nullable(Decimal(18,4)), n_day Nullable(Date32)"""
    s.query("create database if not exists d")
    s.query(f"create table d.t ({types}) engine = Memory")
    s.query(f"insert into d.t select {CLICKHOUSE} from file('{dir}/in.tmp', 'Parquet')")
    for codec in ("none", "snappy", "gzip", "zstd", "brotli", "lz4"):
        for version in ("1.0", "2.4"):
            s.query(f"select * from d.t order by id into outfile '{dir}/{codec}-{version[0]}.parquet' format Parquet settings "
                    f"output_format_parquet_compression_method='{codec}', output_format_parquet_version='{version}', output_format_parquet_row_group_size=25")
    s.query(f"select * replace (toDateTime64(micros, 9, 'UTC') as micros) from d.t order by id into outfile '{dir}/nanos.parquet' format Parquet")
    s.query(f"select * from d.t order by id into outfile '{dir}/bytes.parquet' format Parquet settings output_format_parquet_string_as_string=0")
    s.query(f"select * from d.t where id < 0 into outfile '{dir}/empty.parquet' format Parquet")
    for day in ("2026-11-20", "2026-11-21", "2026-11-22"):
        os.makedirs(f"{dir}/hive/fecha={day}")
        s.query(f"select id, region from file('{dir}/hive.tmp', 'Parquet') where fecha = '{day}' into outfile '{dir}/hive/fecha={day}/0.parquet' format Parquet")
    s.close()
    os.remove(f"{dir}/in.tmp")
    os.remove(f"{dir}/hive.tmp")


def write_spark(dir):
    import pyarrow.parquet as pq
    from pyspark.sql import SparkSession

    os.environ["TZ"] = "UTC"
    spark = (SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").config("spark.sql.session.timeZone", "UTC")
             .config("spark.driver.memory", "1g").config("spark.sql.parquet.int96RebaseModeInWrite", "CORRECTED")
             .config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1").getOrCreate())
    spark.sparkContext.setLogLevel("ERROR")
    pq.write_table(table(), f"{dir}/in.tmp", version="2.6")
    pq.write_table(hive_table(), f"{dir}/hive.tmp")
    frame = spark.read.parquet(f"{dir}/in.tmp").coalesce(1).orderBy("id").coalesce(1)

    def one(name, frame, **options):
        writer = frame.coalesce(1).write.mode("overwrite")
        for k, v in options.items():
            writer = writer.option(k, v)
        writer.parquet(f"{dir}/{name}.dir")

    for codec in ("none", "snappy", "gzip", "zstd", "lz4_raw", "lz4"):
        try:
            one(codec, frame, compression=codec)
        except Exception as e:  # a codec that this Spark doesn't have
            print("spark:", codec, str(e).splitlines()[0], file=sys.stderr)
            shutil.rmtree(f"{dir}/{codec}.dir", ignore_errors=True)
    for name, settings in {
        "micros": {"spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS"},
        "millis": {"spark.sql.parquet.outputTimestampType": "TIMESTAMP_MILLIS"},
        "int96": {"spark.sql.parquet.outputTimestampType": "INT96"},
        "legacy": {"spark.sql.parquet.writeLegacyFormat": "true"},
    }.items():
        for k, v in settings.items():
            spark.conf.set(k, v)
        one(name, frame)
        for k in settings:
            spark.conf.unset(k)
    one("v2", frame, **{"parquet.writer.version": "v2"})
    one("empty", frame.limit(0))
    spark.read.parquet(f"{dir}/hive.tmp").write.partitionBy("fecha", "region").parquet(f"{dir}/hive")
    spark.stop()
    # Spark writes a directory of parts: one part here.
    for name in os.listdir(dir):
        if name.endswith(".dir"):
            parts = [p for p in sorted(os.listdir(f"{dir}/{name}")) if p.endswith(".parquet")]
            assert len(parts) == 1, (name, parts)
            os.replace(f"{dir}/{name}/{parts[0]}", f"{dir}/{name[:-4]}.parquet")
            shutil.rmtree(f"{dir}/{name}")
    os.remove(f"{dir}/in.tmp")
    os.remove(f"{dir}/hive.tmp")


def write_arrow(dir):
    """Arrow files and streams of the same rows, and one Parquet file to compare with."""
    import polars as pl
    import pyarrow as pa
    import pyarrow.parquet as pq

    t = table()
    text = t.schema.get_field_index("text")
    dictionary = t.set_column(text, "text", t["text"].dictionary_encode()).set_column(
        t.schema.get_field_index("n_text"), "n_text", t["n_text"].dictionary_encode())
    nanos = t.set_column(t.schema.get_field_index("micros"), "micros", t["micros"].cast(pa.timestamp("ns", "UTC")))
    large = t.set_column(text, "text", t["text"].cast(pa.large_string())).set_column(
        t.schema.get_field_index("unique"), "unique", t["unique"].cast(pa.string_view()))
    for name, rows, codec in (("plain", t, None), ("lz4", t, "lz4"), ("zstd", dictionary, "zstd"), ("dictionary", dictionary, None),
                              ("nanos", nanos, None), ("large", large, None), ("empty", t.slice(0, 0), None)):
        options = pa.ipc.IpcWriteOptions(compression=codec)
        with pa.ipc.new_file(f"{dir}/{name}-file.arrow", rows.schema, options=options) as w:
            w.write_table(rows, max_chunksize=25)
        with pa.ipc.new_stream(f"{dir}/{name}-stream.arrow", rows.schema, options=options) as w:
            w.write_table(rows, max_chunksize=25)
    frame = pl.from_arrow(t)
    for codec in ("uncompressed", "lz4", "zstd"):
        frame.write_ipc(f"{dir}/polars-{codec}.arrow", compression=codec)
        frame.write_ipc_stream(f"{dir}/polars-{codec}-stream.arrow", compression=codec)
    frame.with_columns(pl.col("text").cast(pl.Categorical)).write_ipc(f"{dir}/polars-categorical.arrow")
    pq.write_table(t, f"{dir}/rows.parquet")


WRITERS = {name[len("write_"):]: f for name, f in list(globals().items()) if name.startswith("write_")}



def keep(dir, names):
    """Removes what isn't kept, and the hidden files of checksums."""
    for name in os.listdir(dir):
        path = os.path.join(dir, name)
        if name.removesuffix(".parquet") not in names:
            shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
    for base, _, files in os.walk(dir):
        for name in files:
            if name.endswith(".crc"):
                os.remove(os.path.join(base, name))


if __name__ == "__main__":
    arguments = sys.argv[1:]
    kept = "--kept" in arguments
    if kept:
        arguments.remove("--kept")
        ROWS = KEPT_ROWS
    for name in arguments[1:] or WRITERS:
        dir = os.path.join(arguments[0], name)
        os.makedirs(dir)
        WRITERS[name](dir)
        if kept:
            keep(dir, KEPT[name])
