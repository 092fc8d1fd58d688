package ddsketch

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
)

// Number is what quantiles are taken of.
type Number interface {
	aggregate.Integer | ~float32 | ~float64
}

// Options are the options of [Quantiles]. The zero value is a sane default.
type Options struct {
	// RelativeAccuracy is how far an estimate may be from the value, as a part of
	// it, from 0.0001 to 0.5; 0.01 if 0.
	RelativeAccuracy float64
	// MaxBins is how many bins a group has at most for each sign, from 16 to 65536;
	// 2048 if 0. See the package for what happens where they don't suffice.
	MaxBins int
}

// The options where they don't say.
const (
	DefaultRelativeAccuracy = 0.01
	DefaultMaxBins          = 2048
)

func (o Options) filled() Options {
	if o.RelativeAccuracy == 0 {
		o.RelativeAccuracy = DefaultRelativeAccuracy
	}
	if o.MaxBins == 0 {
		o.MaxBins = DefaultMaxBins
	}
	return o
}

func (o Options) check() error {
	switch {
	case !(o.RelativeAccuracy >= 1e-4 && o.RelativeAccuracy <= 0.5):
		return fmt.Errorf("%w: a relative accuracy of %v isn't from 0.0001 to 0.5", aggregate.ErrDefinition, o.RelativeAccuracy)
	case o.MaxBins < 16 || o.MaxBins > 1<<16:
		return fmt.Errorf("%w: %d bins aren't from 16 to 65536", aggregate.ErrDefinition, o.MaxBins)
	}
	return nil
}

// Quantiles estimates several quantiles of a numeric field, each from 0 (the least
// value) to 1 (the greatest); see the package for the error. The result has them
// in the order asked for, and is nil for a group without values. Integers are in
// their own units. More than 2^63-1 values are aggregate.ErrOverflow. Errors of
// the field, and options out of range (aggregate.ErrDefinition), come from Bind.
func Quantiles[E any, N Number](f source.Field[E, N], o Options, q ...float64) aggregate.Aggregate[E, []float64] {
	return quantiles[E, N, []float64]{f, o.filled(), slices.Clone(q), func(values []float64) []float64 { return values }}
}

// Quantile is [Quantiles] for one quantile. The result can be compared: it's
// nothing for a group without values.
func Quantile[E any, N Number](f source.Field[E, N], o Options, q float64) aggregate.Aggregate[E, source.Null[float64]] {
	return quantiles[E, N, source.Null[float64]]{f, o.filled(), []float64{q}, func(values []float64) (r source.Null[float64]) {
		if len(values) > 0 {
			r = source.Some(values[0])
		}
		return r
	}}
}

type quantiles[E any, N Number, R any] struct {
	field  source.Field[E, N]
	opts   Options
	q      []float64
	result func(values []float64) R
}

func (a quantiles[E, N, R]) Codec() string {
	return fmt.Sprintf("ddsketch.%s.%d/1", number(a.opts.RelativeAccuracy), a.opts.MaxBins)
}

func (a quantiles[E, N, R]) String() string {
	var q strings.Builder
	for _, x := range a.q {
		q.WriteString("," + number(x))
	}
	return fmt.Sprintf("quantiles(%s%s,accuracy=%s,bins=%d)", a.field, q.String(), number(a.opts.RelativeAccuracy), a.opts.MaxBins)
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

func (a quantiles[E, N, R]) HasCode() bool { return a.field.HasCode() }

func (a quantiles[E, N, R]) Bind(b *source.Binder[E]) (aggregate.Maker[E, R], error) {
	slot, err := a.field.Bind(b)
	if err == nil {
		err = a.check()
	}
	if err != nil {
		return nil, fmt.Errorf("cannot bind %s: %w", a, err)
	}
	scale, codec, float := newScale(a.opts), a.Codec(), a.field.Kind() == source.Float
	return func() aggregate.Results[E, R] {
		return &states[E, R]{slot: slot, float: float, q: a.q, result: a.result, bins: newBins(scale, codec)}
	}, nil
}

func (a quantiles[E, N, R]) check() error {
	if len(a.q) == 0 {
		return fmt.Errorf("%w: no quantile is asked for", aggregate.ErrDefinition)
	}
	for _, q := range a.q {
		if !(q >= 0 && q <= 1) {
			return fmt.Errorf("%w: a quantile of %v isn't from 0 to 1", aggregate.ErrDefinition, q)
		}
	}
	return a.opts.check()
}
