package aggregatetest

import (
	"fmt"

	"pgregory.net/rapid"
)

// cut takes records apart at a place that's drawn.
func cut[E any](t *rapid.T, records []record[E]) (before, after []record[E]) {
	at := rapid.IntRange(0, len(records)).Draw(t, "cut")
	return records[:at], records[at:]
}

var first = []uint32{0}

func identity[E, R any](t *rapid.T, k *kit[E, R], records []record[E]) error {
	want := k.folded(records)
	s := k.folded(records)
	s.Merge(first, k.states(1))
	if err := k.differs("the state", want, 0, "with an empty group merged in", s, 0); err != nil {
		return err
	}
	s = k.states(1)
	s.Merge(first, k.folded(records))
	if err := k.differs("the state", want, 0, "merged into an empty group", s, 0); err != nil {
		return err
	}
	s = k.folded(records)
	if err := s.MergeState(0, k.bytes(nil)); err != nil {
		return fmt.Errorf("the state of no events is refused: %w", err)
	}
	return k.differs("the state", want, 0, "with the state of no events merged in", s, 0)
}

func associative[E, R any](t *rapid.T, k *kit[E, R], records []record[E]) error {
	x, yz := cut(t, records)
	y, z := cut(t, yz)
	left := k.folded(x)
	left.Merge(first, k.folded(y))
	left.Merge(first, k.folded(z))
	inner := k.folded(y)
	inner.Merge(first, k.folded(z))
	right := k.folded(x)
	right.Merge(first, inner)
	return k.differs("(x+y)+z", left, 0, "x+(y+z)", right, 0)
}

func commutative[E, R any](t *rapid.T, k *kit[E, R], records []record[E]) error {
	x, y := cut(t, records)
	xy := k.folded(x)
	xy.Merge(first, k.folded(y))
	yx := k.folded(y)
	yx.Merge(first, k.folded(x))
	return k.differs("x+y", xy, 0, "y+x", yx, 0)
}

func mergeIsMergeState[E, R any](t *rapid.T, k *kit[E, R], records []record[E]) error {
	x, y := cut(t, records)
	other := k.folded(y)
	before := other.AppendState(nil, 0)
	merged := k.folded(x)
	merged.Merge(first, other)
	encoded := k.folded(x)
	if err := encoded.MergeState(0, before); err != nil {
		return fmt.Errorf("a state is refused: %w", err)
	}
	if err := k.differs("after Merge", merged, 0, "after MergeState", encoded, 0); err != nil {
		return err
	}
	two := k.states(2)
	k.fold(two, 0, x)
	k.fold(two, 1, y)
	both := k.states(1)
	both.Merge([]uint32{0, 0}, two)
	if err := k.differs("after Merge", merged, 0, "after Merge of two groups into one", both, 0); err != nil {
		return err
	}
	k.fold(merged, 0, x) // what they share, this would change
	empty := k.states(1)
	empty.Merge(first, other)
	k.fold(empty, 0, x)
	return differ("the other, before it was merged,", before, "after", other.AppendState(nil, 0))
}

func roundTrip[E, R any](t *rapid.T, k *kit[E, R], records []record[E]) error {
	s := k.folded(records)
	state := s.AppendState([]byte("before"), 0)
	if string(state[:6]) != "before" {
		return fmt.Errorf("AppendState changed the bytes that it appends to: %q", state[:6])
	}
	state = state[6:]
	read := k.states(1)
	if err := read.MergeState(0, state); err != nil {
		return fmt.Errorf("the state %x is refused: %w", state, err)
	}
	clear(state) // who keeps it shows
	return k.differs("the state", s, 0, "read back", read, 0)
}
