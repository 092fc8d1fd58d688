package sink_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/sink/sinktest"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// file is a text file, and a sink onto it.
type file struct {
	sinktest.Sink
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *file) write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// textSinks are the sinks that write text, and how package source reads them.
var textSinks = map[string]struct {
	open   func(io.Writer) (sinktest.Sink, error)
	format source.Format[sinktest.Record]
}{
	"JSONLines": {func(w io.Writer) (sinktest.Sink, error) {
		return sink.JSONLines[sinktest.Key, sinktest.Value](w, sink.SchemaOptions{})
	}, source.Lines(source.JSON[sinktest.Record]())},
	"CSV": {func(w io.Writer) (sinktest.Sink, error) {
		return sink.CSV[sinktest.Key, sinktest.Value](w, sink.CSVOptions{})
	}, source.CSV[sinktest.Record](source.CSVOptions{})},
}

// readTexts reads a file's events; none may be unreadable.
func readTexts[E any](format source.Format[E], text []byte) (events []E, err error) {
	if len(text) == 0 {
		return nil, nil
	}
	log, err := source.NewFiles(fstest.MapFS{"rows": {Data: bytes.Clone(text)}}, "rows", format, source.FilesOptions[E]{})
	if err != nil {
		return nil, err
	}
	reader, err := log.Open(context.Background(), 0, 0)
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	for {
		chunk, err := reader.Next(context.Background())
		if errors.Is(err, io.EOF) {
			return events, nil
		}
		if err != nil {
			return nil, err
		}
		for _, q := range chunk.Quarantine {
			return nil, errors.New(q.Reason)
		}
		events = append(events, chunk.Rows()...)
	}
}

func TestTextsAreSinks(t *testing.T) {
	for name, s := range textSinks {
		t.Run(name, func(t *testing.T) {
			sinktest.TestSink(t, sinktest.Harness{
				Open: func(t *testing.T) sinktest.Sink {
					f := &file{}
					var err error
					f.Sink, err = s.open(writerFunc(f.write))
					require.NoError(t, err)
					return f
				},
				Rows: func(_ context.Context, to sinktest.Sink) ([]sinktest.Row, error) {
					records, err := readTexts(s.format, to.(*file).text.Bytes())
					if err != nil {
						return nil, err
					}
					return sinktest.Held(records)
				},
			})
		})
	}
}

// TestTextsAreWhole lets a writer fail at each byte of a batch, in turn: no row
// is torn, and none is lost.
func TestTextsAreWhole(t *testing.T) {
	batch := []sinktest.Row{{View: "v", Key: sinktest.Key{Category: "a\n\"b\""}, Version: 1}, {View: "v", Key: sinktest.Key{Category: "c"}, Version: 1}}
	for name, of := range textSinks {
		var whole bytes.Buffer
		plain, err := of.open(&whole)
		require.NoError(t, err)
		for range 3 {
			require.NoError(t, plain.Write(t.Context(), batch))
		}
		for room := range whole.Len() / 3 {
			for _, silent := range []bool{false, true} {
				left := room
				var out bytes.Buffer
				s, err := of.open(writerFunc(func(p []byte) (int, error) {
					if len(p) > left {
						n, _ := out.Write(p[:left])
						left = math.MaxInt
						if silent {
							return n, nil
						}
						return n, errors.New("disk full")
					}
					return out.Write(p)
				}))
				require.NoError(t, err)
				require.Error(t, s.Write(t.Context(), batch))
				require.NoError(t, s.Write(t.Context(), batch))
				require.NoError(t, s.Write(t.Context(), batch))
				require.Equal(t, whole.String(), out.String(), name)
			}
		}
	}
}

func TestTextsNameTheRowThatCannotBeWritten(t *testing.T) {
	var out bytes.Buffer
	lines, err := sink.JSONLines[string, uint64](&out, sink.SchemaOptions{})
	require.NoError(t, err)
	csv, err := sink.CSV[string, uint64](&out, sink.CSVOptions{})
	require.NoError(t, err)
	for _, s := range []sink.Sink[string, uint64]{lines, csv} {
		err := s.Write(t.Context(), []sink.Row[string, uint64]{{View: "v", Value: 1}, {View: "broken", Value: math.MaxUint64}})
		require.ErrorIs(t, err, sink.ErrValue)
		require.ErrorContains(t, err, "row 1, of view broken: column value")
		far := window.Span{Start: noon, End: time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)}
		err = s.Write(t.Context(), []sink.Row[string, uint64]{{View: "v", Window: far}})
		require.ErrorIs(t, err, sink.ErrValue)
		require.ErrorContains(t, err, "window_end")
		require.Zero(t, out.Len(), "nothing of the batch is written")
	}
	require.NoError(t, csv.Write(t.Context(), []sink.Row[string, uint64]{{View: "v"}}))
	require.True(t, strings.HasPrefix(out.String(), "view,window_start,window_end,key,value,version,timing,final,removed\nv,,,"), "the header isn't lost: %s", out.String())
}

// every has a column of every kind.
type every struct {
	Bool   bool
	Small  int8
	Big    int64
	Price  int64 `anabranch:"price,decimal=2"`
	Deep   int64 `anabranch:"deep,decimal=18"`
	Float  float64
	Half   float32
	Text   string
	At     time.Time
	Wait   time.Duration
	Tags   []string
	Counts map[string]float64
	In     struct {
		Note  source.Null[string] `anabranch:"note"`
		Ratio *float64            `anabranch:"ratio"`
	} `anabranch:"in"`
}

func someEvery() []every {
	nan := math.NaN()
	full := every{true, -8, math.MinInt64, -5, math.MinInt64, 1e-9, 0.1, "a,\"b\"\n", noon.Add(1500 * time.Microsecond), time.Second,
		[]string{"x", ""}, map[string]float64{"b": 1, "a": nan}, struct {
			Note  source.Null[string] `anabranch:"note"`
			Ratio *float64            `anabranch:"ratio"`
		}{source.Some(""), &nan}}
	return []every{full, {Float: math.Inf(-1), Price: 1234, Deep: 1, Big: math.MaxInt64, Half: float32(math.Inf(1))}}
}

func everyRows() (rows []sink.Row[string, every]) {
	for i, v := range someEvery() {
		rows = append(rows, sink.Row[string, every]{View: "v", Key: "k", Value: v, Version: int64(i)})
	}
	return rows
}

func TestTextForms(t *testing.T) {
	var lines, csv bytes.Buffer
	s, err := sink.JSONLines[string, every](&lines, sink.SchemaOptions{})
	require.NoError(t, err)
	require.NoError(t, s.Write(t.Context(), everyRows()))
	head := `{"view":"v","window_start":null,"window_end":null,"key":"k",`
	require.Equal(t, head+`"Bool":true,"Small":-8,"Big":-9223372036854775808,"price":-0.05,"deep":-9.223372036854775808,"Float":1e-9,"Half":0.1,`+
		`"Text":"a,\"b\"\n","At":"2026-11-01T12:00:00.0015Z","Wait":1000000000,"Tags":["x",""],"Counts":{"a":null,"b":1},"in":{"note":"","ratio":null},`+
		`"version":0,"timing":"early","final":false,"removed":false}`+"\n"+
		head+`"Bool":false,"Small":0,"Big":9223372036854775807,"price":12.34,"deep":0.000000000000000001,"Float":null,"Half":null,`+
		`"Text":"","At":"0001-01-01T00:00:00Z","Wait":0,"Tags":null,"Counts":null,"in":{"note":null,"ratio":null},`+
		`"version":1,"timing":"early","final":false,"removed":false}`+"\n", lines.String())

	c, err := sink.CSV[string, every](&csv, sink.CSVOptions{})
	require.NoError(t, err)
	require.NoError(t, c.Write(t.Context(), everyRows()))
	require.Equal(t, `view,window_start,window_end,key,Bool,Small,Big,price,deep,Float,Half,Text,At,Wait,Tags,Counts,in.note,in.ratio,version,timing,final,removed
v,,,k,true,-8,-9223372036854775808,-0.05,-9.223372036854775808,1e-9,0.1,"a,""b""
",2026-11-01T12:00:00.0015Z,1000000000,"[""x"",""""]","{""a"":null,""b"":1}","",NaN,0,early,false,false
v,,,k,false,0,9223372036854775807,12.34,0.000000000000000001,-Inf,Inf,"",0001-01-01T00:00:00Z,0,,,,,1,early,false,false
`, csv.String())

	// What JSON and CSV can hold comes back: all but the NaN of JSON.
	records, err := readTexts(source.CSV[sink.Record[string, every]](source.CSVOptions{}), csv.Bytes())
	require.NoError(t, err)
	require.Equal(t, someEvery()[1], records[1].Value)
	records, err = readTexts(source.Lines(source.JSON[sink.Record[string, every]]()), lines.Bytes())
	require.NoError(t, err)
	require.Equal(t, "a,\"b\"\n", records[0].Value.Text)
	require.Equal(t, int64(math.MinInt64), records[0].Value.Deep)
	require.Equal(t, someEvery()[0].In.Note, records[0].Value.In.Note)
}

// FuzzTexts writes hostile texts and numbers, and reads them back.
func FuzzTexts(f *testing.F) {
	f.Add("a,b", "\"\r\n", 0.1, int64(-5))
	f.Add("", " x ", math.Inf(1), int64(math.MinInt64))
	f.Add(`\.`, "\xff\x00\u2028", 1e300, int64(7))
	type value struct {
		Text  string
		Float float64
		Price int64 `anabranch:"price,decimal=7"`
	}
	type record = sink.Record[string, value]
	f.Fuzz(func(t *testing.T, key, text string, float float64, price int64) {
		row := sink.Row[string, value]{View: "v", Key: key, Value: value{text, float, price}, Version: 1}
		want := value{source.CanonicalText(text), source.CanonicalFloat(float), price}
		var lines, csv bytes.Buffer
		j, err := sink.JSONLines[string, value](&lines, sink.SchemaOptions{})
		require.NoError(t, err)
		c, err := sink.CSV[string, value](&csv, sink.CSVOptions{})
		require.NoError(t, err)
		for range 2 {
			require.NoError(t, j.Write(t.Context(), []sink.Row[string, value]{row}))
			require.NoError(t, c.Write(t.Context(), []sink.Row[string, value]{row}))
		}
		back, err := readTexts(source.Lines(source.JSON[record]()), lines.Bytes())
		require.NoError(t, err)
		require.Len(t, back, 2)
		if !math.IsNaN(float) && !math.IsInf(float, 0) {
			require.Equal(t, want, back[1].Value)
		}
		back, err = readTexts(source.CSV[record](source.CSVOptions{}), csv.Bytes())
		require.NoError(t, err)
		require.Len(t, back, 2)
		require.Equal(t, math.Float64bits(want.Float), math.Float64bits(back[1].Value.Float))
		require.Equal(t, price, back[1].Value.Price)
		// Go's reader makes one line end of two characters inside quotes.
		require.Equal(t, strings.ReplaceAll(want.Text, "\r\n", "\n"), back[1].Value.Text)
	})
}

// BenchmarkSinks writes batches of 1,000 rows into nothing.
func BenchmarkSinks(b *testing.B) {
	rows := make([]sinktest.Row, 1000)
	for i := range rows {
		rows[i] = sinktest.Row{View: "ventas", Window: window.Hour(time.UTC).At(noon), Key: sinktest.Key{Category: "libros", Region: string(rune('a'+i%26)) + "-" + string(rune('a'+i/26))},
			Value: sinktest.Value{Sum: int64(i), Mean: float64(i) / 3}, Version: 7}
	}
	for name, of := range textSinks {
		b.Run(name, func(b *testing.B) {
			s, err := of.open(io.Discard)
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				if err := s.Write(b.Context(), rows); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(rows)), "ns/row")
		})
	}
	b.Run("Encoder", func(b *testing.B) {
		schema, err := sink.SchemaOf[sinktest.Key, sinktest.Value](sink.SchemaOptions{})
		require.NoError(b, err)
		encoder := schema.Encoder()
		b.ReportAllocs()
		for b.Loop() {
			if _, err := encoder.Encode(rows); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(rows)), "ns/row")
	})
}
