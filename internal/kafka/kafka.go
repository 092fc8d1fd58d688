// Package kafka asks brokers what the adapters that read and write topics both want
// to know.
package kafka

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/anabranch-go/anabranch/internal/secrets"
)

// Connect makes a client of a caller's options. Why it can't is said without what may
// be a password.
func Connect(options ...kgo.Opt) (*kgo.Client, error) {
	client, err := kgo.NewClient(options...)
	if err != nil {
		return nil, secrets.Without(err)
	}
	seeds, _ := client.OptValue(kgo.SeedBrokers).([]string)
	if err := secrets.CheckAddresses(seeds); err != nil {
		client.Close()
		return nil, fmt.Errorf("kgo.SeedBrokers: %w", err)
	}
	return client, nil
}

// Errors are an adapter's own, for brokers that can't be used and for a topic that
// can't.
type Errors struct{ Brokers, Topic error }

// Topic asks which cluster this is, and what it knows of a topic now: an admin
// client's answer may come from a cache.
func Topic(ctx context.Context, client *kgo.Client, name string, as Errors) (cluster string, topic kmsg.MetadataResponseTopic, err error) {
	request := kmsg.NewPtrMetadataRequest()
	asked := kmsg.NewMetadataRequestTopic()
	asked.Topic = &name
	request.Topics = append(request.Topics, asked)
	response, err := request.RequestWith(ctx, client)
	if err != nil {
		return "", topic, fmt.Errorf("%w: %w", as.Brokers, err)
	}
	if len(response.Topics) != 1 {
		return "", topic, fmt.Errorf("%w: asked for %s, the brokers answer for %d topics", as.Topic, name, len(response.Topics))
	}
	topic = response.Topics[0]
	if err := kerr.ErrorForCode(topic.ErrorCode); err != nil {
		return "", topic, fmt.Errorf("%w: %s: %w", as.Topic, name, err)
	}
	if response.ClusterID != nil {
		cluster = *response.ClusterID
	}
	return cluster, topic, nil
}
