package lambda

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/archive/archivetest"
	"github.com/anabranch-go/anabranch/lambda/delta"
	"github.com/anabranch-go/anabranch/lambda/delta/deltatest"
	"github.com/anabranch-go/anabranch/partition"
	"github.com/anabranch-go/anabranch/source"
)

// The simulation is the proof of the invariant. It runs several processes on one
// archive and one delta store, one step at a time, in an order that a seed
// decides: owners that read, fold, flush and seal; owners that crash, lose their
// partition, and write on; batch runs; queries. Every store call may fail before
// or after its effect, kill its process, take effect much later, or be where
// another process runs in between. The delta store may lose, tear or forget.
// Every answer is compared with the naive reference at the offsets that its
// provenance states, and no answer may go back.
var (
	simSeed  = flag.Uint64("sim.seed", 0, "run the simulation of this seed alone")
	simCount = flag.Int("sim.count", 80, "how many seeds the simulation runs")
)

func TestSimulation(t *testing.T) {
	split, skipped := 0, int64(0)
	first, count := uint64(1), *simCount
	if testing.Short() {
		count /= 5
	}
	if *simSeed != 0 {
		first, count = *simSeed, 1
	}
	for seed := first; seed < first+uint64(count); seed++ {
		s := simulate(t, seed)
		split, skipped = split+s.split, skipped+s.skipped
	}
	t.Logf("%d segments were split, and %d files skipped", split, skipped)
	if count > 10 {
		require.Positive(t, split)
		require.Positive(t, skipped)
	}
}

func simulate(t *testing.T, seed uint64) *sim {
	defer func() {
		if t.Failed() {
			t.Logf("reproduce with -run TestSimulation -sim.seed %d", seed)
		}
	}()
	s := newSim(t, seed)
	for range 250 {
		s.step()
	}
	s.settle()
	return s
}

type sim struct {
	t     *testing.T
	r     *rand.Rand
	ctx   context.Context
	views []simView
	depth int // of processes that run within others' store calls

	store  *archive.MemoryStore
	deltas *deltatest.Faults // the way to the store that nothing goes wrong on
	log    *source.Memory[simEvent]
	events [][]simEvent // by partition and offset; quarantined ones are nil in kept
	kept   [][]bool

	faulty    bool // calls may fail
	lossy     bool // the delta store may lose what it acknowledged
	lost      bool // and has done so, or failed where an owner had to know
	owners    []*simProcess
	readers   []*simProcess
	reached   [][]int64 // by view and partition: what answers, of any reader, have reached
	archives  []*archivetest.Faults
	schemes   []partition.Scheme // a process has one of these
	split     int                // segments of several files
	skipped   int64              // files of events
	watch     sync.Mutex         // guards these counts
	batches   int
	answers   int
	regressed int
}

// simProcess is one process: a pipeline on its own way to the stores, and the
// partitions that it owns or believes to.
type simProcess struct {
	name    string
	p       *Pipeline[simEvent]
	queries []simQuery
	ctx     context.Context
	kill    context.CancelFunc // ends ctx: what is dead doesn't wait to try again
	busy    bool               // within a call of its own
	worker  *worker[simEvent]
	reader  source.Reader[simEvent]
}

func newSim(t *testing.T, seed uint64) *sim {
	s := &sim{t: t, r: rand.New(rand.NewPCG(seed, 0)), ctx: t.Context(), views: simViews(), store: archive.Memory()}
	for i := range 2 {
		s.views = append(s.views, randomView(s.r, fmt.Sprint("azar", i)))
	}
	s.views = append(s.views, visitsView())
	s.deltas = deltatest.NewFaults(func() delta.Store { return delta.Memory() }, nil)
	partitions := 1 + s.r.IntN(3)
	var err error
	s.log, err = source.NewMemory[simEvent]("sim", partitions, source.MemoryOptions[simEvent]{ChunkRows: 1 + s.r.IntN(8)})
	require.NoError(t, err)
	s.events, s.kept = make([][]simEvent, partitions), make([][]bool, partitions)
	s.faulty = s.r.IntN(4) > 0
	s.lossy = s.faulty && s.r.IntN(2) == 0
	if n := s.r.IntN(4); n > 0 { // a scheme for all, or each process its own
		for range max(1, 3*(n-2)) {
			s.schemes = append(s.schemes, randomScheme(t, s.r))
		}
	}
	for range s.views {
		s.reached = append(s.reached, make([]int64, partitions))
	}
	s.readers = []*simProcess{s.newProcess("reader", false), s.newProcess("second reader", false)}
	return s
}

// newProcess starts a process. Readers of a faulty world may meet faults too.
func (s *sim) newProcess(name string, faulty bool) *simProcess {
	faulty = faulty && s.faulty
	process := &simProcess{name: name}
	process.ctx, process.kill = context.WithCancel(s.ctx)
	dice := &archiveDice{seed: s.r.Uint64(), calls: map[string]uint64{}}
	faults := archivetest.NewFaults(s.store, func(_ int, op, name string) archivetest.Fault {
		if !faulty {
			return archivetest.Fault{}
		}
		outcome := dice.roll(op + " " + name)
		if outcome == archivetest.CrashBefore || outcome == archivetest.CrashAfter {
			process.kill()
		}
		return archivetest.Fault{Outcome: outcome}
	})
	s.archives = append(s.archives, faults)
	deltas := s.deltas.Beside(func(_ int, op string) deltatest.Fault { return s.deltaFault(faulty, op) })
	process.p = New[simEvent](Config{
		Archive: &preemptArchive{faults, s}, Deltas: &preemptDeltas{deltas, s},
		FlushInterval: time.Nanosecond, SegmentRows: int64(3 + s.r.IntN(40)), SegmentInterval: pick(s.r, time.Hour, time.Hour, time.Nanosecond), Workers: 1,
		CacheBytes: int64(s.r.IntN(2)) * 1 << 20, Partition: s.scheme(), Observer: s,
	})
	process.p.asks = 1 // one step at a time
	for _, view := range s.views {
		process.queries = append(process.queries, view.register(s.t, process.p))
	}
	return process
}

// Observe counts what a layout does.
func (s *sim) Observe(ob Observation) {
	s.watch.Lock()
	defer s.watch.Unlock()
	if ob.Kind == Sealed && ob.Files > 1 {
		s.split++
	}
	s.skipped += ob.Skipped
}

// scheme is how a process splits events, if it does.
func (s *sim) scheme() partition.Scheme {
	if len(s.schemes) == 0 {
		return partition.Scheme{}
	}
	return pick(s.r, s.schemes...)
}

// randomScheme splits by one to three columns. Hashed or not, each column is there
// once.
func randomScheme(t *testing.T, r *rand.Rand) partition.Scheme {
	dims := []partition.Dimension{
		pick(r, partition.ByHour, partition.ByDay, partition.ByMonth, partition.ByYear)("at"),
		pick(r, partition.ByValue("kind"), partition.ByHash("kind", 1+r.IntN(5))),
		pick(r, partition.ByValue("user"), partition.ByHash("user", 1+r.IntN(5))),
		pick(r, partition.ByValue("place"), partition.ByHash("place", 1+r.IntN(5))),
	}
	r.Shuffle(len(dims), func(i, j int) { dims[i], dims[j] = dims[j], dims[i] })
	scheme, err := partition.New(dims[:1+r.IntN(3)]...)
	require.NoError(t, err)
	return scheme
}

// archiveDice decides about the calls of one process. Chains are read side by
// side, so it goes by what is called how often, not by the order of calls.
type archiveDice struct {
	seed uint64

	mu    sync.Mutex
	calls map[string]uint64
}

func (d *archiveDice) roll(what string) archivetest.Outcome {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls[what]++
	h := fnv.New64a()
	_, _ = h.Write([]byte(what))
	r := rand.New(rand.NewPCG(d.seed^h.Sum64(), d.calls[what]))
	if r.IntN(60) > 0 {
		return archivetest.None
	}
	return pick(r, archivetest.FailBefore, archivetest.FailAfter, archivetest.FailLate, archivetest.CrashBefore, archivetest.CrashAfter)
}

func (s *sim) deltaFault(faulty bool, op string) deltatest.Fault {
	if !faulty || s.r.IntN(30) > 0 {
		return deltatest.None
	}
	fault := pick(s.r, deltatest.FailBefore, deltatest.FailAfter, deltatest.Late, deltatest.CrashBefore, deltatest.CrashAfter)
	if s.lossy && s.r.IntN(2) == 0 {
		fault = pick(s.r, deltatest.Lose, deltatest.Forget, deltatest.TearHeader, deltatest.TearBatch)
		s.lost = true
	}
	// An owner that can't learn what its predecessor has shown may seal less.
	s.lost = s.lost || op == "raise" || fault == deltatest.Late
	return fault
}

// preempt lets other processes run within a store call of this one.
func (s *sim) preempt() {
	if s.depth >= 2 || s.r.IntN(8) > 0 {
		return
	}
	s.depth++
	defer func() { s.depth-- }()
	s.step()
}

// step does one thing.
func (s *sim) step() {
	switch n := s.r.IntN(100); {
	case n < 20:
		s.append()
	case n < 28:
		s.own()
	case n < 70:
		s.work()
	case n < 74:
		s.crash()
	case n < 79:
		s.batch()
	case n < 82:
		s.land()
	default:
		s.ask(pick(s.r, s.readers...))
	}
}

// append adds events to the log.
func (s *sim) append() {
	partition := s.r.IntN(len(s.events))
	for range 1 + s.r.IntN(12) {
		e, ok := randomEvent(s.r)
		if n := len(s.events[partition]); ok && n > 0 && s.r.IntN(10) == 0 {
			e, ok = s.events[partition][n-1], s.kept[partition][n-1] // the producer sent it twice: both count
		}
		s.events[partition] = append(s.events[partition], e)
		s.kept[partition] = append(s.kept[partition], ok)
		_, err := s.log.Append(partition, e)
		require.NoError(s.t, err)
	}
}

// own starts a new owner of a partition, whoever owns it.
func (s *sim) own() {
	partition := s.r.IntN(len(s.events))
	process := s.newProcess(fmt.Sprintf("owner %d of %d", len(s.owners), partition), true)
	s.start(process, partition)
}

// start claims a partition as Run does.
func (s *sim) start(process *simProcess, partition int) bool {
	views, err := process.p.begin(process.ctx)
	if err != nil {
		s.expect(process, err)
		return false
	}
	if _, err := process.p.declare(process.ctx, s.log); err != nil {
		s.expect(process, err)
		return false
	}
	process.p.setLog(s.log)
	w := &worker[simEvent]{p: process.p, partition: partition}
	reader, err := w.open(process.ctx, s.log, views)
	if err != nil {
		s.expect(process, err)
		return false
	}
	process.worker, process.reader = w, reader
	s.owners = append(s.owners, process)
	return true
}

// work lets an owner, who may have lost its partition without knowing, go on.
func (s *sim) work() {
	if len(s.owners) == 0 {
		return
	}
	owner := pick(s.r, s.owners...)
	if owner.worker == nil { // within a call of its own
		return
	}
	w := owner.worker
	owner.worker = nil
	err := s.advance(owner, w)
	if err != nil {
		s.expect(owner, err)
		s.remove(owner)
		return
	}
	owner.worker = w
}

// advance is one turn of the loop of a worker. A log without more is a wait.
func (s *sim) advance(owner *simProcess, w *worker[simEvent]) error {
	end, _ := s.log.End(s.ctx, w.partition)
	if w.through < end {
		chunk, err := owner.reader.Next(owner.ctx)
		if err != nil {
			return err
		}
		if err := w.take(chunk); err != nil {
			return err
		}
	} else if s.r.IntN(4) == 0 {
		defer s.remove(owner)
		return w.finish(owner.ctx, false)
	}
	return w.turn(owner.ctx)
}

func (s *sim) remove(owner *simProcess) {
	s.owners = slices.DeleteFunc(s.owners, func(o *simProcess) bool { return o == owner })
}

// crash ends an owner where it stands: nothing is flushed, nothing closed.
func (s *sim) crash() {
	if len(s.owners) > 0 {
		s.remove(pick(s.r, s.owners...))
	}
}

// land lets delayed writes take effect.
func (s *sim) land() {
	s.deltas.Release()
	for _, a := range s.archives {
		require.NoError(s.t, a.Land(s.ctx))
	}
}

// batch runs the batch layer in a process of its own.
func (s *sim) batch() {
	process := s.newProcess("batch", true)
	run := pick(s.r, process.p.Batch, process.p.Batch, process.p.Advance)
	if err := run(process.ctx); err != nil {
		s.expect(process, err)
		return
	}
	s.batches++
	if s.r.IntN(3) == 0 {
		s.audit(process)
	}
}

func (s *sim) audit(process *simProcess) {
	audit, err := process.p.Audit(process.ctx)
	if err != nil {
		s.expect(process, err)
		return
	}
	require.Empty(s.t, audit.Differences)
}

// expect allows what a process may meet in this world, and nothing else.
func (s *sim) expect(process *simProcess, err error) {
	for _, allowed := range []error{archivetest.ErrFault, archivetest.ErrCrashed, deltatest.ErrInjected, deltatest.ErrCrashed,
		archive.ErrLost, archive.ErrUnsettled, context.Canceled} {
		if errors.Is(err, allowed) {
			return
		}
	}
	require.NoError(s.t, err, process.name)
}

// ask queries a view and compares the answer with the reference.
func (s *sim) ask(process *simProcess) {
	if process.busy {
		return
	}
	process.busy = true
	defer func() { process.busy = false }()
	i := s.r.IntN(len(s.views))
	before := slices.Clone(s.reached[i])
	view, query := s.views[i], process.queries[i]
	step := pick(s.r, view.steps...)
	r := Ever()
	if s.r.IntN(2) == 0 {
		r = r.AllowIncomplete()
	}
	rows, provenance, err := query(process.ctx, step, r)
	if errors.Is(err, ErrIncomplete) {
		require.False(s.t, r.incomplete)
		require.True(s.t, s.unclaimed(err), "nothing is missing but what nobody has claimed: %v", err)
		return
	}
	if err != nil {
		s.expect(process, err)
		return
	}
	s.answers++
	through := make([]int64, len(s.events))
	for _, c := range provenance.Partitions {
		require.Equal(s.t, c.Low, c.High, "in memory an answer is exact at one offset")
		through[c.Partition] = c.Low
	}
	if diff := difference(rows, view.naive(s.prefix(through), step)); diff != "" {
		require.Fail(s.t, "the answer isn't the reference's", "%s, view %s by %q, provenance %+v:\n%s", process.name, view.describe, step, provenance, diff)
	}
	s.checkForward(process, before, s.reached[i], provenance)
}

func (s *sim) unclaimed(err error) bool {
	return strings.Contains(err.Error(), "no owner yet") || strings.Contains(err.Error(), "knows of no log") ||
		strings.Contains(err.Error(), "no batch run")
}

// checkForward checks that an answer doesn't go back behind those that anybody
// had before it was asked for. Only after a loss can it, behind another reader's.
func (s *sim) checkForward(process *simProcess, before, reached []int64, p Provenance) {
	for _, c := range p.Partitions {
		if c.Low < before[c.Partition] && s.lost {
			s.regressed++
		} else {
			require.GreaterOrEqual(s.t, c.Low, before[c.Partition], "%s: an answer of %s goes back in partition %d: %+v", process.name, p.View, c.Partition, p)
		}
		reached[c.Partition] = max(reached[c.Partition], c.Low)
	}
}

// prefix is the events of the log before a cut.
func (s *sim) prefix(through []int64) []simEvent {
	var out []simEvent
	for partition, n := range through {
		for i, e := range s.events[partition][:n] {
			if s.kept[partition][i] {
				out = append(out, e)
			}
		}
	}
	return out
}

// settle ends all trouble, lets new owners read the log to its end, and compares
// everything: by what the base and the deltas say, after a batch run, after an
// advance, and by an audit.
func (s *sim) settle() {
	s.faulty, s.depth = false, 99
	s.land()
	s.owners = nil
	for partition := range s.events {
		process := s.newProcess("last owner", false)
		require.True(s.t, s.start(process, partition))
		for w, end := process.worker, int64(len(s.events[partition])); ; {
			if w.through == end {
				require.NoError(s.t, w.finish(s.ctx, true))
				break
			}
			chunk, err := process.reader.Next(s.ctx)
			require.NoError(s.t, err)
			require.NoError(s.t, w.take(chunk))
			require.NoError(s.t, w.turn(s.ctx))
		}
	}
	last := s.newProcess("last batch", false)
	s.askAll("at the end")
	require.NoError(s.t, last.p.Advance(s.ctx))
	s.askAll("after an advance")
	s.audit(last)
	require.NoError(s.t, last.p.Batch(s.ctx))
	s.askAll("after a batch run")
	s.audit(last)
}

func (s *sim) askAll(when string) {
	for i, view := range s.views {
		for _, step := range []string{"", pick(s.r, view.steps...)} {
			rows, provenance, err := s.readers[0].queries[i](s.ctx, step, Ever())
			if view.lags && errors.Is(err, ErrIncomplete) {
				require.Contains(s.t, err.Error(), "no batch run", when)
				continue
			}
			require.NoError(s.t, err, when)
			require.True(s.t, provenance.Complete)
			through := make([]int64, len(s.events))
			for _, c := range provenance.Partitions {
				through[c.Partition] = c.Low
			}
			if !view.lags || when != "at the end" {
				require.Equal(s.t, s.ends(), through, when)
			}
			require.Empty(s.t, difference(rows, view.naive(s.prefix(through), step)), "%s: view %s by %q: %+v", when, view.describe, step, provenance)
		}
	}
}

// ends are where the partitions end.
func (s *sim) ends() []int64 {
	through := make([]int64, len(s.events))
	for partition := range s.events {
		through[partition] = int64(len(s.events[partition]))
	}
	return through
}

// preemptArchive and preemptDeltas are where processes run within one another.
type preemptArchive struct {
	archive.Store
	s *sim
}

func (p *preemptArchive) Put(ctx context.Context, name string, body []byte) error {
	p.s.preempt()
	defer p.s.preempt()
	return p.Store.Put(ctx, name, body)
}

func (p *preemptArchive) List(ctx context.Context, prefix, after string) iter.Seq2[string, error] {
	if strings.HasPrefix(prefix, "views/") { // others are listed by goroutines
		p.s.preempt()
	}
	return p.Store.List(ctx, prefix, after)
}

type preemptDeltas struct {
	delta.Store
	s *sim
}

func (p *preemptDeltas) Flush(ctx context.Context, c delta.Copy, f delta.Flush) error {
	p.s.preempt()
	defer p.s.preempt()
	return p.Store.Flush(ctx, c, f)
}

func (p *preemptDeltas) Read(ctx context.Context, view string, partition int) (*delta.Open, error) {
	p.s.preempt()
	defer p.s.preempt()
	return p.Store.Read(ctx, view, partition)
}

func (p *preemptDeltas) Swap(ctx context.Context, c delta.Copy) error {
	p.s.preempt()
	return p.Store.Swap(ctx, c)
}
