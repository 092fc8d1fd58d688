package lambda

import (
	"math/bits"
	"slices"
	"sync"
)

// shared is what the workers of one computation have in common: the words of texts,
// and the tables of places where very many groups are. These are cut by the hash of
// the group into lots, and each group is in one lot that all workers fold into. So no
// group is held once for each worker, and nothing of them is left to merge in the end.
type shared[E any] struct {
	view  *definition[E]
	space *keySpace
	from  int // groups of a place in a worker's table, past which they go into lots
	lots  []sharedLot[E]
	shift uint // of a hash: what's left is its lot

	mu     sync.RWMutex
	places map[int64]*sharedPlace
}

// sharedLot is the groups whose hashes begin with the lot's number.
type sharedLot[E any] struct {
	mu     sync.Mutex
	tables *tables[E] // nil until a place goes into lots
}

// sharedPlace says how many workers have had a table of a place, and whether its
// groups are in lots now.
type sharedPlace struct {
	workers int
	inLots  bool
}

// Past sharedGroups groups of a place go into lots. There are lotsEach for each worker,
// so that they seldom meet; but the more there are, the fewer rows of a chunk each gets.
// Texts have textShards.
const sharedGroups, lotsEach, textShards = 1 << 15, 8, 64

func newShared[E any](view *definition[E], workers int) *shared[E] {
	s := &shared[E]{view: view, from: sharedGroups, places: map[int64]*sharedPlace{}, space: newKeySpace(view.keyTypes, textShards)}
	s.shift = 64
	if workers > 1 {
		s.shift -= uint(bits.Len(uint(lotsEach*workers - 1)))
	}
	s.lots = make([]sharedLot[E], 1<<(64-s.shift))
	return s
}

// tables gives a worker its tables.
func (s *shared[E]) tables(plan *plan[E]) *tables[E] {
	plan.space = s.space.lane()
	t := newTables(plan)
	t.shared = s
	return t
}

// can says whether the places of a worker's tables are those of the lots. Sliding
// windows are merged from panes, which must be in one table; and wider places than one
// window are so many that they can be merged side by side.
func (s *shared[E]) can(t *tables[E]) bool {
	return len(s.lots) > 1 && t.width == 0 && !s.view.window.IsSliding()
}

// enter notes that a worker begins a table of a place.
func (s *shared[E]) enter(place int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.places[place]
	if p == nil {
		p = &sharedPlace{}
		s.places[place] = p
	}
	p.workers++
}

// inLots says whether the groups of a place go into lots. From a table's size on they
// do, if another worker has one too.
func (s *shared[E]) inLots(place int64, groups int) bool {
	s.mu.RLock()
	p := s.places[place]
	inLots := p != nil && p.inLots
	begin := p != nil && !inLots && groups > s.from && p.workers > 1
	s.mu.RUnlock()
	if !begin {
		return inLots
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p.inLots = true
	return true
}

// add folds selected rows of a worker's chunk into the lots of their groups.
func (s *shared[E]) add(t *tables[E], place int64, rows []int32, windows []int64) error {
	p := t.plan
	from := p.space
	p.load(rows, windows)
	t.sorted.sort(from.hashes[:len(rows)], s.shift, len(s.lots))
	turn := int(from.hashes[0] >> s.shift) // not all workers begin with the same
	for i := range s.lots {
		lot := (turn + i) & (len(s.lots) - 1)
		if chosen := t.sorted.lot(lot); len(chosen) > 0 {
			if err := s.lots[lot].add(s, t, place, rows, chosen); err != nil {
				return err
			}
		}
	}
	return nil
}

// at gives the lot's table of a place. The lot is locked.
func (l *sharedLot[E]) at(s *shared[E], place int64) (*table[E], error) {
	if l.tables == nil {
		plan, err := s.view.bind()
		if err != nil {
			return nil, err
		}
		plan.space = s.space.lane()
		l.tables = newTables(plan)
	}
	return l.tables.at(place), nil
}

// add folds some of a worker's selected rows in: those at the places chosen.
func (l *sharedLot[E]) add(s *shared[E], t *tables[E], place int64, rows, chosen []int32) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	table, err := l.at(s, place)
	if err != nil {
		return err
	}
	p := table.plan
	table.groups.take(t.plan.space, chosen)
	p.groups = table.groups.findAll(p.groups[:0], len(chosen))
	p.rows = gather(p.rows[:0], rows, chosen)
	if table.sessions != nil {
		p.times = gather(p.times[:0], t.plan.times, chosen)
	}
	table.addFound(p.rows, p.times, t.plan.frame)
	return nil
}

// gather appends the values at some places.
func gather[T any](into, values []T, places []int32) []T {
	into = slices.Grow(into, len(places))
	for _, at := range places {
		into = append(into, values[at])
	}
	return into
}

// take makes the words and hashes of some rows of another lane's its own.
func (k *keySpace) take(other *keySpace, chosen []int32) {
	for i, column := range other.columns {
		if other.even[i] {
			k.columns[i] = slices.Grow(k.columns[i][:0], len(chosen))[:len(chosen)]
			fill(k.columns[i], column[0])
			continue
		}
		k.columns[i] = gather(k.columns[i][:0], column, chosen)
	}
	copy(k.even, other.even)
	k.hashes = gather(k.hashes[:0], other.hashes, chosen)
}

// handIn moves a worker's table into the lots.
func (s *shared[E]) handIn(place int64, own *table[E]) error {
	own.compact()
	g := own.groups
	hashes := make([]uint64, own.len())
	for i := range hashes {
		g.read(g.parsed, own.key(uint32(i)))
		hashes[i] = g.hashWords(g.parsed)
	}
	var sorted sortedLots
	sorted.sort(hashes, s.shift, len(s.lots))
	for i := range s.lots {
		if err := s.lots[i].merge(s, place, own, sorted.lot(i)); err != nil {
			return err
		}
	}
	return nil
}

// merge folds some states of a worker's table in.
func (l *sharedLot[E]) merge(s *shared[E], place int64, own *table[E], states []int32) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	table, err := l.at(s, place)
	if err != nil {
		return err
	}
	var state []byte
	for _, i := range states {
		from := uint32(i)
		own.groups.read(table.groups.parsed, own.key(from))
		into := table.groups.one()
		if table.sessions != nil {
			into = table.sessions.place(into, own.sessions.firsts[i], own.sessions.lasts[i])
		}
		table.states.Grow(table.len())
		state = own.states.AppendState(state[:0], from)
		if err := table.states.MergeState(into, state); err != nil {
			return err
		}
	}
	table.haveLast = false
	return nil
}

// sortedLots is some places sorted by what their hashes begin with.
type sortedLots struct {
	places []int32
	ends   []int32
}

func (s *sortedLots) sort(hashes []uint64, shift uint, lots int) {
	s.ends = slices.Grow(s.ends[:0], lots+1)[:lots+1]
	clear(s.ends)
	for _, h := range hashes {
		s.ends[h>>shift+1]++
	}
	for i := range lots {
		s.ends[i+1] += s.ends[i]
	}
	s.places = slices.Grow(s.places[:0], len(hashes))[:len(hashes)]
	// Each end is where its lot's next place goes, and so at last where it ends.
	for i, h := range hashes {
		at := s.ends[h>>shift]
		s.places[at] = int32(i)
		s.ends[h>>shift] = at + 1
	}
}

// lot gives the places of a lot, which rise.
func (s *sortedLots) lot(i int) []int32 {
	if i == 0 {
		return s.places[:s.ends[0]]
	}
	return s.places[s.ends[i-1]:s.ends[i]]
}
