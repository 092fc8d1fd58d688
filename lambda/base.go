package lambda

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/anabranch-go/anabranch/internal/statefile"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/delta"
)

// base is the publication of a view's states over everything before a cut.
type base struct {
	Format int        `json:"format"`
	Made   string     `json:"made"` // recomputed or advanced
	Codec  string     `json:"codec"`
	Cut    []cut      `json:"cut"` // by partition
	Parts  []basePart `json:"parts"`
	Gaps   []string   `json:"gaps,omitempty"` // what the log had lost before the cut
	Over   *int64     `json:"over,omitempty"` // the parent's base that it was made of
}

const (
	baseFormat = 1
	recomputed = "recomputed"
	advanced   = "advanced"
)

// cut is where a base ends in one partition's chain.
type cut struct {
	Partition int    `json:"partition"`
	From      int64  `json:"from"`    // where the chain starts
	Through   int64  `json:"through"` // the base holds [From, Through)
	Sequence  int64  `json:"sequence"`
	Rows      int64  `json:"rows"`
	Late      int64  `json:"late"`
	Watermark *int64 `json:"watermark,omitempty"`
}

// basePart is one file of a base: the states of a range of days.
type basePart struct {
	File      archive.File `json:"file"`
	MinWindow int64        `json:"minWindow"`
	MaxWindow int64        `json:"maxWindow"` // the last window's start
}

// partStates is how many states a part holds before the next day starts a new
// one: a part is read whole.
const partStates = 100_000

// dayOf is the UTC day of a window's start.
func dayOf(window int64) int64 {
	const day = int64(24 * time.Hour / time.Microsecond)
	d := window / day
	if window%day < 0 {
		d--
	}
	return d
}

// latestBase gives the newest base of a view's version; nil, with number -1, where
// there's none. It's not to be written to.
func (p *Pipeline[E]) latestBase(ctx context.Context, view *registration[E]) (number int64, b *base, err error) {
	known := view.lastBase()
	var read base
	number, err = p.archive.Latest(ctx, view.bases(), known.number, &read)
	if err != nil {
		return 0, nil, fmt.Errorf("cannot read the newest base of view %s: %w", view.name, err)
	}
	if number < 0 {
		return -1, nil, nil
	}
	if number == known.number {
		return number, known.base, nil
	}
	if read.Format != baseFormat {
		return 0, nil, fmt.Errorf("%w: base %d of view %s has format %d", archive.ErrFormat, number, view.name, read.Format)
	}
	if read.Codec != view.codec {
		return 0, nil, fmt.Errorf("%w: base %d of view %s holds states of %q, not of %q", archive.ErrCorrupt, number, view.name, read.Codec, view.codec)
	}
	if err := read.check(); err != nil {
		return 0, nil, fmt.Errorf("%w: base %d of view %s: %w", archive.ErrCorrupt, number, view.name, err)
	}
	view.keepBase(numbered{number, &read})
	return number, &read, nil
}

// numbered is a base and its number; -1 without one.
type numbered struct {
	number int64
	base   *base
}

// check says what can't be in a base: it comes from an object that anybody may
// have written.
func (b *base) check() error {
	for i, c := range b.Cut {
		if c.Sequence < 0 || c.From < 0 || c.Through < c.From || i > 0 && c.Partition <= b.Cut[i-1].Partition {
			return fmt.Errorf("cut %+v", c)
		}
	}
	for i, part := range b.Parts {
		if part.MaxWindow < part.MinWindow || i > 0 && dayOf(part.MinWindow) <= dayOf(b.Parts[i-1].MaxWindow) {
			return fmt.Errorf("part %d, %s, overlaps the one before", i, part.File.Name)
		}
	}
	return nil
}

// cutOf is the cut at the end of every chain, with the counts of the base before
// and of the deltas since. Partitions without a claim have no place in it.
func cutOf(chains []archive.Chain, fingerprint string, previous *base) []cut {
	var out []cut
	for _, chain := range chains {
		if len(chain.Entries) == 0 {
			continue
		}
		c, counted := previous.at(chain.Partition)
		last := c.Sequence
		c.Partition, c.From = chain.Partition, chain.Entries[0].From
		for _, entry := range chain.Entries {
			c.Through, c.Sequence = entry.To, entry.Sequence
			if sealed, ok := entry.Deltas[fingerprint]; ok && !(counted && entry.Sequence <= last) {
				c.Rows += sealed.Rows
				c.Late += sealed.Late
				if sealed.Watermark != nil {
					c.Watermark = sealed.Watermark
				}
			}
		}
		out = append(out, c)
	}
	return out
}

// at gives the base's cut of a partition; ok is false where it has none.
func (b *base) at(partition int) (cut, bool) {
	if b == nil {
		return cut{}, false
	}
	i := slices.IndexFunc(b.Cut, func(c cut) bool { return c.Partition == partition })
	if i < 0 {
		return cut{}, false
	}
	return b.Cut[i], true
}

// reaches says whether the base holds everything before a cut.
func (b *base) reaches(cuts []cut) bool {
	if b == nil {
		return false
	}
	for _, c := range cuts {
		if ours, ok := b.at(c.Partition); !ok || ours.Through < c.Through {
			return false
		}
	}
	return true
}

// putParts stores states, sorted or not, as parts of base number n.
func (p *Pipeline[E]) putParts(ctx context.Context, view *registration[E], n int64, states []delta.State) ([]basePart, error) {
	slices.SortFunc(states, func(a, b delta.State) int { return cmp.Compare(a.Window, b.Window) })
	var parts []basePart
	for len(states) > 0 {
		end := min(partStates, len(states))
		for end < len(states) && dayOf(states[end].Window) == dayOf(states[end-1].Window) {
			end++
		}
		part, err := p.putPart(ctx, view, n, states[:end])
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
		states = states[end:]
	}
	return parts, nil
}

// putPart stores states, which are in the order of their windows.
func (p *Pipeline[E]) putPart(ctx context.Context, view *registration[E], n int64, states []delta.State) (basePart, error) {
	part := basePart{MinWindow: states[0].Window, MaxWindow: states[len(states)-1].Window}
	sortStates(states)
	body, err := statefile.Encode(view.meta(), states)
	if err != nil {
		return part, err
	}
	name := fmt.Sprintf("%s/%020d/%s.parquet", view.bases(), n, archive.NewNonce())
	part.File, err = p.archive.PutFile(ctx, name, body, int64(len(states)))
	return part, err
}
