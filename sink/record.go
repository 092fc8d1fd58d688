package sink

import (
	"time"

	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// Record is a row as the columns that every sink writes, in their order. What
// belongs to the row itself, rather than to its key or its value, is declared
// here and nowhere else.
//
// It's an event of package source, so that what a sink has written can be read
// as one, by [source.OpenParquet], [source.JSON] or [source.CSV]; unless
// [SchemaOptions] rename columns or make decimals of them: then declare a struct
// with those names and tags.
type Record[K, R any] struct {
	View    string                 `anabranch:"view"`
	Start   source.Null[time.Time] `anabranch:"window_start"` // null where the window is all of time
	End     source.Null[time.Time] `anabranch:"window_end"`
	Key     K                      `anabranch:"key,inline"`
	Value   R                      `anabranch:"value,inline"`
	Version int64                  `anabranch:"version"`
	Timing  string                 `anabranch:"timing"`
	Final   bool                   `anabranch:"final"`
	Removed bool                   `anabranch:"removed"`
}

// identified is the first columns of a Record: those of a row's identity.
type identified[K any] struct {
	View  string                 `anabranch:"view"`
	Start source.Null[time.Time] `anabranch:"window_start"`
	End   source.Null[time.Time] `anabranch:"window_end"`
	Key   K                      `anabranch:"key,inline"`
}

// RecordOf gives the record of a row.
func RecordOf[K, R any](row *Row[K, R]) Record[K, R] {
	r := Record[K, R]{View: row.View, Key: row.Key, Value: row.Value, Version: row.Version,
		Timing: row.Timing.String(), Final: row.Final, Removed: row.Removed}
	if !row.Window.Start.IsZero() || !row.Window.End.IsZero() {
		r.Start, r.End = source.Some(row.Window.Start), source.Some(row.Window.End)
	}
	return r
}

// Row gives the row of a record, without the value before it, which no column
// holds. Times are in UTC where it was read.
func (r *Record[K, R]) Row() Row[K, R] {
	return Row[K, R]{View: r.View, Window: window.Span{Start: r.Start.V, End: r.End.V},
		Key: r.Key, Value: r.Value, Version: r.Version, Timing: timingOf(r.Timing), Final: r.Final, Removed: r.Removed}
}
