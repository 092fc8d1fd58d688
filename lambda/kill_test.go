package lambda

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/source"
)

// killAt is how the test tells its child where to die: "<folder> <call> <before
// or after>".
const killAt = "ANABRANCH_TEST_KILL_AT"

// killedEvents is the log of the child and of those who come after it.
func killedEvents() ([]simEvent, []bool) {
	r := rand.New(rand.NewPCG(11, 0))
	events, kept := make([]simEvent, 160), make([]bool, 160)
	for i := range events {
		events[i], kept[i] = randomEvent(r)
	}
	return events, kept
}

// runKilled is one life of a process: it archives the log to its end, and makes
// a base.
func runKilled(t *testing.T, store archive.Store) (*Pipeline[simEvent], []simQuery) {
	log, err := source.NewMemory[simEvent]("killed", 1, source.MemoryOptions[simEvent]{ChunkRows: 20})
	require.NoError(t, err)
	events, _ := killedEvents()
	_, err = log.Append(0, events...)
	require.NoError(t, err)
	log.Close()
	p := New[simEvent](Config{Archive: store, SegmentRows: 60, Workers: 1})
	var queries []simQuery
	for _, view := range simViews() {
		queries = append(queries, view.register(t, p))
	}
	require.NoError(t, p.Run(t.Context(), log))
	require.NoError(t, p.Batch(t.Context()))
	return p, queries
}

// TestKilledChild is the child: it does nothing unless TestKillAtEveryCall runs
// it.
func TestKilledChild(t *testing.T) {
	dir, call, after, ok := parseKillAt(os.Getenv(killAt))
	if !ok {
		t.Skip("run by TestKillAtEveryCall, in a process of its own")
	}
	runKilled(t, &deadlyStore{Store: archive.Dir(dir), at: call, after: after})
}

func parseKillAt(text string) (dir string, call int64, after, ok bool) {
	parts := strings.Fields(text)
	if len(parts) != 3 {
		return "", 0, false, false
	}
	call, err := strconv.ParseInt(parts[1], 10, 64)
	return parts[0], call, parts[2] == "after", err == nil
}

// deadlyStore kills its own process, as kill -9 does, at one of its calls.
type deadlyStore struct {
	archive.Store
	calls atomic.Int64
	at    int64
	after bool
}

func (d *deadlyStore) enter() (leave func()) {
	mine := d.calls.Add(1) == d.at
	die := func() {
		if mine {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // the signal is on its way
		}
	}
	if d.after {
		return die
	}
	die()
	return func() {}
}

func (d *deadlyStore) Put(ctx context.Context, name string, body []byte) error {
	defer d.enter()()
	return d.Store.Put(ctx, name, body)
}

func (d *deadlyStore) Get(ctx context.Context, name string, offset, length int64) ([]byte, error) {
	defer d.enter()()
	return d.Store.Get(ctx, name, offset, length)
}

func (d *deadlyStore) List(ctx context.Context, prefix, after string) iter.Seq2[string, error] {
	defer d.enter()()
	return d.Store.List(ctx, prefix, after)
}

// TestKillAtEveryCall kills a process with -9 at each of its object-store calls
// in turn, before the call and after it. Whatever that leaves on the disk, the
// next process must end with the reference's answers.
func TestKillAtEveryCall(t *testing.T) {
	executable, err := os.Executable()
	require.NoError(t, err)
	events, kept := killedEvents()
	var whole []simEvent
	for i, e := range events {
		if kept[i] {
			whole = append(whole, e)
		}
	}
	stride := int64(1)
	if testing.Short() {
		stride = 9
	}
	for _, when := range []string{"before", "after"} {
		killed := 0
		for call := int64(1); ; call += stride {
			dir := t.TempDir()
			child := exec.CommandContext(t.Context(), executable, "-test.run=^TestKilledChild$")
			child.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %s", killAt, dir, call, when))
			out, err := child.CombinedOutput()
			if err == nil {
				break // it ended before the call
			}
			var exit *exec.ExitError
			require.True(t, errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL,
				"%s call %d: the child failed instead of being killed: %v\n%s", when, call, err, out)
			killed++
			p, queries := runKilled(t, archive.Dir(dir))
			for i, view := range simViews() {
				rows, provenance, err := queries[i](t.Context(), "", Ever())
				require.NoError(t, err)
				require.True(t, provenance.Complete)
				require.Empty(t, difference(rows, view.naive(whole, "")), "killed %s call %d", when, call)
			}
			audit, err := p.Audit(t.Context())
			require.NoError(t, err)
			require.Empty(t, audit.Differences)
		}
		require.Greater(t, killed, 3)
		t.Logf("killed %d times %s a call", killed, when)
	}
}
