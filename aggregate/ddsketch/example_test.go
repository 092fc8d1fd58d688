package ddsketch_test

import (
	"fmt"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/aggregate/ddsketch"
	"github.com/anabranch-go/anabranch/source"
)

// Request is the examples' event.
type Request struct {
	Millis int64 `anabranch:"millis"`
}

var millis = source.FieldOf(func(r *Request) *int64 { return &r.Millis })

// fold folds requests of 1 to 10,000 ms into one group, as an engine does.
func fold[R any](a aggregate.Aggregate[Request, R]) (result R, err error) {
	binder, err := source.NewBinder[Request]()
	if err != nil {
		return result, err
	}
	states, err := a.Bind(binder)
	if err != nil {
		return result, err
	}
	s, frame := states(), binder.NewFrame()
	s.Grow(1)
	builder := source.NewBuilder[Request](binder.Schema(), nil)
	groups, rows := make([]uint32, 10_000), make([]int32, 10_000)
	for i := range rows {
		builder.Append(&Request{Millis: int64(i + 1)}, int64(i), nil)
		rows[i] = int32(i)
	}
	frame.Load(builder.Chunk(0, 0, 10_000))
	s.Add(groups, rows, frame)
	results := make([]R, 1)
	_, err = s.Read([]uint32{0}, results)
	return results[0], err
}

func ExampleQuantiles() {
	latencies, err := fold(ddsketch.Quantiles(millis, ddsketch.Options{}, 0.5, 0.99, 0.999))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("median %.0f ms, p99 %.0f ms, p999 %.0f ms\n", latencies[0], latencies[1], latencies[2])
	// Output: median 5044 ms, p99 9891 ms, p999 10088 ms
}

func ExampleQuantile() {
	median, err := fold(ddsketch.Quantile(millis, ddsketch.Options{RelativeAccuracy: 0.001}, 0.5))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%v %.0f ms\n", median.Valid, median.V)
	// Output: true 4997 ms
}
