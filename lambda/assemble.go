package lambda

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/delta"
)

// assembly is what an answer is made of: a base and, for each partition, what
// tiles after it.
type assembly struct {
	number  int64 // of the base; -1 without one
	base    *base
	parts   []tiles
	missing []string
}

// assemble finds the newest base, each chain after its cut, and the open deltas.
//
// A partition may be sealed while we look: then the chain that we have read is
// short, and the open delta starts past its end or is gone already. So where no
// open delta fits, the chain is read again, after the delta store: if it hasn't
// grown, there was none to fit.
//
// The open deltas of partitions in without are left out: they couldn't be read.
func (p *Pipeline[E]) assemble(ctx context.Context, view *registration[E], without map[int]bool) (*assembly, error) {
	if p.parent != nil {
		return p.assembleBase(ctx, view)
	}
	a := &assembly{}
	var err error
	if a.number, a.base, err = p.latestBase(ctx, view); err != nil {
		return nil, err
	}
	chains, err := p.chains(ctx)
	if err != nil {
		return nil, err
	}
	for tries := 0; ; tries++ {
		if err := a.lay(chains); err != nil {
			return nil, fmt.Errorf("view %s: %w", view.name, err)
		}
		fit, err := p.addOpen(ctx, view, a, without)
		if err != nil {
			return nil, err
		}
		if fit {
			return a, nil
		}
		again, err := p.chains(ctx)
		if err != nil {
			return nil, err
		}
		// What anybody had seen when we began is in the second chains already.
		if tries > 2 || !grown(chains, again) {
			return a, nil
		}
		chains = again
	}
}

// lay tiles every chain after the base.
func (a *assembly) lay(chains []archive.Chain) error {
	a.parts, a.missing = nil, nil
	if len(chains) == 0 {
		a.missing = append(a.missing, "the archive knows of no log: nothing has run on it yet")
	}
	if a.base != nil {
		a.missing = append(a.missing, a.base.Gaps...)
	}
	for _, chain := range chains {
		if len(chain.Entries) == 0 {
			a.missing = append(a.missing, fmt.Sprintf("partition %d has had no owner yet", chain.Partition))
			continue
		}
		t, err := tile(chain, a.base)
		if err != nil {
			return err
		}
		a.missing = append(a.missing, t.gaps...)
		a.parts = append(a.parts, t)
	}
	return nil
}

// addOpen adds the open deltas. It says whether every partition had one that
// fits.
//
// The copy that an earlier answer used is as right as it was then, whatever has
// become of it in the store. So it's kept, and taken where the store has nothing
// better: a handle's answers don't go back while a store is down or wiped.
func (p *Pipeline[E]) addOpen(ctx context.Context, view *registration[E], a *assembly, without map[int]bool) (bool, error) {
	if len(a.parts) == 0 {
		return true, nil // and maybe no archive
	}
	id, err := p.archiveID(ctx)
	if err != nil {
		return false, err
	}
	opens := make([]*delta.Open, len(a.parts))
	p.askEach(len(a.parts), func(i int) {
		partition := a.parts[i].partition
		if without[partition] {
			return
		}
		bounded, cancel := context.WithTimeout(ctx, asideTimeout+time.Duration(p.config.OpenStates)*readTimeoutState)
		defer cancel()
		open, err := p.config.Deltas.Read(bounded, view.deltas(id), partition)
		opens[i] = open
		if err != nil && ctx.Err() == nil {
			p.observeRead(view, partition, err) // down or torn: the same as none
		}
	})
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	fit := true
	for i := range a.parts {
		t := &a.parts[i]
		if without[t.partition] {
			continue
		}
		t.extend(opens[i])
		// What is only remembered may have been sealed since the chain was read.
		fit = fit && t.open != nil
		t.extend(view.lastOpen(t.partition))
		view.keepOpen(t.partition, t.open)
	}
	return fit, nil
}

// asksAtOnce is how many questions a query asks servers at a time: a partition
// whose server is away mustn't hold up the others.
const asksAtOnce = 32

// askEach calls ask for each of n things, several at a time, and waits for all.
func (p *Pipeline[E]) askEach(n int, ask func(i int)) {
	if n == 1 {
		ask(0)
		return
	}
	var group errgroup.Group
	group.SetLimit(p.asks)
	for i := range n {
		group.Go(func() error { ask(i); return nil })
	}
	_ = group.Wait() // no ask fails
}

func (p *Pipeline[E]) observeRead(view *registration[E], partition int, err error) {
	kind := ReadFailed
	if errors.Is(err, delta.ErrTorn) {
		kind = CopyLost
	}
	p.config.Observer.Observe(Observation{Kind: kind, View: view.name, Partition: partition, Err: err})
}

// grown says whether any chain has more entries than before.
func grown(before, after []archive.Chain) bool {
	if len(after) != len(before) {
		return true
	}
	for i := range after {
		if len(after[i].Entries) != len(before[i].Entries) {
			return true
		}
	}
	return false
}
