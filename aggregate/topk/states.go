package topk

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
)

type states[E, T any] struct {
	value, weight int // slots
	weighted      bool
	k             int
	summaries     *summaries
	words         []uint64
	other         []counter
	counts        []int64
}

func (s *states[E, T]) Grow(n int) { s.summaries.grow(n) }
func (s *states[E, T]) Reset()     { s.summaries.reset() }

func (s *states[E, T]) Add(groups []uint32, rows []int32, f *source.Frame[E]) {
	v, rows := f.Vector(s.value), rows[:len(groups)]
	s.summaries.counters.Tidy()
	s.words = s.summaries.counters.Words(s.words[:0], v, rows)
	words := s.words[:len(groups)]
	if s.weighted {
		s.addWeighted(groups, rows, v, f.Vector(s.weight))
		return
	}
	for i, g := range groups {
		if !v.IsNull(rows[i]) {
			s.summaries.add(g, words[i], 1)
		}
	}
}

func (s *states[E, T]) addWeighted(groups []uint32, rows []int32, v, weight *source.Vector) {
	for i, g := range groups {
		row := rows[i]
		if v.IsNull(row) || weight.IsNull(row) {
			continue
		}
		switch w := weight.Ints[row]; {
		case w > 0:
			s.summaries.add(g, s.words[i], w)
		case w < 0:
			s.summaries.rest[g].negative = true
		}
	}
}

func (s *states[E, T]) Merge(groups []uint32, other aggregate.States[E]) {
	from, to := other.(*states[E, T]).summaries, s.summaries
	to.counters.Tidy()
	translator := to.counters.Translator(from.counters)
	for i, g := range groups {
		r := from.rest[i]
		s.other, r.lost = from.view(s.other[:0], uint32(i), &s.counts)
		for j := range s.other {
			s.other[j].word = translator.Word(s.other[j].word)
		}
		to.merge(g, s.other, r)
	}
}

func (s *states[E, T]) AppendState(dst []byte, group uint32) []byte {
	return s.summaries.append(dst, group)
}

func (s *states[E, T]) MergeState(group uint32, state []byte) error {
	s.summaries.counters.Tidy()
	return s.summaries.take(group, state)
}

func (s *states[E, T]) Read(groups []uint32, into [][]Item[T]) (n int, err error) {
	for i, g := range groups {
		if into[i], err = s.items(g); err != nil {
			return i, err
		}
	}
	return len(groups), nil
}

// items gives a group's greatest values.
func (s *states[E, T]) items(group uint32) ([]Item[T], error) {
	switch r := s.summaries.rest[group]; {
	case r.negative:
		return nil, fmt.Errorf("%w: the greatest values can't be known", ErrWeight)
	case r.overflows():
		return nil, fmt.Errorf("%w: weights past 63 bits", aggregate.ErrOverflow)
	}
	var lost int64
	s.other, lost = s.summaries.view(s.other[:0], group, &s.counts)
	values := s.summaries.counters
	slices.SortFunc(s.other, func(a, b counter) int {
		return cmp.Or(cmp.Compare(b.count, a.count), values.CompareValues(a.word, b.word))
	})
	items := make([]Item[T], min(s.k, len(s.other)))
	for i := range items {
		c := s.other[i]
		items[i] = Item[T]{Lower: c.count, Estimate: c.count + lost/2, Upper: c.count + lost}
		if err := source.SetValue(&items[i].Value, values.Value(c.word)); err != nil {
			return nil, fmt.Errorf("cannot list value %d: %w", i, err)
		}
	}
	return items, nil
}
