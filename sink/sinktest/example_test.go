package sinktest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/sink/sinktest"
)

// An implementation's test supplies a harness; here that of the sink in memory.
func ExampleTestSink() {
	_ = func(t *testing.T) {
		sinktest.TestSink(t, sinktest.Harness{
			Open: func(*testing.T) sinktest.Sink { return sink.NewMemory[sinktest.Key, sinktest.Value]() },
			Rows: func(_ context.Context, s sinktest.Sink) ([]sinktest.Row, error) {
				return s.(*sink.Memory[sinktest.Key, sinktest.Value]).Rows(), nil
			},
		})
	}
	// Output:
}

// A file that rows are appended to has old versions, too.
func ExampleHeld() {
	books := sinktest.Key{Category: "libros"}
	rows, err := sinktest.Held([]sinktest.Record{{View: "v", Key: books, Version: 2}, {View: "v", Key: books, Version: 1}})
	fmt.Println(len(rows), rows[0].Version, err)
	// Output: 1 2 <nil>
}
