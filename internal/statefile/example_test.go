package statefile_test

import (
	"fmt"

	"github.com/anabranch-go/anabranch/internal/statefile"
	"github.com/anabranch-go/anabranch/lambda/delta"
)

func Example() {
	body, err := statefile.Encode(statefile.Meta{View: "ventas", Fingerprint: "f00d", Codec: "sum/1"}, []delta.State{
		{Key: []byte("libros"), Window: 0, State: []byte("12")},
		{Key: []byte("libros"), Window: 300e6, State: []byte("7")},
	})
	if err != nil {
		panic(err)
	}
	meta, states, err := statefile.Decode("deltas/f00d/0-1-x.parquet", body)
	fmt.Println(meta.View, len(states), string(states[1].State), err)
	// Output: ventas 2 7 <nil>
}
