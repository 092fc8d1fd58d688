package lambda

import (
	"context"
	"errors"
	"fmt"

	"github.com/anabranch-go/anabranch/internal/statefile"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/source"
)

// readStates reads a state file of a view: checksum first, then what it says of
// itself, then the states, sorted.
func (p *Pipeline[E]) readStates(ctx context.Context, view *registration[E], file archive.File) (*stateFile, error) {
	cached := fileName{view.fingerprint, file.SHA256, file.Name}
	if known, ok := p.cache.get(cached); ok {
		return known, nil
	}
	body, err := p.archive.ReadFile(ctx, file)
	if err != nil {
		return nil, err
	}
	meta, states, err := statefile.Decode(file.Name, body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", archive.ErrCorrupt, err)
	}
	if meta != view.meta() {
		return nil, fmt.Errorf("%w: %s holds states of %+v, not of %+v", archive.ErrCorrupt, file.Name, meta, view.meta())
	}
	if int64(len(states)) != file.Rows {
		return nil, fmt.Errorf("%w: %s holds %d states, and its entry says %d", archive.ErrCorrupt, file.Name, len(states), file.Rows)
	}
	return p.cache.put(cached, states), nil
}

// sealedStates gives a view's states over a segment, sorted: from its sealed
// delta or, where the segment has none of this view or has lost it, from its
// events.
func (p *Pipeline[E]) sealedStates(ctx context.Context, view *registration[E], segment *archive.Entry) (*stateFile, error) {
	sealed, ok := segment.Deltas[view.fingerprint]
	if ok {
		if sealed.File == nil {
			return noStates, nil
		}
		states, err := p.readStates(ctx, view, *sealed.File)
		if !errors.Is(err, archive.ErrMissing) {
			return states, err
		}
	}
	return p.refold(ctx, view, segment)
}

var noStates = &stateFile{}

// refold folds a segment's events into a view's states.
func (p *Pipeline[E]) refold(ctx context.Context, view *registration[E], segment *archive.Entry) (*stateFile, error) {
	if len(segment.Events) == 0 {
		return noStates, nil
	}
	name := fileName{name: fmt.Sprintf("%s of %s, [%d, %d)", view.fingerprint, segment.Events[0].Name, segment.From, segment.To)}
	if known, ok := p.cache.get(name); ok {
		return known, nil
	}
	plan, err := view.bind()
	if err != nil {
		return nil, err
	}
	table, pruner := plan.newTable(), p.layout.pruner(view.limits)
	var read filesRead
	rows := int64(0)
	if err := p.readEvents(ctx, segment, plan.columns, func(file archive.File) func(*source.Chunk[E]) error {
		if !read.count(pruner.mayHold(file)) {
			return nil
		}
		rows += file.Rows
		return func(c *source.Chunk[E]) error {
			_, err := table.fold(c)
			return err
		}
	}); err != nil {
		return nil, err
	}
	p.config.Observer.Observe(Observation{Kind: Refolded, View: view.name, Partition: segment.Partition,
		From: segment.From, To: segment.To, Rows: rows, Files: read.files, Skipped: read.skipped})
	return p.cache.put(name, table.encodeSorted()), nil
}

// unread says why events with a right checksum can't be read: the event type has
// changed since they were written, or nobody ever wrote them like that.
func unread(err error) error {
	if errors.Is(err, source.ErrColumn) || errors.Is(err, source.ErrValue) {
		return fmt.Errorf("the archived events don't fit the event type any more: give the field its old type back, or a new name, under which old events have none: %w", err)
	}
	return fmt.Errorf("%w: %w", archive.ErrCorrupt, err)
}
