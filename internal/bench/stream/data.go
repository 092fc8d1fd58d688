package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/anabranch-go/anabranch/source"
)

// columns are the data, and what chunks are made of.
type columns struct {
	ts, user, revenue, offsets []int64
	kind                       []uint32
	kinds                      source.Dictionary
	schema                     *source.Schema
}

// load reads the columns, as far as rows; all if 0.
func load(dir string, rows int) (*columns, error) {
	d := &columns{}
	for name, column := range map[string]*[]int64{"ts": &d.ts, "user": &d.user, "rev": &d.revenue} {
		body, err := os.ReadFile(filepath.Join(dir, "raw", name+".bin"))
		if err != nil {
			return nil, err
		}
		n := len(body) / 8
		if rows > 0 {
			n = min(n, rows)
		}
		*column = make([]int64, n)
		for i := range *column {
			(*column)[i] = int64(binary.LittleEndian.Uint64(body[8*i:]))
		}
	}
	kinds, err := os.ReadFile(filepath.Join(dir, "raw", "ev.bin"))
	if err != nil {
		return nil, err
	}
	names, err := os.ReadFile(filepath.Join(dir, "raw", "names.txt"))
	if err != nil {
		return nil, err
	}
	first, _, _ := strings.Cut(string(names), "\n")
	d.kinds = source.Dictionary{ID: source.NewDictionaryID(), Values: strings.Split(first, ",")}
	for i := range d.ts {
		d.kind, d.offsets = append(d.kind, uint32(kinds[i])), append(d.offsets, int64(i))
	}
	if len(d.user) != len(d.ts) || len(d.revenue) != len(d.ts) {
		return nil, fmt.Errorf("%s: its columns differ in length", dir)
	}
	d.schema, err = source.SchemaOf[evento]()
	return d, err
}

// chunk gives the events [from, to).
func (d *columns) chunk(from, to int) *source.Chunk[evento] {
	return &source.Chunk[evento]{Schema: d.schema, From: int64(from), Next: int64(to), Offsets: d.offsets[from:to], Columns: []source.Vector{
		{Kind: source.Time, Ints: d.ts[from:to]},
		{Kind: source.Int, Ints: d.user[from:to]},
		{Kind: source.String, Codes: d.kind[from:to], Dict: d.kinds},
		{Kind: source.Int, Ints: d.revenue[from:to]},
	}}
}

// isPurchase says which codes are a purchase's.
func (d *columns) isPurchase() []bool {
	wanted := make([]bool, len(d.kinds.Values))
	wanted[slices.Index(d.kinds.Values, "purchase")] = true
	return wanted
}

// bare is the least that this work can be: one table that is cleared when a window
// ends, without late events' windows, for positive users. A nil wanted takes all.
func (d *columns) bare(wanted []bool) string {
	const size, five = 1 << 14, 300_000_000
	var users [size]int64
	var sums [size]struct{ revenue, events int64 }
	var used []int
	var c check
	end := int64(0)
	clearAll := func() {
		for _, at := range used {
			c.rows, c.revenue, c.events = c.rows+1, c.revenue+sums[at].revenue, c.events+sums[at].events
			users[at], sums[at].revenue, sums[at].events = 0, 0, 0
		}
		used = used[:0]
	}
	for i, t := range d.ts {
		if wanted != nil && !wanted[d.kind[i]] {
			continue
		}
		if t >= end {
			clearAll()
			end = t - t%five + five
		}
		user := d.user[i]
		at := uint64(user) * 0x9E3779B97F4A7C15 >> 50
		for users[at] != user {
			if users[at] == 0 {
				users[at] = user
				used = append(used, int(at))
				break
			}
			at = (at + 1) & (size - 1)
		}
		sums[at].revenue += d.revenue[i]
		sums[at].events++
	}
	clearAll()
	return c.String()
}
