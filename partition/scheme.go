package partition

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Scheme is a declared way to split data. It is immutable and safe for
// concurrent use. The zero Scheme has no dimensions and can't be used.
type Scheme struct{ dims []Dimension }

// New gives the scheme with these dimensions, the outermost first. It copies
// dims. ErrScheme marks a scheme without dimensions, a name that is empty,
// repeated (case apart, since query engines ignore it) or no clean path segment
// (it has a character that Escape would escape), and a bucket number below 1 or
// above 2^31-1.
func New(dims ...Dimension) (Scheme, error) {
	if len(dims) == 0 {
		return Scheme{}, fmt.Errorf("%w: it needs at least one dimension", ErrScheme)
	}
	for i, d := range dims {
		if err := d.validate(); err != nil {
			return Scheme{}, err
		}
		if slices.ContainsFunc(dims[:i], func(other Dimension) bool { return strings.EqualFold(other.name, d.name) }) {
			return Scheme{}, fmt.Errorf("%w: the name %q is used twice: rename one", ErrScheme, d.name)
		}
	}
	return Scheme{dims: slices.Clone(dims)}, nil
}

func (d Dimension) validate() error {
	switch {
	case d.rule == noRule:
		return fmt.Errorf("%w: a dimension without a rule: use ByDay, ByHash or another constructor", ErrScheme)
	case d.name == "":
		return fmt.Errorf("%w: a dimension by %s needs a name", ErrScheme, ruleNames[d.rule])
	case Escape(d.name) != d.name:
		return fmt.Errorf("%w: the name %q can't be part of a path: use letters, digits and underscores", ErrScheme, d.name)
	case d.rule == byHash && (d.buckets < 1 || d.buckets > math.MaxInt32):
		return fmt.Errorf("%w: %q has %d buckets: use 1 to 2^31-1", ErrScheme, d.name, d.buckets)
	}
	return nil
}

// String gives the scheme in one canonical line, such as
// "day(fecha)/hash(user_id,16)/value(region)". Two schemes are the same exactly
// when their lines are: names can hold no slash.
func (s Scheme) String() string {
	words := make([]string, len(s.dims))
	for i, d := range s.dims {
		words[i] = d.String()
	}
	return strings.Join(words, "/")
}

// Dimensions gives the dimensions, the outermost first. The slice is the
// caller's.
func (s Scheme) Dimensions() []Dimension { return slices.Clone(s.dims) }
