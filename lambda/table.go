package lambda

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda/delta"
	"github.com/anabranch-go/anabranch/source"
)

// table holds a view's states by window and key: one for each group or, where
// the view's windows are sessions, one for each fragment of a session, and the
// groups are the keys alone. Tables of one plan share its scratch: they belong to
// one goroutine.
type table[E any] struct {
	plan     *plan[E]
	groups   *groups
	sessions *sessions // nil where the windows are no sessions
	states   aggregate.States[E]

	// The key that mergeState saw last: sorted states come in runs.
	lastKey   []byte
	lastWin   int64
	lastGroup uint32
	haveLast  bool
}

func (p *plan[E]) newTable() *table[E] {
	if p.space == nil || p.space.worn() {
		p.space = newKeySpace(p.keyTypes, 1)
	}
	t := &table[E]{plan: p, groups: newGroups(p.space), states: p.states()}
	if p.window.IsSession() {
		t.sessions = &sessions{gap: p.window.Gap()}
	}
	return t
}

// reusable says whether the table's memory should serve again: not where its texts
// have become too many, or new tables don't share them.
func (t *table[E]) reusable() bool {
	return t.groups.keySpace == t.plan.space && !t.plan.space.worn()
}

// len is the number of states.
func (t *table[E]) len() int {
	if t.sessions != nil {
		return t.sessions.len()
	}
	return t.groups.len()
}

// window is where a state's window starts: a session at its first event.
func (t *table[E]) window(i uint32) int64 {
	if t.sessions != nil {
		return t.sessions.firsts[i]
	}
	return t.groups.window(i)
}

// key is the group that has a state's key.
func (t *table[E]) key(i uint32) uint32 {
	if t.sessions != nil {
		return t.sessions.keys[i]
	}
	return i
}

func (t *table[E]) reset() {
	t.groups.reset()
	t.states.Reset()
	t.haveLast = false
	if t.sessions != nil {
		t.sessions.reset()
	}
}

// fold takes a chunk in. It returns the times of the events that the view selected,
// which stand until the plan's next fold. A panic in the view's own code is a
// stoppedError; the table is then of no use.
func (t *table[E]) fold(c *source.Chunk[E]) (times []int64, err error) {
	p := t.plan
	defer p.recover(c, &err)
	rows := p.choose(c)
	if len(rows) == 0 {
		return nil, nil
	}
	if err := p.loadTimes(rows); err != nil {
		return nil, err
	}
	if t.sessions == nil {
		p.assign()
	}
	t.add(rows, p.windows)
	return p.times, nil
}

// recover makes a stoppedError of a panic.
func (p *plan[E]) recover(c *source.Chunk[E], err *error) {
	if cause := recover(); cause != nil {
		offset, ok := p.frame.Visited()
		if !ok {
			offset = -1
		}
		*err = &stoppedError{view: p.name, partition: c.Partition, offset: offset, cause: cause}
	}
}

// choose gives the rows of a chunk that the view selects.
func (p *plan[E]) choose(c *source.Chunk[E]) []int32 {
	p.frame.Load(c)
	p.times = p.times[:0]
	rows := p.selectRows(c.Len())
	if len(rows) > 0 {
		p.frame.Select(rows)
	}
	return rows
}

// assignAll sets the plan's windows to those of selected rows, without their times
// where all have one.
func (p *plan[E]) assignAll(rows []int32) error {
	if p.time != noTime {
		if v := p.frame.Vector(p.time); v.Same && v.Valid == nil {
			p.windows = append(p.windows[:0], startOf(p.window, v.Ints[rows[0]]))
			return nil
		}
	}
	if err := p.loadTimes(rows); err != nil {
		return err
	}
	p.assign()
	return nil
}

// assign sets the plan's windows to those of its times: to one, if that is all of
// theirs.
func (p *plan[E]) assign() {
	p.windows = slices.Grow(p.windows[:0], len(p.times))[:len(p.times)]
	p.window.Assign(p.windows, p.times)
	first := p.windows[0]
	for _, w := range p.windows {
		if w != first {
			return
		}
	}
	p.windows = p.windows[:1]
}

// add folds selected rows into the groups of their windows: one for each row, or one
// for all.
func (t *table[E]) add(rows []int32, windows []int64) {
	p := t.plan
	p.loadKeys()
	p.groups = t.groups.find(p.groups[:0], p.windowsOfGroups(windows), p.vectors, rows)
	t.addFound(rows, p.times, p.frame)
}

// load makes the words and hashes of selected rows' windows and keys.
func (p *plan[E]) load(rows []int32, windows []int64) {
	p.loadKeys()
	p.space.load(p.windowsOfGroups(windows), p.vectors, rows)
}

func (p *plan[E]) loadKeys() {
	for i, slot := range p.keys {
		p.vectors[i] = p.frame.Vector(slot)
	}
}

// windowsOfGroups are the windows that tell groups apart: none, where events decide on
// windows.
func (p *plan[E]) windowsOfGroups(windows []int64) []int64 {
	if p.window.IsSession() {
		return noWindow[:]
	}
	return windows
}

// addFound folds rows of a frame, with their times, into the groups that the table's
// plan has found for them. It's the one loop of all layers.
func (t *table[E]) addFound(rows []int32, times []int64, frame *source.Frame[E]) {
	p := t.plan
	if t.sessions != nil {
		t.sessions.find(p.groups, times)
	}
	t.states.Grow(t.len())
	t.states.Add(p.groups, rows, frame)
	if t.sessions != nil && t.sessions.loose() {
		t.compact()
	}
}

// noWindow is the window of all groups where events decide on the windows.
var noWindow [1]int64

// compact makes one state of all fragments of a session. Tables of other windows
// have nothing to do.
func (t *table[E]) compact() {
	if t.sessions == nil {
		return
	}
	into := t.sessions.compact()
	if into == nil {
		return
	}
	states := t.plan.states()
	states.Grow(t.sessions.len())
	states.Merge(into, t.states)
	t.states, t.haveLast = states, false
}

func (p *plan[E]) selectRows(n int) []int32 {
	for i := len(p.all); i < n; i++ {
		p.all = append(p.all, int32(i))
	}
	if p.filter.All() {
		return p.all[:n]
	}
	p.rows = p.filter.Keep(p.frame, p.all[:n], p.rows[:0])
	return p.rows
}

// loadTimes sets the plan's times to those of selected rows, if it hasn't yet.
func (p *plan[E]) loadTimes(rows []int32) error {
	if len(p.times) == len(rows) {
		return nil
	}
	p.times = slices.Grow(p.times[:0], len(rows))[:len(rows)]
	if p.time == noTime {
		clear(p.times)
		return nil
	}
	v := p.frame.Vector(p.time)
	if v.Valid == nil {
		ints := v.Ints
		for i, row := range rows {
			p.times[i] = ints[row]
		}
		return nil
	}
	for i, row := range rows {
		if v.IsNull(row) {
			c := p.frame.Chunk()
			return &stoppedError{view: p.name, partition: c.Partition, offset: c.Offsets[row],
				cause: "the event has no time; select events that have one with Where, or give them one with a transform"}
		}
		p.times[i] = v.Ints[row]
	}
	return nil
}

// merge folds every state of other, a table of the same view, into t.
func (t *table[E]) merge(other *table[E]) {
	into := t.groups.merge(nil, other.groups)
	if t.sessions != nil {
		into = t.sessions.merge(into, other.sessions)
	}
	t.states.Grow(t.len())
	t.states.Merge(into, other.states)
	t.haveLast = false
}

// mergeState folds an encoded state into the group of its key and a window,
// which may be coarser than the state's own.
func (t *table[E]) mergeState(window int64, s *delta.State) error {
	if t.sessions != nil {
		return t.mergeSession(s)
	}
	if err := t.seek(window, s.Key); err != nil {
		return err
	}
	t.states.Grow(t.groups.len())
	return t.states.MergeState(t.lastGroup, s.State)
}

// mergeSession folds an encoded fragment in.
func (t *table[E]) mergeSession(s *delta.State) error {
	last, state, err := readSession(s.Window, s.State)
	if err != nil {
		return err
	}
	if err := t.seek(0, s.Key); err != nil {
		return err
	}
	fragment := t.sessions.place(t.lastGroup, s.Window, last)
	t.states.Grow(t.sessions.len())
	return t.states.MergeState(fragment, state)
}

// seek sets lastGroup to the group of a window and a key.
func (t *table[E]) seek(window int64, key []byte) error {
	if t.haveLast && t.lastWin == window && bytes.Equal(t.lastKey, key) {
		return nil
	}
	group, err := t.groups.decode(window, key)
	if err != nil {
		return err
	}
	t.lastKey, t.lastWin, t.lastGroup, t.haveLast = append(t.lastKey[:0], key...), window, group, true
	return nil
}

// mergeStates folds encoded states into the groups of their own windows.
func (t *table[E]) mergeStates(states []delta.State) error {
	for i := range states {
		if err := t.mergeState(states[i].Window, &states[i]); err != nil {
			return fmt.Errorf("state %d of view %s: %w", i, t.plan.name, err)
		}
	}
	return nil
}
