package sink_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/sink/sinktest"
	"github.com/anabranch-go/anabranch/window"
)

// lines is a file of JSON lines, and a sink onto it.
type lines struct {
	sinktest.Sink
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// readLines reads rows as a reader of such a file must: whole lines only, and of
// each identity the last one of the highest version.
func readLines(_ context.Context, s sinktest.Sink) ([]sinktest.Row, error) {
	newest := sink.NewMemory[sinktest.Key, sinktest.Value]()
	for text := range strings.Lines(s.(*lines).text.String()) {
		var line struct {
			View     string
			From, To *time.Time
			sinktest.Key
			sinktest.Value
			Version int64
			Final   bool
		}
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			return nil, fmt.Errorf("%q: %w", text, err)
		}
		row := sinktest.Row{View: line.View, Key: line.Key, Value: line.Value, Version: line.Version, Final: line.Final}
		if line.From != nil {
			row.Window = window.Span{Start: *line.From, End: *line.To}
		}
		if err := newest.Write(context.Background(), []sinktest.Row{row}); err != nil {
			return nil, err
		}
	}
	return newest.Rows(), nil
}

func TestJSONLinesIsASink(t *testing.T) {
	sinktest.TestSink(t, sinktest.Harness{Rows: readLines, Open: func(t *testing.T) sinktest.Sink {
		l := &lines{}
		var err error
		l.Sink, err = sink.JSONLines[sinktest.Key, sinktest.Value](writerFunc(l.write))
		require.NoError(t, err)
		return l
	}})
}

type ratio float64

// ownForm is a struct with its own form as JSON.
type ownForm struct{ a, b int }

func (o ownForm) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%d/%d", o.a, o.b), nil }

// requireLine checks the one line that a row makes.
func requireLine[K, R any](t *testing.T, key K, value R, want string) {
	t.Helper()
	var out bytes.Buffer
	s, err := sink.JSONLines[K, R](&out)
	require.NoError(t, err)
	lima := time.FixedZone("", -5*3600)
	row := sink.Row[K, R]{View: "v", Window: window.Hour(lima).At(noon), Key: key, Value: value, Version: 7}
	require.NoError(t, s.Write(t.Context(), []sink.Row[K, R]{row}))
	require.Equal(t, `{"view":"v","from":"2026-11-01T07:00:00-05:00","to":"2026-11-01T08:00:00-05:00",`+want+`"version":7,"final":false}`+"\n", out.String())
}

func TestJSONLinesForms(t *testing.T) {
	requireLine(t, "k", 3, `"key":"k","value":3,`)
	requireLine(t, struct{}{}, 3, `"value":3,`)
	requireLine(t, int64(math.MaxInt64), []int(nil), `"key":9223372036854775807,"value":[],`)
	requireLine(t, noon, map[string]int{"a": 1}, `"key":"2026-11-01T12:00:00Z","value":{"a":1},`)
	requireLine(t, ownForm{1, 2}, ownForm{3, 4}, `"key":"1/2","value":"3/4",`)
	requireLine(t, "k", struct {
		A int `json:"key_a,omitzero"`
		B int `json:"b"`
		C int `json:"-"`
		D struct{ E int }
	}{B: 2}, `"key":"k","b":2,"D":{"E":0},`)
	type inner struct{ X, Y int }
	requireLine(t, inner{1, 2}, struct {
		inner `json:"inner"`
	}{}, `"X":1,"Y":2,"inner":{"X":0,"Y":0},`)
	requireLine(t, struct{}{}, (*inner)(nil), `"value":null,`)
	requireLine(t, struct{}{}, &inner{1, 2}, `"value":{"X":1,"Y":2},`)
	nan := math.NaN()
	requireLine(t, math.Inf(-1), struct {
		A float64
		B *float64
		C []float32
		D any
		E time.Duration
	}{nan, &nan, []float32{1.5, float32(math.Inf(1))}, nan, time.Second}, `"key":null,"A":null,"B":null,"C":[1.5,null],"D":null,"E":1000000000,`)
}

type (
	withKey struct {
		Key int `json:"key,omitempty"`
	}
	withValue struct {
		Value int `json:"value"`
	}
	withView struct {
		View int `json:"view,omitzero"`
	}
	withHidden struct{ withView }
	withEmbed  struct {
		V withView `json:",embed"`
	}
	withAny struct {
		Other map[string]int `json:",embed"`
	}
	withText struct {
		A int `json:"precio-año"`
	}
	withRecursion struct {
		*withRecursion      //lint:ignore U1000 JSON's embedding reads it
		Final          bool `json:"final"`
	}
	withHook struct {
		Version refusesNull `json:"version"`
	}
)

type refusesNull struct{}

func (*refusesNull) UnmarshalJSON([]byte) error { return errors.New("no") }

func requireClash[K, R any](t *testing.T, name string) {
	t.Helper()
	s, err := sink.JSONLines[K, R](&bytes.Buffer{})
	require.ErrorIs(t, err, sink.ErrNames)
	require.ErrorContains(t, err, fmt.Sprintf("%q", name))
	require.Nil(t, s)
}

func TestJSONLinesNames(t *testing.T) {
	requireClash[withView, int](t, "view")
	requireClash[int, withView](t, "view")
	requireClash[withHidden, int](t, "view")
	requireClash[int, withEmbed](t, "view")
	requireClash[int, withRecursion](t, "final")
	requireClash[int, withHook](t, "version")
	requireClash[withAny, struct{}](t, "view") // its names aren't known
	requireClash[int, withKey](t, "key")
	requireClash[withKey, withKey](t, "key")
	requireClash[withValue, int](t, "value")
	requireClash[withValue, withValue](t, "value")
	requireClash[withText, withText](t, "precio-año")

	_, err := sink.JSONLines[withKey, withValue](&bytes.Buffer{})
	require.NoError(t, err, "a struct key leaves the name to the fields")
	for _, make := range []func() error{
		func() error { _, err := sink.JSONLines[int, struct{ F func() }](&bytes.Buffer{}); return err },
		func() error { _, err := sink.JSONLines[struct{ hidden int }, int](&bytes.Buffer{}); return err },
		func() error { _, err := sink.JSONLines[int, chan int](&bytes.Buffer{}); return err },
	} {
		require.ErrorIs(t, make(), sink.ErrType)
	}
}

// TestJSONLinesEndsTornLines lets a writer fail at each byte of a batch, in
// turn: every line that was written again is whole.
func TestJSONLinesEndsTornLines(t *testing.T) {
	batch := []sink.Row[string, int]{{View: "v", Key: "a", Value: 1, Version: 1}, {View: "v", Key: "b", Value: 2, Version: 1}}
	var whole bytes.Buffer
	plain, err := sink.JSONLines[string, int](&whole)
	require.NoError(t, err)
	require.NoError(t, plain.Write(t.Context(), batch))
	for room := range whole.Len() {
		for _, silent := range []bool{false, true} {
			left := room
			var out bytes.Buffer
			s, err := sink.JSONLines[string, int](writerFunc(func(p []byte) (int, error) {
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
			want := whole.String()[:room]
			if room > 0 && !strings.HasSuffix(want, "\n") {
				want += "\n"
			}
			require.Equal(t, want+whole.String()+whole.String(), out.String())
		}
	}
}

func TestJSONLinesNamesTheRowThatCannotBeWritten(t *testing.T) {
	var out bytes.Buffer
	s, err := sink.JSONLines[string, any](&out)
	require.NoError(t, err)
	for _, unfit := range []any{func() {}, ratio(math.NaN())} {
		err := s.Write(t.Context(), []sink.Row[string, any]{{View: "v", Value: 1}, {View: "broken", Value: unfit}})
		require.ErrorContains(t, err, "row 1, of view broken")
	}
	require.Zero(t, out.Len(), "nothing of the batch is written")
}

func BenchmarkJSONLines(b *testing.B) {
	s, err := sink.JSONLines[sinktest.Key, sinktest.Value](writerFunc(func(p []byte) (int, error) { return len(p), nil }))
	require.NoError(b, err)
	rows := make([]sinktest.Row, 1000)
	for i := range rows {
		rows[i] = sinktest.Row{View: "ventas", Window: window.Hour(time.UTC).At(noon), Key: sinktest.Key{Category: "libros", Region: fmt.Sprint(i)},
			Value: sinktest.Value{Sum: int64(i), Mean: float64(i) / 3}, Version: 7}
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Write(b.Context(), rows); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(rows)), "ns/row")
}
