package lambda

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/anabranch-go/anabranch/internal/statefile"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/delta"
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
		Term: w.owner.Term(), Rows: rows, Bytes: size, Files: int64(len(entry.Events)), Took: time.Since(started)})
	w.tell(ctx)
	w.quarantine, w.quarantined, w.began = nil, 0, time.Time{}
	for _, d := range w.deltas {
		d.reset(w.through)
		bounded, cancel := context.WithTimeout(ctx, asideTimeout)
		err := d.dropUnused(bounded)
		cancel()
		if err != nil {
			w.p.config.Observer.Observe(Observation{Kind: FlushFailed, View: d.view.name, Partition: w.partition, From: d.from, To: d.through, Err: err})
		}
	}
	if w.segment, err = newSegmentWriter[E](w.p.schema, w.p.layout); err != nil {
		return err
	}
	return nil
}

// tell shows the chain's end to those who measure lag outside.
func (w *worker[E]) tell(ctx context.Context) {
	if w.outside == nil {
		return
	}
	bounded, cancel := context.WithTimeout(ctx, asideTimeout)
	defer cancel()
	if err := w.outside.Commit(bounded, w.partition, w.owner.End()); err != nil {
		w.p.config.Observer.Observe(Observation{Kind: OffsetUntold, Partition: w.partition, To: w.owner.End(), Err: err})
	}
}

// store puts the segment's files and gives the entry that names them.
func (w *worker[E]) store(ctx context.Context) (entry archive.Entry, rows, size int64, err error) {
	entry = archive.Entry{From: w.owner.End(), To: w.through, Deltas: map[string]archive.Delta{}, At: time.Now().UnixMicro()}
	sequence, nonce := w.owner.NextSequence(), archive.NewNonce()
	put := func(name string, body []byte, rows int64) (*archive.File, error) {
		file, err := w.put(ctx, entry, name, body, rows)
		size += file.Size
		return &file, err
	}
	if entry.Events, err = w.storeEvents(ctx, entry, sequence, nonce); err != nil {
		return entry, 0, 0, err
	}
	for _, file := range entry.Events {
		rows, size = rows+file.Rows, size+file.Size
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
		if err := d.view.guard(w.partition, func() error { states = d.sealed(); return nil }); err != nil {
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

// put stores one file of the segment.
func (w *worker[E]) put(ctx context.Context, entry archive.Entry, name string, body []byte, rows int64) (file archive.File, err error) {
	err = w.insist(ctx, entry, func() (err error) {
		file, err = w.p.archive.PutFile(ctx, name, body, rows)
		return err
	})
	return file, err
}

// putsAtOnce is how many files of a segment are on their way at a time.
const putsAtOnce = 8

// storeEvents puts the segment's events, split into parts or not. Parts are many,
// small files, so several are on their way at a time, while the next are encoded.
func (w *worker[E]) storeEvents(ctx context.Context, entry archive.Entry, sequence int64, nonce string) (files []archive.File, err error) {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(min(putsAtOnce, w.p.config.Workers))
	stored := make([]archive.File, w.segment.Files())
	err = w.segment.each(func(path string, body []byte, rows int64) error {
		at, name := len(files), archive.EventsName(time.Now(), w.partition, sequence, nonce)
		if path != "" {
			name = archive.PartName(path, w.partition, sequence, archive.NewNonce())
		}
		files = stored[:at+1]
		group.Go(func() (err error) {
			stored[at], err = w.put(groupCtx, entry, name, body, rows)
			return err
		})
		return groupCtx.Err()
	})
	if putErr := group.Wait(); putErr != nil {
		return nil, putErr
	}
	return files, err
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
