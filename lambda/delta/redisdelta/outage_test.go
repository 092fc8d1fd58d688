package redisdelta_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/internal/servers"
	"github.com/anabranch-go/anabranch/lambda/delta"
	"github.com/anabranch-go/anabranch/lambda/delta/redisdelta"
)

// The log of these tests has an event at each offset, of one of 11 groups, and a
// group's state is the list of its offsets. So what was read tells what is missing.

func events(from, to int64) []delta.State {
	var groups [11][]byte
	for offset := from; offset < to; offset++ {
		g := offset % 11
		groups[g] = binary.BigEndian.AppendUint64(groups[g], uint64(offset))
	}
	var states []delta.State
	for g, state := range groups {
		if len(state) > 0 {
			states = append(states, delta.State{Key: []byte{byte(g)}, Window: int64(g), State: state})
		}
	}
	return states
}

// check says what is wrong with what was read.
func check(o *delta.Open) error {
	var got []int64
	for _, batch := range o.Batches {
		for _, s := range batch {
			for b := s.State; len(b) > 0; b = b[8:] {
				got = append(got, int64(binary.BigEndian.Uint64(b)))
			}
		}
	}
	slices.Sort(got)
	for i, offset := range got {
		if offset != o.Copy.From+int64(i) {
			return fmt.Errorf("the event at offset %d is missing, or there's one twice: %d events of [%d, %d)", o.Copy.From+int64(i), len(got), o.Copy.From, o.Low)
		}
	}
	if int64(len(got)) != o.Low-o.Copy.From || o.Low != o.High {
		return fmt.Errorf("%d events of [%d, %d…%d)", len(got), o.Copy.From, o.Low, o.High)
	}
	return nil
}

// flusher is an owner that flushes whatever comes in, and starts again when it must.
type flusher struct {
	store    *redisdelta.Store
	term     int64
	copies   int
	copy     delta.Copy
	throughs []int64 // of each flush; the first is where the copy starts
	restarts int
}

func (o *flusher) begin() {
	o.copies++
	o.copy = delta.Copy{View: "v", Partition: 1, From: 1000, Term: o.term, Nonce: strconv.Itoa(o.copies)}
	o.throughs = []int64{o.copy.From}
}

// turn sends one more flush until the store has it, or until ctx ends.
func (o *flusher) turn(ctx context.Context) error {
	n := int64(len(o.throughs))
	through := o.throughs[n-1] + 5
	for {
		n := int64(len(o.throughs))
		replaces := n - n&-n + 1
		err := o.store.Flush(ctx, o.copy, delta.Flush{Number: n, Replaces: replaces, Through: through, States: events(o.throughs[replaces-1], through)})
		if err == nil {
			o.throughs = append(o.throughs, through)
			err = o.store.Swap(ctx, o.copy)
		}
		switch {
		case err == nil:
			return nil
		case errors.Is(err, delta.ErrLostFlush):
			o.restarts++
			o.begin()
			if _, err := o.store.Raise(ctx, "v", 1, o.term); err != nil && kind(err) != nil {
				return err
			}
		case kind(err) != nil || ctx.Err() != nil:
			return err
		}
		if int64(len(o.throughs)) > n { // it was the swap that failed: on with the next
			return nil
		}
	}
}

// disturb lets an owner flush and readers read while something happens to the
// server. Nobody ever reads anything short, and in the end all is there again.
func disturb(t *testing.T, client redis.UniversalClient, happen func(step func())) {
	s, err := redisdelta.New(t.Context(), client, redisdelta.Options{})
	require.NoError(t, err)
	s.SetChunk(1)
	o := &flusher{store: s, term: 1}
	o.begin()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	done := make(chan struct{})
	var wait sync.WaitGroup
	var wrong error
	whole, torn, failed := 0, 0, 0
	wait.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			open, err := s.Read(ctx, "v", 1)
			switch {
			case errors.Is(err, delta.ErrTorn):
				torn++
			case err != nil:
				failed++
			case open != nil:
				whole++
				if err := check(open); err != nil && wrong == nil {
					wrong = err
				}
			}
		}
	})
	happen(func() {
		for range 30 {
			require.NoError(t, o.turn(ctx))
		}
	})
	require.NoError(t, o.turn(ctx))
	close(done)
	wait.Wait()
	t.Logf("%d whole, %d torn, %d failed reads; %d restarts", whole, torn, failed, o.restarts)
	require.NoError(t, wrong)
	require.NotZero(t, whole)
	require.NotZero(t, o.restarts, "the server has lost what it had")
	open, err := s.Read(ctx, "v", 1)
	require.NoError(t, err)
	require.NoError(t, check(open))
	require.Equal(t, o.throughs[len(o.throughs)-1], open.Low)
}

// TestAServerThatEvicts loses single keys, whichever, as it likes.
func TestAServerThatEvicts(t *testing.T) {
	own := servers.Start(t, "ANABRANCH_REDIS")
	c := client(t, redis.UniversalOptions{Addrs: []string{own.Address()}})
	require.NoError(t, c.ConfigSet(t.Context(), "maxmemory-policy", "allkeys-random").Err())
	require.NoError(t, c.ConfigSet(t.Context(), "maxmemory", "3mb").Err())
	disturb(t, c, func(step func()) {
		for i := range 10 {
			step()
			for n := range 100 {
				require.NoError(t, c.Set(t.Context(), fmt.Sprintf("another's %d %d", i, n), make([]byte, 10<<10), 0).Err())
			}
		}
		evicted, err := c.Info(t.Context(), "stats").Result()
		require.NoError(t, err)
		require.NotContains(t, evicted, "evicted_keys:0\r")
		// A full server may evict amid the last flush too, which the next would find.
		require.NoError(t, c.ConfigSet(t.Context(), "maxmemory", "0").Err())
	})
}

func TestAServerThatIsWipedAndStartedAnew(t *testing.T) {
	own := servers.Start(t, "ANABRANCH_REDIS")
	c := client(t, redis.UniversalOptions{Addrs: []string{own.Address()}, MaxRetries: 1, DialerRetries: 1})
	disturb(t, c, func(step func()) {
		step()
		for range 5 {
			require.NoError(t, c.FlushAll(t.Context()).Err())
			step()
		}
		for range 2 {
			own.Run("stop", "--kill")
			own.Run("start")
			step()
		}
	})
}

func TestAClusterThatLosesANode(t *testing.T) {
	own := servers.Start(t, "ANABRANCH_REDIS_CLUSTER")
	c := client(t, redis.UniversalOptions{Addrs: own.Addresses, MaxRedirects: 1, MaxRetries: -1, DialerRetries: 1})
	disturb(t, c, func(step func()) {
		step()
		record, err := c.(*redis.ClusterClient).MasterForKey(t.Context(), "anabranch:open:v:1")
		require.NoError(t, err)
		lost := port(record.Options().Addr)
		other := own.Addresses[0]
		if port(other) == lost {
			other = own.Addresses[1]
		}
		for _, node := range []string{lost, port(other)} {
			own.Run("node-stop", node, "--kill")
			own.Run("node-start", node)
			step()
		}
	})
}
