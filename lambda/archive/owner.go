package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// Owner is the right to append to one partition's chain, for as long as nobody
// else claims the partition. It isn't safe for concurrent use.
type Owner struct {
	store     Store
	partition int
	term      int64
	end       int64
	next      int64
	lost      error  // set once the partition is another's
	doubt     *doubt // an append whose outcome isn't known
}

// doubt is an append that failed: calling again with the same entry goes on
// with the same nonce.
type doubt struct {
	entry Entry
	body  []byte
}

// Claim makes the caller the owner of a partition by appending a claim to its
// chain, and ends the right of whoever owned it before. Start is the offset at
// which an empty chain begins; otherwise the owner goes on at the chain's end.
//
// Where another appends at the same time, Claim reads on and tries again until
// the context ends. After ErrUnsettled the claim may be in the chain, without
// an owner; claiming again is always safe. The log must have been declared:
// else it is ErrEmpty, and for a partition that it doesn't have ErrPartitions.
func (a *Archive) Claim(ctx context.Context, partition int, start int64) (*Owner, error) {
	if start < 0 {
		return nil, fmt.Errorf("%w: cannot claim partition %d from offset %d", ErrInvalid, partition, start)
	}
	log, err := a.Log(ctx)
	if err != nil {
		return nil, err
	}
	if partition < 0 || partition >= log.Partitions {
		return nil, fmt.Errorf("%w: cannot claim partition %d of %d", ErrPartitions, partition, log.Partitions)
	}
	for {
		chain, err := a.chain(ctx, partition, log.Identity)
		if err != nil {
			return nil, err
		}
		if end, ok := chain.End(); ok {
			start = end
		}
		next := int64(len(chain.Entries))
		owner := &Owner{store: a.store, partition: partition, term: next, end: start, next: next}
		err = owner.append(ctx, Entry{Kind: KindClaim, Log: log.Identity, From: start, To: start})
		if !errors.Is(err, ErrLost) {
			if err != nil {
				return nil, err
			}
			return owner, nil
		}
	}
}

// Partition returns the partition that is owned.
func (o *Owner) Partition() int { return o.partition }

// Term returns the number of the owner's claim. Later owners have greater ones.
func (o *Owner) Term() int64 { return o.term }

// End returns the chain's end: the offset at which the next segment must start.
func (o *Owner) End() int64 { return o.end }

// NextSequence returns the number that the next entry will have, for the names
// of the files that it will commit.
func (o *Owner) NextSequence() int64 { return o.next }

// Commit appends a segment, whose files must be stored already: this, and
// nothing else, makes them count. The caller sets From, which must be End()
// (else ErrTiling), To, Events, Quarantine and Deltas; the rest is filled in.
// It doesn't retain the entry.
//
//   - nil: the segment is in the chain.
//   - ErrLost: another has the partition. The segment isn't in the chain and
//     never will be, and every later call returns ErrLost too.
//   - ErrUnsettled: not known. Calling again with an equal segment settles it;
//     any other is ErrInvalid until then. Giving up the owner and claiming
//     again settles it as well.
//   - ErrCorrupt: something unreadable has the entry's place. It is a doubt too.
//   - ErrInvalid, ErrTiling: nothing was written; the owner is as before.
func (o *Owner) Commit(ctx context.Context, segment Entry) error {
	segment.Kind = KindSegment
	return o.append(ctx, segment)
}

// Gap appends a gap from End() up to to: the log has lost these offsets, and
// an operator accepts that, for a reason. Answers that span the gap are
// incomplete. Its errors are Commit's.
func (o *Owner) Gap(ctx context.Context, to int64, reason string) error {
	return o.append(ctx, Entry{Kind: KindGap, From: o.end, To: to, Reason: reason})
}

func (o *Owner) append(ctx context.Context, entry Entry) error {
	if o.lost != nil {
		return o.lost
	}
	nonce := NewNonce()
	if o.doubt != nil {
		nonce = o.doubt.entry.Nonce
	}
	entry.Format, entry.Partition = Format, o.partition
	entry.Sequence, entry.Term, entry.Nonce = o.next, o.term, nonce
	name := numbered(chainDir(o.partition), o.next)
	if entry.From != o.end {
		return fmt.Errorf("%w: cannot append %s from offset %d where the chain ends at %d", ErrTiling, name, entry.From, o.end)
	}
	if err := entry.check(); err != nil {
		return fmt.Errorf("%w: cannot append %s: %w", ErrInvalid, name, err)
	}
	body, err := seal(nonce, entry)
	if err != nil {
		return fmt.Errorf("cannot append %s: %w", name, err)
	}
	// A different entry under the same number would find the first in its place
	// and take it for another owner's.
	if o.doubt != nil && !bytes.Equal(body, o.doubt.body) {
		return fmt.Errorf("%w: cannot append %s before the entry that was tried first is settled", ErrInvalid, name)
	}
	return o.settle(ctx, name, entry, body)
}

func (o *Owner) settle(ctx context.Context, name string, entry Entry, body []byte) error {
	err := settle(ctx, o.store, name, body, ours(entry.Nonce))
	switch {
	case err == nil:
		o.doubt = nil
		o.next, o.end = entry.Sequence+1, entry.To
		return nil
	case errors.Is(err, errOthers):
		o.lost = fmt.Errorf("%w: partition %d, term %d: %s is another's", ErrLost, o.partition, o.term, name)
		return o.lost
	default:
		// Corrupt where our entry should be, the context's end, a store that
		// stays down: all are doubts.
		o.doubt = &doubt{entry: entry, body: body}
		return err
	}
}
