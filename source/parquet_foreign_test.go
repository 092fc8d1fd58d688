package source

import (
	"bytes"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/stretchr/testify/require"
)

// other is a row as another program may write it.
type other struct {
	Millis   time.Time `parquet:"millis,timestamp(millisecond)"`
	Micros   int64     `parquet:"micros,timestamp(microsecond),delta"`
	Nanos    int64     `parquet:"nanos,timestamp(nanosecond)"`
	Dict     string    `parquet:"dict,dict"`
	Plain    string    `parquet:"plain"`
	Lengths  string    `parquet:"lengths,delta"`
	Bytes    []byte    `parquet:"bytes,dict,optional"`
	Nothing  *string   `parquet:"nothing,optional"`
	Int32    int32     `parquet:"int32"`
	Delta32  int32     `parquet:"delta32,delta"`
	Dict32   int32     `parquet:"dict32,dict"`
	Split32  int32     `parquet:"split32,split"`
	Unsigned uint32    `parquet:"unsigned"`
	Int64    *int64    `parquet:"int64,optional"`
	Float    float32   `parquet:"float"`
	Double   *float64  `parquet:"double,optional,split"`
	Flag     *bool     `parquet:"flag,optional"`
	Cents    int32     `parquet:"cents,decimal(2:9)"`
	Fixed    [4]byte   `parquet:"fixed,decimal(2:9)"`
	Ignored  []int     `parquet:"ignored,list"`
	Nested   *struct {
		Deep *int64 `parquet:"deep,optional"`
	} `parquet:"nested,optional"`
}

// ours is how it's read here.
type ours struct {
	Millis   time.Time `anabranch:"millis"`
	Micros   time.Time `anabranch:"micros"`
	Nanos    time.Time `anabranch:"nanos"`
	Dict     string    `anabranch:"dict"`
	Plain    string    `anabranch:"plain"`
	Lengths  string    `anabranch:"lengths"`
	Bytes    string    `anabranch:"bytes"`
	Nothing  string    `anabranch:"nothing"`
	Int32    int64     `anabranch:"int32"`
	Delta32  int       `anabranch:"delta32"`
	Dict32   int32     `anabranch:"dict32"`
	Split32  int32     `anabranch:"split32"`
	Unsigned uint32    `anabranch:"unsigned"`
	Int64    *int64    `anabranch:"int64"`
	Float    float32   `anabranch:"float"`
	Double   *float64  `anabranch:"double"`
	Flag     bool      `anabranch:"flag"`
	Cents    int64     `anabranch:"cents,decimal=2"`
	Fixed    int64     `anabranch:"fixed,decimal=2"`
	Nested   struct {
		Deep *int64 `anabranch:"deep"`
	} `anabranch:"nested"`
	Missing  *string   `anabranch:"missing"`
	Absent   time.Time `anabranch:"absent"`
	NoList   []string  `anabranch:"no_list"`
	NoNumber int64     `anabranch:"no_number"`
}

func foreignRow(i int) (other, ours) {
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC).Add(time.Duration(i-50) * 1234567891 * time.Nanosecond * 1000)
	var o other
	var w ours
	o.Millis, w.Millis = at, at.Truncate(time.Millisecond)
	o.Micros, w.Micros = at.UnixMicro(), at.Truncate(time.Microsecond)
	old := time.Unix(0, int64(i-3)*777) // before 1970 it's rounded down, too
	o.Nanos, w.Nanos = old.UnixNano(), FromMicros(int64(math.Floor(float64(old.UnixNano())/1000)))
	o.Dict = fmt.Sprint("text ", i%7)
	o.Plain, o.Lengths = fmt.Sprint("plain ", i%11), fmt.Sprint("long and longer ", i%13)
	w.Dict, w.Plain, w.Lengths = o.Dict, o.Plain, o.Lengths
	if i%4 > 0 {
		o.Bytes = []byte{byte('a' + i%3)}
		w.Bytes = string(o.Bytes)
	}
	o.Int32, o.Delta32, o.Dict32, o.Split32 = int32(i-5), math.MinInt32+int32(i)*1e7, int32(i%5), int32(-i)
	if i%2 == 0 {
		o.Delta32 = math.MaxInt32 - int32(i)
	}
	w.Int32, w.Delta32, w.Dict32, w.Split32 = int64(o.Int32), int(o.Delta32), o.Dict32, o.Split32
	o.Unsigned = math.MaxUint32 - uint32(i)
	w.Unsigned = o.Unsigned
	if i%3 > 0 {
		n, f, b := int64(i)<<40, float64(i)/3, i%2 == 0
		o.Int64, o.Double, o.Flag = &n, &f, &b
		w.Int64, w.Double, w.Flag = &n, &f, b
	}
	o.Float = float32(i) / 3
	w.Float = o.Float
	o.Cents, w.Cents = int32(i*-100), int64(i*-100)
	w.Fixed = int64(i-2) * 1e6
	for k := range o.Fixed {
		o.Fixed[k] = byte(w.Fixed >> (8 * (3 - k)))
	}
	o.Ignored = []int{i}
	if i%5 > 0 {
		n := int64(i)
		o.Nested = &struct {
			Deep *int64 `parquet:"deep,optional"`
		}{}
		if i%5 > 1 {
			o.Nested.Deep, w.Nested.Deep = &n, &n
		}
	}
	return o, w
}

func foreignFile(t testing.TB, rows []other, options ...parquet.WriterOption) []byte {
	var b bytes.Buffer
	w := parquet.NewGenericWriter[other](&b, options...)
	_, err := w.Write(rows)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func TestParquetReadsWhatOtherWritersWrite(t *testing.T) {
	const n = 1000
	var rows []other
	var events []ours
	for i := range n {
		o, w := foreignRow(i)
		rows, events = append(rows, o), append(events, w)
	}
	schema, err := SchemaOf[ours]()
	require.NoError(t, err)
	b := NewBuilder[ours](schema, nil)
	for i := range events {
		b.Append(&events[i], 100+int64(i), nil)
	}
	want := cellsOf(b.Chunk(0, 100, 100+n))
	for _, codec := range []compress.Codec{&parquet.Uncompressed, &parquet.Snappy, &parquet.Gzip, &parquet.Zstd, &parquet.Lz4Raw} {
		for _, version := range []int{1, 2} {
			t.Run(fmt.Sprint(codec, " v", version), func(t *testing.T) {
				body := foreignFile(t, rows, parquet.Compression(codec), parquet.DataPageVersion(version),
					parquet.PageBufferSize(1000), parquet.MaxRowsPerRowGroup(300))
				got := readAll[ours](t, body, ParquetOptions{ChunkRows: 128, Base: 100})
				require.Equal(t, want.offsets, got.offsets)
				for i := range schema.Columns {
					require.Equal(t, want.columns[i], got.columns[i], schema.Columns[i].Name)
				}
			})
		}
	}
}

func TestParquetRefusesColumnsOfAnotherType(t *testing.T) {
	o, _ := foreignRow(1)
	body := foreignFile(t, []other{o})
	for name, open := range map[string]func() error{
		"column dict: it's BYTE_ARRAY STRING in the file, and int here": opens[struct {
			Dict int64 `json:"dict"`
		}](body),
		"column int32: it's INT32 INT(32,true) in the file, and string here": opens[struct {
			Int32 string `json:"int32"`
		}](body),
		"column float: it's FLOAT in the file, and int here": opens[struct {
			Float int64 `json:"float"`
		}](body),
		"column int64: it's INT64 INT(64,true) in the file, and time here": opens[struct {
			Int64 time.Time `json:"int64"`
		}](body),
		"column micros: it's INT64 TIMESTAMP(isAdjustedToUTC=true,unit=MICROS) in the file, and int here": opens[struct {
			Micros int64 `json:"micros"`
		}](body),
		"column cents: it's INT32 DECIMAL(9,2) in the file, and decimal of scale 1 here": opens[struct {
			Cents int64 `anabranch:"cents,decimal=1"`
		}](body),
		"column cents: it's INT32 DECIMAL(9,2) in the file, and int here": opens[struct {
			Cents int64 `json:"cents"`
		}](body),
	} {
		err := open()
		require.ErrorIs(t, err, ErrColumn)
		require.ErrorContains(t, err, "test.parquet: "+name)
	}
}

func opens[E any](body []byte) func() error {
	return func() error {
		_, err := OpenParquet[E]("test.parquet", body, ParquetOptions{})
		return err
	}
}

func TestParquetQuarantinesValuesThatDoNotFit(t *testing.T) {
	var rows []other
	for i := range 10 {
		o, _ := foreignRow(i)
		rows = append(rows, o)
	}
	rows[3].Int32, rows[7].Int32 = 128, -129
	rows[7].Micros = math.MaxInt64
	type narrow struct {
		Int32  int8      `anabranch:"int32"`
		Micros time.Time `anabranch:"micros"`
		Dict   string    `anabranch:"dict"`
	}
	body := foreignFile(t, rows, parquet.MaxRowsPerRowGroup(4))
	_, err := tryRead[narrow](body, ParquetOptions{})
	require.ErrorIs(t, err, ErrValue)
	require.ErrorContains(t, err, "test.parquet: row 3: column int32: 128 doesn't fit a int8")

	got := readAll[narrow](t, body, ParquetOptions{Quarantine: true, Base: 20})
	require.Equal(t, []int64{20, 21, 22, 24, 25, 26, 28, 29}, got.offsets)
	require.Equal(t, []Quarantined{
		{Offset: 23, Raw: []byte("128 doesn't fit a int8"), Reason: "test.parquet: row 3: column int32: 128 doesn't fit a int8"},
		{Offset: 27, Raw: []byte("-129 doesn't fit a int8"), Reason: "test.parquet: row 7: column int32: -129 doesn't fit a int8"},
	}, got.quarantine)
	require.Equal(t, "text 4", got.columns[2][3].Text)
	require.Equal(t, int64(-1), got.columns[0][3].Int)
}

// Texts that aren't UTF-8 may become one: those of a dictionary keep their codes.
func TestParquetTextsThatBecomeEqual(t *testing.T) {
	var rows []other
	for _, text := range []string{"\xff", "\ufffd", "a", "\xfe"} {
		o, _ := foreignRow(0)
		o.Dict, o.Plain = text, text
		rows = append(rows, o)
	}
	r, err := OpenParquet[ours]("test.parquet", foreignFile(t, rows), ParquetOptions{})
	require.NoError(t, err)
	c, err := r.Next()
	require.NoError(t, err)
	for _, name := range []string{"dict", "plain"} {
		column, _ := c.Schema.Lookup(name)
		for i, want := range []string{"\ufffd", "\ufffd", "a", "\ufffd"} {
			require.Equal(t, want, c.Columns[column].Value(int32(i)).Text, name)
		}
	}
}
