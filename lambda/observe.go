package lambda

import (
	"context"
	"log/slog"
	"time"
)

// Observer is told what the layers do: for logs, metrics and tests. It's called
// from many goroutines, on the hot path of chunks (never of events), so it must
// be quick, and must neither block nor panic.
type Observer interface {
	Observe(Observation)
}

// ObservationKind says what was observed.
type ObservationKind string

// What is observed, and which fields of the Observation it fills beside Kind.
const (
	Claimed       ObservationKind = "claimed"        // Partition, From, Term
	Folded        ObservationKind = "folded"         // a chunk: Partition, From, To, Rows
	Late          ObservationKind = "late"           // View, Partition, From, To, Rows: late events of a chunk, counted all the same
	Quarantined   ObservationKind = "quarantined"    // Partition, From, To, Rows, Err with the first reason
	Flushed       ObservationKind = "flushed"        // View, Partition, From, To, Rows (states), Bytes, Took
	FlushFailed   ObservationKind = "flush failed"   // View, Partition, From, To, Err: freshness suffers, nothing else
	CopyLost      ObservationKind = "copy lost"      // View, Partition, From, To, Err: the owner starts a fresh copy, a reader goes without
	ReadFailed    ObservationKind = "read failed"    // an open delta, by a query: View, Partition, Err
	Sealed        ObservationKind = "sealed"         // a segment: Partition, From, To, Term, Rows, Bytes, Files (of events), Took
	CommitRetried ObservationKind = "commit retried" // a segment's files or its entry: Partition, From, To, Err
	PartitionLost ObservationKind = "partition lost" // another process has claimed it: Partition, Err
	OffsetUntold  ObservationKind = "offset untold"  // to outside observers, by a source.Committer: Partition, To, Err
	ViewStopped   ObservationKind = "view stopped"   // View, Partition, Err
	BasePublished ObservationKind = "base published" // View, Number, Rows (states), Bytes, Files, Skipped, Took
	Refolded      ObservationKind = "refolded"       // a segment without a usable delta, from events: View, Partition, From, To, Rows, Files, Skipped
	Queried       ObservationKind = "queried"        // View, Rows, Took
	Published     ObservationKind = "published"      // rows to a sink: View, Rows, Took
	PublishFailed ObservationKind = "publish failed" // View, Err: the rows are due again at the next turn
)

// Observation is one thing that happened, with its measurements.
type Observation struct {
	Kind      ObservationKind
	View      string
	Partition int
	From, To  int64 // offsets
	Term      int64
	Number    int64
	Rows      int64
	Bytes     int64
	// Files of events that were read for the view (or written, where a segment was
	// sealed), and Skipped ones, whose part can't have an event that it selects. A
	// base counts those of its recomputation: made otherwise, it has none.
	Files, Skipped int64
	Took           time.Duration
	Err            error
}

// Log makes an observer that writes to a slog.Logger: failures as warnings,
// commits and claims as information, the rest as debug.
func Log(logger *slog.Logger) Observer { return slogObserver{logger} }

type slogObserver struct{ logger *slog.Logger }

func (o slogObserver) Observe(ob Observation) {
	level := ob.level()
	ctx := context.Background()
	if !o.logger.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{slog.Int("partition", ob.Partition)}
	if ob.View != "" {
		attrs = append(attrs, slog.String("view", ob.View))
	}
	if ob.To > 0 {
		attrs = append(attrs, slog.Int64("from", ob.From), slog.Int64("to", ob.To))
	}
	for _, n := range []struct {
		name  string
		value int64
	}{{"term", ob.Term}, {"number", ob.Number}, {"rows", ob.Rows}, {"bytes", ob.Bytes}, {"files", ob.Files}, {"skipped", ob.Skipped}} {
		if n.value != 0 {
			attrs = append(attrs, slog.Int64(n.name, n.value))
		}
	}
	if ob.Took > 0 {
		attrs = append(attrs, slog.Duration("took", ob.Took))
	}
	if ob.Err != nil {
		attrs = append(attrs, slog.String("error", ob.Err.Error()))
	}
	o.logger.LogAttrs(ctx, level, string(ob.Kind), attrs...)
}

func (ob Observation) level() slog.Level {
	switch ob.Kind {
	case FlushFailed, ReadFailed, CopyLost, CommitRetried, Quarantined, Refolded, PublishFailed, PartitionLost, OffsetUntold:
		return slog.LevelWarn
	case ViewStopped:
		return slog.LevelError
	case Claimed, Sealed, BasePublished:
		return slog.LevelInfo
	}
	return slog.LevelDebug
}

// quiet is the observer of a Config that has none.
type quiet struct{}

func (quiet) Observe(Observation) {}
