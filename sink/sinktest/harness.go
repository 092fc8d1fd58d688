package sinktest

import (
	"cmp"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/window"
)

// Key and Value are what the suite's rows are made of.
type Key struct {
	Category string `json:"category"`
	Region   string `json:"region"`
}

// Value: see Key.
type Value struct {
	Sum  int64   `json:"sum"`
	Mean float64 `json:"mean"`
}

// Row is a row of the suite, and Sink what takes it.
type (
	Row  = sink.Row[Key, Value]
	Sink = sink.Sink[Key, Value]
)

// Harness is what an implementation gives the suite. Times may come back in
// another location, at microseconds; floats must come back bit by bit.
type Harness struct {
	// Open makes an empty sink, and cleans up after itself by t.Cleanup.
	Open func(t *testing.T) Sink
	// Rows reads back what the sink holds: the row that holds for each identity,
	// unless that was removed, in any order. The suite's rows have no Previous.
	// Nil says that the sink can't be read back; the suite then checks errors
	// alone.
	Rows func(ctx context.Context, s Sink) ([]Row, error)
}

// TestSink checks that a sink keeps the contract of [sink.Sink].
func TestSink(t *testing.T, h Harness) {
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			c.run(t, t.Context(), &subject{Sink: h.Open(t), rows: h.Rows})
		})
	}
}

// subject is a sink under test, and how it's read.
type subject struct {
	Sink
	rows func(ctx context.Context, s Sink) ([]Row, error)
}

func (s *subject) write(t require.TestingT, ctx context.Context, rows ...Row) {
	require.NoError(t, s.Write(ctx, rows), "Write fails")
}

// requireHolds checks that the sink holds just these rows.
func (s *subject) requireHolds(t require.TestingT, ctx context.Context, what string, want ...Row) {
	if s.rows == nil {
		return
	}
	got, err := s.rows(ctx, s.Sink)
	require.NoError(t, err, "the harness cannot read the sink")
	require.Equal(t, normal(want), normal(got), what)
}

// normal gives rows in an order, and their times in one form.
func normal(rows []Row) []Row {
	out := make([]Row, len(rows))
	for i, row := range rows {
		row.Window.Start, row.Window.End = normalTime(row.Window.Start), normalTime(row.Window.End)
		out[i] = row
	}
	slices.SortFunc(out, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.View, b.View), a.Window.Start.Compare(b.Window.Start), a.Window.End.Compare(b.Window.End),
			cmp.Compare(a.Key.Category, b.Key.Category), cmp.Compare(a.Key.Region, b.Key.Region), cmp.Compare(a.Version, b.Version))
	})
	return out
}

func normalTime(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.Round(0).UTC()
}

// ten is the window that most rows of the suite are in.
var ten = window.Tumbling(5 * time.Minute).At(time.Date(2026, time.November, 1, 10, 0, 0, 0, time.UTC))

// row is a row whose value follows from its version.
func row(key Key, version int64) Row {
	return Row{View: "ventas", Window: ten, Key: key, Value: Value{Sum: 100 * version, Mean: float64(version) / 3}, Version: version}
}

func timed(r Row, timing sink.Timing) Row {
	r.Timing = timing
	return r
}

func final(r Row) Row {
	r.Final = true
	return r
}
