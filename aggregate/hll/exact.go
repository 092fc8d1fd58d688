package hll

import (
	"encoding/binary"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/aggregate/internal/statekit"
	"github.com/anabranch-go/anabranch/source"
)

// exactStates keep a group's values while they are few, and then a sketch of
// them. How many it has had depends on its set of values alone, and so does which
// of the two it is.
type exactStates[E any] struct {
	states[E]
	limit  int // values that a group has at most
	values *statekit.Values[struct{}]
	past   []bool // by group: has had more
	groups []uint32
	rows   []int32
	words  []uint64
}

func (s *exactStates[E]) Grow(n int) {
	s.states.Grow(n)
	s.values.Grow(n)
	s.past = statekit.Grow(s.past, n)
}

func (s *exactStates[E]) Reset() {
	s.states.Reset()
	s.values.Reset()
	s.past = s.past[:0]
}

func (s *exactStates[E]) Add(groups []uint32, rows []int32, f *source.Frame[E]) {
	v, rows := f.Vector(s.slot), rows[:len(groups)]
	s.values.Tidy()
	s.groups, s.rows = s.groups[:0], s.rows[:0]
	for i, g := range groups {
		if s.past[g] {
			s.groups, s.rows = append(s.groups, g), append(s.rows, rows[i])
		}
	}
	s.states.Add(s.groups, s.rows, f)
	if len(s.groups) == len(groups) {
		return
	}
	s.groups, s.rows = s.groups[:0], s.rows[:0]
	for i, g := range groups {
		if !s.past[g] && !v.IsNull(rows[i]) {
			s.groups, s.rows = append(s.groups, g), append(s.rows, rows[i])
		}
	}
	s.words = s.values.Words(s.words[:0], v, s.rows)
	for i, g := range s.groups {
		s.insert(g, s.words[i])
	}
}

// insert adds one of values' words.
func (s *exactStates[E]) insert(group uint32, word uint64) {
	if s.past[group] {
		s.sketches.insert(group, s.hasher.hash(s.values, word))
		return
	}
	s.values.At(group, word)
	if s.values.Len(group) > s.limit {
		s.sketch(group)
	}
}

// sketch makes a sketch of a group's values, if it isn't one yet.
func (s *exactStates[E]) sketch(group uint32) {
	if s.past[group] {
		return
	}
	for word := range s.values.All(group) {
		s.sketches.insert(group, s.hasher.hash(s.values, word))
	}
	s.values.Drop(group)
	s.past[group] = true
}

func (s *exactStates[E]) Merge(groups []uint32, other aggregate.States[E]) {
	from := other.(*exactStates[E])
	s.values.Tidy()
	translator := s.values.Translator(from.values)
	for i, g := range groups {
		if from.past[i] {
			s.sketch(g)
			s.sketches.merge(g, from.sketches, uint32(i))
			continue
		}
		for word := range from.values.All(uint32(i)) {
			s.insert(g, translator.Word(word))
		}
	}
}

func (s *exactStates[E]) AppendState(dst []byte, group uint32) []byte {
	if s.past[group] {
		return s.sketches.append(dst, group)
	}
	s.words = s.values.Sorted(s.words[:0], group)
	dst = append(dst, formValues)
	dst = binary.AppendUvarint(dst, uint64(len(s.words)))
	var before uint64
	for i, word := range s.words {
		dst = s.values.AppendWord(dst, i == 0, before, word)
		before = word
	}
	return dst
}

func (s *exactStates[E]) MergeState(group uint32, state []byte) error {
	if len(state) == 0 || state[0] != formValues {
		s.sketch(group)
		return s.sketches.take(group, state)
	}
	s.values.Tidy()
	n, rest, ok := statekit.TakeUvarint(state[1:])
	if !ok || n > uint64(s.limit) {
		return statekit.NotState(s.codec, "no number of values up to %d", s.limit)
	}
	reader := s.values.Reader()
	for i := range n {
		var word uint64
		var wrong string
		if word, rest, wrong = reader.Take(rest); wrong != "" {
			return statekit.NotState(s.codec, "value %d of %d %s", i, n, wrong)
		}
		s.insert(group, word)
	}
	return s.sketches.nothing(rest)
}

func (s *exactStates[E]) Read(groups []uint32, into []int64) (int, error) {
	for i, g := range groups {
		if s.past[g] {
			into[i] = s.sketches.count(g)
		} else {
			into[i] = int64(s.values.Len(g))
		}
	}
	return len(groups), nil
}
