package aggregate

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/anabranch-go/anabranch/source"
)

const distinctTextCodec = "distinct.string/1"

// distinctTexts is Distinct of texts: the set holds their numbers.
type distinctTexts[E any] struct {
	slot    int
	set     set
	texts   *texts
	scratch []int64
	sorted  []string
}

func (s *distinctTexts[E]) Grow(n int) { s.set.grow(n) }

func (s *distinctTexts[E]) Reset() {
	s.texts.reset(len(s.set.pairs))
	s.set.reset()
}

func (s *distinctTexts[E]) Add(groups []uint32, rows []int32, f *source.Frame[E]) {
	v, rows := f.Vector(s.slot), rows[:len(groups)]
	cache := s.texts.codes(v.Dict)
	if v.Valid == nil {
		for i, g := range groups {
			s.set.insert(g, s.texts.number(cache, v.Codes[rows[i]]))
		}
		return
	}
	for i, g := range groups {
		if row := rows[i]; v.Valid[row] {
			s.set.insert(g, s.texts.number(cache, v.Codes[row]))
		}
	}
}

func (s *distinctTexts[E]) Merge(groups []uint32, other States[E]) {
	o := other.(*distinctTexts[E])
	cache := s.texts.codes(o.texts.interner.Dictionary())
	for i, g := range groups {
		for at := o.set.groups[i].first; at != 0; {
			p := &o.set.pairs[at-1]
			s.set.insert(g, s.texts.number(cache, uint32(p.word)))
			at = p.next
		}
	}
}

// A state is the number of texts, then each with its length before it, sorted.
func (s *distinctTexts[E]) AppendState(dst []byte, group uint32) []byte {
	s.scratch = s.set.words(s.scratch[:0], group)
	s.sorted = s.sorted[:0]
	values := s.texts.interner.Dictionary().Values
	for _, number := range s.scratch {
		s.sorted = append(s.sorted, values[number])
	}
	slices.SortFunc(s.sorted, strings.Compare)
	dst = binary.AppendUvarint(dst, uint64(len(s.sorted)))
	for _, text := range s.sorted {
		dst = binary.AppendUvarint(dst, uint64(len(text)))
		dst = append(dst, text...)
	}
	return dst
}

func (s *distinctTexts[E]) MergeState(group uint32, state []byte) error {
	n, rest, ok := takeUvarint(state)
	if !ok || n > uint64(len(rest)) {
		return notState(distinctTextCodec, "a count that the %d bytes don't hold", len(state))
	}
	var last []byte
	for i := range n {
		var size uint64
		if size, rest, ok = takeUvarint(rest); !ok || size > uint64(len(rest)) {
			return notState(distinctTextCodec, "text %d of %d ends early", i, n)
		}
		text := rest[:size]
		if rest = rest[size:]; i > 0 && string(text) <= string(last) {
			return notState(distinctTextCodec, "text %d of %d isn't past the one before", i, n)
		}
		s.set.insert(group, uint64(s.texts.interner.CodeBytes(text)))
		last = text
	}
	if len(rest) > 0 {
		return notState(distinctTextCodec, "%d bytes follow the last text", len(rest))
	}
	return nil
}

func (s *distinctTexts[E]) Result(group uint32) (int64, error) {
	return int64(s.set.groups[group].n), nil
}
