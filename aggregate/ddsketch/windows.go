package ddsketch

import "github.com/anabranch-go/anabranch/aggregate/internal/statekit"

// windows hold the counts of groups that have many bins close together, one after
// the other, where a map would take more time and no less memory.
type windows struct {
	groups int
	of     []window  // by group; none while no group has one
	spare  [][]int64 // memory that no group has any more
}

// window counts the bins from first on. What is before or behind stays in the map.
type window struct {
	first  int64
	counts []int64
	next   int // bins in the map at which another window is tried; 0 is firstWindow
}

const (
	firstWindow = 48
	// maxSparse is how many places a window may have for each bin: about the memory
	// that the map takes for it.
	maxSparse = 4
)

func (w *windows) grow(n int) {
	w.groups = max(n, w.groups)
	if len(w.of) > 0 {
		w.of = statekit.Grow(w.of, w.groups)
	}
}

func (w *windows) reset() {
	for _, of := range w.of {
		w.give(of.counts)
	}
	w.groups, w.of = 0, w.of[:0]
}

// counts gives a group's window, which may be empty.
func (w *windows) counts(group uint32) (first int64, counts []int64) {
	if len(w.of) == 0 {
		return 0, nil
	}
	return w.of[group].first, w.of[group].counts
}

func (w *windows) give(counts []int64) {
	if counts != nil {
		w.spare = append(w.spare, counts)
	}
}

func (w *windows) take(n int) []int64 {
	if last := len(w.spare) - 1; last >= 0 {
		counts := w.spare[last]
		w.spare = w.spare[:last]
		if cap(counts) >= n {
			counts = counts[:n]
			clear(counts)
			return counts
		}
	}
	return make([]int64, n)
}

// tries says whether a group with so many bins in the map may get a window that
// holds them.
func (w *windows) tries(group uint32, inMap int) bool {
	return inMap >= firstWindow && (len(w.of) == 0 || inMap >= w.of[group].next)
}

// add counts a bin that the group's window has.
func (w *windows) add(group uint32, number, n int64) bool {
	if len(w.of) == 0 {
		return false
	}
	of := &w.of[group]
	i := uint64(number - of.first)
	if i >= uint64(len(of.counts)) {
		return false
	}
	of.counts[i] = statekit.AddCapped(of.counts[i], n)
	return true
}

// open gives a group a window instead of the one that it had, of all its bins,
// which are in order, but for those far off. It gives these back.
func (w *windows) open(group uint32, all []bin) (before, behind []bin) {
	if len(w.of) == 0 {
		w.of = statekit.Grow(w.of, w.groups)
	}
	from, to := near(all)
	before, behind = all[:from], all[to:]
	all = all[from:to]
	first, width := all[0].number, int(all[len(all)-1].number-all[0].number)+1
	margin := width / 8 // for what's still to come
	of := &w.of[group]
	w.give(of.counts)
	*of = window{first: first - int64(margin), counts: w.take(width + 2*margin), next: firstWindow + 2*(len(before)+len(behind))}
	for _, b := range all {
		of.counts[b.number-of.first] = b.count
	}
	return before, behind
}

// near gives those of some bins that are close enough together for a window: the
// outermost are left out, that with the larger gap first.
func near(all []bin) (from, to int) {
	to = len(all)
	for to-from > 1 && all[to-1].number-all[from].number >= int64(maxSparse*(to-from)) {
		if all[from+1].number-all[from].number > all[to-1].number-all[to-2].number {
			from++
		} else {
			to--
		}
	}
	return from, to
}
