package protodecoder_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bufbuild/protocompile"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/typepb"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/source/protodecoder"
)

const files = `
syntax = "proto3";
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";
enum Level { LOW = 0; HIGH = 5; }
message Event {
  google.protobuf.Timestamp at = 1;
  google.protobuf.Timestamp seen = 2;
  bool ok = 3;
  int32 small = 4;
  sint64 zigzag = 5;
  uint64 big = 6;
  fixed32 fixed = 7;
  sfixed64 sfixed = 8;
  float single = 9;
  double score = 10;
  string name = 11;
  optional string note = 12;
  Level level = 13;
  Level level_number = 14;
  int64 price = 15;
  string exact = 16;
  google.protobuf.Int64Value wrapped = 17;
  google.protobuf.StringValue text = 18;
  Inner inner = 19;
  repeated int64 numbers = 20;
  map<string, Level> levels = 21;
  bytes blob = 22;
  oneof which { string left = 23; int32 right = 24; Inner middle = 25; string unmapped = 300; }
  repeated Inner inners = 26;
  sint32 zigzag32 = 27;
  sfixed32 sfixed32 = 28;
  int64 skipped = 29;
  uint32 unsigned = 400;
  message Inner { double x = 1; optional int32 count = 2; Inner deeper = 3; google.protobuf.Timestamp when = 4; string plain = 5; }
}`

const proto2 = `
syntax = "proto2";
message Old {
  optional int32 n = 1 [default = 7];
  optional string s = 2 [default = "x"];
  optional double d = 3 [default = 0.5];
  optional group G = 4 { optional int32 x = 1; repeated int32 ys = 2; }
  optional bool b = 5 [default = true];
  required uint32 r = 6;
}`

// compile gives a message of a .proto file.
func compile(t require.TestingT, file, message string) protoreflect.MessageDescriptor {
	compiler := protocompile.Compiler{Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{
		Accessor: protocompile.SourceAccessorFromMap(map[string]string{"x.proto": file})})}
	out, err := compiler.Compile(context.Background(), "x.proto")
	require.NoError(t, err)
	return out[0].Messages().ByName(protoreflect.Name(message))
}

type innerEvent struct {
	X     float64    `anabranch:"x"`
	Count *int16     `anabranch:"count"`
	When  *time.Time `anabranch:"when"`
	Plain *string    `anabranch:"plain"`
}

type event struct {
	At      time.Time         `anabranch:"at"`
	Seen    *time.Time        `anabranch:"seen"`
	OK      bool              `anabranch:"ok"`
	Small   int32             `anabranch:"small"`
	Zigzag  int64             `anabranch:"zigzag"`
	Big     uint64            `anabranch:"big"`
	Fixed   *uint32           `anabranch:"fixed"`
	Sfixed  int64             `anabranch:"sfixed"`
	Single  float32           `anabranch:"single"`
	Score   float64           `anabranch:"score"`
	Name    string            `anabranch:"name"`
	Note    *string           `anabranch:"note"`
	Level   string            `anabranch:"level"`
	LevelN  int               `anabranch:"levelNumber"` // the JSON name
	Price   int64             `anabranch:"price,decimal=2"`
	Exact   *int64            `anabranch:"exact,decimal=3"`
	Wrapped *int64            `anabranch:"wrapped"`
	Text    *string           `anabranch:"text"`
	Inner   innerEvent        `anabranch:"inner"`
	Numbers []int64           `anabranch:"numbers"`
	Levels  map[string]string `anabranch:"levels"`
	Blob    []byte            `anabranch:"blob"`
	Left    *string           `anabranch:"left"`
	Right   *int32            `anabranch:"right"`
	Middle  struct {
		X *float64 `anabranch:"x"`
	} `anabranch:"middle"`
	Inners   []map[string]any `anabranch:"inners"`
	Zigzag32 int32            `anabranch:"zigzag32"`
	Sfixed32 int32            `anabranch:"sfixed32"`
	Unsigned uint32           `anabranch:"unsigned"`
	Absent   *string          `anabranch:"absent"`
}

func newDecoder[E any](t require.TestingT, d protoreflect.MessageDescriptor) source.Decoder[E] {
	decoder, err := protodecoder.New[E](d)
	require.NoError(t, err)
	return decoder
}

// decode reads records into a chunk, at the offsets from 0.
func decode[E any](t require.TestingT, d source.Decoder[E], records ...[]byte) *source.Chunk[E] {
	schema, err := source.SchemaOf[E]()
	require.NoError(t, err)
	b := source.NewBuilder[E](schema, nil)
	for i, record := range records {
		b.Decode(d, record, int64(i))
	}
	c := b.Chunk(0, 0, int64(len(records)))
	require.NoError(t, c.Check())
	return c
}

func chunkOf[E any](t require.TestingT, events ...E) *source.Chunk[E] {
	schema, err := source.SchemaOf[E]()
	require.NoError(t, err)
	b := source.NewBuilder[E](schema, nil)
	for i := range events {
		b.Append(&events[i], int64(i), nil)
	}
	return b.Chunk(0, 0, int64(len(events)))
}

// cells gives a chunk's values by column and row; NaN equals itself as text.
func cells[E any](c *source.Chunk[E]) map[string][]string {
	out := map[string][]string{}
	for i := range c.Columns {
		for row := range c.Len() {
			out[c.Schema.Columns[i].Name] = append(out[c.Schema.Columns[i].Name], c.Columns[i].Value(int32(row)).String())
		}
	}
	return out
}

// byHand makes the event of a message that the library has read: the second path.
// It's false where the event can't be one.
func byHand(m protoreflect.Message) (e event, ok bool) {
	get := func(m protoreflect.Message, name string) (protoreflect.Value, bool) {
		fd := m.Descriptor().Fields().ByName(protoreflect.Name(name))
		return m.Get(fd), m.Has(fd)
	}
	value := func(name string) protoreflect.Value { v, _ := get(m, name); return v }
	ok = true
	stamp := func(m protoreflect.Message, name string) *time.Time {
		v, has := get(m, name)
		if !has {
			return nil
		}
		seconds, _ := get(v.Message(), "seconds")
		nanos, _ := get(v.Message(), "nanos")
		at := time.Unix(seconds.Int(), nanos.Int()).UTC()
		if seconds.Int() < -62135596800 || seconds.Int() > 253402300799 || nanos.Int() < 0 || nanos.Int() > 999_999_999 {
			ok = false
		}
		return &at
	}
	level := func(v protoreflect.Value) string {
		switch v.Enum() {
		case 0:
			return "LOW"
		case 5:
			return "HIGH"
		}
		return v.String()
	}
	at := stamp(m, "at")
	if at == nil {
		return e, false
	}
	e = event{At: *at, Seen: stamp(m, "seen"), OK: value("ok").Bool(), Small: int32(value("small").Int()), Zigzag: value("zigzag").Int(),
		Big: value("big").Uint(), Fixed: new(uint32(value("fixed").Uint())), Sfixed: value("sfixed").Int(), Single: float32(value("single").Float()),
		Score: value("score").Float(), Name: value("name").String(), Level: level(value("level")), LevelN: int(value("level_number").Enum()),
		Price: value("price").Int() * 100, Zigzag32: int32(value("zigzag32").Int()), Sfixed32: int32(value("sfixed32").Int()),
		Unsigned: uint32(value("unsigned").Uint()), Blob: value("blob").Bytes()}
	ok = ok && e.Price/100 == value("price").Int()
	if v, has := get(m, "note"); has {
		e.Note = new(v.String())
	}
	if v, has := get(m, "wrapped"); has {
		inner, _ := get(v.Message(), "value")
		e.Wrapped = new(inner.Int())
	}
	if v, has := get(m, "text"); has {
		inner, _ := get(v.Message(), "value")
		e.Text = new(inner.String())
	}
	if v, has := get(m, "inner"); has {
		x, _ := get(v.Message(), "x")
		plain, _ := get(v.Message(), "plain")
		e.Inner.X, e.Inner.Plain, e.Inner.When = x.Float(), new(plain.String()), stamp(v.Message(), "when")
		if count, has := get(v.Message(), "count"); has {
			e.Inner.Count = new(int16(count.Int()))
			ok = ok && int64(*e.Inner.Count) == count.Int()
		}
	}
	if v, has := get(m, "left"); has {
		e.Left = new(v.String())
	}
	if v, has := get(m, "right"); has {
		e.Right = new(int32(v.Int()))
	}
	if v, has := get(m, "middle"); has {
		x, _ := get(v.Message(), "x")
		e.Middle.X = new(x.Float())
	}
	for i := range value("numbers").List().Len() {
		e.Numbers = append(e.Numbers, value("numbers").List().Get(i).Int())
	}
	for key, v := range value("levels").Map().Range {
		if e.Levels == nil {
			e.Levels = map[string]string{}
		}
		e.Levels[key.String()] = level(v)
	}
	return e, ok
}

// drawMessage fills some of a message's fields, as deep as Inner goes.
func drawMessage(t *rapid.T, d protoreflect.MessageDescriptor, depth int) *dynamicpb.Message {
	m := dynamicpb.NewMessage(d)
	if d.FullName() == "google.protobuf.Timestamp" {
		m.Set(d.Fields().ByName("seconds"), protoreflect.ValueOfInt64(rapid.Int64Range(-62135596800, 253402300799).Draw(t, "s")))
		m.Set(d.Fields().ByName("nanos"), protoreflect.ValueOfInt32(rapid.Int32Range(0, 999_999_999).Draw(t, "ns")))
		return m
	}
	for i := range d.Fields().Len() {
		fd := d.Fields().Get(i)
		if fd.Name() != "at" && rapid.IntRange(0, 3).Draw(t, "skip") == 0 || fd.Name() == "exact" || fd.Name() == "inners" || depth > 2 && fd.Message() != nil {
			continue
		}
		switch {
		case fd.IsList():
			for range rapid.IntRange(0, 3).Draw(t, "length") {
				m.Mutable(fd).List().Append(drawValue(t, fd, depth))
			}
		case fd.IsMap():
			for range rapid.IntRange(0, 3).Draw(t, "length") {
				m.Mutable(fd).Map().Set(drawValue(t, fd.MapKey(), depth).MapKey(), drawValue(t, fd.MapValue(), depth))
			}
		default:
			m.Set(fd, drawValue(t, fd, depth))
		}
	}
	return m
}

func drawValue(t *rapid.T, fd protoreflect.FieldDescriptor, depth int) protoreflect.Value {
	switch fd.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(rapid.Bool().Draw(t, "bool"))
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(rapid.SampledFrom([]int32{0, 5, 9, -1}).Draw(t, "enum")))
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		if fd.Name() == "count" {
			return protoreflect.ValueOfInt32(int32(rapid.Int16().Draw(t, "int16")))
		}
		return protoreflect.ValueOfInt32(rapid.Int32().Draw(t, "int32"))
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(rapid.Uint32().Draw(t, "uint32"))
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(rapid.Uint64Max(math.MaxInt64).Draw(t, "uint64"))
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(rapid.Float32().Draw(t, "float"))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(rapid.Float64().Draw(t, "double"))
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(rapid.String().Draw(t, "string"))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
	case protoreflect.MessageKind:
		return protoreflect.ValueOfMessage(drawMessage(t, fd.Message(), depth+1))
	}
	if fd.Name() == "price" {
		return protoreflect.ValueOfInt64(rapid.Int64Range(-1<<50, 1<<50).Draw(t, "price"))
	}
	return protoreflect.ValueOfInt64(rapid.Int64().Draw(t, "int64"))
}

func TestDecodedEqualsByHand(t *testing.T) {
	d := compile(t, files, "Event")
	decoder := newDecoder[event](t, d)
	rapid.Check(t, func(t *rapid.T) {
		var records [][]byte
		var want []event
		for range rapid.IntRange(1, 4).Draw(t, "events") {
			// Two messages, one after another, are their merge.
			var record []byte
			for range rapid.IntRange(1, 2).Draw(t, "pieces") {
				piece, err := proto.Marshal(drawMessage(t, d, 0))
				require.NoError(t, err)
				record = append(record, piece...)
			}
			m := dynamicpb.NewMessage(d)
			require.NoError(t, proto.Unmarshal(record, m))
			// exact isn't drawn: a column that can't be null, of a field that can't.
			record = protowire.AppendTag(record, 16, protowire.BytesType)
			record = protowire.AppendString(record, "1.5")
			e, ok := byHand(m)
			require.True(t, ok)
			e.Exact = new(int64(1500))
			want, records = append(want, e), append(records, record)
		}
		got := decode(t, decoder, records...)
		require.Empty(t, got.Quarantine)
		require.Equal(t, cells(chunkOf(t, want...)), cells(got))
	})
}

func FuzzDecode(f *testing.F) {
	d := compile(f, files, "Event")
	decoder := newDecoder[event](f, d)
	seed := func(number protowire.Number, wire protowire.Type, rest ...byte) {
		f.Add(append(protowire.AppendTag([]byte("\x0a\x00"), number, wire), rest...))
	}
	f.Add([]byte{})
	f.Add([]byte("\x0a\x00"))
	f.Add([]byte("\x0a\x04\x08\x01\x10\x02"))
	seed(3, protowire.VarintType, 0xff, 0x01)
	seed(4, protowire.VarintType, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01)
	seed(11, protowire.BytesType, 2, 'a', 0xff)
	seed(20, protowire.BytesType, 3, 1, 2, 3)
	seed(20, protowire.VarintType, 1)
	seed(21, protowire.BytesType, 5, 0x0a, 1, 'k', 0x10, 5)
	seed(23, protowire.BytesType, 1, 'x', 0xc0, 0x01, 0x07, 0xca, 0x01, 0x00)
	seed(19, protowire.BytesType, 2, 0x10, 0x07, 0x9a, 0x01, 0x02, 0x10, 0x08)
	seed(19, protowire.StartGroupType, 0x9c, 0x01)
	seed(26, protowire.BytesType, 0)
	seed(2, protowire.BytesType, 0xff, 0xff, 0xff, 0xff, 0x0f)
	seed(300, protowire.BytesType, 1, 'x')
	f.Fuzz(func(t *testing.T, record []byte) {
		got := decode(t, decoder, record)
		require.Equal(t, 1, got.Len()+len(got.Quarantine))
		m := dynamicpb.NewMessage(d)
		if unmarshal(record, m) != nil {
			return // what columns don't need isn't looked at, so it may be an event all the same
		}
		get := func(name string) protoreflect.Value { return m.Get(d.Fields().ByName(protoreflect.Name(name))) }
		e, ok := byHand(m)
		if !ok || e.Big > math.MaxInt64 || get("exact").String() != "" || get("inners").List().Len() > 0 {
			return
		}
		require.Empty(t, got.Quarantine, "what the library reads is an event")
		require.Equal(t, cells(chunkOf(t, e)), cells(got))
	})
}

// unmarshal is the library's, which panics on some maps without a key.
func unmarshal(record []byte, m proto.Message) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	return proto.Unmarshal(record, m)
}

func TestAllThatIsThereAndNot(t *testing.T) {
	d := compile(t, files, "Event")
	decoder := newDecoder[event](t, d)
	c := decode(t, decoder, []byte{}, []byte("\x0a\x00\x82\x01\x03-.5"))
	require.Len(t, c.Quarantine, 1)
	require.Contains(t, c.Quarantine[0].Reason, "column at: source: unfit value: it's required")
	require.Equal(t, event{At: time.Unix(0, 0).UTC(), Fixed: new(uint32), Level: "LOW", Exact: new(int64(-500))}, c.Rows()[0])
	c = decode(t, decoder, []byte("\x0a\x00\x82\x01\x00"))
	require.Nil(t, c.Rows()[0].Exact)
}

func TestListsOfMessages(t *testing.T) {
	type event struct {
		Inners []map[string]any `anabranch:"inners"`
		Inner  map[string]any   `anabranch:"inner"`
		Blob   []byte           `anabranch:"blob"`
	}
	d := compile(t, files, "Event")
	m := dynamicpb.NewMessage(d)
	inner := dynamicpb.NewMessage(d.Messages().ByName("Inner"))
	inner.Set(inner.Descriptor().Fields().ByName("count"), protoreflect.ValueOfInt32(3))
	inner.Set(inner.Descriptor().Fields().ByName("plain"), protoreflect.ValueOfString("\"é\n"))
	when := inner.Mutable(inner.Descriptor().Fields().ByName("when")).Message()
	when.Set(when.Descriptor().Fields().ByName("seconds"), protoreflect.ValueOfInt64(1))
	when.Set(when.Descriptor().Fields().ByName("nanos"), protoreflect.ValueOfInt32(500_000_000))
	list := m.Mutable(d.Fields().ByName("inners")).List()
	list.Append(protoreflect.ValueOfMessage(inner))
	list.Append(protoreflect.ValueOfMessage(dynamicpb.NewMessage(inner.Descriptor())))
	m.Set(d.Fields().ByName("inner"), protoreflect.ValueOfMessage(inner))
	m.Set(d.Fields().ByName("blob"), protoreflect.ValueOfBytes([]byte{0, 255}))
	record, err := proto.Marshal(m)
	require.NoError(t, err)
	fields := map[string]any{"count": 3.0, "plain": "\"é\n", "when": "1970-01-01T00:00:01.5Z"}
	c := decode(t, newDecoder[event](t, d), record)
	require.Empty(t, c.Quarantine)
	require.Equal(t, []event{{Inners: []map[string]any{fields, {}}, Inner: fields, Blob: []byte{0, 255}}}, c.Rows())
}

func TestProto2HasDefaultsAndGroups(t *testing.T) {
	type old struct {
		N    int64   `anabranch:"n"`
		Null *int64  `anabranch:"r"`
		S    string  `anabranch:"s"`
		D    float64 `anabranch:"d"`
		B    bool    `anabranch:"b"`
		G    struct {
			X  *int  `anabranch:"x"`
			Ys []int `anabranch:"ys"`
		} `anabranch:"g"`
	}
	d := compile(t, proto2, "Old")
	c := decode(t, newDecoder[old](t, d), []byte{}, []byte("\x08\x00\x12\x00\x23\x08\x03\x10\x04\x10\x05\x24\x28\x00\x30\x09"))
	require.Empty(t, c.Quarantine)
	want := []old{{N: 7, S: "x", D: 0.5, B: true}, {Null: new(int64(9)), D: 0.5}}
	want[1].G.X, want[1].G.Ys = new(3), []int{4, 5}
	require.Equal(t, want, c.Rows())
}

func TestGeneratedTypes(t *testing.T) {
	type field struct {
		Kind        string  `anabranch:"kind"`
		Cardinality int     `anabranch:"cardinality"`
		Name        string  `anabranch:"name"`
		Packed      *bool   `anabranch:"packed"`
		JSONName    *string `anabranch:"jsonName"`
	}
	record, err := proto.Marshal(&typepb.Field{Kind: typepb.Field_TYPE_SINT32, Cardinality: typepb.Field_CARDINALITY_REPEATED, Name: "n"})
	require.NoError(t, err)
	c := decode(t, newDecoder[field](t, new(typepb.Field).ProtoReflect().Descriptor()), record)
	require.Equal(t, []field{{"TYPE_SINT32", 3, "n", new(bool), new(string)}}, c.Rows())
}

func TestMalformedRecordsGoToQuarantine(t *testing.T) {
	decoder := newDecoder[event](t, compile(t, files, "Event"))
	for record, reason := range map[string]string{
		"\x0a":                             "no message: ",
		"\x0a\x05\x08":                     "no message: ",
		"\x0a\x02\x08\x80":                 "no message: ",
		"\x00\x00":                         "no message: ",
		"\x5a\xff\xff\xff\xff\x0f":         "no message: ",
		"\x0a\x00\x5a\x02a\xff":            "field 11 of Event isn't valid UTF-8",
		"\x0a\x00\xa2\x01\x01\x80":         "column numbers: source: unfit value: no message: ",
		"\x0a\x06\x10\xff\xff\xff\xff\x07": "a timestamp of 0 s and 2147483647 ns",
		"\x0a\x00\x30\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01": "column big: 18446744073709551615 is past 64 signed bits",
		"\x0a\x00\x78\xff\xff\xff\xff\xff\xff\xff\xff\x7f":     "column price: ",
		"\x0a\x00\x82\x01\x01x":                                "column exact: source: unfit value: \"x\" is no number",
		"\x0a\x00\x9a\x01\x04\x10\x80\x80\x04":                 "column inner.count: ",
		strings.Repeat("\x0b", 20_000):                         "no message: ",
	} {
		c := decode(t, decoder, []byte(record))
		require.Len(t, c.Quarantine, 1, "%q", record)
		require.Contains(t, c.Quarantine[0].Reason, reason, "%q", record)
		require.Contains(t, c.Quarantine[0].Reason, source.ErrValue.Error())
	}
}

func TestMismatchesAreFoundAtOnce(t *testing.T) {
	d := compile(t, files, "Event")
	check := func(err error, part string) {
		t.Helper()
		require.ErrorIs(t, err, source.ErrSchema)
		require.ErrorContains(t, err, part)
	}
	_, err := protodecoder.New[struct{ Nmae string }](d)
	check(err, "column Nmae: the message doesn't have the field")
	_, err = protodecoder.New[struct {
		N int `anabranch:"name"`
	}](d)
	check(err, "column name: the field is a string, and no int")
	_, err = protodecoder.New[struct {
		N time.Time `anabranch:"price"`
	}](d)
	check(err, "the field is a int64, and no time")
	_, err = protodecoder.New[struct {
		N string `anabranch:"inner"`
	}](d)
	check(err, "the field is a Event.Inner, and no string")
	_, err = protodecoder.New[struct {
		N int64 `anabranch:"numbers"`
	}](d)
	check(err, "the field is repeated")
	_, err = protodecoder.New[struct {
		N struct{ X int } `anabranch:"inners"`
	}](d)
	check(err, "the field inners is no single message")
	_, err = protodecoder.New[struct {
		A int `anabranch:"level_number"`
		B int `anabranch:"levelNumber"`
	}](d)
	check(err, "another column has the field level_number")
	_, err = protodecoder.New[int](d)
	require.ErrorIs(t, err, source.ErrSchema)
	_, err = protodecoder.New[event](nil)
	require.ErrorIs(t, err, source.ErrOptions)
}

func TestDecoderIsSafeForConcurrentUse(t *testing.T) {
	d := compile(t, files, "Event")
	decoder := newDecoder[event](t, d)
	var group sync.WaitGroup
	for g := range 4 {
		group.Go(func() {
			for i := range 100 {
				record := protowire.AppendVarint([]byte("\x0a\x00\x82\x01\x011\x20"), uint64(g*1000+i))
				if c := decode(t, decoder, record); c.Rows()[0].Small != int32(g*1000+i) {
					t.Errorf("%+v", c.Rows()[0])
				}
			}
		})
	}
	group.Wait()
}
