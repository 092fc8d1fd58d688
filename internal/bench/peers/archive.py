"""Peers at writing Parquet from columns in memory: one core, all columns of the events.

    archive.py [-rounds N] [-rows N] DIR     DIR holds zstd; lines (measure.Line) of speed and of size
"""
import argparse
import os
import tempfile

os.environ["POLARS_MAX_THREADS"] = "1"  # read when polars is loaded

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

import lines

ROW_GROUP = 256 * 1024
DICTIONARIES = ["event_type", "categoria", "region", "revenue", "quantity"]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("-rounds", type=int, default=5)
    p.add_argument("-rows", type=int, default=2_000_000)
    p.add_argument("-json", action="store_true", help="always so")
    p.add_argument("directory")
    a = p.parse_args()
    connection = duckdb.connect()
    connection.execute("set threads=1")
    connection.execute(f"""create table events as select * exclude (fecha) from
        read_parquet('{a.directory}/zstd/*/*.parquet', hive_partitioning=true) limit {a.rows}""")
    table = connection.sql("select * from events").to_arrow_table()
    frame = pl.from_arrow(table)
    pa.set_cpu_count(1)

    with tempfile.TemporaryDirectory() as directory:
        path = directory + "/events.parquet"
        writers = [
            ("DuckDB", duckdb.__version__, lambda: connection.execute(
                f"copy events to '{path}' (format parquet, compression zstd, compression_level 1, row_group_size {ROW_GROUP})")),
            ("pyarrow", pa.__version__, lambda: pq.write_table(
                table, path, compression="zstd", compression_level=1, row_group_size=ROW_GROUP, use_dictionary=DICTIONARIES)),
            ("Polars", pl.__version__, lambda: frame.write_parquet(
                path, compression="zstd", compression_level=1, row_group_size=ROW_GROUP)),
        ]

        def run(write):
            write()
            return str(pq.read_metadata(path).num_rows)

        lines.interleave(a.rounds, "M rows/s", table.num_rows, [
            ("archive, zstd 1", who, version, lambda write=write: run(write)) for who, version, write in writers])
        for who, version, write in writers:
            write()
            lines.tell("archive, zstd 1: size", who, version, "B/row", [os.path.getsize(path) / table.num_rows], str(table.num_rows))


main()
