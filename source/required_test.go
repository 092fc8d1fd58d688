package source_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/fstest"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/source"
)

// payment is an event that lacks much if it lacks its amount.
type payment struct {
	At    time.Time  `anabranch:"at"`
	Seen  *time.Time `anabranch:"seen"`
	Cents int64      `anabranch:"cents,required"`
	User  string     `anabranch:"user,required"`
	Note  string     `anabranch:"note"`
	Inner struct {
		Tags []string `anabranch:"tags,required"`
	} `anabranch:"inner"`
}

func TestJSONWithoutWhatIsRequiredIsQuarantined(t *testing.T) {
	const whole = `{"at":"2024-05-01T00:00:00Z","cents":0,"user":"","inner":{"tags":[]}}`
	for record, reason := range map[string]string{
		`{"cents":1,"user":"a","inner":{"tags":[]}}`:                       "column at: source: unfit value: it's required, and missing or null",
		`{"at":null,"cents":1,"user":"a","inner":{"tags":[]}}`:             "column at: source: unfit value: it's required",
		`{"at":0,"user":"a","inner":{"tags":[]}}`:                          "column cents: ",
		`{"at":0,"cents":null,"user":"a","inner":{"tags":[]}}`:             "column cents: ",
		`{"at":0,"cents":1,"inner":{"tags":[]}}`:                           "column user: ",
		`{"at":0,"cents":1,"user":"a","inner":null}`:                       "column inner.tags: ",
		`{"at":0,"cents":1,"user":"a","inner":{"tags":null}}`:              "column inner.tags: ",
		`{"at":0,"cents":1,"user":"a","seen":null,"inner":{"tagz":["x"]}}`: "column inner.tags: ",
		`{"at":"0001-01-01","cents":1,"user":"a","inner":{"tags":[]}}`:     "RFC 3339",
	} {
		c := decode(t, source.JSON[payment](), whole, record, whole)
		require.Len(t, c.Quarantine, 1, record)
		require.Equal(t, record, string(c.Quarantine[0].Raw))
		require.Contains(t, c.Quarantine[0].Reason, reason)
		require.Equal(t, []int64{0, 2}, c.Offsets)
		require.Nil(t, c.Rows()[0].Seen)
	}
}

func TestATransformComesAfterWhatIsRequired(t *testing.T) {
	called := 0
	b := source.NewBuilder(schemaOf[payment](t), func(p *payment) error { called++; return nil })
	b.Decode(source.JSON[payment](), []byte(`{"cents":1}`), 0)
	require.Zero(t, called)
	require.Len(t, b.Chunk(0, 0, 1).Quarantine, 1)
}

func TestStrictJSONRefusesUnknownMembers(t *testing.T) {
	type event struct {
		N     int `anabranch:"n"`
		Inner struct {
			X int `anabranch:"x"`
		} `anabranch:"inner"`
	}
	for record, reason := range map[string]string{
		`{"N":1}`:                  `no column has the member "N"`,
		`{"n":1,"m":null}`:         `no column has the member "m"`,
		`{"n":1,"inner":{"y":{}}}`: `no column has the member "y"`,
		`{"n":1,"inner.x":1}`:      `no column has the member "inner.x"`,
		`{"n":1,"\u006e\u006e":1}`: `no column has the member "nn"`,
	} {
		c := decode(t, source.StrictJSON[event](), `{"n":1}`, record, `{"inner":{"x":1},"n":2}`, `{}`)
		require.Len(t, c.Quarantine, 1, record)
		require.Contains(t, c.Quarantine[0].Reason, reason)
		require.Equal(t, 3, c.Len())
		require.Empty(t, decode(t, source.JSON[event](), record).Quarantine)
	}
}

func TestCSVWithoutWhatIsRequiredIsQuarantined(t *testing.T) {
	type row struct {
		User string   `anabranch:"user,required"`
		Tags []string `anabranch:"tags,required"`
		Note string   `anabranch:"note"`
	}
	files := fstest.MapFS{"x": {Data: []byte("user,tags,note\na,[],\n,[],x\nb,,\n")}}
	log, err := source.NewFiles(files, "x", source.CSV[row](source.CSVOptions{}), source.FilesOptions[row]{})
	require.NoError(t, err)
	c := only(t, log)
	require.Equal(t, []int64{0}, c.Offsets)
	require.Equal(t, "x:3: column user: source: unfit value: it's required, and missing or null", c.Quarantine[0].Reason)
	require.Contains(t, c.Quarantine[1].Reason, "x:4: column tags: ")
}

func TestParquetFilesWithoutWhatIsRequired(t *testing.T) {
	type event struct {
		At time.Time `anabranch:"at"`
		N  int64     `anabranch:"n"`
	}
	type row struct {
		At *int64 `parquet:"at,optional,timestamp(microsecond)"`
		N  int64  `parquet:"n"`
	}
	type timeless struct {
		N int64 `parquet:"n"`
	}
	var nulls, without bytes.Buffer
	require.NoError(t, parquet.Write(&nulls, []row{{new(int64(7)), 1}, {nil, 2}, {new(int64(0)), 3}}))
	require.NoError(t, parquet.Write(&without, []timeless{{1}}))

	log, err := source.NewParquetFiles(fstest.MapFS{"x": {Data: nulls.Bytes()}}, "x", source.TablesOptions[event]{})
	require.NoError(t, err)
	c := only(t, log)
	require.Equal(t, []event{{source.FromMicros(7), 1}, {source.FromMicros(0), 3}}, c.Rows())
	require.Equal(t, "x: row 1: column at: it's required, and null", c.Quarantine[0].Reason)

	log, err = source.NewParquetFiles(fstest.MapFS{"x": {Data: without.Bytes()}}, "x", source.TablesOptions[event]{})
	require.NoError(t, err)
	_, err = log.Open(t.Context(), 0, 0)
	require.ErrorIs(t, err, source.ErrColumn)
	require.ErrorContains(t, err, "column at is required")
}

// only gives the one chunk of a log.
func only[E any](t *testing.T, log source.Source[E]) *source.Chunk[E] {
	reader, err := log.Open(t.Context(), 0, 0)
	require.NoError(t, err)
	defer func() { require.NoError(t, reader.Close()) }()
	c, err := reader.Next(t.Context())
	require.NoError(t, err)
	_, err = reader.Next(t.Context())
	require.True(t, errors.Is(err, io.EOF))
	return c
}

func TestTagsThatContradictThemselves(t *testing.T) {
	_, err := source.SchemaOf[struct {
		N *int `anabranch:"n,required"`
	}]()
	require.ErrorIs(t, err, source.ErrSchema)
	require.ErrorContains(t, err, "a pointer is an optional")
	_, err = source.SchemaOf[struct {
		N struct{ X int } `anabranch:"n,required"`
	}]()
	require.ErrorIs(t, err, source.ErrSchema)
	require.ErrorContains(t, err, "a nested struct can't be required")
}
