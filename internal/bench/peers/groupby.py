"""Peers at the stream's work: tumbling windows of five minutes by user, over the raw columns in memory.

    groupby.py [-rounds N] [-rows N] DIR     DIR holds raw; a line (measure.Line) for each work and engine

They are batch engines on one core, which see all events at once: the bar is
higher than a stream processor's.
"""
import argparse
import os

os.environ["POLARS_MAX_THREADS"] = "1"  # read when polars is loaded

import duckdb
import numpy as np
import polars as pl

import lines

WINDOW = 300_000_000  # microseconds
PURCHASE = 3


def main():
    p = argparse.ArgumentParser()
    p.add_argument("-rounds", type=int, default=5)
    p.add_argument("-rows", type=int, default=-1)
    p.add_argument("-json", action="store_true", help="always so")
    p.add_argument("directory")
    a = p.parse_args()
    types = dict(ts=np.int64, user=np.int64, ev=np.uint8, rev=np.int64)
    frame = pl.DataFrame({c: np.fromfile(f"{a.directory}/raw/{c}.bin", t, a.rows) for c, t in types.items()})
    connection = duckdb.connect()
    connection.execute("set threads=1")
    connection.register("columns", frame.to_arrow())
    connection.execute("create table events as select * from columns")

    def by_polars(purchases):
        lazy = frame.lazy()
        if purchases:
            lazy = lazy.filter(pl.col("ev") == PURCHASE)
        r = lazy.group_by((pl.col("ts") // WINDOW).alias("window"), "user").agg(pl.col("rev").sum(), pl.len())
        r = r.collect(engine="streaming")
        return f"{r['rev'].sum()} {r['len'].sum()}"

    def by_duckdb(purchases):
        revenue, events = connection.execute(f"""
            select sum(s)::bigint, sum(c)::bigint from (
                select ts // {WINDOW} w, user, sum(rev) s, count(*) c from events
                {f'where ev = {PURCHASE}' if purchases else ''} group by 1, 2)""").fetchone()
        return f"{revenue} {events}"

    lines.interleave(a.rounds, "M events/s", frame.height, [
        (f"stream, {name}", who, version, lambda run=run, purchases=purchases: run(purchases))
        for name, purchases in (("purchases", True), ("all events", False))
        for who, version, run in (("Polars", pl.__version__, by_polars), ("DuckDB", duckdb.__version__, by_duckdb))])


main()
