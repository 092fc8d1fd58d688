package source

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// peers reads our file with pyarrow and DuckDB, as a plain glob, checks the
// types, and has both write it anew in several ways.
const peers = `
import sys, duckdb, pyarrow as pa, pyarrow.parquet as pq
dir = sys.argv[1]
t = pq.read_table(dir + '/ours/day/file.parquet', partitioning=None)
types = {f.name: str(f.type) for f in t.schema}
assert types['at'] == 'timestamp[us, tz=UTC]', types
assert types['name'] == 'string' and types['flag'] == 'bool' and types['big'] == 'int64', types
assert types['ratio'] == 'double' and types['price'] == 'decimal128(18, 2)', types
assert types['_partition'] == 'int32' and types['_offset'] == 'int64', types
assert types['props'].startswith('struct<tags:') and types['props'].endswith('inner: struct<depth: int64 not null> not null>'), types
assert pa.types.is_timestamp(t.schema.field('seen').type) and t.schema.field('seen').nullable and not t.schema.field('at').nullable
con = duckdb.connect()
con.execute("set timezone = 'UTC'")
glob = dir + '/ours/*/*.parquet'
described = {r[0]: r[1] for r in con.execute(f"describe select * from read_parquet('{glob}', hive_partitioning=false)").fetchall()}
assert described['at'] == 'TIMESTAMP WITH TIME ZONE' and described['price'] == 'DECIMAL(18,2)', described
assert described['name'] == 'VARCHAR' and described['_partition'] == 'INTEGER', described
assert con.execute(f"select count(*), min(_offset) from read_parquet('{glob}')").fetchone() == (t.num_rows, 500)
low = con.execute(f"select min(big), count(note), count(distinct name) from read_parquet('{glob}')").fetchone()
import pyarrow.compute as pc
assert low == (pc.min(t['big']).as_py(), pc.count(t['note']).as_py(), pc.count_distinct(t['name']).as_py()), low
assert con.execute(f"select count(*) from read_parquet('{glob}') t where t.at < '1971-01-01'").fetchone()[0] == \
    sum(v.as_py().year < 1971 for v in t['at'])
pq.write_table(t, dir + '/arrow.parquet')
pq.write_table(t, dir + '/arrow_gzip_v2.parquet', compression='gzip', data_page_version='2.0', use_dictionary=False, row_group_size=70)
pq.write_table(t, dir + '/arrow_lz4.parquet', compression='lz4', version='1.0', store_schema=False, data_page_size=100)
pq.write_table(t, dir + '/arrow_delta.parquet', compression='zstd', use_dictionary=False, column_encoding={
    'at': 'DELTA_BINARY_PACKED', 'name': 'DELTA_BYTE_ARRAY', 'note': 'DELTA_LENGTH_BYTE_ARRAY', 'ratio': 'BYTE_STREAM_SPLIT', 'big': 'BYTE_STREAM_SPLIT'})
for codec in ('snappy', 'zstd', 'uncompressed', 'lz4_raw', 'gzip'):
    for version in ('V1', 'V2'):
        con.execute(f"copy (select * from read_parquet('{glob}') order by _offset) to '{dir}/duckdb_{codec}_{version}.parquet' (format parquet, compression {codec}, parquet_version {version})")
`

func TestParquetPeers(t *testing.T) {
	python := pythonForTests(t)
	var events []wide
	for i := range 200 {
		at := time.Date(1900+i, 2, 3, 4, 5, 6, 789_000, time.UTC)
		w := wide{At: at, Name: []string{"", "uno", "dos"}[i%3], Flag: i%2 == 0, Small: int8(i), Unsigned: 1<<32 - 1 - uint32(i),
			Big: int64(i) << 50, Ratio: float64(i) / 7, Price: int64(i)*101 - 5000}
		if i%3 > 0 {
			note, n, f, b, refund := w.Name+" ñ", int64(-i), float32(i)/3, i%2 == 1, int64(i)
			w.Note, w.Count, w.Single, w.Maybe, w.Refund, w.Seen = &note, &n, &f, &b, &refund, &at
		}
		w.Props.Tags = []string{"a", w.Name}
		w.Props.Inner.Depth = i
		events = append(events, w)
	}
	chunk := build(t, 2, 500, events...)
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "ours", "day"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "ours", "day", "file.parquet"), write(t, 64, chunk), 0o644))
	out, err := exec.Command(python, "-c", peers, dir).CombinedOutput()
	require.NoError(t, err, string(out))

	paths, err := filepath.Glob(filepath.Join(dir, "*.parquet"))
	require.NoError(t, err)
	require.Len(t, paths, 14)
	want := cellsOf(chunk)
	for _, path := range paths {
		body, err := os.ReadFile(path)
		require.NoError(t, err)
		got := readAll[wide](t, body, ParquetOptions{})
		require.Equal(t, want.offsets, got.offsets, path)
		for i := range chunk.Columns {
			require.Equal(t, want.columns[i], got.columns[i], "%s: %s", path, chunk.Schema.Columns[i].Name)
		}
	}
}
