package faults

import (
	"math/rand/v2"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/lambda/archive"
)

// TestAZombieWritesNothing freezes one of two processes for longer than its
// session, until the other has its partition and has gone on, and lets it go on
// then: with an open segment, and flushes that it still believes in. Every write of
// its is refused, and it comes back as a member like any other.
func TestAZombieWritesNothing(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	p, client := newPlace(t, 2)
	p.Prefix, p.Group = "run-"+archive.NewNonce(), p.Topic
	r := newReference(seed, 2)
	zombie := launch(t, p)
	claims := func(w *worker, n int) {
		t.Helper()
		require.Eventually(t, func() bool { return w.said.count("msg=claimed") >= n }, timeout, pause, "of %d claims: %s", n, w.said)
	}
	claims(zombie, 2)
	other := launch(t, p)
	claims(other, 1)
	f := follow(t, r, p.reader(t))
	for round := range 3 {
		had := other.said.count("msg=claimed")
		produce(t, client, r, 200)
		f.until(r.events())
		produce(t, client, r, 200) // what is on its way
		require.NoError(t, zombie.process.Signal(syscall.SIGSTOP))
		claims(other, had+1)
		f.until(r.events())
		produce(t, client, r, 100)
		f.until(r.events())
		require.NoError(t, zombie.process.Signal(syscall.SIGCONT))
		require.Eventually(t, func() bool {
			_, _ = f.look()
			return zombie.said.count("partition lost") > round
		}, timeout, pause, "the zombie hasn't been told: %s", zombie.said)
		claimed := zombie.said.count("msg=claimed")
		produce(t, client, r, 200)
		f.until(r.events())
		claims(zombie, claimed+1) // it's back
	}
	f.until(r.events())
	require.NoError(t, zombie.end(), "%s", zombie.said)
	require.NoError(t, other.end(), "%s", other.said)
	t.Logf("%d answers, %d complete; the zombie was refused %d times", f.answers, f.complete, zombie.said.count("partition lost"))
}
