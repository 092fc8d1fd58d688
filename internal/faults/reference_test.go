package faults

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// event has a number, so that one that was lost, or counted twice, shows. All
// events of a key are in one partition, so that a key's value says how far into the
// partition it reaches.
type event struct {
	At     time.Time `json:"at" anabranch:"at"`
	Key    int64     `json:"key" anabranch:"key"`
	Number int64     `json:"number" anabranch:"number"`
}

const keysOfPartition = 1000

// seen is what a view knows of a group's events.
type seen struct{ Events, Sum, Numbers int64 }

var (
	at     = source.FieldOf(func(e *event) *time.Time { return &e.At })
	key    = source.FieldOf(func(e *event) *int64 { return &e.Key })
	number = source.FieldOf(func(e *event) *int64 { return &e.Number })

	view = lambda.View[event, int64, seen]{
		Name: "seen", Time: at, Key: lambda.By(key), Window: window.Tumbling(5 * time.Minute),
		Aggregate: aggregate.Join3(aggregate.Count[event](), aggregate.Sum(number), aggregate.Distinct(number),
			func(events, sum, numbers int64) seen { return seen{events, sum, numbers} }),
	}
)

// group is a window, by its start, and a key.
type group struct {
	start int64
	key   int64
}

// reference is the log as its producer knows it. It's safe for concurrent use.
type reference struct {
	mu     sync.Mutex
	random *rand.Rand
	next   int64
	ends   []int64             // by partition
	groups map[group][]located // in the order of the log
}

type located struct{ offset, number int64 }

func newReference(seed uint64, partitions int) *reference {
	return &reference{random: rand.New(rand.NewPCG(seed, 1)), ends: make([]int64, partitions), groups: map[group][]located{}}
}

var start = time.Date(2026, time.November, 25, 9, 0, 0, 0, time.UTC)

// add makes the next event of the log, which the producer is about to send: a
// reader may see it before the producer knows that it's there.
func (r *reference) add() (partition int, offset int64, value []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	partition = r.random.IntN(len(r.ends))
	offset = r.ends[partition]
	e := event{Number: r.next, Key: int64(partition)*keysOfPartition + r.random.Int64N(5),
		At: start.Add(time.Duration(r.next/10)*time.Second - time.Duration(r.random.Int64N(900))*time.Second)}
	r.ends[partition]++
	r.next++
	g := group{e.At.Truncate(5 * time.Minute).Unix(), e.Key}
	r.groups[g] = append(r.groups[g], located{offset, e.Number})
	value, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	return partition, offset, value
}

func (r *reference) events() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.next
}

// check compares an answer, key by key, with the log at the offsets that its
// provenance states. An answer that isn't complete promises nothing.
func (r *reference) check(t testing.TB, a *lambda.Answer[int64, seen]) {
	t.Helper()
	p := a.Provenance()
	if !p.Complete {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	covered := map[int64]lambda.Coverage{}
	for _, c := range p.Partitions {
		covered[int64(c.Partition)] = c
	}
	answered := map[group]seen{}
	for row := range a.Rows() {
		g := group{row.Window.Start.Unix(), row.Key}
		answered[g] = row.Value
		require.NotEmpty(t, r.groups[g], "a group that has no event: %+v", g)
	}
	for g, events := range r.groups {
		c := covered[g.key/keysOfPartition]
		value := answered[g]
		require.Equal(t, value.Events, value.Numbers, "events of %+v were counted twice", g)
		low, high, sum := int64(0), int64(0), int64(0)
		for i, e := range events {
			if e.offset < c.Low {
				low++
			}
			if e.offset < c.High {
				high++
			}
			if int64(i) < value.Events {
				sum += e.number
			}
		}
		require.True(t, low <= value.Events && value.Events <= high,
			"%+v has %d events, and the answer, which holds [%d, %d) to [%d, %d), %d to %d", g, value.Events, c.From, c.Low, c.From, c.High, low, high)
		require.Equal(t, sum, value.Sum, "other events of %+v than the first %d", g, value.Events)
	}
}

// follower holds answers to what they promise: they're right, and none goes back.
type follower struct {
	t         testing.TB
	reference *reference
	handle    *lambda.Handle[event, int64, seen]

	reached           map[int]int64 // by partition
	answers, complete int
}

func follow(t testing.TB, r *reference, h *lambda.Handle[event, int64, seen]) *follower {
	return &follower{t: t, reference: r, handle: h, reached: map[int]int64{}}
}

// look asks once. It gives how many offsets the answer holds, if it's complete.
func (f *follower) look() (offsets int64, err error) {
	f.t.Helper()
	answer, err := f.handle.Query(f.t.Context(), lambda.Ever())
	if err != nil {
		return 0, err
	}
	f.answers++
	f.reference.check(f.t, answer)
	p := answer.Provenance()
	if !p.Complete {
		return 0, fmt.Errorf("incomplete: %v", p.Missing)
	}
	f.complete++
	for _, c := range p.Partitions {
		require.GreaterOrEqual(f.t, c.Low, f.reached[c.Partition], "an answer went back in partition %d", c.Partition)
		f.reached[c.Partition] = c.Low
	}
	return p.Offsets(), nil
}

// lookFor looks again and again for some time: it's how long a trouble lasts.
func (f *follower) lookFor(d time.Duration) {
	over, ticker := time.After(d), time.NewTicker(pause)
	defer ticker.Stop()
	for {
		select {
		case <-over:
			return
		case <-ticker.C:
			_, _ = f.look()
		}
	}
}

// until looks again and again, until the answers hold every event.
func (f *follower) until(events int64) {
	f.t.Helper()
	late, ticker := time.After(timeout), time.NewTicker(pause)
	defer ticker.Stop()
	for {
		offsets, err := f.look()
		if err == nil && offsets == events {
			return
		}
		select {
		case <-late:
			f.t.Fatalf("of %d events the answers hold %d: %v", events, offsets, err)
		case <-ticker.C:
		}
	}
}

// How long a test waits for what must come, and between two looks.
const (
	timeout = 2 * time.Minute
	pause   = 10 * time.Millisecond
)
