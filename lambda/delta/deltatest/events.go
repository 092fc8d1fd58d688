package deltatest

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/lambda/delta"
)

// The suite's log is a function of the offset, as a real one is: the event at an
// offset always belongs to the same group. A group's state is the list of its
// offsets, and merging is joining lists. So from what a store returns one can
// tell which events are missing, which are there twice, and which belong to
// another copy.

// group is a decoded (key, window).
type group struct {
	key    string
	window int64
}

// The keys and windows are those that a careless encoding trips over: an empty
// key, zero bytes, separators, bytes that aren't UTF-8, and times before 1970.
var groups = []group{
	{"", 0}, {"\x00", 0}, {"a", -60e6}, {"a", 60e6}, {"a:60000000", 0}, {"{a}/0", 60e6}, {"\xff\xfe", 1 << 60},
}

func groupOf(offset int64) group { return groups[(offset*offset+offset/5)%int64(len(groups))] }

// states gives the events in [from, to) as one batch of states.
func states(from, to int64) []delta.State {
	index := make(map[group]int)
	var batch []delta.State
	for offset := from; offset < to; offset++ {
		g := groupOf(offset)
		i, ok := index[g]
		if !ok {
			i = len(batch)
			index[g] = i
			batch = append(batch, delta.State{Key: []byte(g.key), Window: g.window})
		}
		batch[i].State = binary.BigEndian.AppendUint64(batch[i].State, uint64(offset))
	}
	return batch
}

// writer makes the flushes of one copy, as its owner would.
type writer struct {
	copy     delta.Copy
	throughs []int64 // throughs[n] is where flush n ended; throughs[0] is where the copy starts
}

func newWriter(c delta.Copy) *writer { return &writer{c, []int64{c.From}} }

func (w *writer) number() int64  { return int64(len(w.throughs)) - 1 }
func (w *writer) through() int64 { return w.throughs[len(w.throughs)-1] }

// binaryCounter says what flush number replaces when older flushes are folded as a
// binary counter carries.
func binaryCounter(number int64) int64 { return number - number&-number + 1 }

// next makes the flush after the last one, which stands for those from replaces
// on; the writer counts on its being applied.
func (w *writer) next(through, replaces int64) delta.Flush {
	f := w.draft(through, replaces)
	w.throughs = append(w.throughs, through)
	return f
}

// draft makes the same flush and doesn't count on anything.
func (w *writer) draft(through, replaces int64) delta.Flush {
	rows := through - w.copy.From
	watermark := through * 1000
	return delta.Flush{
		Number: w.number() + 1, Replaces: replaces, Through: through,
		States: states(w.throughs[replaces-1], through),
		Rows:   rows, Late: rows / 3, Watermark: &watermark, At: time.UnixMicro(through).UTC(),
	}
}

// add makes a flush that only appends.
func (w *writer) add(through int64) delta.Flush { return w.next(through, w.number()+1) }

// requireWhole checks that each group of o holds the events of one prefix of
// [From, High) that has all of [From, Low), each of them once.
func requireWhole(t require.TestingT, o *delta.Open) {
	require.NotNil(t, o, "the record's copy was swapped in, yet Read returns none")
	require.LessOrEqual(t, o.Low, o.High, "Low is the lower end of what was read")
	require.GreaterOrEqual(t, o.Low, o.Copy.From, "nothing was read from before the copy's start")
	got := contents(t, o.Batches)
	want := make(map[group][]int64)
	for offset := o.Copy.From; offset < o.High; offset++ {
		g := groupOf(offset)
		want[g] = append(want[g], offset)
	}
	for _, g := range groups {
		held, all := got[g], want[g]
		delete(got, g)
		least := 0
		for least < len(all) && all[least] < o.Low {
			least++
		}
		ok := len(held) >= least && len(held) <= len(all) && slices.Equal(held, all[:len(held)])
		require.True(t, ok, "copy %+v: group %+v holds the events at %v, but a read of [%d, %d…%d) must hold the first %d or more of %v: "+
			"events are missing, counted twice, or another copy's", o.Copy, g, held, o.Copy.From, o.Low, o.High, least, all)
	}
	require.Empty(t, got, "the copy has groups that were never flushed")
	require.GreaterOrEqual(t, o.Rows, o.Low-o.Copy.From, "Rows are those of a flush between Low and High")
	require.LessOrEqual(t, o.Rows, o.High-o.Copy.From, "Rows are those of a flush between Low and High")
	require.Equal(t, o.Rows/3, o.Late, "Late comes from the same flush as Rows")
	require.NotNil(t, o.Watermark, "the watermark is lost")
	require.Equal(t, (o.Rows+o.Copy.From)*1000, *o.Watermark, "Watermark comes from the same flush as Rows")
	require.True(t, time.UnixMicro(o.Rows+o.Copy.From).Equal(o.At), "At comes from the same flush as Rows")
}

// requireExact checks that o is copy c over exactly [c.From, through), as it must
// be when every flush was acknowledged and none is under way.
func requireExact(t require.TestingT, o *delta.Open, c delta.Copy, through int64) {
	requireWhole(t, o)
	require.Equal(t, c, o.Copy, "Read returns the copy that the record names")
	require.Equal(t, [2]int64{through, through}, [2]int64{o.Low, o.High},
		"after acknowledged flushes, [Low, High] is where the last one ended")
}

// contents merges batches.
func contents(t require.TestingT, batches [][]delta.State) map[group][]int64 {
	merged := make(map[group][]int64)
	for i, batch := range batches {
		seen := make(map[group]bool)
		for _, s := range batch {
			g := group{string(s.Key), s.Window}
			require.False(t, seen[g], "batch %d has group %+v twice", i, g)
			seen[g] = true
			require.Zero(t, len(s.State)%8, fmt.Sprintf("the state of %+v isn't what was flushed", g))
			for b := s.State; len(b) > 0; b = b[8:] {
				merged[g] = append(merged[g], int64(binary.BigEndian.Uint64(b)))
			}
		}
	}
	for _, offsets := range merged {
		slices.Sort(offsets)
	}
	return merged
}
