package lambda

import (
	"fmt"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/delta"
)

// tiles is one partition's part of an answer: offset ranges that tile
// [from, through), without gap or overlap.
//
//	from ──base──► cut ──segments──► sealed ──open delta──► through
type tiles struct {
	partition int
	from      int64
	cut       int64
	segments  []archive.Entry
	sealed    int64
	open      *delta.Open // nil where there's none that starts at the chain's end
	gaps      []string
}

// tile lays a chain's segments after a base, and checks that they tile. It's the
// one invariant, so it's checked for every answer, whoever checked before.
func tile(chain archive.Chain, b *base) (tiles, error) {
	t := tiles{partition: chain.Partition}
	entries := chain.Entries
	if len(entries) > 0 {
		t.from = entries[0].From
	}
	t.cut = t.from
	if c, ok := b.at(chain.Partition); ok {
		if c.Sequence >= int64(len(entries)) || entries[c.Sequence].To != c.Through || c.From != t.from {
			return t, fmt.Errorf("%w: the base ends at offset %d, entry %d, which partition %d's chain doesn't have",
				archive.ErrTiling, c.Through, c.Sequence, chain.Partition)
		}
		t.cut = c.Through
		entries = entries[c.Sequence+1:]
	}
	t.sealed = t.cut
	for _, e := range entries {
		if e.From != t.sealed {
			return t, fmt.Errorf("%w: entry %d of partition %d starts at offset %d, and what is before it ends at %d",
				archive.ErrTiling, e.Sequence, chain.Partition, e.From, t.sealed)
		}
		switch e.Kind {
		case archive.KindSegment:
			t.segments = append(t.segments, e)
		case archive.KindGap:
			t.gaps = append(t.gaps, describeGap(e))
		}
		t.sealed = e.To
	}
	return t, nil
}

// extend adds an open delta, if it starts where the sealed ones end.
func (t *tiles) extend(open *delta.Open) bool {
	if open == nil || open.Copy.From != t.sealed || open.Low < t.sealed || open.High < open.Low {
		return false
	}
	t.open = open
	return true
}

// through gives the offsets between which each key's answer is exact.
func (t *tiles) through() (low, high int64) {
	if t.open == nil {
		return t.sealed, t.sealed
	}
	return t.open.Low, t.open.High
}
