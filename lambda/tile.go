package lambda

import (
	"fmt"
	"slices"
	"time"

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
	segments  []*archive.Entry
	sealed    int64
	open      *delta.Open // nil where there's none that starts at the chain's end
	gaps      []string

	quarantined int64     // records of the whole chain
	at          time.Time // when the last segment was stored
}

// tile lays a chain's segments after a base, and checks that they tile. It's the
// one invariant, so it's checked for every answer, whoever checked before.
func tile(chain archive.Chain, b *base) (tiles, error) {
	t := tiles{partition: chain.Partition}
	entries := chain.Entries
	if len(entries) > 0 {
		t.from = entries[0].From
	}
	for i := range entries {
		e := &entries[i]
		if e.Quarantine != nil {
			t.quarantined += e.Quarantine.Rows
		}
		if e.At > 0 {
			t.at = time.UnixMicro(e.At)
		}
	}
	t.cut = t.from
	if c, ok := b.at(chain.Partition); ok {
		if c.Sequence < 0 || c.Sequence >= int64(len(entries)) || entries[c.Sequence].To != c.Through || c.From != t.from {
			return t, fmt.Errorf("%w: the base ends at offset %d, entry %d, which partition %d's chain doesn't have",
				archive.ErrTiling, c.Through, c.Sequence, chain.Partition)
		}
		t.cut = c.Through
		entries = entries[c.Sequence+1:]
	}
	t.sealed = t.cut
	t.segments = make([]*archive.Entry, 0, len(entries))
	for i := range entries {
		e := &entries[i]
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

// extend ends the tiles with an open delta, if that reaches further than they do
// and starts where one of them does: at the chain's end, or at a segment that it
// then stands in for. (An owner that couldn't learn what its predecessor had
// shown may have sealed less than that.)
func (t *tiles) extend(open *delta.Open) {
	low, _ := t.through()
	if open == nil || open.High < open.Low || open.Low < low || (open.Low == low && t.open != nil) {
		return
	}
	from := open.Copy.From
	if t.open != nil && t.open.Copy.From != from {
		return
	}
	if from != t.sealed {
		i := slices.IndexFunc(t.segments, func(e *archive.Entry) bool { return e.From == from })
		if i < 0 || open.Low <= t.sealed {
			return
		}
		t.segments, t.sealed = t.segments[:i], from
	}
	t.open = open
}

// through gives the offsets between which each key's answer is exact.
func (t *tiles) through() (low, high int64) {
	if t.open == nil {
		return t.sealed, t.sealed
	}
	return t.open.Low, t.open.High
}
