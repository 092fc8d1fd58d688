package source_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/source/sourcetest"
)

type row struct {
	N    int    `anabranch:"n"`
	Text string `anabranch:"text"`
}

// framed writes records after their lengths.
func framed(records ...string) (file []byte) {
	for _, record := range records {
		file = append(binary.AppendUvarint(file, uint64(len(record))), record...)
	}
	return file
}

func TestDelimitedFilesConform(t *testing.T) {
	sourcetest.TestSource(t, func(t *testing.T) sourcetest.Log[row] {
		files, want := fstest.MapFS{"empty": {}}, []row(nil)
		for file := range 2 {
			var records []string
			for i := range 10 {
				e := row{file*100 + i, strings.Repeat("x", i*100)}
				if i%4 == 3 {
					records = append(records, "nonsense", "")
					continue
				}
				records = append(records, fmt.Sprintf(`{"n":%d,"text":%q}`, e.N, e.Text))
				want = append(want, e)
			}
			files[fmt.Sprint("f", file)] = &fstest.MapFile{Data: framed(records...)}
		}
		log, err := source.NewFiles(files, "*", source.Delimited(source.JSON[row]()), source.FilesOptions[row]{ChunkRows: 3})
		require.NoError(t, err)
		return sourcetest.Log[row]{Source: log, Ends: []int64{24}, Events: [][]row{want}}
	})
}

func TestDelimitedRefusesWhatItCannotFrame(t *testing.T) {
	for file, reason := range map[string]string{
		string(framed(`{"n":1}`)) + "\x05ab":                                   "x: record 2: unexpected EOF",
		string(framed(`{"n":1}`)) + "\x80":                                     "x: record 2: unexpected EOF",
		string(framed(`{"n":1}`)) + "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f": "x: record 2: binary: varint overflows",
		string(framed(`{"n":1}`)) + "\x81\x80\x80\x08":                         "x: record 2: a record of more than 16 MiB",
		string(framed(`{"n":1}`)) + "\x80\x80\x80\x08":                         "x: record 2: unexpected EOF",
	} {
		for _, skip := range []bool{false, true} {
			records, err := source.Delimited(source.JSON[row]()).Open("x", strings.NewReader(file), schemaOf[row](t))
			require.NoError(t, err)
			b := source.NewBuilder[row](schemaOf[row](t), nil)
			step := func() error { return records.Next(b, 0) }
			if skip {
				step = records.Skip
			}
			require.NoError(t, step())
			err = step()
			require.ErrorContains(t, err, reason, "%q", file)
			require.False(t, errors.Is(err, io.EOF), "it isn't a sound end")
		}
	}
}

func TestDelimitedQuarantineSaysWhere(t *testing.T) {
	log, err := source.NewFiles(fstest.MapFS{"x": {Data: framed(`{"n":1}`, `{"n":"a"}`, `{}`)}}, "x",
		source.Delimited(source.JSON[row]()), source.FilesOptions[row]{})
	require.NoError(t, err)
	c := only[row](t, log)
	require.Equal(t, []int64{0, 2}, c.Offsets)
	require.Equal(t, `{"n":"a"}`, string(c.Quarantine[0].Raw))
	require.Contains(t, c.Quarantine[0].Reason, "x:2: column n: ")
}

func TestSetJSON(t *testing.T) {
	schema := schemaOf[wide](t)
	tags, _ := schema.Lookup("tags")
	props, _ := schema.Lookup("props")
	count, _ := schema.Lookup("Count")
	b := source.NewBuilder[wide](schema, nil)
	require.NoError(t, b.SetJSON(tags, []byte(` [ "\u0079" ] `)))
	require.NoError(t, b.SetJSON(props, []byte(`{"b":2,"a":1}`)))
	require.ErrorIs(t, b.SetJSON(tags, []byte(`[]`)), source.ErrValue)
	require.ErrorIs(t, b.SetJSON(count, []byte(`1`)), source.ErrValue)
	zeroTimes(t, b)
	b.Commit(0, nil)
	require.NoError(t, b.SetJSON(tags, []byte(`null`)))
	zeroTimes(t, b)
	b.Commit(1, nil)
	require.ErrorContains(t, b.SetJSON(tags, []byte(`[1]`)), "column tags: ")
	b.Reject(2, nil, io.EOF)
	want := []wide{{Tags: []string{"y"}, Props: map[string]int{"a": 1, "b": 2}}, {}}
	require.Equal(t, want, b.Chunk(0, 0, 3).Rows())
	require.Equal(t, cells(chunkOf(t, want)), cells(b.Chunk(0, 0, 3)))
}

func TestSetTextReadsDecimalsAndTimes(t *testing.T) {
	schema := schemaOf[wide](t)
	at, _ := schema.Lookup("at")
	price, _ := schema.Lookup("price")
	b := source.NewBuilder[wide](schema, nil)
	require.NoError(t, b.SetText(price, []byte("12.5")))
	require.NoError(t, b.SetText(at, []byte("2024-05-01T12:00:00+02:00")))
	stamp, _ := schema.Lookup("Stamp")
	require.NoError(t, b.SetText(stamp, []byte("2024-05-01T12:00:00Z")))
	b.Commit(0, nil)
	require.ErrorContains(t, b.SetText(price, []byte("12.505")), "column price: source: unfit value: ")
	require.ErrorContains(t, b.SetText(at, []byte("May")), "column at: source: unfit value: ")
	b.Reject(1, nil, io.EOF)
	e := b.Chunk(0, 0, 2).Rows()[0]
	require.EqualValues(t, 1250, e.Price)
	require.Equal(t, "2024-05-01T10:00:00Z", e.At.Format("2006-01-02T15:04:05Z07:00"))
}
