package lambda

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/delta"
	"github.com/anabranch-go/anabranch/partition"
	"github.com/anabranch-go/anabranch/source"
)

// Over registers a view over the rows of another: customers' totals into
// segments, first purchases into cohorts. events makes of each row of the parent,
// in the range's windows, any number of events; the view folds these. It belongs
// to the batch layer: every Batch and Advance of the parent's pipeline makes its
// base anew from the parent's newest base, and its answers are of that base's cut.
// A view may be over such a view in turn.
//
// A row of all of time has no window: its Start is the zero time. Give such a row's
// events a time from its value, or fold them by window.Global too.
//
// events is code, so the view must declare a version; it must depend on the row
// alone. A range by the clock (Last) is ErrRange, since a repeated run would give
// something else. An event that can't be stored is an error of the run, which
// names the row.
func Over[E, K, R, E2, K2, R2 any](parent *Handle[E, K, R], r Range, events func(row Row[K, R], emit func(E2)), v View[E2, K2, R2]) (*Handle[E2, K2, R2], error) {
	if parent == nil || events == nil {
		return nil, fmt.Errorf("%w: %q: a view over rows takes a handle and a function", ErrView, v.Name)
	}
	if v.Version == 0 {
		return nil, fmt.Errorf("%w: %q: the function that makes its events can't be compared: set Version to 1, and raise it whenever its meaning changes", ErrView, v.Name)
	}
	if r.last != 0 {
		return nil, fmt.Errorf("%w: view %q is over a range by the clock, which a run can't repeat: use Between or Ever", ErrRange, v.Name)
	}
	selected, err := parent.resolve(r, Selection[K, R]{}, time.Time{})
	if err != nil {
		return nil, fmt.Errorf("view %q: %w", v.Name, err)
	}
	config := parent.pipeline.config
	config.Partition = partition.Scheme{} // of the parent's events: rows aren't archived
	rows := New[E2](config)
	rows.cache, rows.names, rows.parent = parent.pipeline.cache, parent.pipeline.names, parent.pipeline
	// Which rows these are is a part of the definition.
	h, err := register(rows, v, fmt.Sprintf("over=%s [%d,%d) by %s", parent.reg.fingerprint, selected.first, selected.end, selected.step.Fingerprint()))
	if err != nil {
		return nil, err
	}
	o := &over[E, K, R, E2]{parent: parent, span: selected.span, events: events, rows: rows, view: h.reg}
	parent.pipeline.mu.Lock()
	defer parent.pipeline.mu.Unlock()
	parent.pipeline.overs = append(parent.pipeline.overs, o.run)
	return h, nil
}

// over makes the bases of a view over another's rows.
type over[E, K, R, E2 any] struct {
	parent *Handle[E, K, R]
	span   span
	events func(Row[K, R], func(E2))
	rows   *Pipeline[E2] // whose log is the parent's rows
	view   *registration[E2]
}

// run publishes a base of what the parent's newest base says, unless there's one.
func (o *over[E, K, R, E2]) run(ctx context.Context) error {
	if _, err := o.rows.begin(ctx); err != nil {
		return err
	}
	for {
		err := o.publish(ctx)
		if errors.Is(err, archive.ErrTaken) {
			continue // another run was faster: look at what it left
		}
		if err != nil {
			return fmt.Errorf("batch layer, view %s over %s: %w", o.view.name, o.parent.reg.name, err)
		}
		return o.rows.runOvers(ctx)
	}
}

func (o *over[E, K, R, E2]) publish(ctx context.Context) error {
	started := time.Now()
	of, parent, err := o.parent.pipeline.latestBase(ctx, o.parent.reg)
	if err != nil || parent == nil {
		return err
	}
	number, previous, err := o.rows.latestBase(ctx, o.view)
	if err != nil {
		return err
	}
	if previous != nil && previous.Over != nil && *previous.Over >= of {
		return nil
	}
	var states []delta.State
	if err := o.view.guard(noPartition, func() error {
		states, err = o.fold(ctx, parent)
		return err
	}); err != nil {
		return err
	}
	parts, err := o.rows.putParts(ctx, o.view, number+1, states)
	if err != nil {
		return err
	}
	b := base{Format: baseFormat, Made: recomputed, Codec: o.view.codec, Cut: parent.Cut, Parts: parts, Gaps: parent.Gaps, Over: &of}
	return o.rows.putBase(ctx, o.view, number+1, b, filesRead{}, started)
}

// fold makes events of the parent's rows and folds them.
func (o *over[E, K, R, E2]) fold(ctx context.Context, parent *base) ([]delta.State, error) {
	rows, err := o.parentRows(ctx, parent)
	if err != nil {
		return nil, err
	}
	plan, err := o.view.bind()
	if err != nil {
		return nil, err
	}
	f := rowFolder[E2]{table: plan.newTable(), builder: source.NewBuilder[E2](o.rows.schema, nil)}
	emit := func(e E2) { f.add(&e) }
	for i := range rows {
		o.events(rows[i], emit)
		if f.err != nil {
			return nil, fmt.Errorf("an event of the row of key %v, window from %s: %w", rows[i].Key, rows[i].Window.Start.Format(time.RFC3339), f.err)
		}
	}
	if f.flush(); f.err != nil {
		return nil, f.err
	}
	return f.table.encode(), nil
}

// parentRows gives the rows that the parent's base holds.
func (o *over[E, K, R, E2]) parentRows(ctx context.Context, parent *base) ([]Row[K, R], error) {
	p, reg := o.parent.pipeline, o.parent.reg
	plan, err := reg.bind()
	if err != nil {
		return nil, err
	}
	selected := &selected[E]{span: o.span}
	m := &merger[E]{p: p, view: reg, into: plan.newTable(), selected: selected}
	if err := m.merge(ctx, &assembly{base: parent}); err != nil {
		return nil, err
	}
	return o.parent.rows(ctx, m.into, selected)
}

// rowChunk is how many events of rows are folded at once.
const rowChunk = 8192

// rowFolder folds events that have no log.
type rowFolder[E any] struct {
	table   *table[E]
	builder *source.Builder[E]
	next    int64
	err     error
}

// add takes one event in. A row may have any number of them, so they're folded
// as they come, and after an error none is kept.
func (f *rowFolder[E]) add(e *E) {
	if f.err == nil && f.builder.Len() >= rowChunk {
		f.flush()
	}
	if f.err != nil {
		return
	}
	before := f.builder.Len()
	f.builder.Append(e, f.next+int64(before), nil)
	if f.builder.Len() == before {
		f.err = errNotStorable
		if refused := f.builder.Chunk(0, f.next, f.next).Quarantine; len(refused) > 0 {
			f.err = fmt.Errorf("%w: %s", errNotStorable, refused[len(refused)-1].Reason)
		}
	}
}

func (f *rowFolder[E]) flush() {
	if f.err != nil || f.builder.Len() == 0 {
		return
	}
	from := f.next
	f.next += int64(f.builder.Len())
	_, f.err = f.table.fold(f.builder.Chunk(0, from, f.next))
	f.builder.Reset()
}

var errNotStorable = errors.New("lambda: an event that can't be stored")

// names are what the views of one archive are called, those over others too.
type names struct {
	mu    sync.Mutex
	taken map[string]bool
}

func (n *names) take(name string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.taken[name] {
		return false
	}
	n.taken[name] = true
	return true
}

// runOvers makes the bases of the views that are over this pipeline's.
func (p *Pipeline[E]) runOvers(ctx context.Context) error {
	p.mu.Lock()
	overs := p.overs[:len(p.overs):len(p.overs)]
	p.mu.Unlock()
	var errs []error
	for _, run := range overs {
		errs = append(errs, run(ctx))
	}
	return errors.Join(errs...)
}

// assembleBase assembles an answer of a view over rows: its base, and nothing
// after it.
func (p *Pipeline[E]) assembleBase(ctx context.Context, view *registration[E]) (*assembly, error) {
	a := &assembly{}
	var err error
	if a.number, a.base, err = p.latestBase(ctx, view); err != nil {
		return nil, err
	}
	if a.base == nil {
		a.missing = append(a.missing, "no batch run has made a base of it yet")
		return a, nil
	}
	a.missing = append(a.missing, a.base.Gaps...)
	for _, c := range a.base.Cut {
		a.parts = append(a.parts, tiles{partition: c.Partition, from: c.From, cut: c.Through, sealed: c.Through})
	}
	chains, err := p.chains(ctx)
	if err != nil {
		return nil, err
	}
	for _, chain := range chains {
		if len(chain.Entries) == 0 {
			a.missing = append(a.missing, fmt.Sprintf("partition %d has had no owner yet", chain.Partition))
		}
	}
	return a, nil
}

// ender knows where partitions of a log end.
type ender interface {
	end(ctx context.Context, partition int) (int64, bool)
}
