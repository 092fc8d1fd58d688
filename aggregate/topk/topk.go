package topk

import (
	"fmt"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/aggregate/internal/statekit"
	"github.com/anabranch-go/anabranch/source"
)

// Options are the options of [Frequent] and [Weighted]. The zero value is a sane
// default.
type Options struct {
	// Capacity is how many values a group counts at most, from k to MaxCapacity;
	// 1024 if 0, or k if that's more. See the package for what the bounds make of it.
	Capacity int
}

// DefaultCapacity is the capacity where the options don't say.
const DefaultCapacity = 1024

// MaxCapacity is the most that Options.Capacity can be.
const MaxCapacity = 1 << 20

// Item is a value among the greatest.
type Item[T any] struct {
	Value    T
	Estimate int64 // of its count or weight: the middle of the bounds
	Lower    int64 // it's at least this
	Upper    int64 // and at most this
}

// Frequent lists the k most frequent values of a field, the most frequent first,
// equally frequent ones in their own order; see the package for the guarantee.
// It's less than k where a group has less. Nulls are skipped. The field may be of
// any kind. Errors of the field, and a k or options out of range
// (aggregate.ErrDefinition), come from Bind.
func Frequent[E, T any](f source.Field[E, T], k int, o Options) aggregate.Aggregate[E, []Item[T]] {
	return top[E, T, int64]{value: f, k: k, capacity: o.capacity(k)}
}

// Weighted is [Frequent] with the sum of an integer field in place of the count.
// Values without weight, or with a null for it, aren't listed. A negative weight
// makes the group's result ErrWeight, and weights past 63 bits in all
// aggregate.ErrOverflow.
func Weighted[E, T any, N aggregate.Integer](f source.Field[E, T], weight source.Field[E, N], k int, o Options) aggregate.Aggregate[E, []Item[T]] {
	return top[E, T, N]{value: f, weight: weight, weighted: true, k: k, capacity: o.capacity(k)}
}

func (o Options) capacity(k int) int {
	if o.Capacity == 0 {
		return max(DefaultCapacity, k)
	}
	return o.Capacity
}

type top[E, T any, N aggregate.Integer] struct {
	value       source.Field[E, T]
	weight      source.Field[E, N]
	weighted    bool
	k, capacity int
}

func (a top[E, T, N]) Codec() string { return fmt.Sprintf("topk.%s.%d/1", a.value.Kind(), a.capacity) }

func (a top[E, T, N]) String() string {
	if a.weighted {
		return fmt.Sprintf("topk(%s,%d,weight=%s,capacity=%d)", a.value, a.k, a.weight, a.capacity)
	}
	return fmt.Sprintf("topk(%s,%d,capacity=%d)", a.value, a.k, a.capacity)
}

func (a top[E, T, N]) HasCode() bool { return a.value.HasCode() || a.weighted && a.weight.HasCode() }

func (a top[E, T, N]) Bind(b *source.Binder[E]) (aggregate.Maker[E, []Item[T]], error) {
	bound, err := a.bind(b)
	if err != nil {
		return nil, fmt.Errorf("cannot bind %s: %w", a, err)
	}
	codec, kind := a.Codec(), a.value.Kind()
	return func() aggregate.Results[E, []Item[T]] {
		s := bound
		s.summaries = newSummaries(kind, a.capacity, codec)
		return &s
	}, nil
}

func (a top[E, T, N]) bind(b *source.Binder[E]) (s states[E, T], err error) {
	if a.capacity > MaxCapacity || a.k < 1 || a.k > a.capacity {
		return s, fmt.Errorf("%w: the first %d of a capacity of %d, which is from k to %d", aggregate.ErrDefinition, a.k, a.capacity, MaxCapacity)
	}
	if err := statekit.Telling(a.value.Kind()); err != nil {
		return s, err
	}
	s.k, s.weighted = a.k, a.weighted
	if s.value, err = a.value.Bind(b); err != nil || !a.weighted {
		return s, err
	}
	s.weight, err = a.weight.Bind(b)
	return s, err
}
