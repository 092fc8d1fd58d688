package faults

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/anabranch-go/anabranch/internal/servers"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/lambda/archive"
)

// stage is everything on servers of the test's own, with three speed processes.
type stage struct {
	t       *testing.T
	random  *rand.Rand
	kafka   *servers.Own
	cluster *servers.Own
	s3      *servers.Own
	objects *objects
	place   place

	clickhouse *servers.Own
	published  *published

	workers []*worker
	happy   map[string]int // faults that took effect, by kind

	restarted int // processes
}

// supervise starts processes again that have ended with an error, as whoever runs
// them does.
func (s *stage) supervise() {
	for i, w := range s.workers {
		if w.hasEnded() {
			s.restarted++
			s.workers[i] = launch(s.t, s.place)
		}
	}
}

// fault does something, lets live go on for a while in the trouble, and mends it.
// It says whether it took effect.
type fault struct {
	name string
	do   func(s *stage, live func(time.Duration)) bool
}

var faults = []fault{
	{"process killed", func(s *stage, live func(time.Duration)) bool {
		i := s.random.IntN(len(s.workers))
		s.workers[i].kill()
		live(session / 2)
		ended := s.workers[i].err
		s.workers[i] = launch(s.t, s.place)
		return ended != nil && strings.Contains(ended.Error(), "killed")
	}},
	{"process left", func(s *stage, live func(time.Duration)) bool {
		i := s.random.IntN(len(s.workers))
		err := s.workers[i].end()
		live(session / 2)
		s.workers[i] = launch(s.t, s.place)
		return err == nil
	}},
	{"process frozen past its session", func(s *stage, live func(time.Duration)) bool {
		w := s.workers[s.random.IntN(len(s.workers))]
		claims := s.claims()
		_ = w.process.Signal(syscall.SIGSTOP)
		live(session * 2)
		_ = w.process.Signal(syscall.SIGCONT)
		return s.claims() > claims
	}},
	{"broker killed", func(s *stage, live func(time.Duration)) bool {
		s.kafka.Run("stop", "--kill")
		live(time.Second)
		s.kafka.Run("start")
		return true
	}},
	{"Redis flushed", func(s *stage, live func(time.Duration)) bool {
		keys := int64(0)
		for _, address := range s.cluster.Addresses {
			client := redis.NewClient(&redis.Options{Addr: address})
			keys += client.DBSize(s.t.Context()).Val()
			_ = client.FlushAll(s.t.Context()).Err()
			_ = client.Close()
		}
		live(time.Second / 2)
		return keys > 0
	}},
	{"Redis node killed, back empty", func(s *stage, live func(time.Duration)) bool {
		address := s.cluster.Addresses[s.random.IntN(len(s.cluster.Addresses))]
		_, port, _ := strings.Cut(address, ":")
		s.cluster.Run("node-stop", port, "--kill")
		live(3 * time.Second) // the cluster notices after two
		s.cluster.Run("node-start", port)
		return true
	}},
	{"Redis node frozen", func(s *stage, live func(time.Duration)) bool {
		s.cluster.Signal(syscall.SIGSTOP)
		live(time.Second)
		s.cluster.Signal(syscall.SIGCONT)
		return true
	}},
	{"S3 in trouble", func(s *stage, live func(time.Duration)) bool {
		before := s.troubled()
		s.objects.set(true)
		live(2 * time.Second)
		s.objects.set(false)
		return s.troubled() > before
	}},
	{"ClickHouse killed", func(s *stage, live func(time.Duration)) bool {
		failures := s.published.failures.Load()
		s.clickhouse.Run("stop", "--kill")
		live(2 * time.Second)
		s.clickhouse.Run("start")
		return s.published.failures.Load() > failures
	}},
	{"S3 killed", func(s *stage, live func(time.Duration)) bool {
		s.s3.Run("stop", "--kill")
		live(time.Second)
		s.s3.Run("start")
		return true
	}},
}

func (s *stage) claims() (n int) {
	for _, w := range s.workers {
		n += w.said.count("msg=claimed")
	}
	return n
}

func (s *stage) troubled() (n int) {
	s.objects.mu.Lock()
	defer s.objects.mu.Unlock()
	for _, count := range s.objects.counts {
		n += count
	}
	return n
}

// TestEveryAnswerIsRightThroughFaults: three processes share a topic while
// everything that they stand on fails, again and again. Every answer that calls
// itself complete is right at the offsets that it states, none goes back, and in
// the end every event counts once.
func TestEveryAnswerIsRightThroughFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes minutes")
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	const partitions, rounds = 6, 2
	s := &stage{t: t, random: rand.New(rand.NewPCG(seed, 0)), happy: map[string]int{},
		kafka: servers.Start(t, "ANABRANCH_KAFKA"), cluster: servers.Start(t, "ANABRANCH_REDIS_CLUSTER"), s3: servers.Start(t, "ANABRANCH_S3")}
	s.clickhouse = servers.Start(t, "ANABRANCH_CLICKHOUSE")
	var endpoint string
	s.objects, endpoint = newObjects(t, seed, s.s3.Address())
	client := (*kgo.Client)(nil)
	s.place, client = place{Kafka: s.kafka.Address(), S3: endpoint, Redis: s.cluster.Addresses}.made(t, partitions)
	s.place.Group, s.place.Prefix = s.place.Topic, "run-"+archive.NewNonce()
	for range 3 {
		s.workers = append(s.workers, launch(t, s.place))
	}

	r := newReference(seed, partitions)
	f := follow(t, r, s.place.reader(t))
	producer := produceAlways(t, client, r)
	s.published = publish(t, s.place, s.clickhouse.Address())
	for range rounds {
		for _, i := range s.random.Perm(len(faults)) {
			fault := faults[i]
			complete := f.complete
			if fault.do(s, f.lookFor) {
				s.happy[fault.name]++
			}
			s.supervise()
			t.Logf("%s: %d answers of these were complete meanwhile", fault.name, f.complete-complete)
			require.NoError(t, producer.failure())
		}
	}
	producer.stop()
	s.supervise()
	f.until(r.events())
	answer, err := f.handle.Query(t.Context(), lambda.Ever())
	require.NoError(t, err)
	s.published.until(t, answer)
	for _, w := range s.workers {
		require.NoError(t, w.end(), "%s", w.said)
	}
	t.Logf("processes started again after an error: %d", s.restarted)
	t.Logf("%d events, %d answers, %d of them complete and right. Lost: 0, counted twice: 0", r.events(), f.answers, f.complete)
	for _, fault := range faults {
		t.Logf("%s: %d of %d took effect", fault.name, s.happy[fault.name], rounds)
		require.Positive(t, s.happy[fault.name], fault.name)
	}
	for _, kind := range slices.Sorted(maps.Keys(s.objects.counts)) {
		t.Logf("S3 in trouble, %s: %d", kind, s.objects.counts[kind])
	}
}

// producer appends events as long as the test lives.
type producer struct {
	done, ended chan struct{}
	err         error // once it has ended
}

// produceAlways appends some hundred events a second.
func produceAlways(t *testing.T, client *kgo.Client, r *reference) *producer {
	p := &producer{done: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		ticker := time.NewTicker(50 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-p.done:
				return
			case <-ticker.C:
			}
			if p.err = tryProduce(t.Context(), client, r, 20); p.err != nil {
				return
			}
		}
	}()
	return p
}

func (p *producer) stop() {
	close(p.done)
	<-p.ended
}

func (p *producer) failure() error {
	select {
	case <-p.ended:
		return p.err
	default:
		return nil
	}
}
