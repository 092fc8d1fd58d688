package redissink_test

import (
	"context"
	"fmt"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/sink/redissink"
	"github.com/anabranch-go/anabranch/window"
)

// Product and Sales are a view's key and result.
type Product struct {
	Category string `anabranch:"category"`
}

type Sales struct {
	Orders  int64 `anabranch:"orders"`
	Revenue int64 `anabranch:"revenue,decimal=2"`
}

func ExampleOpen() {
	server, err := miniredis.Run()
	if err != nil {
		panic(err)
	}
	defer server.Close()
	client := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: []string{server.Addr()}})
	defer client.Close()
	ctx := context.Background()

	metrics, err := redissink.Open[Product, Sales](ctx, client, "shop", redissink.Options{})
	if err != nil {
		panic(err)
	}
	ten := window.Tumbling(5 * time.Minute).At(time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC))
	// A publisher writes such rows: lambda.Publish(ctx, ventas, metrics, …).
	err = metrics.Write(ctx, []sink.Row[Product, Sales]{
		{View: "ventas", Window: ten, Key: Product{"libros"}, Value: Sales{5, 149_50}, Version: 17, Timing: sink.OnTime},
	})
	if err != nil {
		panic(err)
	}

	// Any client reads it.
	fields, err := client.HGetAll(ctx, "shop:{ventas:category=libros}:latest").Result()
	if err != nil {
		panic(err)
	}
	fmt.Println(fields["window_start"], fields["orders"], fields["revenue"])
	// Output: 2026-11-01T10:00:00Z 5 149.50
}

func ExampleSink_LatestKey() {
	server, err := miniredis.Run()
	if err != nil {
		panic(err)
	}
	defer server.Close()
	client := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: []string{server.Addr()}})
	defer client.Close()
	metrics, err := redissink.Open[Product, Sales](context.Background(), client, "shop", redissink.Options{})
	if err != nil {
		panic(err)
	}
	fmt.Println(metrics.LatestKey("ventas", Product{"niños: {1-3}"}))
	// Output: shop:{ventas:category=niños%3A %7B1-3%7D}:latest <nil>
}
