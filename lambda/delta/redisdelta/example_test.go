package redisdelta_test

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/delta/redisdelta"
)

// A process that shares its open deltas, and one that asks, have the same archive
// and the same Redis.
func Example() {
	type event struct{ User int64 }
	ctx := context.Background()
	client := redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs:                 []string{"redis-0:6379", "redis-1:6379", "redis-2:6379"}, // a cluster; one address is one server
		ContextTimeoutEnabled: true,
	})
	defer func() { _ = client.Close() }()
	deltas, err := redisdelta.New(ctx, client, redisdelta.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	store, err := archive.Open(ctx, "/data/archive")
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = lambda.New[event](lambda.Config{Archive: store, Deltas: deltas})
}
