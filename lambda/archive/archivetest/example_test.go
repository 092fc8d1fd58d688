package archivetest_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/archive/archivetest"
)

// The second call takes effect, and its caller can't know.
func ExampleNewFaults() {
	ctx := context.Background()
	memory := archive.Memory()
	store := archivetest.NewFaults(memory, func(call int, op, name string) archivetest.Fault {
		if call == 1 {
			return archivetest.Fault{Outcome: archivetest.FailAfter}
		}
		return archivetest.Fault{}
	})
	fmt.Println(store.Put(ctx, "a", []byte("x")))
	fmt.Println(errors.Is(store.Put(ctx, "b", []byte("y")), archivetest.ErrFault))
	body, err := memory.Get(ctx, "b", 0, -1)
	fmt.Println(string(body), err)
	// Output:
	// <nil>
	// true
	// y <nil>
}
