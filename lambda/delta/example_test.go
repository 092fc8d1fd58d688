package delta_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/anabranch-go/anabranch/lambda/delta"
)

// An owner flushes twice and shows its copy; then another owner takes over.
func ExampleMemory() {
	ctx, store := context.Background(), delta.Memory()
	state := func(n byte) []delta.State { return []delta.State{{Key: []byte("libros"), State: []byte{n}}} }

	mine := delta.Copy{View: "ventas", Partition: 0, From: 1000, Term: 7, Nonce: "k3"}
	fmt.Println(store.Raise(ctx, "ventas", 0, 7))
	fmt.Println(store.Flush(ctx, mine, delta.Flush{Number: 1, Replaces: 1, Through: 1010, States: state(4)}))
	fmt.Println(store.Flush(ctx, mine, delta.Flush{Number: 2, Replaces: 2, Through: 1015, States: state(2)}))
	fmt.Println(store.Swap(ctx, mine))

	open, _ := store.Read(ctx, "ventas", 0)
	fmt.Println("from", open.Copy.From, "through", open.High, "in", len(open.Batches), "batches")

	shown, _ := store.Raise(ctx, "ventas", 0, 9)
	fmt.Println("the next owner goes to", shown.Through, "before it swaps")
	err := store.Flush(ctx, mine, delta.Flush{Number: 3, Replaces: 3, Through: 1020, States: state(1)})
	fmt.Println("stale:", errors.Is(err, delta.ErrStaleTerm))
	// Output:
	// <nil> <nil>
	// <nil>
	// <nil>
	// <nil>
	// from 1000 through 1015 in 2 batches
	// the next owner goes to 1015 before it swaps
	// stale: true
}
