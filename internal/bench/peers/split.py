"""Splits the first rows of the generated events into ever more files.

    split.py DIR OUT FILES ROWS
"""
import glob
import os
import sys

import pyarrow as pa
import pyarrow.parquet as pq


def main():
    directory, out, files, rows = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    tables, have = [], 0
    for path in sorted(glob.glob(f"{directory}/zstd/*/*.parquet")):
        tables.append(pq.ParquetFile(path).read())
        have += tables[-1].num_rows
        if have >= rows:
            break
    table = pa.concat_tables(tables).slice(0, rows)
    out += "/fecha=2025-05-01"
    os.makedirs(out)
    for i in range(files):
        begin, end = table.num_rows * i // files, table.num_rows * (i + 1) // files
        pq.write_table(table.slice(begin, end - begin), f"{out}/part-{i:05}.parquet", compression="zstd",
                       compression_level=3, row_group_size=256 * 1024, store_schema=False)


main()
