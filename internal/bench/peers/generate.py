"""Generates a month of a shop's events, the same for the same rows and seed.

    generate.py ROWS DIR [SEED]

DIR/zstd     hive-partitioned by fecha, one file a day in order of arrival, pyarrow, zstd 3
DIR/sorted   a fifth of it, each day sorted by user, row groups of 64Ki, snappy, pages of version 2
DIR/nulls    a fifth of it, with nulls in a text, two integers and a bool, and with a list and a struct that
             no question asks for; Polars' writer, one directory
DIR/raw      the columns as little-endian arrays, names.txt with the texts of codes
"""
import os
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

DAYS = 30
DAY = 86_400_000_000
START = 1_746_057_600_000_000  # 2025-05-01 in microseconds
EVENTS = ["view", "click", "add_to_cart", "purchase", "search", "wishlist"]
EVENT_WEIGHTS = [0.55, 0.22, 0.09, 0.03, 0.08, 0.03]
PURCHASE = 3
CATEGORIES = (
    "electronica moda_mujer moda_hombre hogar deportes belleza juguetes libros alimentacion bebidas mascotas bebe "
    "jardin automocion ferreteria musica cine videojuegos informatica telefonia fotografia joyeria relojes calzado "
    "equipaje oficina arte salud farmacia instrumentos"
).split()
REGIONS = "norte sur este oeste centro levante islas internacional".split()
USERS = 5_000_000
PRODUCTS_EACH = 3_333  # of each category
SESSION_MEAN = 3.0
LATE_MEAN = 1.5e6  # microseconds: about 0.13 % come more than 10 s late


def sessions(rng, rows):
    """Lengths, users, start times, categories and identifiers of enough sessions for so many rows."""
    lengths = rng.geometric(1 / SESSION_MEAN, int(rows / SESSION_MEAN * 1.02) + 1000)
    lengths = lengths[: int(np.searchsorted(np.cumsum(lengths), rows)) + 1]
    n = len(lengths)
    rank = np.minimum((USERS * rng.random(n) ** 2).astype(np.int64), USERS - 1)  # few users come often
    user = 1 + (rank * 24_036_583) % 39_999_983
    by_hour = np.array([2, 1, 1, 1, 1, 2, 3, 5, 6, 7, 7, 7, 6, 6, 6, 6, 6, 7, 8, 9, 10, 9, 7, 4], float)
    weights = np.tile(by_hour, DAYS) * np.repeat([1.15 if (d + 3) % 7 in (5, 6) else 1.0 for d in range(DAYS)], 24)
    hour = rng.choice(DAYS * 24, n, p=weights / weights.sum())
    start = START + hour * 3_600_000_000 + rng.integers(0, 3_600_000_000, n)
    category = rng.choice(len(CATEGORIES), n, p=zipf()).astype(np.uint8)
    return lengths, user, start, category, rng.integers(0, 2**63, n, dtype=np.uint64)


def zipf():
    weights = 1 / np.arange(1, len(CATEGORIES) + 1) ** 0.8
    return weights / weights.sum()


def events(rng, rows):
    """The columns, in order of arrival."""
    lengths, user, start, category, session = sessions(rng, rows)
    of = np.repeat(np.arange(len(lengths)), lengths)[:rows]
    first = np.flatnonzero(np.diff(of, prepend=-1))
    gap = rng.exponential(40e6, rows).astype(np.int64)
    gap[first] = 0
    since = np.cumsum(gap)
    since -= np.repeat(since[first], np.diff(np.append(first, rows)))
    ts = np.minimum(start[of] + since, START + DAYS * DAY - 1)
    late = np.minimum(rng.exponential(LATE_MEAN, rows), 60e6).astype(np.int64)
    order = np.argsort(ts + late, kind="stable")
    ts, of = ts[order], of[order]

    cat = category[of]
    strays = rng.random(rows) < 0.25
    cat[strays] = rng.choice(len(CATEGORIES), int(strays.sum()), p=zipf())
    ev = rng.choice(len(EVENTS), rows, p=EVENT_WEIGHTS).astype(np.uint8)
    prod = cat.astype(np.int64) * PRODUCTS_EACH + (PRODUCTS_EACH * rng.random(rows) ** 2).astype(np.int64)
    bought = ev == PURCHASE
    qty = np.zeros(rows, np.int32)
    qty[bought] = rng.geometric(0.7, int(bought.sum()))
    rev = (100 + (prod * 2_654_435_761) % 24_989) * qty
    region = ((user * 2_654_435_761) >> 7) % len(REGIONS)
    return dict(ts=ts, user=user[of], ev=ev, cat=cat, rev=rev.astype(np.int64), reg=region[of].astype(np.uint8),
                prod=prod, qty=qty, sid=session[of])


def texts(codes, names):
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int8)), pa.array(names)).cast(pa.string())


def hexadecimal(numbers):
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    halves = numbers.astype(">u8").view(np.uint8).reshape(-1, 8)
    out = np.empty((len(halves), 16), np.uint8)
    out[:, 0::2], out[:, 1::2] = digits[halves >> 4], digits[halves & 15]
    offsets = np.arange(len(halves) + 1, dtype=np.int32) * 16
    return pa.StringArray.from_buffers(len(halves), pa.py_buffer(offsets), pa.py_buffer(out.tobytes()))


def table(c, rows):
    return pa.table({
        "ts": pa.array(c["ts"][rows], pa.timestamp("us", tz="UTC")), "user_id": c["user"][rows],
        "event_type": texts(c["ev"][rows], EVENTS), "session_id": hexadecimal(c["sid"][rows]),
        "categoria": texts(c["cat"][rows], CATEGORIES), "region": texts(c["reg"][rows], REGIONS),
        "product_id": c["prod"][rows], "revenue": c["rev"][rows], "quantity": c["qty"][rows],
    })


def file_of(out, kind, day):
    directory = f"{out}/{kind}/fecha={np.datetime64('2025-05-01') + day}"
    os.makedirs(directory, exist_ok=True)
    return directory + "/part-0.parquet"


def write_days(c, out):
    day = ((c["ts"] - START) // DAY).astype(np.int8)
    for d in range(DAYS):
        rows = np.flatnonzero(day == d)
        pq.write_table(table(c, rows), file_of(out, "zstd", d), compression="zstd", compression_level=3,
                       row_group_size=256 * 1024, store_schema=False,
                       use_dictionary=["event_type", "categoria", "region", "product_id", "revenue", "quantity", "user_id"])
        few = rows[::5]
        few = few[np.argsort(c["user"][few], kind="stable")]
        pq.write_table(table(c, few), file_of(out, "sorted", d), compression="snappy", data_page_version="2.0",
                       row_group_size=64 * 1024, write_page_index=True)


def write_nulls(rng, c, out):
    import polars as pl
    t = pl.from_arrow(table(c, np.arange(0, len(c["ts"]), 5)))
    absent = lambda share: pl.Series(rng.random(t.height) < share)
    t = t.with_columns(
        region=pl.when(~absent(0.05)).then("region"), revenue=pl.when(~absent(0.1)).then("revenue"),
        user_id=pl.when(~absent(0.3)).then("user_id"), app=pl.when(~absent(0.01)).then(pl.Series(rng.random(t.height) < 0.4)))
    t = t.with_columns(tags=pl.concat_list("event_type", "region"), place=pl.struct("region", "quantity"))
    t = t.select("tags", "place", pl.exclude("tags", "place"))
    os.makedirs(out + "/nulls", exist_ok=True)
    for i, part in enumerate(t.iter_slices(-(-t.height // 4))):
        part.write_parquet(f"{out}/nulls/part-{i}.parquet", row_group_size=256 * 1024)


def main():
    rows, out = int(sys.argv[1]), sys.argv[2]
    rng = np.random.default_rng(int(sys.argv[3]) if len(sys.argv) > 3 else 42)
    c = events(rng, rows)
    os.makedirs(out + "/raw", exist_ok=True)
    for name, column in c.items():
        column.tofile(f"{out}/raw/{name}.bin")
    with open(out + "/raw/names.txt", "w") as names:
        names.writelines(",".join(n) + "\n" for n in (EVENTS, CATEGORIES, REGIONS))
    write_days(c, out)
    write_nulls(rng, c, out)
    print(f"{rows} rows, {len(np.unique(c['sid']))} sessions, {len(np.unique(c['user']))} users, {int((c['ev'] == PURCHASE).sum())} purchases")


main()
