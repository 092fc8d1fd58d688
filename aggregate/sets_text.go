package aggregate

import (
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/anabranch-go/anabranch/source"
)

// textSets are sets of texts: a set holds their numbers.
type textSets[E, R any] struct {
	slot   int
	codec  string
	set    set
	texts  *texts
	sorted []string
	result func(s *textSets[E, R], group uint32) (R, error)
}

func (s *textSets[E, R]) Grow(n int) { s.set.grow(n) }

func (s *textSets[E, R]) Reset() {
	s.texts.reset(s.set.distinct())
	s.set.reset()
}

func (s *textSets[E, R]) Add(groups []uint32, rows []int32, f *source.Frame[E]) {
	v, rows := f.Vector(s.slot), rows[:len(groups)]
	cache := s.texts.codes(v.Dict)
	var to [gathered]uint32
	var words [gathered]int64
	for len(rows) > 0 {
		n, kept := min(len(rows), gathered), 0
		for i, row := range rows[:n] {
			if v.IsNull(row) {
				continue
			}
			to[kept], words[kept] = groups[i], s.texts.number(cache, v.Codes[row])
			kept++
		}
		s.set.add(to[:kept], words[:kept])
		groups, rows = groups[n:], rows[n:]
	}
}

func (s *textSets[E, R]) Merge(groups []uint32, other States[E]) {
	o := other.(*textSets[E, R])
	cache := s.texts.codes(o.texts.interner.Dictionary())
	s.set.merge(groups, &o.set, func(word int64) int64 { return s.texts.number(cache, uint32(word)) })
}

// values gives a group's texts, sorted. The next call uses their memory.
func (s *textSets[E, R]) values(group uint32) []string {
	s.sorted = s.sorted[:0]
	values := s.texts.interner.Dictionary().Values
	for _, number := range s.set.words(group) {
		s.sorted = append(s.sorted, values[number])
	}
	slices.SortFunc(s.sorted, strings.Compare)
	return s.sorted
}

// A state is the number of texts, then each with its length before it, sorted.
func (s *textSets[E, R]) AppendState(dst []byte, group uint32) []byte {
	sorted := s.values(group)
	dst = binary.AppendUvarint(dst, uint64(len(sorted)))
	for _, text := range sorted {
		dst = binary.AppendUvarint(dst, uint64(len(text)))
		dst = append(dst, text...)
	}
	return dst
}

func (s *textSets[E, R]) MergeState(group uint32, state []byte) error {
	n, rest, ok := takeUvarint(state)
	if !ok || n > uint64(len(rest)) {
		return notState(s.codec, "a count that the %d bytes don't hold", len(state))
	}
	var last []byte
	into := merging{into: &s.set}
	for i := range n {
		var size uint64
		if size, rest, ok = takeUvarint(rest); !ok || size > uint64(len(rest)) {
			return notState(s.codec, "text %d of %d ends early", i, n)
		}
		text := rest[:size]
		if rest = rest[size:]; i > 0 && string(text) <= string(last) {
			return notState(s.codec, "text %d of %d isn't past the one before", i, n)
		}
		if !utf8.Valid(text) {
			return notState(s.codec, "text %d of %d isn't UTF-8", i, n)
		}
		into.add(group, int64(s.texts.interner.CodeBytes(text)))
		last = text
	}
	into.flush()
	if len(rest) > 0 {
		return notState(s.codec, "%d bytes follow the last text", len(rest))
	}
	return nil
}

func (s *textSets[E, R]) Read(groups []uint32, into []R) (int, error) {
	return readEach(groups, into, func(group uint32) (R, error) { return s.result(s, group) })
}
