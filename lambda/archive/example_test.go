package archive_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/anabranch-go/anabranch/lambda/archive"
)

var ctx = context.Background()

func ExampleDir() {
	root, err := os.MkdirTemp("", "archive")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(root)
	store := archive.Dir(root)
	fmt.Println(store.Put(ctx, "events/a", []byte("first")))
	fmt.Println(errors.Is(store.Put(ctx, "events/a", []byte("second")), archive.ErrExists))
	body, err := store.Get(ctx, "events/a", 0, -1)
	fmt.Println(string(body), err)
	// Output:
	// <nil>
	// true
	// first <nil>
}

func ExampleMemory() {
	store := archive.Memory()
	for _, name := range []string{"b/2", "b/1", "a/1"} {
		if err := store.Put(ctx, name, nil); err != nil {
			fmt.Println(err)
		}
	}
	for name, err := range store.List(ctx, "b/", "") {
		fmt.Println(name, err)
	}
	// Output:
	// b/1 <nil>
	// b/2 <nil>
}

// Where the next owner of a partition will go on.
func ExampleArchive_Chain() {
	a := archive.New(archive.Memory())
	if err := a.Declare(ctx, archive.Log{Identity: "orders", Partitions: 1}); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := a.Claim(ctx, 0, 7); err != nil {
		fmt.Println(err)
	}
	chain, err := a.Chain(ctx, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(chain.End())
	_, err = a.Chain(ctx, 1)
	fmt.Println(errors.Is(err, archive.ErrPartitions))
	// Output:
	// 7 true
	// true
}

// An owner commits a segment; another claims the partition, and the first can
// commit no more.
func ExampleNew() {
	a := archive.New(archive.Memory())
	if err := a.Declare(ctx, archive.Log{Identity: "orders", Partitions: 1}); err != nil {
		fmt.Println(err)
		return
	}
	owner, err := a.Claim(ctx, 0, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	name := archive.QuarantineName(0, owner.NextSequence(), archive.NewNonce())
	file, err := a.PutFile(ctx, name, []byte("bytes"), 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(owner.Commit(ctx, archive.Entry{From: owner.End(), To: 10, Quarantine: &file}))

	if _, err := a.Claim(ctx, 0, 0); err != nil {
		fmt.Println(err)
	}
	err = owner.Commit(ctx, archive.Entry{From: owner.End(), To: 20})
	fmt.Println(errors.Is(err, archive.ErrLost))

	chains, err := a.Chains(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, entry := range chains[0].Entries {
		fmt.Println(entry.Sequence, entry.Kind, entry.Term, entry.From, entry.To)
	}
	// Output:
	// <nil>
	// true
	// 0 claim 0 0 0
	// 1 segment 0 0 10
	// 2 claim 2 10 10
}
