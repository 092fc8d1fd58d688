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
	for place, p := range o.places {
		places[p.at] = uint32(place)
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
	var ranks textRanks
	o.each(func(t *table[E], words []uint64) {
		ofCode := ranks.of(t.groups.keySpace, part)
		for _, code := range words {
			if ofCode[code] == 0 {
				ofCode[code] = 1
				ranks.texts = append(ranks.texts, t.groups.texts[part].text(code))
				ranks.places = append(ranks.places, &ofCode[code])
			}
		}
	})
	ranks.fill()
	o.each(func(t *table[E], words []uint64) {
		ofCode := ranks.of(t.groups.keySpace, part)
		for i, code := range words {
			words[i] = uint64(ofCode[code])
		}
	})
}

// textRanks numbers the texts of one part of a key, in one key space or more. What two
// spaces have is one text.
type textRanks struct {
	spaces []*keySpace
	ranks  [][]uint32 // by space, by code; 0 where no group has it
	texts  []string   // that groups have
	places []*uint32  // of their ranks
}

// of gives the ranks by a space's codes.
func (r *textRanks) of(space *keySpace, part int) []uint32 {
	at := slices.Index(r.spaces, space)
	if at < 0 {
		at = len(r.spaces)
		r.spaces, r.ranks = append(r.spaces, space), append(r.ranks, make([]uint32, space.texts[part].Len()))
	}
	return r.ranks[at]
}

func (r *textRanks) fill() {
	text := func(i int) string { return r.texts[i] }
	rank, last := uint32(0), ""
	for i, p := range ordered(len(r.texts), text, func(int) int64 { return 0 }) {
		if i == 0 || r.texts[p.at] != last {
			rank, last = rank+1, r.texts[p.at]
		}
		*r.places[p.at] = rank
	}
}
