package aggregatetest

import (
	"errors"

	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/aggregate"
)

// inverse holds for states without inverses, too: those change nothing.
func inverse[E, R any](t *rapid.T, k *kit[E, R], records []record[E]) error {
	s, minus := k.folded(records), k.folded(records)
	inverter, ok := any(minus).(aggregate.Inverter)
	if !ok {
		return nil
	}
	if !inverter.Invert(0) {
		return k.differs("the state", s, 0, "after Invert said that it can't", minus, 0)
	}
	if err := k.cancels(s, minus); err != nil {
		return err
	}
	if !inverter.Invert(0) {
		return errors.New("what Invert could do before it can't do now")
	}
	if err := k.differs("the state", s, 0, "inverted twice", minus, 0); err != nil {
		return err
	}
	return k.distributes(t, records)
}

// cancels merges a state and its inverse in both orders, as vectors and as bytes.
func (k *kit[E, R]) cancels(s, minus aggregate.Results[E, R]) error {
	none := k.states(1)
	sum := k.states(2)
	sum.Merge([]uint32{0}, s)
	sum.Merge([]uint32{0}, minus)
	sum.Merge([]uint32{1}, minus)
	if err := sum.MergeState(1, s.AppendState(nil, 0)); err != nil {
		return err
	}
	for g := range uint32(2) {
		if err := k.differs("no events", none, 0, "a state with its inverse merged in", sum, g); err != nil {
			return err
		}
	}
	return nil
}

// distributes checks that the inverse of x+y is that of x with that of y, merged
// from one vector into one group, that a group beside them stays, and that events
// can be folded into an inverse.
func (k *kit[E, R]) distributes(t *rapid.T, records []record[E]) error {
	x, y := cut(t, records)
	parts, whole := k.states(3), k.folded(records)
	k.fold(parts, 0, x)
	k.fold(parts, 1, y)
	k.fold(parts, 2, x)
	parts.(aggregate.Inverter).Invert(0)
	parts.(aggregate.Inverter).Invert(1)
	whole.(aggregate.Inverter).Invert(0)
	if err := k.differs("the state", k.folded(x), 0, "beside groups that Invert changed", parts, 2); err != nil {
		return err
	}
	sum := k.states(2)
	sum.Merge([]uint32{0, 0, 1}, parts)
	if err := k.differs("-(x+y)", whole, 0, "(-x)+(-y)", sum, 0); err != nil {
		return err
	}
	k.fold(whole, 0, records)
	return k.differs("no events", k.states(1), 0, "events folded into their inverse", whole, 0)
}
