package columnar

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"github.com/stretchr/testify/require"
)

// libraryRow is how parquet-go sees the file of [sample].
type libraryRow struct {
	At    int64   `parquet:"at,timestamp(microsecond)"`
	Name  *string `parquet:"name,optional"`
	Inner struct {
		Ratio float64 `parquet:"ratio"`
		Flag  bool    `parquet:"flag"`
		Few   *int64  `parquet:"few,optional"`
		Part  int32   `parquet:"part"`
	} `parquet:"inner"`
	Key []byte `parquet:"key"`
}

var sampleColumns = []Column{
	{Path: []string{"at"}, Type: format.Int64, Logical: Micros(), Rising: true},
	{Path: []string{"name"}, Type: format.ByteArray, Logical: new(format.StringType), Optional: true},
	{Path: []string{"inner", "ratio"}, Type: format.Double},
	{Path: []string{"key"}, Type: format.ByteArray},
	{Path: []string{"inner", "flag"}, Type: format.Boolean}, // the group's columns needn't be together
	{Path: []string{"inner", "few"}, Type: format.Int64, Optional: true},
	{Path: []string{"inner", "part"}, Type: format.Int32},
}

// sample makes a row group of many pages.
func sample(rows int) ([]Data, []libraryRow) {
	data, want := make([]Data, len(sampleColumns)), make([]libraryRow, rows)
	names := []string{"uno", "dos", strings.Repeat("z", 100) + "ñ"}
	data[1].Texts = new(TextList)
	for _, name := range names {
		data[1].Texts.Code(name)
	}
	for i := range rows {
		w := &want[i]
		w.At, w.Inner.Ratio, w.Inner.Flag, w.Key = int64(i)*1000, float64(i)/3-100, i%3 == 0, fmt.Append(nil, "key ", i)
		w.Inner.Part = 7
		if i%5 == 4 {
			w.Inner.Ratio = math.NaN()
		}
		code, few := uint32(i%3), int64(i%4)<<40
		if i%7 > 0 {
			w.Name = &names[code]
		}
		if i%2 == 0 {
			w.Inner.Few = &few
		}
		data[0].Ints = append(data[0].Ints, w.At)
		data[1].Codes, data[1].Valid = append(data[1].Codes, code), append(data[1].Valid, w.Name != nil)
		data[2].Floats = append(data[2].Floats, w.Inner.Ratio)
		data[3].Blobs = append(data[3].Blobs, w.Key)
		data[4].Ints = append(data[4].Ints, b2i(w.Inner.Flag))
		data[5].Ints, data[5].Valid = append(data[5].Ints, few), append(data[5].Valid, w.Inner.Few != nil)
		data[6].Ints = append(data[6].Ints, 7)
	}
	return data, want
}

func sampleFile(t testing.TB, rows, groups int) ([]byte, []libraryRow) {
	w, err := NewWriter(sampleColumns)
	require.NoError(t, err)
	var want []libraryRow
	for range groups {
		data, rows := sample(rows)
		require.NoError(t, w.WriteGroup(len(rows), data))
		want = append(want, rows...)
	}
	body, err := w.Close(format.KeyValue{Key: "a", Value: "b"})
	require.NoError(t, err)
	return body, want
}

func TestTheLibraryReadsWhatWeWrite(t *testing.T) {
	body, want := sampleFile(t, 3*pageRows+5, 2)
	got, err := parquet.Read[libraryRow](bytes.NewReader(body), int64(len(body)))
	require.NoError(t, err)
	require.Len(t, got, len(want))
	for i := range want {
		if math.IsNaN(want[i].Inner.Ratio) {
			require.True(t, math.IsNaN(got[i].Inner.Ratio))
			want[i].Inner.Ratio, got[i].Inner.Ratio = 0, 0
		}
		if fmt.Sprint(want[i].At, want[i].Inner.Few == nil) != fmt.Sprint(got[i].At, got[i].Inner.Few == nil) {
			t.Fatalf("row %d", i)
		}
	}
	require.Equal(t, want, got)
}

func TestThePageIndexBoundsEveryPage(t *testing.T) {
	const rows = 3*pageRows + 5
	body, _ := sampleFile(t, rows, 1)
	f, err := parquet.OpenFile(bytes.NewReader(body), int64(len(body)))
	require.NoError(t, err)
	for i, chunk := range f.RowGroups()[0].ColumnChunks() {
		column, err := chunk.ColumnIndex()
		require.NoError(t, err)
		offsets, err := chunk.OffsetIndex()
		require.NoError(t, err)
		pages := chunk.Pages()
		first := int64(0)
		for p := range column.NumPages() {
			page, err := pages.ReadPage()
			require.NoError(t, err)
			require.Equal(t, first, offsets.FirstRowIndex(p))
			require.Equal(t, page.NumNulls(), column.NullCount(p))
			values := make([]parquet.Value, page.NumValues())
			n, _ := page.Values().ReadValues(values)
			for _, v := range values[:n] {
				if v.IsNull() || v.Kind() == parquet.Double && v.Double() != v.Double() {
					continue
				}
				require.LessOrEqual(t, chunk.Type().Compare(column.MinValue(p), v), 0, "column %d page %d", i, p)
				require.GreaterOrEqual(t, chunk.Type().Compare(column.MaxValue(p), v), 0, "column %d page %d", i, p)
			}
			first += page.NumRows()
		}
		require.Equal(t, int64(rows), first)
		require.NoError(t, pages.Close())
	}
	low, high, ok := f.RowGroups()[0].ColumnChunks()[0].(*parquet.FileColumnChunk).Bounds()
	require.True(t, ok)
	require.Equal(t, []int64{0, (rows - 1) * 1000}, []int64{low.Int64(), high.Int64()})
}

func TestLongTextsAreBoundedByShortOnes(t *testing.T) {
	for _, text := range []string{strings.Repeat("a", 100), strings.Repeat("ñ", 40) + "z", "a" + strings.Repeat("ñ", 50), strings.Repeat("~", 70)} {
		b := pageBounds{known: true, min: []byte(text), max: []byte(text)}
		b.shorten()
		require.LessOrEqual(t, len(b.min), maxBound)
		require.LessOrEqual(t, string(b.min), text)
		if b.known {
			require.LessOrEqual(t, len(b.max), maxBound)
			require.Greater(t, string(b.max), text)
		}
	}
}

func TestColumnsThatCrossAreRefused(t *testing.T) {
	for _, paths := range [][][]string{{{"a"}, {"a"}}, {{"a"}, {"a", "b"}}, {{"a", "b"}, {"a"}}, {{}}} {
		var columns []Column
		for _, path := range paths {
			columns = append(columns, Column{Path: path, Type: format.Int64})
		}
		_, err := NewWriter(columns)
		require.ErrorIs(t, err, ErrSchema, paths)
	}
}

func TestOpenAtReadsTheSame(t *testing.T) {
	body, want := sampleFile(t, 100, 2)
	f, err := OpenAt("a.parquet", bytes.NewReader(body), int64(len(body)))
	require.NoError(t, err)
	require.Equal(t, int64(200), f.Rows)
	require.Equal(t, 2, f.Groups())
	leaf, ok := f.Find([]string{"inner", "part"})
	require.True(t, ok)
	_, ok = f.Find([]string{"inner"})
	require.False(t, ok)
	c, err := f.Column(1, leaf)
	require.NoError(t, err)
	ints := make([]int64, 100)
	_, err = c.Ints(ints, nil)
	require.NoError(t, err)
	require.Equal(t, int64(want[0].Inner.Part), ints[99])
	_, err = c.Ints(ints[:1], nil)
	require.ErrorIs(t, err, ErrFormat) // there are no more
	require.ErrorContains(t, err, "a.parquet: column inner.part")

	_, err = OpenAt("a.parquet", bytes.NewReader(body[:50]), int64(len(body)))
	require.Error(t, err)
}

// withFooter makes a file of one page's bytes and a footer.
func withFooter(t *testing.T, footer []byte, pages ...byte) []byte {
	body := append([]byte(magic), pages...)
	body = append(body, footer...)
	body = binary.LittleEndian.AppendUint32(body, uint32(len(footer)))
	return append(body, magic...)
}

// A few bytes mustn't ask for gigabytes: a failed allocation ends the process.
func TestSmallFilesTakeLittleMemory(t *testing.T) {
	marshal := func(meta format.FileMetaData) []byte {
		b, err := thrift.Marshal(new(thrift.CompactProtocol), &meta)
		require.NoError(t, err)
		return b
	}
	leaf := format.SchemaElement{Name: "a", Type: thrift.New(format.Int64), RepetitionType: thrift.New(format.Required)}
	schema := thrift.Slice[format.SchemaElement]{{Name: "schema", NumChildren: thrift.New(int32(1))}, leaf}
	group := func(rows int64) format.RowGroup {
		return format.RowGroup{NumRows: rows, Columns: thrift.Slice[format.ColumnChunk]{{MetaData: format.ColumnMetaData{Type: format.Int64, DataPageOffset: 4}}}}
	}
	children := thrift.Slice[format.SchemaElement]{{Name: "schema", NumChildren: thrift.New(int32(math.MaxInt32))}, leaf}
	for name, footer := range map[string][]byte{
		"a list of 2^31 elements":  {0x15, 2, 0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07},
		"a name of 2^31 bytes":     {0x15, 2, 0x19, 0x1c, 0x48, 0xff, 0xff, 0xff, 0xff, 0x07},
		"nesting":                  bytes.Repeat([]byte{0x1c}, 100_000),
		"2^31 columns":             marshal(format.FileMetaData{Schema: children}),
		"2^60 rows":                marshal(format.FileMetaData{Schema: schema, NumRows: 1 << 60, RowGroups: thrift.Slice[format.RowGroup]{group(1 << 60)}}),
		"rows that overflow":       marshal(format.FileMetaData{Schema: schema, NumRows: 0, RowGroups: thrift.Slice[format.RowGroup]{group(math.MaxInt64), group(math.MaxInt64)}}),
		"fewer rows than none":     marshal(format.FileMetaData{Schema: schema, NumRows: -1, RowGroups: thrift.Slice[format.RowGroup]{group(-1)}}),
		"rows that don't add up":   marshal(format.FileMetaData{Schema: schema, NumRows: 5, RowGroups: thrift.Slice[format.RowGroup]{group(4)}}),
		"a row group of no column": marshal(format.FileMetaData{Schema: schema, NumRows: 1, RowGroups: thrift.Slice[format.RowGroup]{{NumRows: 1}}}),
		"no schema":                marshal(format.FileMetaData{}),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Open("small.parquet", withFooter(t, footer))
		runtime.ReadMemStats(&after)
		require.ErrorIs(t, err, ErrFormat, name)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16<<20), name)
	}
}

// A run of two thousand million codes takes five bytes.
func TestRunsLongerThanTheirPageEnd(t *testing.T) {
	run := []byte{1, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0}
	c := &ColumnReader{leaf: &Leaf{}, meta: &format.ColumnMetaData{Type: format.Int64}, dict: dictionary{n: 1, ints: []int64{9}}}
	c.page.left = 10
	var err error
	c.page.values, err = c.newDecoder(format.RLEDictionary, run)
	require.NoError(t, err)
	dst := make([]int64, 11)
	_, err = c.Ints(dst, nil)
	require.ErrorIs(t, err, ErrFormat)
	require.Equal(t, []int64{9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 0}, dst)
}
