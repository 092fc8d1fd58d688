package aggregate

import (
	"math/bits"
	"slices"
)

// fewWords are sorted faster by comparing them.
const fewWords = 256

// sortWords sorts words by the digits in which they differ, from the lowest on. It
// needs as much memory again, which the caller lends and gets back.
func sortWords(words, lent []int64) []int64 {
	if len(words) < fewWords {
		slices.Sort(words)
		return lent
	}
	least, most := words[0], words[0]
	for _, word := range words {
		least, most = min(least, word), max(most, word)
	}
	const digit = 8 // bits
	width := bits.Len64(uint64(most) - uint64(least))
	lent = slices.Grow(lent[:0], len(words))[:len(words)]
	from, to := words, lent
	for shift := 0; shift < width; shift += digit {
		var places [1 << digit]int
		for _, word := range from {
			places[uint8((uint64(word)-uint64(least))>>(shift&63))]++
		}
		at := 0
		for i, n := range places {
			places[i] = at
			at += n
		}
		for _, word := range from {
			place := &places[uint8((uint64(word)-uint64(least))>>(shift&63))]
			to[*place] = word
			*place++
		}
		from, to = to, from
	}
	if width > 0 && &from[0] != &words[0] {
		copy(words, from)
	}
	return lent
}
