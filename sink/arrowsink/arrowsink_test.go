package arrowsink_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/sink/arrowsink"
	"github.com/anabranch-go/anabranch/sink/sinktest"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// stream is what was written, and a sink onto it.
type stream struct {
	*arrowsink.Stream[sinktest.Key, sinktest.Value]
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *stream) write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// readStream reads a stream to its end, which may be missing.
func readStream(text []byte) (records []sinktest.Record, err error) {
	if len(text) == 0 {
		return nil, nil
	}
	reader, err := ipc.NewReader(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	defer reader.Release()
	for reader.Next() {
		records = append(records, decode(reader.RecordBatch())...)
	}
	return records, reader.Err()
}

func decode(batch arrow.RecordBatch) []sinktest.Record {
	column := func(name string) arrow.Array { return batch.Column(batch.Schema().FieldIndices(name)[0]) }
	at := func(name string, i int) source.Null[time.Time] {
		if column(name).IsNull(i) {
			return source.Null[time.Time]{}
		}
		return source.Some(time.UnixMicro(int64(column(name).(*array.Timestamp).Value(i))).UTC())
	}
	records := make([]sinktest.Record, batch.NumRows())
	for i := range records {
		records[i] = sinktest.Record{View: text(column("view"), i), Start: at("window_start", i), End: at("window_end", i),
			Key:     sinktest.Key{Category: text(column("category"), i), Region: text(column("region"), i)},
			Value:   sinktest.Value{Sum: column("sum").(*array.Int64).Value(i), Mean: column("mean").(*array.Float64).Value(i)},
			Version: column("version").(*array.Int64).Value(i), Timing: text(column("timing"), i),
			Final: column("final").(*array.Boolean).Value(i), Removed: column("removed").(*array.Boolean).Value(i)}
	}
	return records
}

func text(a arrow.Array, i int) string {
	d := a.(*array.Dictionary)
	return d.Dictionary().(*array.String).Value(d.GetValueIndex(i))
}

func TestStreamIsASink(t *testing.T) {
	sinktest.TestSink(t, sinktest.Harness{
		Open: func(t *testing.T) sinktest.Sink {
			s := &stream{}
			var err error
			s.Stream, err = arrowsink.NewStream[sinktest.Key, sinktest.Value](writerFunc(s.write), sink.SchemaOptions{})
			require.NoError(t, err)
			return s
		},
		Rows: func(_ context.Context, s sinktest.Sink) ([]sinktest.Row, error) {
			records, err := readStream(s.(*stream).text.Bytes())
			if err != nil {
				return nil, err
			}
			return sinktest.Held(records)
		},
	})
}

func row(category string, version int64) sinktest.Row {
	return sinktest.Row{View: "v", Key: sinktest.Key{Category: category, Region: "Lima"}, Value: sinktest.Value{Sum: version}, Version: version}
}

// TestStreamsGoOnAfterFailures lets a writer fail at each byte of the first batch,
// and at the end.
func TestStreamsGoOnAfterFailures(t *testing.T) {
	write := func(w io.Writer) (failed int) {
		s, err := arrowsink.NewStream[sinktest.Key, sinktest.Value](w, sink.SchemaOptions{})
		require.NoError(t, err)
		for version := range int64(3) {
			if s.Write(t.Context(), []sinktest.Row{row("a", version), row(fmt.Sprint(version), version)}) != nil {
				failed++
			}
		}
		if s.Close() != nil {
			failed++
			require.NoError(t, s.Close())
		}
		require.NoError(t, s.Close(), "closing again does nothing")
		require.ErrorIs(t, s.Write(t.Context(), []sinktest.Row{row("a", 1)}), arrowsink.ErrClosed)
		return failed
	}
	var whole bytes.Buffer
	require.Zero(t, write(&whole))
	for room := 0; room < whole.Len(); room += 7 {
		left := room
		var out bytes.Buffer
		failed := write(writerFunc(func(p []byte) (int, error) {
			if left >= 0 && len(p) > left {
				n, _ := out.Write(p[:left])
				left = -1
				return n, errors.New("disk full")
			}
			if left >= 0 {
				left -= len(p)
			}
			return out.Write(p)
		}))
		require.Equal(t, 1, failed)
		require.True(t, bytes.Equal(whole.Bytes(), out.Bytes()), "a failure at byte %d shows", room)
	}
	records, err := readStream(whole.Bytes())
	require.NoError(t, err)
	require.Len(t, records, 6)
}

func TestClosedStreamsWithoutRowsHaveASchema(t *testing.T) {
	var out bytes.Buffer
	s, err := arrowsink.NewStream[string, int](&out, sink.SchemaOptions{Rename: map[string]string{"key": "producto"}})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	reader, err := ipc.NewReader(&out)
	require.NoError(t, err)
	defer reader.Release()
	require.Equal(t, "producto", reader.Schema().Field(3).Name)
	require.False(t, reader.Next())
	require.NoError(t, reader.Err())
}

func TestStreamRefuses(t *testing.T) {
	_, err := arrowsink.NewStream[int, any](io.Discard, sink.SchemaOptions{})
	require.ErrorIs(t, err, sink.ErrType)
	require.ErrorIs(t, arrowsink.WriteFile(io.Discard, []sink.Row[int, any]{}, sink.SchemaOptions{}), sink.ErrType)
	var out bytes.Buffer
	s, err := arrowsink.NewStream[string, uint64](&out, sink.SchemaOptions{})
	require.NoError(t, err)
	unfit := []sink.Row[string, uint64]{{View: "broken", Value: math.MaxUint64}}
	require.ErrorIs(t, s.Write(t.Context(), unfit), sink.ErrValue)
	require.Zero(t, out.Len())
	require.NoError(t, s.Write(t.Context(), []sink.Row[string, uint64]{{View: "sound"}}), "the stream goes on")
	require.ErrorIs(t, arrowsink.WriteFile(&out, unfit, sink.SchemaOptions{}), sink.ErrValue)
	full := writerFunc(func([]byte) (int, error) { return 0, errors.New("disk full") })
	require.ErrorContains(t, arrowsink.WriteFile(full, []sinktest.Row{row("a", 1)}, sink.SchemaOptions{}), "disk full")
}

// every has a column of every kind.
type every struct {
	Flag  bool
	Price int64 `anabranch:"price,decimal=2"`
	Tags  []string
	In    struct {
		Note source.Null[string] `anabranch:"note"`
		Deep struct {
			Ratio *float64            `anabranch:"ratio"`
			Maybe source.Null[bool]   `anabranch:"maybe"`
			Cost  source.Null[int64]  `anabranch:"cost,decimal=18"`
			Count source.Null[uint16] `anabranch:"count"`
		} `anabranch:"deep"`
		At time.Time `anabranch:"at"`
	} `anabranch:"in"`
}

func everyRows() []sink.Row[source.Null[string], every] {
	full := every{Flag: true, Price: -5, Tags: []string{"x"}}
	full.In.Note, full.In.Deep.Maybe, full.In.Deep.Cost, full.In.Deep.Count = source.Some("ñ"), source.Some(true), source.Some[int64](math.MinInt64), source.Some[uint16](65535)
	full.In.Deep.Ratio = new(0.1)
	full.In.At = time.Date(1900, 1, 1, 0, 0, 0, 1000, time.UTC)
	return []sink.Row[source.Null[string], every]{{View: "v", Key: source.Some(""), Value: full}, {View: "w", Version: 2}}
}

const everyJSON = `[{"view":"v","window_start":null,"window_end":null,"key":"","Flag":true,"price":"-0.05","Tags":"[\"x\"]",` +
	`"in":{"note":"ñ","deep":{"ratio":0.1,"maybe":true,"cost":"-9.223372036854775808","count":65535},"at":"1900-01-01T00:00:00.000001Z"},"version":0,"timing":"early","final":false,"removed":false},` +
	`{"view":"w","window_start":null,"window_end":null,"key":null,"Flag":false,"price":"0","Tags":"null",` +
	`"in":{"note":null,"deep":{"ratio":null,"maybe":null,"cost":null,"count":null},"at":"0001-01-01T00:00:00Z"},"version":2,"timing":"early","final":false,"removed":false}]`

func TestEveryKind(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, arrowsink.WriteFile(&out, everyRows(), sink.SchemaOptions{}))
	file, err := ipc.NewFileReader(bytes.NewReader(out.Bytes()))
	require.NoError(t, err)
	defer file.Close()
	require.Equal(t, 1, file.NumRecords())
	batch, err := file.RecordBatch(0)
	require.NoError(t, err)
	got, err := batch.MarshalJSON()
	require.NoError(t, err)
	require.JSONEq(t, everyJSON, string(got))
	note := batch.Column(7).(*array.Struct).Field(0).(*array.Dictionary)
	require.Equal(t, 1, note.Dictionary().Len(), "a null adds no text")
}

func TestFilesOfManyBatchesHaveOneDictionary(t *testing.T) {
	rows := make([]sinktest.Row, 150_000)
	for i := range rows {
		rows[i] = row(fmt.Sprint(i%70_000), int64(i))
	}
	var out bytes.Buffer
	require.NoError(t, arrowsink.WriteFile(&out, rows, sink.SchemaOptions{}))
	file, err := ipc.NewFileReader(bytes.NewReader(out.Bytes()))
	require.NoError(t, err)
	defer file.Close()
	require.Equal(t, 3, file.NumRecords())
	at := 0
	for i := range file.NumRecords() {
		batch, err := file.RecordBatch(i)
		require.NoError(t, err)
		for _, record := range decode(batch) {
			if rows[at] != record.Row() {
				require.Equal(t, rows[at], record.Row())
			}
			at++
		}
	}
	require.Equal(t, len(rows), at)

	out.Reset()
	require.NoError(t, arrowsink.WriteFile(&out, []sinktest.Row{}, sink.SchemaOptions{}))
	empty, err := ipc.NewFileReader(bytes.NewReader(out.Bytes()))
	require.NoError(t, err)
	defer empty.Close()
	require.Zero(t, empty.NumRecords())
}

// peers reads a stream and a file with pyarrow, Pandas' categories left out.
const peers = `
import sys, pyarrow as pa, pyarrow.ipc as ipc
dir = sys.argv[1]
t = ipc.open_stream(dir + '/rows.arrows').read_all()
assert t['category'].to_pylist() == ['a', '0', 'a', '1', 'a', '2'] and t['version'].to_pylist() == [0, 0, 1, 1, 2, 2], t
assert str(t.schema.field('window_start').type) == 'timestamp[us, tz=UTC]', t.schema
t = ipc.open_file(dir + '/every.arrow').read_all()
t.validate(full=True)
assert t['in'].to_pylist()[0]['deep']['ratio'] == 0.1 and str(t['price'][0].as_py()) == '-0.05' and t['key'].to_pylist() == ['', None], t
import duckdb
assert duckdb.sql('select sum(price) from t').fetchall()[0][0] is not None
`

// TestPeersReadArrow needs a Python that has pyarrow and duckdb, by its path in
// ANABRANCH_PYTHON. What they read is read in Go by the tests above.
func TestPeersReadArrow(t *testing.T) {
	python := os.Getenv("ANABRANCH_PYTHON")
	if python == "" {
		t.Skip("ANABRANCH_PYTHON isn't set")
	}
	dir := t.TempDir()
	var out bytes.Buffer
	s, err := arrowsink.NewStream[sinktest.Key, sinktest.Value](&out, sink.SchemaOptions{})
	require.NoError(t, err)
	for version := range int64(3) {
		require.NoError(t, s.Write(t.Context(), []sinktest.Row{row("a", version), row(fmt.Sprint(version), version)}))
	}
	require.NoError(t, s.Close())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "rows.arrows"), out.Bytes(), 0o666))
	out.Reset()
	require.NoError(t, arrowsink.WriteFile(&out, everyRows(), sink.SchemaOptions{}))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "every.arrow"), out.Bytes(), 0o666))
	text, err := exec.Command(python, "-c", peers, dir).CombinedOutput()
	require.NoError(t, err, string(text))
}

func BenchmarkStream(b *testing.B) {
	rows := make([]sinktest.Row, 1000)
	for i := range rows {
		rows[i] = sinktest.Row{View: "ventas", Window: window.Hour(time.UTC).At(time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)),
			Key:   sinktest.Key{Category: "libros", Region: fmt.Sprint(i)},
			Value: sinktest.Value{Sum: int64(i), Mean: float64(i) / 3}, Version: 7}
	}
	s, err := arrowsink.NewStream[sinktest.Key, sinktest.Value](io.Discard, sink.SchemaOptions{})
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Write(b.Context(), rows); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(rows)), "ns/row")
}
