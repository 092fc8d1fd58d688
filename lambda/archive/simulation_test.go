package archive_test

import (
	"context"
	"sync"
	"testing/synctest"
	"time"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/archive/archivetest"
	"pgregory.net/rapid"
)

// process is what one simulated process does with its store. It must end when
// the context does.
type process func(ctx context.Context, store archive.Store)

// simulation runs processes on one store, call by call: exactly one process
// runs at any moment, up to its next call, which then waits until the schedule
// picks it. So whoever isn't picked for long is a zombie, and a run is a
// function of what rapid drew. It must run in a synctest bubble.
type simulation struct {
	shared  *archive.MemoryStore
	faults  []*archivetest.Faults
	mu      sync.Mutex
	waiting map[int]chan struct{} // the gate of each process's call
	running int
}

var outcomes = rapid.SampledFrom([]archivetest.Outcome{
	archivetest.None, archivetest.None, archivetest.None, archivetest.None, archivetest.None, archivetest.None,
	archivetest.FailBefore, archivetest.FailAfter, archivetest.FailAfter, archivetest.FailLate,
})

var crashes = rapid.SampledFrom([]archivetest.Outcome{archivetest.CrashBefore, archivetest.CrashAfter})

// even draws evenly, where rapid's integers prefer small ones: a schedule would
// nearly always pick the first process.
var even = rapid.Map(rapid.SliceOfN(rapid.Bool(), 8, 8), func(bits []bool) (n int) {
	for _, bit := range bits {
		n *= 2
		if bit {
			n++
		}
	}
	return n
})

// simulate runs the processes until all have ended, and calls check after each
// step. All is drawn beforehand, because rapid ends a run by a panic, which
// only the test's own goroutine survives.
func simulate(rt *rapid.T, processes []process, check func(store archive.Store)) {
	s := &simulation{shared: archive.Memory(), waiting: map[int]chan struct{}{}, running: len(processes)}
	schedule := rapid.SliceOfN(even, 100, 200).Draw(rt, "schedule")
	for i := range processes {
		drawn := rapid.SliceOfN(outcomes, 30, 60).Draw(rt, "outcomes")
		// Most processes live longer than this: calls are few.
		if at := even.Draw(rt, "crash"); at < len(drawn) {
			drawn[at] = crashes.Draw(rt, "how")
		}
		s.faults = append(s.faults, archivetest.NewFaults(s.shared, s.hook(i, drawn)))
	}
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel()
	for i, run := range processes {
		group.Go(func() {
			defer s.ended()
			run(ctx, s.faults[i])
		})
	}
	for step := 0; s.step(ctx, pick(schedule, step)); step++ {
		check(s.shared)
	}
	for _, faults := range s.faults {
		if err := faults.Land(ctx); err != nil {
			rt.Fatal(err)
		}
		check(s.shared)
	}
}

func (s *simulation) ended() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
}

// pick goes on in turn once the schedule has run out.
func pick(schedule []int, step int) int {
	if step < len(schedule) {
		return schedule[step]
	}
	return step
}

func (s *simulation) hook(process int, drawn []archivetest.Outcome) archivetest.Hook {
	return func(call int, _, _ string) archivetest.Fault {
		gate := make(chan struct{})
		s.mu.Lock()
		s.waiting[process] = gate
		s.mu.Unlock()
		fault := archivetest.Fault{Gate: gate}
		if call < len(drawn) {
			fault.Outcome = drawn[call]
		}
		return fault
	}
}

// step lets one call through, or time pass where all pause. It returns false
// once every process has ended.
func (s *simulation) step(ctx context.Context, choice int) bool {
	synctest.Wait()
	s.mu.Lock()
	running, gates := s.running, []chan struct{}{}
	for i := range s.faults {
		if gate := s.waiting[i]; gate != nil {
			gates = append(gates, gate)
		}
	}
	if len(gates) > 0 {
		gate := gates[choice%len(gates)]
		for i := range s.faults {
			if s.waiting[i] == gate {
				delete(s.waiting, i)
			}
		}
		close(gate)
	}
	s.mu.Unlock()
	switch {
	case running == 0:
		return false
	case len(gates) == 0:
		time.Sleep(time.Millisecond) // the bubble's time, which costs none
	case choice%5 == 0:
		// What was sent earlier may arrive at any moment.
		_ = s.faults[choice%len(s.faults)].Land(ctx)
	}
	synctest.Wait()
	return true
}
