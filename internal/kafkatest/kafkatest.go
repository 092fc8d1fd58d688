// Package kafkatest is what tests on Kafka share.
package kafkatest

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/anabranch-go/anabranch/internal/servers"
)

// Brokers runs a test on a broker in this process, and on a real one.
func Brokers(t *testing.T, run func(t *testing.T, address string)) {
	t.Run("fake", func(t *testing.T) { run(t, Fake(t).ListenAddrs()[0]) })
	t.Run("real", func(t *testing.T) { run(t, servers.Need(t, "ANABRANCH_KAFKA")) })
}

// Fake is a broker in this process, until the test ends.
func Fake(t testing.TB) *kfake.Cluster {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	require.NoError(t, err)
	t.Cleanup(cluster.Close)
	return cluster
}

// Topic makes a topic of a test's own, deletes it at the end, and gives a client that
// appends to the partition that a record names.
func Topic(t testing.TB, address string, partitions int32, configs map[string]*string) (*kgo.Client, string) {
	name := "test-" + strings.ToLower(rand.Text())
	client, err := kgo.NewClient(kgo.SeedBrokers(address), kgo.DefaultProduceTopic(name),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchMaxBytes(16<<20))
	require.NoError(t, err)
	admin := kadm.NewClient(client)
	_, err = admin.CreateTopic(t.Context(), partitions, 1, configs, name)
	require.NoError(t, err)
	t.Cleanup(func() {
		_, _ = admin.DeleteTopic(context.Background(), name)
		client.Close()
	})
	require.Eventually(t, func() bool { // brokers hear of it from their controller
		response, err := kmsg.NewPtrMetadataRequest().RequestWith(t.Context(), client)
		return err == nil && slices.ContainsFunc(response.Topics, func(known kmsg.MetadataResponseTopic) bool {
			return *known.Topic == name && known.ErrorCode == 0 && len(known.Partitions) == int(partitions)
		})
	}, time.Minute, time.Millisecond)
	return client, name
}
