package protodecoder_test

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/typepb"

	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/source/protodecoder"
)

// Generated code has the descriptor; a registry's descriptor does as well.
func ExampleNew() {
	type Field struct {
		Name string `anabranch:"name"`
		Kind string `anabranch:"kind"`
		URL  string `anabranch:"type_url"`
	}
	decoder, err := protodecoder.New[Field](new(typepb.Field).ProtoReflect().Descriptor())
	if err != nil {
		fmt.Println(err)
		return
	}
	record, err := proto.Marshal(&typepb.Field{Name: "price", Kind: typepb.Field_TYPE_INT64})
	if err != nil {
		fmt.Println(err)
		return
	}
	schema, err := source.SchemaOf[Field]()
	if err != nil {
		fmt.Println(err)
		return
	}
	b := source.NewBuilder[Field](schema, nil)
	b.Decode(decoder, record, 0)
	b.Decode(decoder, record[:3], 1)
	chunk := b.Chunk(0, 0, 2)
	fmt.Printf("%+v\n%s\n", chunk.Rows()[0], chunk.Quarantine[0].Reason)
	// Output:
	// {Name:price Kind:TYPE_INT64 URL:}
	// source: unfit value: no message: unexpected EOF
}
