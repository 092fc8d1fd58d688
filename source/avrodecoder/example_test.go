package avrodecoder_test

import (
	"errors"
	"fmt"

	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/source/avrodecoder"
)

// Order is the event of the examples.
type Order struct {
	Product string `anabranch:"product"`
	Units   int64  `anabranch:"units"`
}

const orders = `{"type": "record", "name": "Order", "fields": [
	{"name": "product", "type": "string"}, {"name": "units", "type": "int"}]}`

// show decodes records, as a source does.
func show(decoder source.Decoder[Order], records ...string) {
	schema, err := source.SchemaOf[Order]()
	if err != nil {
		fmt.Println(err)
		return
	}
	b := source.NewBuilder[Order](schema, nil)
	for i, record := range records {
		b.Decode(decoder, []byte(record), int64(i))
	}
	chunk := b.Chunk(0, 0, int64(len(records)))
	for _, o := range chunk.Rows() {
		fmt.Println(o.Product, o.Units)
	}
	for _, q := range chunk.Quarantine {
		fmt.Println(q.Offset, q.Reason)
	}
}

func ExampleNew() {
	decoder, err := avrodecoder.New[Order](orders, avrodecoder.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	show(decoder, "\x06tea\x04", "\x06tea\x04\x00")
	// Output:
	// tea 2
	// 1 source: unfit value: 1 bytes follow the record
}

// The lookup asks a schema registry.
func ExampleConfluent() {
	lookup := func(id uint32) (string, error) {
		if id != 7 {
			return "", errors.New("no such schema")
		}
		return orders, nil
	}
	decoder, err := avrodecoder.Confluent[Order](lookup, avrodecoder.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	show(decoder, "\x00\x00\x00\x00\x07\x06tea\x04", "\x00\x00\x00\x00\x08\x06tea\x04")
	// Output:
	// tea 2
	// 1 source: unfit value: the schema 8: cannot look it up: no such schema
}

func ExampleSingleObject() {
	decoder, err := avrodecoder.SingleObject[Order]([]string{orders}, avrodecoder.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	show(decoder, "\xc3\x01\x62\x6c\x6f\x63\x6b\x69\x6e\x67\x06tea\x04")
	// Output: 0 source: unfit value: no schema has the fingerprint 626c6f636b696e67
}
