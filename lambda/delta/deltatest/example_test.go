package deltatest_test

import (
	"context"
	"fmt"

	"github.com/anabranch-go/anabranch/lambda/delta"
	"github.com/anabranch-go/anabranch/lambda/delta/deltatest"
)

// The second flush is acknowledged and lost; the third finds out.
func ExampleNewFaults() {
	store := deltatest.NewFaults(func() delta.Store { return delta.Memory() },
		func(call int, op string) deltatest.Fault {
			if call == 2 && op == "flush" {
				return deltatest.Lose
			}
			return deltatest.None
		})
	c := delta.Copy{View: "ventas", Term: 1, Nonce: "a"}
	for n := int64(1); n <= 3; n++ {
		fmt.Println(store.Flush(context.Background(), c, delta.Flush{Number: n, Replaces: n, Through: n}))
	}
	// Output:
	// <nil>
	// <nil>
	// delta: earlier flushes of the copy are lost: flush 3, the last one here is 1
}
