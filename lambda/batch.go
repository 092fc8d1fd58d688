package lambda

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/delta"
)

// Batch is the batch layer: it recomputes every view from all archived events
// and publishes the results as new bases. A view that was recomputed at this cut
// already is left as it is, so a run may be repeated, and runs may race: bases
// only ever go forward.
//
// A view whose own code panics is ErrStopped, and the others are published. Views
// over others' rows (see Over) follow these.
func (p *Pipeline[E]) Batch(ctx context.Context) error { return p.publishBases(ctx, recomputed) }

// Advance publishes new bases too, each from the base before and the sealed
// deltas since: less work than Batch, and the same states.
func (p *Pipeline[E]) Advance(ctx context.Context) error { return p.publishBases(ctx, advanced) }

func (p *Pipeline[E]) publishBases(ctx context.Context, how string) error {
	views, err := p.begin(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for len(views) > 0 {
		var lost []*registration[E]
		runs, chains, err := p.plan(ctx, views, how)
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		if how == recomputed {
			p.recompute(ctx, runs, chains)
		}
		for _, run := range runs {
			err := p.publishBase(ctx, run)
			switch {
			case errors.Is(err, archive.ErrTaken):
				lost = append(lost, run.view) // another run was faster: look at what it left
			case err != nil:
				errs = append(errs, fmt.Errorf("batch layer, view %s: %w", run.view.name, err))
			}
		}
		views = lost
	}
	return errors.Join(append(errs, p.runOvers(ctx))...)
}

// chains reads the chains; an archive without a log has none.
func (p *Pipeline[E]) chains(ctx context.Context) ([]archive.Chain, error) {
	chains, err := p.archive.Chains(ctx)
	if errors.Is(err, archive.ErrEmpty) {
		return nil, nil
	}
	return chains, err
}

// baseRun is the making of one base.
type baseRun[E any] struct {
	view     *registration[E]
	how      string
	number   int64
	previous *base
	chains   []archive.Chain
	cut      []cut
	states   []delta.State // recomputed
	rows     map[int]int64 // likewise: the selected events, by partition
	read     filesRead     // likewise
	err      error         // the view's own
	started  time.Time
}

// plan says which views need a new base at the chains' ends.
func (p *Pipeline[E]) plan(ctx context.Context, views []*registration[E], how string) ([]*baseRun[E], []archive.Chain, error) {
	all, chains, err := p.runsAtNow(ctx, views)
	if err != nil {
		return nil, nil, err
	}
	var runs []*baseRun[E]
	for _, run := range all {
		run.how, run.cut = how, cutOf(chains, run.view.fingerprint, run.previous)
		done := run.previous.reaches(run.cut) && (how == advanced || run.previous.Made == recomputed || past(run.previous, run.cut))
		if len(run.cut) > 0 && !done {
			runs = append(runs, run)
		}
	}
	return runs, chains, nil
}

// runsAtNow begins a run of every view at the chains' ends. The chains are read
// after the bases: a base is never newer than they are.
func (p *Pipeline[E]) runsAtNow(ctx context.Context, views []*registration[E]) ([]*baseRun[E], []archive.Chain, error) {
	runs := make([]*baseRun[E], len(views))
	for i, view := range views {
		number, previous, err := p.latestBase(ctx, view)
		if err != nil {
			return nil, nil, err
		}
		runs[i] = &baseRun[E]{view: view, number: number + 1, previous: previous, rows: map[int]int64{}, started: time.Now()}
	}
	chains, err := p.chains(ctx)
	for _, run := range runs {
		run.chains = chains
	}
	return runs, chains, err
}

// mergeSealed folds into a table the sealed deltas after a run's previous base.
func (p *Pipeline[E]) mergeSealed(ctx context.Context, run *baseRun[E], into *table[E]) error {
	for _, chain := range run.chains {
		t, err := tile(chain, run.previous)
		if err != nil {
			return err
		}
		for _, segment := range t.segments {
			file, err := p.sealedStates(ctx, run.view, segment)
			if err != nil {
				return err
			}
			if err := into.mergeStates(file.states); err != nil {
				return err
			}
		}
	}
	return nil
}

// past says whether a base holds more than the cut: made by another process
// since we read the chains. Ours would go back.
func past(b *base, cuts []cut) bool {
	for _, c := range cuts {
		if ours, ok := b.at(c.Partition); ok && ours.Through > c.Through {
			return true
		}
	}
	return false
}

// publishBase stores a run's states and publishes them.
func (p *Pipeline[E]) publishBase(ctx context.Context, run *baseRun[E]) error {
	if run.err != nil {
		return run.err
	}
	var parts []basePart
	var err error
	if run.how == recomputed {
		for i := range run.cut {
			run.cut[i].Rows = run.rows[run.cut[i].Partition]
		}
		parts, err = p.putParts(ctx, run.view, run.number, run.states)
	} else {
		err = run.view.guard(noPartition, func() error {
			parts, err = p.advanceParts(ctx, run)
			return err
		})
	}
	if err != nil {
		return err
	}
	b := base{Format: baseFormat, Made: run.how, Codec: run.view.codec, Cut: run.cut, Parts: parts, Gaps: gapsOf(run.chains)}
	return p.putBase(ctx, run.view, run.number, b, run.read, run.started)
}

// putBase publishes a base under its number, made from such files of events.
func (p *Pipeline[E]) putBase(ctx context.Context, view *registration[E], number int64, b base, read filesRead, started time.Time) error {
	if err := archive.Publish(ctx, p.config.Archive, view.bases(), number, archive.NewNonce(), b); err != nil {
		return err
	}
	rows, size := int64(0), int64(0)
	for _, part := range b.Parts {
		rows += part.File.Rows
		size += part.File.Size
	}
	p.config.Observer.Observe(Observation{Kind: BasePublished, View: view.name, Number: number,
		Rows: rows, Bytes: size, Files: read.files, Skipped: read.skipped, Took: time.Since(started)})
	return nil
}

// advanceParts gives the parts of a base one cut further: those that nothing new
// falls into are the previous base's own.
func (p *Pipeline[E]) advanceParts(ctx context.Context, run *baseRun[E]) ([]basePart, error) {
	plan, err := run.view.bind()
	if err != nil {
		return nil, err
	}
	fresh := plan.newTable()
	if err := p.mergeSealed(ctx, run, fresh); err != nil {
		return nil, err
	}
	var old []basePart
	if run.previous != nil {
		old = run.previous.Parts
	}
	return p.mergeParts(ctx, run, old, fresh.encode())
}

// mergeParts adds states to parts. Part i takes the days from its own first to
// the next part's first.
func (p *Pipeline[E]) mergeParts(ctx context.Context, run *baseRun[E], old []basePart, fresh []delta.State) ([]basePart, error) {
	if len(old) == 0 {
		return p.putParts(ctx, run.view, run.number, fresh)
	}
	byPart := make([][]delta.State, len(old))
	for _, state := range fresh {
		i := slices.IndexFunc(old, func(part basePart) bool { return dayOf(part.MinWindow) > dayOf(state.Window) })
		if i < 0 {
			i = len(old)
		}
		i = max(i-1, 0)
		byPart[i] = append(byPart[i], state)
	}
	var parts []basePart
	for i, part := range old {
		if len(byPart[i]) == 0 {
			parts = append(parts, part)
			continue
		}
		states, err := p.addToPart(ctx, run.view, part, byPart[i])
		if err != nil {
			return nil, err
		}
		made, err := p.putParts(ctx, run.view, run.number, states)
		if err != nil {
			return nil, err
		}
		parts = append(parts, made...)
	}
	return parts, nil
}

func (p *Pipeline[E]) addToPart(ctx context.Context, view *registration[E], part basePart, fresh []delta.State) ([]delta.State, error) {
	plan, err := view.bind()
	if err != nil {
		return nil, err
	}
	table := plan.newTable()
	file, err := p.readStates(ctx, view, part.File)
	if err != nil {
		return nil, err
	}
	if err := table.mergeStates(file.states); err != nil {
		return nil, fmt.Errorf("%s: %w", part.File.Name, err)
	}
	if err := table.mergeStates(fresh); err != nil {
		return nil, err
	}
	return table.encode(), nil
}

// gapsOf describes the gaps of chains.
func gapsOf(chains []archive.Chain) []string {
	var gaps []string
	for _, chain := range chains {
		for _, e := range chain.Entries {
			if e.Kind == archive.KindGap {
				gaps = append(gaps, describeGap(&e))
			}
		}
	}
	return gaps
}

func describeGap(e *archive.Entry) string {
	return fmt.Sprintf("partition %d lost the offsets [%d, %d): %s", e.Partition, e.From, e.To, e.Reason)
}
