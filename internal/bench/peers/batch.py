"""A peer at batch group-bys over Parquet, by the protocol of internal/bench/doc.go.

    batch.py ENGINE DIR                      a worker: one question on each line of its input
    batch.py ENGINE -json [-exact] -by … DIR one question, its rows as JSON on the output

ENGINE is duckdb, polars, chdb or datafusion. Each has two threads (or -threads)
and the settings that served it best; each gives its whole result as columns in
memory, so that no optimiser can leave out what isn't looked at.
"""
import argparse
import os
import shlex
import sys
import time

NAMED = {
    "seed": "-by fecha,categoria -agg distinct:user_id,sum:revenue,countif:event_type:purchase",
    "approx": "-by fecha,categoria -agg approx:user_id,sum:revenue,countif:event_type:purchase",
    "global": "-by categoria -agg distinct:user_id",
    "gapprox": "-by categoria -agg approx:user_id",
    "sum": "-by fecha,categoria -agg count,sum:revenue,countif:event_type:purchase",
}


def arguments(words):
    p = argparse.ArgumentParser()
    p.add_argument("-by", default="")
    p.add_argument("-agg", default="count")
    p.add_argument("-where", action="append", default=[])
    return question(p.parse_args(words))


def question(q):
    q.by = [k for k in q.by.split(",") if k]
    q.aggregates = q.agg.split(",")
    q.conditions = [condition(c) for c in q.where]
    return q


def condition(text):
    for op in ("!=", ">=", "<=", "=", ">", "<"):
        column, found, value = text.partition(op)
        if found:
            return column, op, int(value) if value.lstrip("-").isdigit() else value
    raise ValueError(f"-where {text}: no comparison in it")


def literal(value):
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


class SQL:
    """What the engines that speak SQL share; the words that differ are below."""

    distinct, approx = "count(distinct {0})", "approx_count_distinct({0})"
    exact_quantile = quantile = ""

    def text(self, q, exact):
        columns = q.by + [self.aggregate(a, exact) + f' as "{a}"' for a in q.aggregates]
        sql = f"select {', '.join(columns)} from {self.table}"
        if q.conditions:
            sql += " where " + " and ".join(f"{c} {op} {literal(v)}" for c, op, v in q.conditions)
        if q.by:
            sql += " group by " + ", ".join(q.by)
        return sql

    def aggregate(self, a, exact):
        kind, *of = a.split(":")
        if kind == "count":
            return "count(*)"
        if kind == "countif":
            return f"count(case when {of[0]}={literal(of[1])} then 1 end)"
        if kind == "mean":
            return f"avg({of[0]})"
        if kind in ("sum", "min", "max"):
            return f"{kind}({of[0]})"
        if kind == "distinct" or kind == "approx" and exact:
            return self.distinct.format(*of)
        if kind == "approx":
            return self.approx.format(*of)
        if kind == "quantile":
            return (self.exact_quantile if exact and self.exact_quantile else self.quantile).format(*of)
        raise NotImplementedError(f"{type(self).__name__} has no {kind}")


class DuckDB(SQL):
    approx = "approx_count_distinct({0})"
    quantile, exact_quantile = "approx_quantile({0}, {1})", "quantile_disc({0}, {1})"

    def __init__(self, directory, threads):
        import duckdb
        self.version = duckdb.__version__
        self.connection = duckdb.connect()
        self.connection.execute(f"set threads={threads}")
        self.connection.execute("set preserve_insertion_order=false")
        self.table = f"read_parquet('{directory}/**/*.parquet', hive_partitioning=true, hive_types_autocast=false)"

    def aggregate(self, a, exact):
        kind, *of = a.split(":")
        if kind == "topk":
            return f"approx_top_k({of[0]}, {of[1]})"
        if kind == "sum":
            return f"sum({of[0]})::bigint"  # not a 128-bit one, which Arrow gives as a decimal
        return super().aggregate(a, exact)

    def run(self, q, exact):
        return self.connection.sql(self.text(q, exact)).to_arrow_table()


class Chdb(SQL):
    # uniqCombined(14) errs as much as others' 2^14 registers, and is the fastest of its kind.
    distinct, approx = "uniqExact({0})", "uniqCombined(14)({0})"
    quantile, exact_quantile = "quantileDD(0.01, {1})({0})", "quantileExact({1})({0})"

    def __init__(self, directory, threads):
        from chdb import session
        import chdb
        self.version = chdb.engine_version if hasattr(chdb, "engine_version") else chdb.__version__
        self.session = session.Session()
        self.table = f"file('{directory}/**/*.parquet', Parquet)"
        self.settings = f" settings max_threads={threads}, use_hive_partitioning=1, use_query_cache=0, output_format_arrow_string_as_string=1"

    def aggregate(self, a, exact):
        kind, *of = a.split(":")
        if kind == "topk":
            return f"topK({of[1]})({of[0]})"
        if kind == "countif":
            return f"countIf({of[0]}={literal(of[1])})"
        return super().aggregate(a, exact)

    def run(self, q, exact):
        return self.session.query(self.text(q, exact) + self.settings, "ArrowTable")


class DataFusion(SQL):
    approx = "approx_distinct({0})"
    quantile = "approx_percentile_cont({1}) within group (order by {0})"
    table = "events"

    def __init__(self, directory, threads):
        import datafusion
        import pyarrow
        self.version = datafusion.__version__
        config = datafusion.SessionConfig().with_target_partitions(threads)
        config = config.set("datafusion.execution.parquet.pushdown_filters", "true")
        self.context = datafusion.SessionContext(config)
        partitions = [(name.split("=")[0], pyarrow.string()) for name in sorted(os.listdir(directory))[:1] if "=" in name]
        self.context.register_parquet("events", directory, table_partition_cols=partitions)

    def aggregate(self, a, exact):
        kind, *of = a.split(":")
        if kind == "mean":
            return f"avg(cast({of[0]} as double))"
        return super().aggregate(a, exact)

    def run(self, q, exact):
        return self.context.sql(self.text(q, exact)).to_arrow_table()


class Polars:
    def __init__(self, directory, threads):
        os.environ["POLARS_MAX_THREADS"] = str(threads)
        import polars
        self.pl, self.version = polars, polars.__version__
        self.files, self.hive = f"{directory}/**/*.parquet", any("=" in n for n in os.listdir(directory))
        # Whoever knows his data drops no nulls where there are none.
        nulls = polars.scan_parquet(self.files).head(10_000).select(polars.all().null_count()).collect()
        self.nullable = {c for c in nulls.columns if nulls[c][0]}

    def run(self, q, exact):
        pl = self.pl
        schema = {"fecha": pl.String} if self.hive else None
        frame = pl.scan_parquet(self.files, hive_partitioning=self.hive, hive_schema=schema)
        for column, op, value in q.conditions:
            c = pl.col(column)
            frame = frame.filter({"=": c == value, "!=": c != value, ">=": c >= value,
                                  "<=": c <= value, ">": c > value, "<": c < value}[op])
        columns = [self.aggregate(a, exact).alias(a) for a in q.aggregates]
        frame = frame.group_by(q.by).agg(columns) if q.by else frame.select(columns)
        return frame.collect(engine="streaming")

    def aggregate(self, a, exact):
        pl = self.pl
        kind, *of = a.split(":")
        if kind == "count":
            return pl.len()
        c = pl.col(of[0])
        if kind == "countif":
            return (c == of[1]).sum()
        if kind == "distinct" or kind == "approx" and exact:
            c = c.drop_nulls() if of[0] in self.nullable else c  # null counts as a value
            return c.n_unique()
        if kind == "approx":
            c = c.drop_nulls() if of[0] in self.nullable else c
            return c.approx_n_unique()
        if kind == "quantile":
            return c.quantile(float(of[1]), "nearest")
        if kind == "topk":
            return c.value_counts(sort=True).struct.field(of[0]).head(int(of[1])).implode()
        return getattr(c, kind)()


ENGINES = {"duckdb": DuckDB, "polars": Polars, "chdb": Chdb, "datafusion": DataFusion}


def columns(result, name):
    """The rows' number, and the sum of one column of them."""
    if hasattr(result, "height"):
        return result.height, result[name].sum()
    import pyarrow.compute
    return result.num_rows, pyarrow.compute.sum(result.column(name)).as_py()


def peak_mib():
    """Resident memory's peak: by /proc where it's there, since getrusage's starts at the parent's."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024
    except OSError:
        import resource
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def serve(engine):
    print("ready", engine.version, flush=True)
    for line in sys.stdin:
        question = line.strip()
        if not question:
            return
        try:
            q = arguments(shlex.split(NAMED.get(question, question)))
            cpu, wall = time.process_time(), time.perf_counter()
            result = engine.run(q, False)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            rows, total = columns(result, q.aggregates[0])
            del result
            print(f"{wall:.4f} {cpu:.4f} {peak_mib():.0f} {rows} {total}", flush=True)
        except NotImplementedError as e:
            print("ERR can't:", e, flush=True)
        except Exception as e:
            print("ERR", " ".join(repr(e).split())[:300], flush=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("engine", choices=ENGINES)
    p.add_argument("-json", action="store_true", help="print one question's rows")
    p.add_argument("-exact", action="store_true", help="exact answers in place of sketches")
    p.add_argument("-by", default="")
    p.add_argument("-agg", default="count")
    p.add_argument("-where", action="append", default=[])
    p.add_argument("-threads", type=int, default=2)
    p.add_argument("directory")
    own = p.parse_args()
    # Read by the libraries when they are loaded.
    for variable in ("POLARS_MAX_THREADS", "TOKIO_WORKER_THREADS", "RAYON_NUM_THREADS"):
        os.environ[variable] = str(own.threads)
    engine = ENGINES[own.engine](own.directory, own.threads)
    if not own.json:
        return serve(engine)
    import polars
    result = engine.run(question(own), own.exact)
    if not hasattr(result, "height"):
        result = polars.from_arrow(result)
    result.write_ndjson(sys.stdout.buffer)


main()
