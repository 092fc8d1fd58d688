package arrowsource

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"testing"
	"testing/fstest"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/float16"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/source/sourcetest"
)

// encode writes record batches as a file or a stream.
func encode(t testing.TB, stream bool, batches []arrow.RecordBatch, options ...ipc.Option) []byte {
	options = append(options, ipc.WithSchema(batches[0].Schema()))
	var b bytes.Buffer
	var w interface {
		Write(arrow.RecordBatch) error
		Close() error
	} = ipc.NewWriter(&b, options...)
	if !stream {
		file, err := ipc.NewFileWriter(&b, options...)
		require.NoError(t, err)
		w = file
	}
	for _, batch := range batches {
		require.NoError(t, w.Write(batch))
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

// one makes a batch of one column, "v", by appending with the builder of its
// type.
func one[B array.Builder](typ arrow.DataType, fill func(B)) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.NewGoAllocator(), arrow.NewSchema([]arrow.Field{{Name: "v", Type: typ, Nullable: true}}, nil))
	fill(b.Field(0).(B))
	return b.NewRecordBatch()
}

// read gives the events of files and what was quarantined, and checks that the
// chunks tile.
func read[E any](fsys fs.FS, from int64, opts source.TablesOptions[E]) (events []E, quarantine []source.Quarantined, err error) {
	log, err := NewFiles(fsys, "**", opts)
	if err != nil {
		return nil, nil, err
	}
	r, err := log.Open(context.Background(), 0, from)
	if err != nil {
		return nil, nil, err
	}
	for next := from; ; {
		c, err := r.Next(context.Background())
		if errors.Is(err, io.EOF) {
			return events, quarantine, r.Close()
		}
		if err != nil {
			return nil, nil, errors.Join(err, r.Close())
		}
		if c.From != next || c.Check() != nil {
			return nil, nil, fmt.Errorf("a chunk from %d after %d: %w", c.From, next, c.Check())
		}
		next = c.Next
		events = append(events, c.Rows()...)
		quarantine = append(quarantine, c.Quarantine...)
	}
}

type value[T any] struct {
	V T `anabranch:"v"`
}

// reads checks what a batch's column is read as, from a file and a stream.
func reads[T any](t *testing.T, batch arrow.RecordBatch, want ...T) {
	t.Helper()
	for _, stream := range []bool{false, true} {
		events, quarantine, err := read(fstest.MapFS{"x": {Data: encode(t, stream, []arrow.RecordBatch{batch})}}, 0, source.TablesOptions[value[T]]{ChunkRows: 2})
		require.NoError(t, err)
		require.Empty(t, quarantine)
		got := []T{}
		for _, e := range events {
			got = append(got, e.V)
		}
		require.Equal(t, want, got)
	}
}

func TestTimesOfEveryUnit(t *testing.T) {
	for unit, want := range map[arrow.TimeUnit]int64{arrow.Second: -1_500_000_000, arrow.Millisecond: -1_500_000, arrow.Microsecond: -1500, arrow.Nanosecond: -2} {
		for _, zone := range []string{"", "UTC", "America/Bogota"} {
			batch := one(&arrow.TimestampType{Unit: unit, TimeZone: zone}, func(b *array.TimestampBuilder) {
				b.Append(-1500)
				b.AppendNull()
				b.Append(0)
			})
			reads(t, batch, new(source.FromMicros(want)), nil, new(source.FromMicros(0)))
		}
	}
	noon := source.FromMicros(0).AddDate(0, 0, -1)
	reads(t, one(arrow.FixedWidthTypes.Date32, func(b *array.Date32Builder) { b.Append(-1) }), noon)
	reads(t, one(arrow.FixedWidthTypes.Date64, func(b *array.Date64Builder) { b.Append(-86_400_000) }), noon)
}

func TestDecimalsOfEveryWidth(t *testing.T) {
	type cents struct {
		V *int64 `anabranch:"v,decimal=3"`
	}
	check := func(batch arrow.RecordBatch) {
		events, _, err := read(fstest.MapFS{"x": {Data: encode(t, false, []arrow.RecordBatch{batch})}}, 0, source.TablesOptions[cents]{})
		require.NoError(t, err)
		require.Len(t, events, 2)
		require.Equal(t, int64(-12340), *events[0].V)
		require.Nil(t, events[1].V)
		reads(t, batch, -12.34, 0)
	}
	check(one(&arrow.Decimal32Type{Precision: 9, Scale: 2}, func(b *array.Decimal32Builder) { b.Append(-1234); b.AppendNull() }))
	check(one(&arrow.Decimal64Type{Precision: 9, Scale: 2}, func(b *array.Decimal64Builder) { b.Append(-1234); b.AppendNull() }))
	check(one(&arrow.Decimal128Type{Precision: 9, Scale: 2}, func(b *array.Decimal128Builder) { b.Append(decimal128.FromI64(-1234)); b.AppendNull() }))
	check(one(&arrow.Decimal256Type{Precision: 9, Scale: 2}, func(b *array.Decimal256Builder) { b.Append(decimal256.FromI64(-1234)); b.AppendNull() }))
	reads[int16](t, one(&arrow.Decimal128Type{Precision: 9}, func(b *array.Decimal128Builder) { b.Append(decimal128.FromI64(-1234)) }), -1234)
}

func TestNumbersAndBools(t *testing.T) {
	reads[uint8](t, one(arrow.PrimitiveTypes.Int64, func(b *array.Int64Builder) { b.AppendValues([]int64{0, 255, 7}, []bool{true, true, false}) }), 0, 255, 0)
	reads[int64](t, one(arrow.PrimitiveTypes.Int64, func(b *array.Int64Builder) {
		b.AppendValues([]int64{math.MinInt64, math.MaxInt64, 7}, nil)
	}), math.MinInt64, math.MaxInt64, 7)
	reads[uint64](t, one(arrow.PrimitiveTypes.Uint64, func(b *array.Uint64Builder) { b.Append(math.MaxInt64) }), math.MaxInt64)
	reads[int](t, one(arrow.PrimitiveTypes.Int8, func(b *array.Int8Builder) { b.Append(-128) }), -128)
	reads[float32](t, one(arrow.PrimitiveTypes.Float64, func(b *array.Float64Builder) { b.AppendValues([]float64{0.1, 9}, []bool{true, false}) }), 0.1, 0)
	reads[float64](t, one(arrow.PrimitiveTypes.Float32, func(b *array.Float32Builder) { b.Append(0.5) }), 0.5)
	reads[float64](t, one(arrow.FixedWidthTypes.Float16, func(b *array.Float16Builder) { b.Append(float16.New(0.5)) }), 0.5)
	reads(t, one(arrow.FixedWidthTypes.Boolean, func(b *array.BooleanBuilder) { b.AppendValues([]bool{true, false, true}, []bool{true, true, false}) }), true, false, false)
	reads(t, one(arrow.Null, func(b *array.NullBuilder) { b.AppendNulls(2) }), "", "")
}

func TestTexts(t *testing.T) {
	want := []string{"uno", "", "", "�", "a text longer than a view holds", "uno"}
	texts, valid := []string{"uno", "", "null", "\xff", "a text longer than a view holds", "uno"}, []bool{true, true, false, true, true, true}
	reads(t, one(arrow.BinaryTypes.String, func(b *array.StringBuilder) { b.AppendValues(texts, valid) }), want...)
	reads(t, one(arrow.BinaryTypes.LargeString, func(b *array.LargeStringBuilder) { b.AppendValues(texts, valid) }), want...)
	reads(t, one(arrow.BinaryTypes.StringView, func(b *array.StringViewBuilder) { b.AppendStringValues(texts, valid) }), want...)
	reads(t, one(arrow.BinaryTypes.Binary, func(b *array.BinaryBuilder) { b.AppendStringValues(texts, valid) }), want...)
	for _, codes := range []arrow.DataType{arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Int64} {
		reads(t, one(&arrow.DictionaryType{IndexType: codes, ValueType: arrow.BinaryTypes.String}, func(b *array.BinaryDictionaryBuilder) {
			for i, text := range texts {
				if valid[i] {
					require.NoError(t, b.AppendString(text))
					continue
				}
				b.AppendNull()
			}
		}), want...)
	}
}

func TestNestedStructsAndNullsAroundThem(t *testing.T) {
	type event struct {
		Outer struct {
			Inner struct {
				N    *int64 `anabranch:"n"`
				Gone *int64 `anabranch:"gone"`
			} `anabranch:"inner"`
		} `anabranch:"v"`
		Missing *string `anabranch:"missing"`
	}
	inner := arrow.StructOf(arrow.Field{Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true})
	batch := one(arrow.StructOf(arrow.Field{Name: "list", Type: arrow.ListOf(inner), Nullable: true}, arrow.Field{Name: "inner", Type: inner, Nullable: true}),
		func(b *array.StructBuilder) {
			for i := range 4 {
				if i == 2 {
					b.AppendNull()
					continue
				}
				b.Append(true)
				b.FieldBuilder(0).AppendNull()
				inner := b.FieldBuilder(1).(*array.StructBuilder)
				if i == 1 {
					inner.AppendNull()
					continue
				}
				inner.Append(true)
				inner.FieldBuilder(0).(*array.Int64Builder).Append(int64(i))
			}
		})
	events, _, err := read(fstest.MapFS{"x": {Data: encode(t, false, []arrow.RecordBatch{batch})}}, 0, source.TablesOptions[event]{})
	require.NoError(t, err)
	require.Len(t, events, 4)
	for i, want := range []int64{0, -1, -1, 3} {
		n := events[i].Outer.Inner.N
		require.Equal(t, want < 0, n == nil, i)
		if n != nil {
			require.Equal(t, want, *n)
		}
		require.Nil(t, events[i].Outer.Inner.Gone)
	}
}

func TestColumnsOfAnotherType(t *testing.T) {
	list := one(arrow.ListOf(arrow.PrimitiveTypes.Int64), func(b *array.ListBuilder) { b.AppendNull() })
	ints := one(arrow.PrimitiveTypes.Int64, func(b *array.Int64Builder) { b.Append(1) })
	cents := one(&arrow.Decimal128Type{Precision: 9, Scale: 2}, func(b *array.Decimal128Builder) { b.AppendNull() })
	runs := one(arrow.FixedWidthTypes.Duration_us, func(b *array.DurationBuilder) { b.AppendNull() })
	coded := one(&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.PrimitiveTypes.Int64}, func(b *array.Int64DictionaryBuilder) { b.AppendNull() })
	for _, err := range []error{
		refuses[string](t, list), refuses[[]string](t, list), refuses[string](t, ints), refuses[float64](t, ints), refuses[time.Time](t, ints),
		refuses[struct{ N int }](t, ints), refuses[int64](t, cents), refuses[int64](t, runs), refuses[time.Time](t, runs), refuses[int64](t, coded),
	} {
		require.ErrorIs(t, err, source.ErrColumn)
		require.ErrorContains(t, err, "x: ")
		require.ErrorContains(t, err, "column v")
	}
}

func refuses[T any](t *testing.T, batch arrow.RecordBatch) error {
	_, _, err := read(fstest.MapFS{"x": {Data: encode(t, true, []arrow.RecordBatch{batch})}}, 0, source.TablesOptions[value[T]]{})
	return err
}

func TestValuesThatDoNotFitAreQuarantined(t *testing.T) {
	check := func(batch arrow.RecordBatch, reason string, run func(fs.FS) (int, []source.Quarantined, error)) {
		n, quarantine, err := run(fstest.MapFS{"x": {Data: encode(t, false, []arrow.RecordBatch{batch, batch})}})
		require.NoError(t, err)
		require.Equal(t, 4, n)
		require.Len(t, quarantine, 2)
		require.Equal(t, int64(1), quarantine[0].Offset)
		require.Equal(t, int64(4), quarantine[1].Offset)
		require.Equal(t, "x: row 4: column v: "+reason, quarantine[1].Reason)
	}
	check(one(arrow.PrimitiveTypes.Int64, func(b *array.Int64Builder) { b.AppendValues([]int64{1, 128, -128}, nil) }), "128 doesn't fit the field", runs[int8])
	check(one(arrow.PrimitiveTypes.Uint64, func(b *array.Uint64Builder) { b.AppendValues([]uint64{1, math.MaxUint64, 2}, nil) }),
		"18446744073709551615 is past 64 signed bits", runs[int64])
	check(one(arrow.FixedWidthTypes.Timestamp_s, func(b *array.TimestampBuilder) { b.AppendValues([]arrow.Timestamp{1, math.MaxInt64, 2}, nil) }),
		"9223372036854775807 doesn't fit the field", runs[time.Time])
	check(one(arrow.FixedWidthTypes.Timestamp_s, func(b *array.TimestampBuilder) { b.AppendValues([]arrow.Timestamp{1, 2, 3}, []bool{true, false, true}) }),
		"it's required, and null", runs[time.Time])
	check(one(&arrow.Decimal128Type{Precision: 38}, func(b *array.Decimal128Builder) {
		b.AppendValues([]decimal128.Num{decimal128.FromI64(1), decimal128.New(1, 5), decimal128.FromI64(-1)}, nil)
	}), "18446744073709551621 units don't fit 64 bits", runs[int64])
}

func runs[T any](fsys fs.FS) (int, []source.Quarantined, error) {
	events, quarantine, err := read(fsys, 0, source.TablesOptions[value[T]]{ChunkRows: 2})
	return len(events), quarantine, err
}

type order struct {
	Product string `anabranch:"product"`
	Cents   int64  `anabranch:"cents"`
}

// orders makes batches of so many rows each.
func orders(first int64, sizes ...int) (batches []arrow.RecordBatch, events []order) {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "product", Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}, Nullable: true},
		{Name: "cents", Type: arrow.PrimitiveTypes.Int64}}, nil)
	b := array.NewRecordBuilder(memory.NewGoAllocator(), schema)
	for _, n := range sizes {
		for i := range n {
			e := order{fmt.Sprint("product ", i%5), first + int64(len(events))}
			if err := b.Field(0).(*array.BinaryDictionaryBuilder).AppendString(e.Product); err != nil {
				panic(err)
			}
			b.Field(1).(*array.Int64Builder).Append(e.Cents)
			events = append(events, e)
		}
		batches = append(batches, b.NewRecordBatch())
	}
	return batches, events
}

func TestFilesKeepTheContract(t *testing.T) {
	for name, options := range map[string][]ipc.Option{"plain": nil, "lz4": {ipc.WithLZ4()}, "zstd": {ipc.WithZstd()}} {
		for _, stream := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " stream=", stream), func(t *testing.T) {
				sourcetest.TestSource(t, func(t *testing.T) sourcetest.Log[order] {
					files := fstest.MapFS{}
					var events []order
					for i, sizes := range [][]int{{0}, {7, 0, 4, 1}, {3, 2}} {
						batches, more := orders(int64(len(events)), sizes...)
						events = append(events, more...)
						// A file can't replace a dictionary: batch by batch it may grow.
						o := append([]ipc.Option{ipc.WithDictionaryDeltas(true)}, options...)
						files[fmt.Sprintf("%d.arrow", i)] = &fstest.MapFile{Data: encode(t, stream, batches, o...)}
					}
					log, err := NewFiles(files, "*.arrow", source.TablesOptions[order]{ChunkRows: 3})
					require.NoError(t, err)
					return sourcetest.Log[order]{Source: log, Ends: []int64{int64(len(events))}, Events: [][]order{events}}
				})
			})
		}
	}
}

func TestPathsFillColumnsOfArrowFilesToo(t *testing.T) {
	batch := one(arrow.PrimitiveTypes.Int64, func(b *array.Int64Builder) { b.Append(7) })
	type event struct {
		V      int64  `anabranch:"v"`
		Region string `anabranch:"region"`
	}
	events, _, err := read(fstest.MapFS{"region=sur%2Feste/x.arrow": {Data: encode(t, true, []arrow.RecordBatch{batch})}}, 0, source.TablesOptions[event]{})
	require.NoError(t, err)
	require.Equal(t, []event{{7, "sur/este"}}, events)
}

// Whatever is done to a file's bytes, reading gives an error or events.
func TestDamageIsAnError(t *testing.T) {
	batches, _ := orders(0, 3, 2)
	for _, options := range [][]ipc.Option{{ipc.WithDictionaryDeltas(true)}, {ipc.WithDictionaryDeltas(true), ipc.WithZstd()}} {
		for _, stream := range []bool{false, true} {
			body := encode(t, stream, batches, options...)
			for i := 0; i < len(body); i += 3 {
				damaged := bytes.Clone(body)
				damaged[i] ^= 0xff
				_, _, _ = read(fstest.MapFS{"x": {Data: damaged}}, 0, source.TablesOptions[order]{})
				if _, _, err := read(fstest.MapFS{"x": {Data: body[:i]}}, 0, source.TablesOptions[order]{}); !stream {
					require.ErrorIs(t, err, ErrFormat)
				}
			}
		}
	}
	_, _, err := read(fstest.MapFS{"x": {Data: []byte("ARROW1")}}, 0, source.TablesOptions[order]{})
	require.ErrorIs(t, err, ErrFormat)
}

// A buffer that claims to unfold into a terabyte is refused before it's made room
// for, and so is a batch of as many rows.
func TestClaimsAreBounded(t *testing.T) {
	batch := one(arrow.PrimitiveTypes.Int64, func(b *array.Int64Builder) { b.AppendValues(make([]int64, 1000), nil) })
	for _, stream := range []bool{false, true} {
		for _, claim := range []struct {
			what    string
			options []ipc.Option
			old     uint64
			err     string
		}{
			{"size", []ipc.Option{ipc.WithZstd()}, 8000, "too much memory"},
			{"rows", nil, 1000, "claims 1099511627776 rows"},
		} {
			body := encode(t, stream, []arrow.RecordBatch{batch}, claim.options...)
			old := binary.LittleEndian.AppendUint64(nil, claim.old)
			require.True(t, bytes.Contains(body, old), claim.what)
			body = bytes.ReplaceAll(body, old, binary.LittleEndian.AppendUint64(nil, 1<<40))
			_, _, err := read(fstest.MapFS{"x": {Data: body}}, 0, source.TablesOptions[value[int64]]{})
			require.ErrorIs(t, err, ErrFormat)
			require.ErrorContains(t, err, claim.err)
		}
	}
}

// A schema whose fields share their children is a few bytes, and unfolds into
// more fields than any machine holds.
func TestSchemasThatUnfoldAreRefused(t *testing.T) {
	for levels, sound := range map[int]bool{10: true, 40: false} {
		_, err := checkSchema(unfolding(levels))
		require.Equal(t, sound, err == nil, levels)
	}
}

// unfolding is a table whose members 1 and 5 are one vector, twice of the next
// such table.
func unfolding(levels int) table {
	const slots, body = 4 + 2*6, 4 + 4
	var b []byte
	for level := range levels + 1 {
		b = binary.LittleEndian.AppendUint16(b, slots) // the slots' size, and the body's
		b = binary.LittleEndian.AppendUint16(b, body)
		for member := range 6 {
			offset := uint16(0)
			if level < levels && (member == 1 || member == 5) {
				offset = 4
			}
			b = binary.LittleEndian.AppendUint16(b, offset)
		}
		b = binary.LittleEndian.AppendUint32(b, slots) // the table: back to its slots
		b = binary.LittleEndian.AppendUint32(b, 4)     // on to the vector
		b = binary.LittleEndian.AppendUint32(b, 2)     // of two places, each the next level's table
		b = binary.LittleEndian.AppendUint32(b, 8+slots)
		b = binary.LittleEndian.AppendUint32(b, 4+slots)
	}
	return table{b, slots}
}
