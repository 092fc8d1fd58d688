package lambda

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/anabranch-go/anabranch/internal/statefile"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/delta"
	"github.com/anabranch-go/anabranch/source"
)

// seal commits what was taken in since the chain's end: first the files, then
// the entry that makes them count, all at once.
func (w *worker[E]) seal(ctx context.Context) error {
	if w.through == w.owner.End() {
		return nil
	}
	started := time.Now()
	entry, rows, size, err := w.store(ctx)
	if err != nil {
		return fmt.Errorf("cannot store the segment [%d, %d): %w", w.owner.End(), w.through, err)
	}
	if err := w.commit(ctx, entry); err != nil {
		return fmt.Errorf("cannot commit the segment [%d, %d): %w", entry.From, entry.To, err)
	}
	w.p.config.Observer.Observe(Observation{Kind: Sealed, Partition: w.partition, From: entry.From, To: entry.To,
		Term: w.owner.Term(), Rows: rows, Bytes: size, Took: time.Since(started)})
	w.quarantine, w.quarantined, w.began = nil, 0, time.Time{}
	for _, d := range w.deltas {
		d.reset(w.through)
		bounded, cancel := context.WithTimeout(ctx, deltaTimeout)
		err := d.dropUnused(bounded)
		cancel()
		if err != nil {
			w.p.config.Observer.Observe(Observation{Kind: FlushFailed, View: d.view.name, Partition: w.partition, From: d.from, To: d.through, Err: err})
		}
	}
	if w.segment, err = source.NewParquetWriter[E](w.p.schema); err != nil {
		return err
	}
	return nil
}

// store puts the segment's files and gives the entry that names them.
func (w *worker[E]) store(ctx context.Context) (entry archive.Entry, rows, size int64, err error) {
	entry = archive.Entry{From: w.owner.End(), To: w.through, Deltas: map[string]archive.Delta{}, At: time.Now().UnixMicro()}
	sequence, nonce := w.owner.NextSequence(), archive.NewNonce()
	put := func(name string, body []byte, rows int64) (*archive.File, error) {
		var file archive.File
		err := w.insist(ctx, entry, func() (err error) {
			file, err = w.p.archive.PutFile(ctx, name, body, rows)
			return err
		})
		size += file.Size
		return &file, err
	}
	if rows = w.segment.Rows(); rows > 0 {
		body, err := w.segment.Close()
		if err != nil {
			return entry, 0, 0, err
		}
		if entry.Events, err = put(archive.EventsName(time.Now(), w.partition, sequence, nonce), body, rows); err != nil {
			return entry, 0, 0, err
		}
	}
	if len(w.quarantine) > 0 {
		body, err := encodeQuarantine(w.quarantine)
		if err != nil {
			return entry, 0, 0, err
		}
		if entry.Quarantine, err = put(archive.QuarantineName(w.partition, sequence, nonce), body, int64(len(w.quarantine))); err != nil {
			return entry, 0, 0, err
		}
	}
	for _, d := range slices.Clone(w.deltas) {
		sealed := archive.Delta{Rows: d.rows, Late: d.late, MinTime: d.minTime, MaxTime: d.maxTime, Watermark: d.watermark()}
		var states []delta.State
		if err := d.view.guard(w.partition, func() error { states = d.whole().encodeSorted(); return nil }); err != nil {
			w.forgetView(d, err)
			continue
		}
		if len(states) > 0 {
			body, err := statefile.Encode(d.view.meta(), states)
			if err != nil {
				return entry, 0, 0, err
			}
			if sealed.File, err = put(archive.DeltaName(d.view.fingerprint, w.partition, sequence, nonce), body, int64(len(states))); err != nil {
				return entry, 0, 0, err
			}
		}
		entry.Deltas[d.view.fingerprint] = sealed
	}
	return entry, rows, size, nil
}

// commit appends the entry. While nobody knows whether it's in the chain, the
// same entry is put again: that settles it.
func (w *worker[E]) commit(ctx context.Context, entry archive.Entry) error {
	return w.insist(ctx, entry, func() error { return w.owner.Commit(ctx, entry) })
}

// A write of a segment is tried this often, with pauses that double: half a
// minute in all. The archive itself tries more than once each time.
const (
	sealTries = 8
	sealPause = 250 * time.Millisecond
)

// insist repeats a write while nobody knows what came of it, so that a store that
// is away for a moment doesn't end the owner. What somebody must mend first isn't
// waited for.
func (w *worker[E]) insist(ctx context.Context, entry archive.Entry, write func() error) error {
	for try, pause := 1, sealPause; ; try, pause = try+1, pause*2 {
		err := write()
		lasting := errors.Is(err, archive.ErrFull) || errors.Is(err, archive.ErrUnwritable)
		if !errors.Is(err, archive.ErrUnsettled) || lasting || try == sealTries || ctx.Err() != nil {
			return err
		}
		w.p.config.Observer.Observe(Observation{Kind: CommitRetried, Partition: w.partition, From: entry.From, To: entry.To, Err: err})
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return err
		}
	}
}

// meta heads the view's state files.
func (d *definition[E]) meta() statefile.Meta {
	return statefile.Meta{View: d.name, Fingerprint: d.fingerprint, Codec: d.codec}
}
