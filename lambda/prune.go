package lambda

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/partition"
	"github.com/anabranch-go/anabranch/source"
)

// pruner says which files of events can hold any that a view selects. It goes by a
// file's path, whoever wrote it: what another scheme wrote, or none, is read. A nil
// pruner reads everything. It's safe for concurrent use.
type pruner struct {
	scheme partition.Scheme
	filter partition.Filter
	ranges []rangeTest
	nulls  []int // dimensions by time whose nulls are looked at: see limit
}

// rangeTest is a test of integers by value, which partition's filter takes one by
// one only.
type rangeTest struct {
	dim    int
	ranges []source.Interval
	null   bool // passes too
}

// maxListed is how many integers a filter lists, where they aren't given one by one.
const maxListed = 1000

// pruner makes the pruner for the events within limits; nil where nothing can be
// skipped.
func (l *layout) pruner(limits func(column int) (source.Limits, bool)) *pruner {
	if l == nil {
		return nil
	}
	p := &pruner{scheme: l.scheme}
	var conditions []partition.Condition
	for i := range l.dims {
		if limits, ok := limits(l.dims[i].column); ok {
			conditions = append(conditions, l.dims[i].limit(p, i, limits)...)
		}
	}
	if len(conditions) == 0 && len(p.ranges) == 0 {
		return nil
	}
	var err error
	if p.filter, err = l.scheme.Filter(conditions...); err != nil {
		return nil // the dimension can't be asked for such a value: nothing is skipped
	}
	return p
}

// limit turns the limits of a column into conditions on its dimension, the i-th.
//
// Events may have been written when their column could be null, and a column that
// can't be reads that as zero: so who asks for zero looks at nulls. (Which time that
// is nobody knows: there nulls are always looked at.)
func (d *layoutDim) limit(p *pruner, i int, limits source.Limits) []partition.Condition {
	if d.kind == source.Time {
		if !d.nullable {
			p.nulls = append(p.nulls, i)
		}
		return []partition.Condition{d.between(limits.Ranges)}
	}
	values := []partition.Value{}
	if !d.nullable && holdsZero(limits) {
		values = append(values, partition.Null())
	}
	if d.kind == source.String {
		for _, text := range limits.Texts {
			if d.texts() {
				text = d.fit(text)
			}
			values = append(values, partition.String(text))
		}
		return []partition.Condition{partition.OneOf(d.Name(), values...)}
	}
	if d.Rule() == "value" {
		p.ranges = append(p.ranges, rangeTest{i, limits.Ranges, len(values) > 0})
		return nil
	}
	for _, r := range limits.Ranges {
		if size := uint64(r.High) - uint64(r.Low); size > 0 && (size > maxListed || len(values) > maxListed) {
			return nil // as good as all buckets
		}
		for n := r.Low; ; n++ {
			values = append(values, partition.Int(n))
			if n == r.High {
				break
			}
		}
	}
	return []partition.Condition{partition.OneOf(d.Name(), values...)}
}

// between asks for times from the first range's start to the last one's end.
func (d *layoutDim) between(ranges []source.Interval) partition.Condition {
	if len(ranges) == 0 {
		return partition.OneOf(d.Name())
	}
	var from, to time.Time // open
	if low := ranges[0].Low; low != math.MinInt64 {
		from = source.FromMicros(low)
	}
	if high := ranges[len(ranges)-1].High; high != math.MaxInt64 {
		to = source.FromMicros(high).Add(time.Microsecond)
	}
	return partition.Between(d.Name(), from, to)
}

// mayHold says whether a file can hold an event that the view selects. False is
// certain.
func (p *pruner) mayHold(file archive.File) bool {
	if p == nil {
		return true
	}
	part, ok := archive.EventsPart(file.Name)
	if !ok {
		return true
	}
	texts, err := p.scheme.Parse(part)
	if err != nil {
		return true
	}
	for _, dim := range p.nulls {
		if texts[dim] == "" {
			return true
		}
	}
	if may, err := p.filter.MayHold(part); err != nil || !may {
		return err != nil
	}
	return !slices.ContainsFunc(p.ranges, func(t rangeTest) bool { return !t.passes(texts[t.dim]) })
}

// holdsZero says whether zero, or the empty text, is within limits.
func holdsZero(limits source.Limits) bool {
	return slices.Contains(limits.Texts, "") || within(limits.Ranges, 0)
}

func within(ranges []source.Interval, n int64) bool {
	return slices.ContainsFunc(ranges, func(r source.Interval) bool { return r.Low <= n && n <= r.High })
}

// passes says whether a part by value can hold one of the integers. A text that
// isn't one is looked at.
func (t rangeTest) passes(text string) bool {
	if text == "" {
		return t.null
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return err != nil || within(t.ranges, n)
}
