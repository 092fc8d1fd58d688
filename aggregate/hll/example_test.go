package hll_test

import (
	"fmt"
	"strconv"

	"github.com/anabranch-go/anabranch/aggregate/hll"
	"github.com/anabranch-go/anabranch/source"
)

// Visit is the example's event.
type Visit struct {
	User string `anabranch:"user"`
}

var user = source.FieldOf(func(v *Visit) *string { return &v.User })

func ExampleDistinct() {
	users := hll.Distinct(user, hll.Options{Precision: 12, ExactUpTo: 100})

	// What an engine does: fold the events of two groups.
	binder, err := source.NewBinder[Visit]()
	if err != nil {
		fmt.Println(err)
		return
	}
	states, err := users.Bind(binder)
	if err != nil {
		fmt.Println(err)
		return
	}
	s, frame := states(), binder.NewFrame()
	s.Grow(2)
	builder := source.NewBuilder[Visit](binder.Schema(), nil)
	var groups []uint32
	var rows []int32
	for i := range 20_000 {
		builder.Append(&Visit{User: "user-" + strconv.Itoa(i%10_000)}, int64(i), nil)
		groups, rows = append(groups, uint32(min(1, i/100))), append(rows, int32(i))
	}
	frame.Load(builder.Chunk(0, 0, 20_000))
	s.Add(groups, rows, frame)

	results := make([]int64, 2)
	if _, err := s.Read([]uint32{0, 1}, results); err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range results {
		fmt.Println(n, "users")
	}
	// Output:
	// 100 users
	// 9996 users
}
