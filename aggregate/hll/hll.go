package hll

import (
	"fmt"
	"math"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/aggregate/internal/statekit"
	"github.com/anabranch-go/anabranch/source"
)

// Options are the options of [Distinct]. The zero value is a sane default.
type Options struct {
	// Precision is the binary logarithm of the number of registers, from 6 to 18;
	// 14 if 0. One more halves the variance and doubles the memory.
	Precision int
	// ExactUpTo is how many distinct values a group may have to be counted exactly,
	// up to MaxExact: it keeps them all until it has more. None by default.
	ExactUpTo int
}

// DefaultPrecision is the precision where the options don't say.
const DefaultPrecision = 14

// MaxExact is the most that Options.ExactUpTo can be. Beyond it's cheaper to be
// exact throughout.
const MaxExact = 1 << 20

// StandardError is the relative standard error of an estimate: 0.0081 by default.
func (o Options) StandardError() float64 {
	return 1.04 / math.Sqrt(float64(uint64(1)<<o.precision()))
}

func (o Options) precision() int {
	if o.Precision == 0 {
		return DefaultPrecision
	}
	return o.Precision
}

func (o Options) check() error {
	switch {
	case o.precision() < 6 || o.precision() > 18:
		return fmt.Errorf("%w: a precision of %d isn't from 6 to 18", aggregate.ErrDefinition, o.Precision)
	case o.ExactUpTo < 0 || o.ExactUpTo > MaxExact:
		return fmt.Errorf("%w: exact up to %d isn't from 0 to %d", aggregate.ErrDefinition, o.ExactUpTo, MaxExact)
	}
	return nil
}

// Distinct counts the different values of a field, approximately: see the package
// for the error. Nulls are skipped. The field may be of any kind. Errors of the
// field, and options out of range (aggregate.ErrDefinition), come from Bind.
func Distinct[E, T any](f source.Field[E, T], o Options) aggregate.Aggregate[E, int64] {
	return distinct[E, T]{f, o}
}

type distinct[E, T any] struct {
	field source.Field[E, T]
	opts  Options
}

func (a distinct[E, T]) Codec() string {
	if a.opts.ExactUpTo > 0 {
		return fmt.Sprintf("hll.%s.%d.exact%d/1", a.field.Kind(), a.opts.precision(), a.opts.ExactUpTo)
	}
	return fmt.Sprintf("hll.%s.%d/1", a.field.Kind(), a.opts.precision())
}

func (a distinct[E, T]) String() string {
	if a.opts.ExactUpTo > 0 {
		return fmt.Sprintf("hll(%s,precision=%d,exact=%d)", a.field, a.opts.precision(), a.opts.ExactUpTo)
	}
	return fmt.Sprintf("hll(%s,precision=%d)", a.field, a.opts.precision())
}

func (a distinct[E, T]) HasCode() bool { return a.field.HasCode() }

func (a distinct[E, T]) Bind(b *source.Binder[E]) (aggregate.Maker[E, int64], error) {
	slot, err := a.field.Bind(b)
	if err == nil {
		err = a.opts.check()
	}
	kind := a.field.Kind()
	if err == nil {
		err = statekit.Telling(kind)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot bind %s: %w", a, err)
	}
	codec, precision, exact := a.Codec(), uint8(a.opts.precision()), a.opts.ExactUpTo
	return func() aggregate.Results[E, int64] {
		sketches := states[E]{slot: slot, codec: codec, hasher: hasher{kind: kind}, sketches: newSketches(precision, codec)}
		if exact == 0 {
			return &sketches
		}
		return &exactStates[E]{states: sketches, limit: exact, values: statekit.NewValues[struct{}](kind)}
	}, nil
}
