package lambda

import (
	"slices"

	"github.com/anabranch-go/anabranch/source"
)

// find appends to out the group of each selected row, making new ones. windows has
// the window of each, or the one of all.
func (g *groups) find(out []uint32, windows []int64, keys []*source.Vector, rows []int32) []uint32 {
	if len(windows) == 1 && g.codes.load(g, windows[0], keys, rows) {
		return g.byCodes(out, windows[0], keys, rows)
	}
	g.load(windows, keys, rows)
	return g.findAll(out, len(rows))
}

// farSlots is how many slots no longer lie in the nearest caches, and farRows how
// many rows are looked up at once then.
const farSlots, farRows = 1 << 13, 64

// findAll finds the groups of the first rows of the columns. In a table that's larger
// than the caches it touches all places of some rows first, so that the waits for
// memory overlap.
func (g *groups) findAll(out []uint32, n int) []uint32 {
	g.storeWhatDiffers(n)
	if n > 0 && g.even[0] && g.place[0] != notStored {
		fill(g.columns[0][:n], g.columns[0][0])
	}
	from := len(out)
	out = slices.Grow(out, n)[:from+n]
	found, hashes := out[from:], g.hashes[:n]
	for from := 0; from < n; from += farRows {
		end := min(from+farRows, n)
		if len(g.stored) == 1 {
			g.findWords(found[from:end], hashes[from:end], g.columns[g.stored[0]][from:end])
			continue
		}
		if len(g.slots) >= farSlots {
			g.touch(hashes[from:end])
		}
		for i := from; i < end; i++ {
			found[i] = g.group(hashes[i], i)
		}
	}
	return out
}

// findWords is findAll of up to farRows groups that one word tells apart.
func (g *groups) findWords(found []uint32, hashes, words []uint64) {
	var memory [farRows]uint8
	missed := g.findNear(found, hashes, words, &memory)
	for 2*(g.n+len(missed)) > len(g.slots) {
		g.rehash()
	}
	hashes, words = hashes[:len(found)], words[:len(found)]
	slots, mask, n := g.slots, uint64(len(g.slots)-1), g.n
	all := slices.Grow(g.words, len(missed))[:n+len(missed)]
	for _, i := range missed {
		word, slot := words[i], hashes[i]&mask
		group := slots[slot]
		for group != 0 && all[group-1] != word {
			slot = (slot + 1) & mask
			group = slots[slot]
		}
		if group == 0 {
			all[n] = word
			n++
			group = uint32(n)
			slots[slot] = group
		}
		found[i] = group - 1
	}
	g.words, g.n = all[:n], n
}

// findNear finds the groups that lie in the first slot that their hash leads to, and
// gives the rows of the others. It has no branch that depends on what it finds, which
// in a table that grows nobody could predict.
func (g *groups) findNear(found []uint32, hashes, words []uint64, missed *[farRows]uint8) []uint8 {
	hashes, words = hashes[:len(found)], words[:len(found)]
	slots, mask, all := g.slots, uint64(len(g.slots)-1), g.words
	if len(all) == 0 {
		for i := range words {
			missed[i] = uint8(i)
		}
		return missed[:len(words)]
	}
	for i, h := range hashes {
		group := slots[h&mask]
		if group == 0 {
			group = 1 // any: none is this row's, whose slot wouldn't be free
		}
		found[i] = group - 1
	}
	at := 0
	for i, word := range words {
		missed[at&(farRows-1)] = uint8(i)
		next := at + 1
		if all[found[i]] == word {
			next = at
		}
		at = next
	}
	return missed[:at]
}

// touch brings what some hashes lead to into the caches.
func (g *groups) touch(hashes []uint64) {
	var places [farRows]uint32
	mask := uint64(len(g.slots) - 1)
	for i, h := range hashes {
		places[i&(farRows-1)] = g.slots[h&mask]
	}
	touched, stride := uint64(0), len(g.stored)
	for _, place := range places[:len(hashes)] {
		if at := int(place) * stride; at > 0 {
			touched += g.words[at-1]
		}
	}
	g.touched = touched
}
