package kafkasink_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/anabranch-go/anabranch/internal/kafkatest"
	"github.com/anabranch-go/anabranch/internal/servers"
	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/sink/kafkasink"
	"github.com/anabranch-go/anabranch/sink/sinktest"
)

// outage makes brokers that break off every produce request, or take it and don't
// answer, while it lasts.
type outage struct {
	*kfake.Cluster
	lasts atomic.Bool
	asked chan struct{}
}

func newOutage(t *testing.T, silent bool) *outage {
	o := &outage{Cluster: kafkatest.Fake(t), asked: make(chan struct{}, 1000)}
	o.ControlKey(kmsg.Produce.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
		o.KeepControl()
		if !o.lasts.Load() {
			return nil, nil, false
		}
		o.asked <- struct{}{}
		if silent {
			return nil, nil, true
		}
		return nil, errors.New("gone"), true
	})
	return o
}

// fast makes a client ask again soon, so that a test needn't wait.
var fast = []kgo.Opt{kgo.RetryBackoffFn(func(int) time.Duration { return time.Millisecond }), kgo.MetadataMinAge(10 * time.Millisecond)}

func batch(version int64) (rows []sinktest.Row) {
	for i := range 100 {
		rows = append(rows, row(sinktest.Key{Category: fmt.Sprint(i)}, version))
	}
	return rows
}

// TestARepeatedWriteIsComplete: the brokers go away amid a Write, whose context
// ends; once they're back the caller writes again, and no newer row is hidden by an
// older one that was left behind.
func TestARepeatedWriteIsComplete(t *testing.T) {
	o := newOutage(t, false)
	s := open(t, o.ListenAddrs()[0], kafkasink.Options{Client: fast, Topic: topic(t, o.ListenAddrs()[0], 3, nil)})
	require.NoError(t, s.Write(t.Context(), batch(1)))
	o.lasts.Store(true)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-o.asked; cancel() }()
	require.ErrorIs(t, s.Write(ctx, batch(2)), context.Canceled)
	o.lasts.Store(false)
	require.NoError(t, s.Write(t.Context(), batch(3)))
	last := map[string]int64{}
	all, err := s.read(t.Context())
	require.NoError(t, err)
	for _, r := range all {
		require.GreaterOrEqual(t, r.Version, last[r.Key.Category], "an older row stands behind a newer one")
		last[r.Key.Category] = r.Version
	}
	require.Len(t, last, 100)
	for _, version := range last {
		require.EqualValues(t, 3, version)
	}
}

// TestBrokersThatStaySilentAreAnError: of the sink's own, where the caller's context
// has no end.
func TestBrokersThatStaySilentAreAnError(t *testing.T) {
	o := newOutage(t, true)
	s := open(t, o.ListenAddrs()[0], kafkasink.Options{Client: fast, Topic: topic(t, o.ListenAddrs()[0], 1, nil), Timeout: 20 * time.Millisecond})
	o.lasts.Store(true)
	for range 2 * kafkasink.Unacknowledged { // from the fifth on they wait for a turn
		err := s.Write(t.Context(), batch(1))
		require.ErrorIs(t, err, kafkasink.ErrUnacknowledged)
		require.ErrorContains(t, err, s.address)
		require.ErrorContains(t, err, s.name)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	long := open(t, o.ListenAddrs()[0], kafkasink.Options{Client: fast, Topic: s.name})
	<-o.asked // of the others
	for len(o.asked) > 0 {
		<-o.asked
	}
	go func() { done <- long.Write(ctx, batch(1)) }()
	<-o.asked
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
}

// TestCloseEndsWritesAtWork: they mustn't wait for brokers that don't answer.
func TestCloseEndsWritesAtWork(t *testing.T) {
	o := newOutage(t, true)
	s := open(t, o.ListenAddrs()[0], kafkasink.Options{Topic: topic(t, o.ListenAddrs()[0], 1, nil)})
	o.lasts.Store(true)
	done := make(chan error, 1)
	go func() { done <- s.Write(t.Context(), batch(1)) }()
	<-o.asked
	require.NoError(t, s.Close())
	require.ErrorIs(t, <-done, kafkasink.ErrClosed)
}

// TestALostAnswerDoublesNothing: the client asks again under the same number.
func TestALostAnswerDoublesNothing(t *testing.T) {
	cluster := kafkatest.Fake(t)
	s := open(t, cluster.ListenAddrs()[0], kafkasink.Options{Client: fast, Topic: topic(t, cluster.ListenAddrs()[0], 1, nil)})
	lost := cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: s.name, Err: kerr.RequestTimedOut, Count: 2})
	require.NoError(t, s.Write(t.Context(), batch(1)))
	require.Equal(t, 2, lost.Hits())
	all, err := s.read(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 100)
}

// TestNoRightToWriteIsAnError: it comes with the first Write, at once.
func TestNoRightToWriteIsAnError(t *testing.T) {
	cluster := kafkatest.Fake(t)
	s := open(t, cluster.ListenAddrs()[0], kafkasink.Options{Topic: topic(t, cluster.ListenAddrs()[0], 1, nil)})
	cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: s.name, Err: kerr.TopicAuthorizationFailed, Count: -1})
	err := s.Write(t.Context(), batch(1))
	require.ErrorIs(t, err, kerr.TopicAuthorizationFailed)
	require.ErrorContains(t, err, "cannot write 100 rows to the topic "+s.name)
}

type buffered chan struct{}

func (b buffered) OnProduceRecordBuffered(*kgo.Record) { b <- struct{}{} }

// TestOthersContextsDontMatter: a Write whose context ends takes none of another's
// rows along, though they share a batch.
func TestOthersContextsDontMatter(t *testing.T) {
	cluster := kafkatest.Fake(t)
	asked, answer := make(chan struct{}), make(chan struct{})
	cluster.ControlKey(kmsg.Produce.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
		cluster.SleepControl(func() { close(asked); <-answer })
		cluster.DropControl()
		return nil, nil, false
	})
	has := make(buffered, 3)
	s := open(t, cluster.ListenAddrs()[0], kafkasink.Options{Topic: topic(t, cluster.ListenAddrs()[0], 1, nil),
		Client: []kgo.Opt{kgo.WithHooks(has), kgo.MaxProduceRequestsInflightPerBroker(1)}})
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	var errs [3]error
	write := func(i int, ctx context.Context) {
		group.Go(func() { errs[i] = s.Write(ctx, []sinktest.Row{row(libros, int64(i))}) })
		<-has
	}
	write(0, t.Context())
	<-asked // so what comes now waits, in one batch
	write(1, ctx)
	write(2, t.Context())
	cancel()
	close(answer)
	group.Wait()
	require.NoError(t, errs[0])
	require.NoError(t, errs[2])
	if errs[1] != nil { // the brokers may have been faster
		require.ErrorIs(t, errs[1], context.Canceled)
	}
}

// TestATopicThatIsMadeAnew takes rows again: the caller repeats what failed.
func TestATopicThatIsMadeAnew(t *testing.T) {
	address := servers.Need(t, "ANABRANCH_KAFKA")
	name := topic(t, address, 2, nil)
	rows, err := kafkasink.New[string, int64](t.Context(), kafkasink.Options{Client: append(slices.Clone(fast), kgo.SeedBrokers(address)), Topic: name, Timeout: 5 * time.Second})
	require.NoError(t, err)
	defer func() { _ = rows.Close() }()
	write := func() error {
		return rows.Write(t.Context(), []sink.Row[string, int64]{{View: "v", Key: "k", Version: 1}})
	}
	require.NoError(t, write())
	client, err := kgo.NewClient(kgo.SeedBrokers(address))
	require.NoError(t, err)
	defer client.Close()
	admin := kadm.NewClient(client)
	_, err = admin.DeleteTopic(t.Context(), name)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err := admin.CreateTopic(t.Context(), 2, 1, nil, name)
		return err == nil
	}, time.Minute, 10*time.Millisecond)
	require.Eventually(t, func() bool { return write() == nil }, time.Minute, 10*time.Millisecond)
}
