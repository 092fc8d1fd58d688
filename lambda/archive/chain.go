package archive

import (
	"context"
	"fmt"
	"iter"
	"sort"
	"sync"
)

// Chain is a partition's entries as far as they have been read. It is a value:
// what is appended later doesn't show in it.
type Chain struct {
	Partition int
	// Entries are shared by everybody who read the chain: read only.
	Entries []Entry
}

// Start returns the offset at which the partition's first claim began; false
// where nobody has claimed the partition yet.
func (c Chain) Start() (int64, bool) {
	if len(c.Entries) == 0 {
		return 0, false
	}
	return c.Entries[0].From, true
}

// End returns the offset up to which the archive has the partition, exclusive:
// where the next segment and an open delta must start. It is false where
// nobody has claimed the partition yet.
func (c Chain) End() (int64, bool) {
	if len(c.Entries) == 0 {
		return 0, false
	}
	return c.Entries[len(c.Entries)-1].To, true
}

// Term returns the number of the newest claim; false where there is none.
func (c Chain) Term() (int64, bool) {
	if len(c.Entries) == 0 {
		return 0, false
	}
	return c.Entries[len(c.Entries)-1].Term, true
}

// After yields, in order, the segments and gaps that hold offsets from offset
// on. The first may start before it, where offset isn't the end of an entry:
// who needs exact tiling compares its From.
func (c Chain) After(offset int64) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		// To never goes down along a chain.
		first := sort.Search(len(c.Entries), func(i int) bool { return c.Entries[i].To > offset })
		for _, entry := range c.Entries[first:] {
			if entry.Kind != KindClaim && !yield(entry) {
				return
			}
		}
	}
}

// readers is how many partitions are read at the same time.
const readers = 8

// Chains reads what is new in the chain of every declared partition and
// returns them by partition, those without a claim too (they are empty).
//
// It reads each entry once and lists only what comes after the last it knows.
// A hole is ErrMissing and a changed object ErrCorrupt, naming it; ranges that
// don't tile are ErrTiling; an entry of a newer release is ErrFormat; a claim
// for another log is ErrLogIdentity. No chain is returned with an error.
func (a *Archive) Chains(ctx context.Context) ([]Chain, error) {
	log, err := a.Log(ctx)
	if err != nil {
		return nil, err
	}
	chains := make([]Chain, log.Partitions)
	if log.Partitions == 1 {
		if chains[0], err = a.chain(ctx, 0, log.Identity); err != nil {
			return nil, err
		}
		return chains, nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	work := make(chan int)
	var group sync.WaitGroup
	for range min(readers, log.Partitions) {
		group.Go(func() {
			for partition := range work {
				chain, err := a.chain(ctx, partition, log.Identity)
				if err != nil {
					cancel(err) // the first error is the cause, the others its echo
				}
				chains[partition] = chain
			}
		})
	}
	for partition := range chains {
		work <- partition
	}
	close(work)
	group.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return chains, nil
}

// Chain reads what is new in one partition's chain and returns it, as Chains
// does for all. A partition that the log doesn't have is ErrPartitions.
func (a *Archive) Chain(ctx context.Context, partition int) (Chain, error) {
	log, err := a.Log(ctx)
	if err != nil {
		return Chain{}, err
	}
	if partition < 0 || partition >= log.Partitions {
		return Chain{}, fmt.Errorf("%w: there is no partition %d among %d", ErrPartitions, partition, log.Partitions)
	}
	return a.chain(ctx, partition, log.Identity)
}

// partial is what is known of one chain. Its entries are only ever appended
// to, so that chains handed out share them.
type partial struct {
	turn    chan struct{} // holds one token: whoever has it may read on
	entries []Entry
}

func (a *Archive) partial(partition int) *partial {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.partials[partition]
	if p == nil {
		p = &partial{turn: make(chan struct{}, 1)}
		p.turn <- struct{}{}
		a.partials[partition] = p
	}
	return p
}

// chain reads on in one chain.
func (a *Archive) chain(ctx context.Context, partition int, identity string) (Chain, error) {
	p := a.partial(partition)
	// A channel rather than a mutex, so that waiting ends with the context.
	select {
	case <-ctx.Done():
		return Chain{}, context.Cause(ctx)
	case <-p.turn:
	}
	defer func() { p.turn <- struct{}{} }()

	known := int64(len(p.entries)) - 1
	newest, err := a.listOnce(ctx, chainDir(partition), func() (int64, error) { return lastEntry(ctx, a.store, partition, known) })
	if err != nil {
		return Chain{}, err
	}
	// A listing isn't a snapshot, so a number that it leaves out below one that
	// it shows may be there all the same: only reading it tells.
	for sequence := known + 1; sequence <= newest; sequence++ {
		entry, err := readEntry(ctx, a.store, partition, sequence)
		if err == nil {
			err = follows(p.entries, entry, identity)
		}
		if err != nil {
			return Chain{}, fmt.Errorf("cannot read the chain of partition %d: %w", partition, err)
		}
		p.entries = append(p.entries, entry)
	}
	n := len(p.entries)
	return Chain{Partition: partition, Entries: p.entries[:n:n]}, nil
}

// lastEntry is the greatest sequence listed, at least known.
func lastEntry(ctx context.Context, store Store, partition int, known int64) (int64, error) {
	dir, after := chainDir(partition), ""
	if known >= 0 {
		after = numbered(dir, known)
	}
	for name, err := range store.List(ctx, dir+"/", after) {
		if err != nil {
			return 0, fmt.Errorf("cannot list the chain of partition %d: %w", partition, err)
		}
		if n, ok := numberOf(dir, name); ok {
			known = n
		}
	}
	return known, nil
}

func readEntry(ctx context.Context, store Store, partition int, sequence int64) (Entry, error) {
	name := numbered(chainDir(partition), sequence)
	nonce, body, err := getSealed(ctx, store, name)
	if err != nil {
		return Entry{}, err
	}
	entry, err := decodeEntry(body, nonce, partition, sequence)
	if err != nil {
		return Entry{}, fmt.Errorf("%s: %w", name, err)
	}
	return entry, nil
}

// follows says whether next may come after entries, whose numbers it continues.
func follows(entries []Entry, next Entry, identity string) error {
	name := numbered(chainDir(next.Partition), next.Sequence)
	if next.Kind == KindClaim && next.Log != identity {
		return fmt.Errorf("%s: %w: it claims %q, and the archive is of %q", name, ErrLogIdentity, next.Log, identity)
	}
	if len(entries) == 0 {
		if next.Kind != KindClaim {
			return fmt.Errorf("%s: %w: a chain begins with a claim", name, ErrCorrupt)
		}
		return nil
	}
	last := entries[len(entries)-1]
	if next.From != last.To {
		return fmt.Errorf("%s: %w: it starts at offset %d, and the one before ends at %d", name, ErrTiling, next.From, last.To)
	}
	// Whoever appends must have seen every entry before his, so nobody but the
	// newest claimant can.
	if next.Kind != KindClaim && next.Term != last.Term {
		return fmt.Errorf("%s: %w: it is of term %d under claim %d", name, ErrCorrupt, next.Term, last.Term)
	}
	return nil
}
