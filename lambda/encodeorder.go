package lambda

import (
	"math"
	"slices"

	"github.com/anabranch-go/anabranch/source"
)

// partOrder finds the order of state files for groups that lie in tables: not by the
// bytes of their keys, as [ordered] does, but by their words, and each text is looked
// at once.
type partOrder[E any] struct {
	parts []part[E]
	*wordSort
}

// placesOf gives the place of each group of some tables, which have none in common,
// in the order of all.
func placesOf[E any](parts []part[E]) []uint32 {
	n := 0
	for _, p := range parts {
		n += p.len()
	}
	if n == 0 {
		return nil
	}
	o := &partOrder[E]{parts, newWordSort(n)}
	o.byWindow()
	types := parts[0].groups.types
	for i := len(types) - 1; i >= 0; i-- {
		o.byKey(i, types[i])
	}
	places := make([]uint32, n)
	for i, p := range o.order {
		places[p.at()] = uint32(i)
	}
	return places
}

// each gives every table the words of its groups.
func (o *partOrder[E]) each(fill func(t *table[E], words []uint64)) {
	words := o.words
	for _, p := range o.parts {
		n := p.len()
		fill(p.table, words[:n])
		words = words[n:]
	}
}

func (o *partOrder[E]) byWindow() {
	o.each(func(t *table[E], words []uint64) {
		for i := range words {
			words[i] = orderOf(t.window(uint32(i)))
		}
	})
	o.sort()
}

// byKey sorts by a part of the key.
func (o *partOrder[E]) byKey(part int, kind keyType) {
	o.each(func(t *table[E], words []uint64) {
		for i := range words {
			words[i] = t.groups.word(t.key(uint32(i)), 1+part)
		}
	})
	switch kind.Kind {
	case source.String:
		o.rankTexts(part)
	case source.Float:
		for i, word := range o.words {
			o.words[i] = floatOrder(math.Float64frombits(word))
		}
	default:
		for i, word := range o.words {
			o.words[i] = orderOf(int64(word))
		}
	}
	o.sort()
	if !kind.nullable {
		return
	}
	o.each(func(t *table[E], words []uint64) { // a null comes before every value
		for i := range words {
			words[i] = ^t.groups.word(t.key(uint32(i)), t.groups.nulls) >> part & 1
		}
	})
	o.sort()
}

// rankTexts makes of the words of texts, which are places in dictionaries, their
// numbers in the order of those texts that there are.
func (o *partOrder[E]) rankTexts(part int) {
	r := textRanks{part: part}
	o.each(func(t *table[E], words []uint64) {
		space := r.of(t.groups.keySpace)
		ranks := r.ranks[space]
		for _, code := range words {
			if ranks[code] == 0 {
				ranks[code] = 1
				r.texts = append(r.texts, rankedText{uint32(space), uint32(code)})
			}
		}
	})
	r.fill()
	o.each(func(t *table[E], words []uint64) {
		ranks := r.ranks[r.of(t.groups.keySpace)]
		for i, code := range words {
			words[i] = uint64(ranks[code])
		}
	})
}

// textRanks numbers the texts that groups have as one part of their keys, in one key
// space or more. What two spaces have is one text.
type textRanks struct {
	part   int
	spaces []*keySpace
	ranks  [][]uint32 // by space, by code; 0 where no group has it
	texts  []rankedText
}

// rankedText is a text in one of the spaces.
type rankedText struct{ space, code uint32 }

// of numbers the spaces.
func (r *textRanks) of(space *keySpace) int {
	at := slices.Index(r.spaces, space)
	if at < 0 {
		at = len(r.spaces)
		r.spaces, r.ranks = append(r.spaces, space), append(r.ranks, make([]uint32, space.texts[r.part].len()))
	}
	return at
}

func (r *textRanks) text(i int) string {
	t := r.texts[i]
	return r.spaces[t.space].texts[r.part].text(uint64(t.code))
}

func (r *textRanks) fill() {
	rank, last := uint32(0), ""
	for i, p := range ordered(len(r.texts), r.text, func(int) int64 { return 0 }) {
		t, text := r.texts[p.at()], r.text(int(p.at()))
		if i == 0 || text != last {
			rank, last = rank+1, text
		}
		r.ranks[t.space][t.code] = rank
	}
}
