package aggregate

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/anabranch-go/anabranch/source"
)

// Buckets is the result of a [Histogram]: Counts[i] values are above Bounds[i-1]
// and at most Bounds[i]; the first count is of all up to the first bound, and the
// last, one more than there are bounds, of all above the last.
type Buckets[N any] struct {
	Bounds []N
	Counts []int64
}

const histogramCodec = "histogram/1"

// Histogram counts a field's values by bucket. A bound is the greatest value of
// its bucket, as in Prometheus ("le") and in OpenTelemetry's histograms of
// explicit bounds; for a decimal it's in the field's units. Bounds must be finite,
// rise, and be one at least: else Bind gives ErrDefinition. They belong to the
// definition, so others make another view. Nulls are skipped, and so is NaN, which
// is in no bucket. A count past 63 bits is ErrOverflow. Errors of the field come
// from Bind.
func Histogram[E any, N interface {
	Integer | ~float32 | ~float64
}](f source.Field[E, N], bounds ...N) Aggregate[E, Buckets[N]] {
	a := histogram[E, N]{field: f, bounds: slices.Clone(bounds)}
	if len(bounds) == 0 {
		return unusable[E, Buckets[N]]{"a histogram without bounds"}
	}
	for i, bound := range bounds {
		v, err := source.ValueOf(bound)
		word := v.Int
		if v.Kind == source.Float {
			word = floatWord(v.Float)
		}
		switch {
		case err != nil || math.IsNaN(v.Float) || math.IsInf(v.Float, 0):
			return unusable[E, Buckets[N]]{fmt.Sprintf("the bound %v of a histogram", bound)}
		case i > 0 && word <= a.words[i-1]:
			return unusable[E, Buckets[N]]{fmt.Sprintf("the bounds of a histogram must rise: %v", bounds)}
		}
		a.words = append(a.words, word)
		a.texts = append(a.texts, v.String())
	}
	return a
}

type histogram[E, N any] struct {
	field  source.Field[E, N]
	bounds []N
	words  []int64 // the bounds, in the order of words
	texts  []string
}

func (a histogram[E, N]) Codec() string { return histogramCodec }
func (a histogram[E, N]) String() string {
	return fmt.Sprintf("histogram(%s,%s)", a.field, strings.Join(a.texts, ","))
}
func (a histogram[E, N]) HasCode() bool { return a.field.HasCode() }

func (a histogram[E, N]) Bind(b *source.Binder[E]) (Maker[E, Buckets[N]], error) {
	slot, err := a.field.Bind(b)
	if err != nil {
		return nil, fmt.Errorf("cannot bind %s: %w", a, err)
	}
	return func() Results[E, Buckets[N]] { return &histogramStates[E, N]{slot: slot, histogram: a} }, nil
}

type histogramStates[E, N any] struct {
	histogram[E, N]
	slot   int
	counts []uint64 // of a group's buckets, one after the other, then of the next group
}

// width is the number of buckets.
func (s *histogramStates[E, N]) width() int { return len(s.words) + 1 }

func (s *histogramStates[E, N]) of(group uint32) []uint64 {
	n := s.width()
	return s.counts[int(group)*n:][:n]
}

func (s *histogramStates[E, N]) Grow(n int) { s.counts = grow(s.counts, n*s.width()) }
func (s *histogramStates[E, N]) Reset()     { s.counts = s.counts[:0] }

func (s *histogramStates[E, N]) Add(groups []uint32, rows []int32, f *source.Frame[E]) {
	v, rows, width := f.Vector(s.slot), rows[:len(groups)], s.width()
	for i, g := range groups {
		if row := rows[i]; !v.IsNull(row) && !isNaN(v, row) {
			s.counts[int(g)*width+bucket(s.words, wordOf(v, row))]++
		}
	}
}

// bucket gives the number of bounds that a value is above. The search always
// takes the same steps, so that the processor never guesses wrong.
func bucket(bounds []int64, word int64) int {
	low, n := 0, len(bounds)
	for n > 1 {
		half := n / 2
		if bounds[low+half-1] < word {
			low += half
		}
		n -= half
	}
	if bounds[low] < word {
		low++
	}
	return low
}

func (s *histogramStates[E, N]) Merge(groups []uint32, other States[E]) {
	o := other.(*histogramStates[E, N])
	for i, g := range groups {
		into := s.of(g)
		for j, n := range o.of(uint32(i)) {
			into[j] = plusCount(into[j], n)
		}
	}
}

// countLimit stands for every count past 63 bits. No log is that long: only
// states from elsewhere can add up to it.
const countLimit = 1 << 63

// plusCount adds counts. What passes 63 bits stays at countLimit.
func plusCount(a, b uint64) uint64 {
	sum, carry := bits.Add64(a, b, 0)
	if carry != 0 {
		return countLimit
	}
	return min(sum, countLimit)
}

// A state is, for each bucket that isn't empty, how many empty ones are before it
// and its count: most states are of a few values.
func (s *histogramStates[E, N]) AppendState(dst []byte, group uint32) []byte {
	empty := uint64(0)
	for _, n := range s.of(group) {
		if n == 0 {
			empty++
			continue
		}
		dst = binary.AppendUvarint(binary.AppendUvarint(dst, empty), min(n, countLimit))
		empty = 0
	}
	return dst
}

func (s *histogramStates[E, N]) MergeState(group uint32, state []byte) error {
	buckets := s.of(group)
	for rest := state; len(rest) > 0; {
		empty, after, ok := takeUvarint(rest)
		if !ok || empty >= uint64(len(buckets)) {
			return notState(histogramCodec, "a bucket past the last of %d", s.width())
		}
		n, after, ok := takeUvarint(after)
		if !ok || n == 0 || n > countLimit {
			return notState(histogramCodec, "a bucket without a count")
		}
		buckets = buckets[empty:]
		buckets[0] = plusCount(buckets[0], n)
		buckets, rest = buckets[1:], after
	}
	return nil
}

func (s *histogramStates[E, N]) Read(groups []uint32, into []Buckets[N]) (int, error) {
	return readEach(groups, into, s.result)
}

func (s *histogramStates[E, N]) result(group uint32) (Buckets[N], error) {
	out := Buckets[N]{Bounds: slices.Clone(s.bounds), Counts: make([]int64, s.width())}
	for i, n := range s.of(group) {
		if n >= countLimit {
			return Buckets[N]{}, fmt.Errorf("%w: a count past 63 bits", ErrOverflow)
		}
		out.Counts[i] = int64(n)
	}
	return out, nil
}
