package lambda

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/anabranch-go/anabranch/lambda/delta"
)

// Audit is a comparison of the two arms at one cut: what the base and the sealed
// deltas say, and what the archived events say.
type Audit struct {
	States      int // compared, over all views
	Differences []Difference
}

// Difference is a state on which the arms disagree.
type Difference struct {
	View   string
	Window time.Time // its start
	Key    string    // as the engine's values, for people
	Kept   string    // the base and the sealed deltas: "missing", or the state's bytes in hex
	Events string    // the archived events: likewise
}

func (d Difference) String() string {
	return fmt.Sprintf("view %s, window from %s, key %s: kept %s, by events %s",
		d.View, d.Window.Format(time.RFC3339), d.Key, d.Kept, d.Events)
}

// Audit recomputes every view from all archived events, merges it from its
// newest base and the sealed deltas since, and reports each state on which the
// two differ. It changes nothing.
func (p *Pipeline[E]) Audit(ctx context.Context) (*Audit, error) {
	views, err := p.look(ctx)
	if err != nil {
		return nil, err
	}
	runs, chains, err := p.runsAtNow(ctx, views)
	if err != nil {
		return nil, err
	}
	p.recompute(ctx, runs, chains)
	audit := &Audit{}
	var errs []error
	for _, run := range runs {
		if err := run.view.guard(noPartition, func() error { return p.auditView(ctx, run, audit) }); err != nil {
			errs = append(errs, fmt.Errorf("audit of view %s: %w", run.view.name, err))
		}
	}
	return audit, errors.Join(errs...)
}

func (p *Pipeline[E]) auditView(ctx context.Context, run *baseRun[E], audit *Audit) error {
	if run.err != nil {
		return run.err
	}
	plan, err := run.view.bind()
	if err != nil {
		return err
	}
	kept := plan.newTable()
	if run.previous != nil {
		for _, part := range run.previous.Parts {
			file, err := p.readStates(ctx, run.view, part.File)
			if err != nil {
				return err
			}
			if err := kept.mergeStates(file.states); err != nil {
				return err
			}
		}
	}
	if err := p.mergeSealed(ctx, run, kept); err != nil {
		return err
	}
	sortStates(run.states)
	audit.compare(run.view.name, run.view.describeKey, kept.encodeSorted(), run.states)
	return nil
}

// compare walks two sorted lists of states side by side.
func (a *Audit) compare(view string, describe func([]byte) string, kept, events []delta.State) {
	for len(kept) > 0 || len(events) > 0 {
		a.States++
		order := 0
		switch {
		case len(kept) == 0:
			order = 1
		case len(events) == 0:
			order = -1
		default:
			order = compareStates(kept[0], events[0])
		}
		d := Difference{View: view, Kept: "missing", Events: "missing"}
		var at delta.State
		if order <= 0 {
			at, kept = kept[0], kept[1:]
			d.Kept = fmt.Sprintf("%x", at.State)
		}
		var other delta.State
		if order >= 0 {
			other, events = events[0], events[1:]
			d.Events = fmt.Sprintf("%x", other.State)
		}
		if order == 0 && bytes.Equal(at.State, other.State) {
			continue
		}
		if order > 0 {
			at = other
		}
		d.Window, d.Key = time.UnixMicro(at.Window).UTC(), describe(at.Key)
		a.Differences = append(a.Differences, d)
	}
}

// describeKey shows an encoded key to people.
func (d *definition[E]) describeKey(key []byte) string {
	out := ""
	for i, kind := range d.keyTypes {
		v, rest, err := readKeyValue(key, kind)
		if err != nil {
			return fmt.Sprintf("%x", key)
		}
		key = rest
		if i > 0 {
			out += ", "
		}
		out += v.String()
	}
	return "(" + out + ")"
}
