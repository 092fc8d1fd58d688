package lambda

import (
	"iter"
	"slices"
	"time"

	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/window"
)

// Row is one result: a key in a window.
type Row[K, R any] struct {
	Window window.Span
	Key    K
	Value  R
}

// Answer is a query's rows, by window, then by key, with their provenance. It
// doesn't change.
type Answer[K, R any] struct {
	rows       []Row[K, R]
	provenance Provenance
}

// Rows gives the rows in order.
func (a *Answer[K, R]) Rows() iter.Seq[Row[K, R]] { return slices.Values(a.rows) }

// SinkRows gives the rows as a sink takes them, such as one that replaces a table
// by a batch run's results: with the version that [Publish] would give them, and
// when they were made by the answer's watermark.
func (a *Answer[K, R]) SinkRows() []sink.Row[K, R] {
	p := &a.provenance
	rows := make([]sink.Row[K, R], len(a.rows))
	for i, row := range a.rows {
		rows[i] = sink.Row[K, R]{View: p.View, Window: row.Window, Key: row.Key, Value: row.Value,
			Version: RowVersion(p.Version, p.Offsets())}
		if hasPassed(row.Window, 0, p.Watermark) {
			rows[i].Timing, rows[i].Final = sink.OnTime, true
		}
	}
	return rows
}

// Len is the number of rows.
func (a *Answer[K, R]) Len() int { return len(a.rows) }

// Provenance says what the answer is made of.
func (a *Answer[K, R]) Provenance() Provenance { return a.provenance }

// Provenance says what an answer is made of: which base, which offsets, how
// fresh, whether complete.
type Provenance struct {
	View        string
	Version     int
	Fingerprint string
	// Base is the number of the base, -1 where there's none, and Made how it
	// was made.
	Base int64
	Made string
	// Partitions are the log's partitions that the archive has a chain of.
	Partitions []Coverage
	// Complete says that nothing of the log up to these offsets is missing; Missing
	// lists what is. How far the log itself has come is Lag's.
	Complete bool
	Missing  []string
	// Rows is how many events the view has selected, and Late how many of these
	// came after their watermark: the one before their chunk, so that it depends
	// a little on how the log was cut into chunks (it advances after 512 events at
	// the latest). Both are counted by the speed layer, so
	// events of before the view was registered aren't in them; Batch counts Rows
	// anew, with those.
	Rows, Late int64
	// Quarantined is how many records the archive holds instead of events, since
	// they couldn't be decoded: see Pipeline.Quarantine.
	Quarantined int64
	// Watermark says up to which event time most events have come; the zero time
	// while unknown. It's advice: events that are older still count.
	Watermark time.Time
}

// Coverage says which offsets of a partition an answer holds, and from where:
// [From, Cut) from the base, [Cut, Sealed) from sealed deltas, [Sealed, High)
// from the open one.
type Coverage struct {
	Partition         int
	From, Cut, Sealed int64
	// Each key's value is exact at some offset in [Low, High]. The two differ
	// only where a delta store shows a flush bit by bit.
	Low, High int64
	// End is the log's own end, where it's known (-1 where not): End - Low
	// offsets are still to come.
	End int64
	// At is when the newest part was shown: the open delta, or where there's none
	// the last segment; zero without both. It's by the owner's clock.
	At time.Time
}

// Offsets is how many offsets the answer holds at least: it grows with every
// answer of a view, so it serves as a version.
func (p Provenance) Offsets() int64 {
	return p.sum(func(c Coverage) int64 { return c.Low - c.From })
}

// FromBase is how many offsets the answer takes from the base.
func (p Provenance) FromBase() int64 { return p.sum(func(c Coverage) int64 { return c.Cut - c.From }) }

// FromSealed is how many offsets the answer takes from sealed deltas.
func (p Provenance) FromSealed() int64 {
	return p.sum(func(c Coverage) int64 { return c.Sealed - c.Cut })
}

// FromOpen is how many offsets the answer takes from open deltas.
func (p Provenance) FromOpen() int64 {
	return p.sum(func(c Coverage) int64 { return c.Low - c.Sealed })
}

func (p Provenance) sum(of func(Coverage) int64) (n int64) {
	for _, c := range p.Partitions {
		n += of(c)
	}
	return n
}

// Lag is how many offsets of the log the answer doesn't hold yet; known is false
// where a partition's end isn't known.
func (p Provenance) Lag() (n int64, known bool) {
	for _, c := range p.Partitions {
		if c.End < 0 {
			return 0, false
		}
		n += max(0, c.End-c.Low)
	}
	return n, len(p.Partitions) > 0
}

// At is when the newest part of the answer was shown, by its owner's clock; zero
// where nothing was yet.
func (p Provenance) At() (at time.Time) {
	for _, c := range p.Partitions {
		if c.At.After(at) {
			at = c.At
		}
	}
	return at
}
