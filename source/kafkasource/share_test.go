package kafkasource_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/anabranch-go/anabranch/internal/kafkatest"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/source/kafkasource"
)

// TestAGroupSharesThePartitions: two members have all partitions between them,
// never the same one at a time; when one leaves, the other gets its own once it
// has let go.
func TestAGroupSharesThePartitions(t *testing.T) {
	for _, serverSide := range []bool{false, true} {
		t.Run(fmt.Sprintf("serverSide=%t", serverSide), func(t *testing.T) {
			kafkatest.Brokers(t, func(t *testing.T, address string) { testSharing(t, address, serverSide) })
		})
	}
}

func testSharing(t *testing.T, address string, serverSide bool) {
	// An owner takes a while to let go: long enough for another to come, were it let.
	const partitions, lettingGo = 6, 300 * time.Millisecond
	_, name := kafkatest.Topic(t, address, partitions, nil)
	var mu sync.Mutex
	owners, changes := map[int]int{}, make(chan struct{}, 100)
	note := func(partition, was, is int) {
		mu.Lock()
		defer mu.Unlock()
		if owners[partition] != was {
			t.Errorf("partition %d is %d's, and should be %d's", partition, owners[partition], was)
		}
		owners[partition] = is
		changes <- struct{}{}
	}
	counts := func() (n [3]int) {
		mu.Lock()
		defer mu.Unlock()
		for p := range partitions {
			n[owners[p]]++
		}
		return n
	}
	await := func(fits func(n [3]int) bool) {
		deadline := time.After(time.Minute)
		for !fits(counts()) {
			select {
			case <-changes:
			case <-deadline:
				require.Fail(t, "the group doesn't settle", "%v", counts())
			}
		}
	}
	join := func(member int) (leave func()) {
		log := open(t, address, kafkasource.Options[event]{Topic: name, Group: name, ServerSideBalancing: serverSide})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- log.Share(ctx, func(ctx context.Context, partition int) error {
				note(partition, 0, member)
				if err := log.Commit(ctx, partition, 0); err != nil {
					t.Log(err) // only lag tools mind
				}
				<-ctx.Done()
				<-time.After(lettingGo)
				note(partition, member, 0)
				return nil
			})
		}()
		return func() { cancel(); require.NoError(t, <-done) }
	}
	leaveFirst := join(1)
	await(func(n [3]int) bool { return n[1] == partitions })
	leaveSecond := join(2)
	await(func(n [3]int) bool { return n[1] == 3 && n[2] == 3 })
	leaveFirst()
	await(func(n [3]int) bool { return n[2] == partitions })
	leaveSecond()
	require.Equal(t, [3]int{partitions, 0, 0}, counts())
}

func TestAnOwnersErrorEndsShare(t *testing.T) {
	kafkatest.Brokers(t, func(t *testing.T, address string) {
		_, name := kafkatest.Topic(t, address, 3, nil)
		broken := errors.New("broken")
		for _, group := range []string{"", name} {
			log := open(t, address, kafkasource.Options[event]{Topic: name, Group: group})
			err := log.Share(t.Context(), func(ctx context.Context, partition int) error {
				if partition == 1 {
					return broken
				}
				<-ctx.Done()
				return nil
			})
			require.ErrorIs(t, err, broken)
		}
	})
}

// TestAConvertedTopicIsShared: a log that stands before a topic's keeps the group.
func TestAConvertedTopicIsShared(t *testing.T) {
	address := kafkatest.Fake(t).ListenAddrs()[0]
	client, name := kafkatest.Topic(t, address, 3, nil)
	topicLog := open(t, address, kafkasource.Options[event]{Topic: name, Group: name})
	converted, err := source.Convert(topicLog, func(e *event) (event, error) { return *e, nil })
	require.NoError(t, err)
	log, err := source.Merge(converted)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var owned sync.WaitGroup
	owned.Add(3)
	go func() { owned.Wait(); cancel() }()
	require.NoError(t, log.(source.Sharer).Share(ctx, func(ctx context.Context, partition int) error {
		err := log.(source.Committer).Commit(ctx, partition, 0)
		owned.Done()
		<-ctx.Done()
		return err
	}))
	committed, err := kadm.NewClient(client).FetchOffsets(t.Context(), name)
	require.NoError(t, err)
	require.Len(t, committed[name], 3)
}

// TestPartitionsThatAreAdded are given out as well, with a group and without.
func TestPartitionsThatAreAdded(t *testing.T) {
	kafkatest.Brokers(t, func(t *testing.T, address string) {
		for _, grouped := range []bool{false, true} {
			client, name := kafkatest.Topic(t, address, 1, nil)
			options := kafkasource.Options[event]{Topic: name,
				Client: []kgo.Opt{kgo.SeedBrokers(address), kgo.MetadataMaxAge(200 * time.Millisecond), kgo.MetadataMinAge(50 * time.Millisecond)}}
			if grouped {
				options.Group = name
			}
			log, err := kafkasource.New(t.Context(), options)
			require.NoError(t, err)
			owned, done := make(chan int), make(chan error, 1)
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				done <- log.Share(ctx, func(ctx context.Context, partition int) error {
					owned <- partition
					<-ctx.Done()
					return nil
				})
			}()
			require.Equal(t, 0, <-owned)
			_, err = kadm.NewClient(client).CreatePartitions(t.Context(), 2, name)
			require.NoError(t, err)
			got := map[int]bool{}
			for len(got) < 2 {
				if partition := <-owned; partition > 0 { // a group may give the first one anew
					got[partition] = true
				}
			}
			cancel()
			require.NoError(t, <-done)
			require.NoError(t, log.Close())
		}
	})
}
