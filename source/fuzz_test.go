package source_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/source"
)

// plain is an event whose JSON means the same to this package and to package
// json, so that one can be compared with the other.
type plain struct {
	ID    uint32    `json:"id"`
	N     *int64    `json:"n"`
	At    time.Time `json:"at"`
	Score float32   `json:"score"`
	OK    *bool     `json:"ok"`
	Name  string    `json:"name"`
	Note  *string   `json:"note"`
	Inner struct {
		X float64 `json:"x"`
	} `json:"inner"`
	Tags  []string         `json:"tags"`
	Props map[string][]int `json:"props"`
	Pair  [2]int8          `json:"pair"`
}

func FuzzJSON(f *testing.F) {
	for _, record := range []string{
		`{}`, `{"at":null}`, `{"at":"2024-05-01T00:00:00Z"}`, `{"at":0,"name":"x","pair":[1,-2]}`, ` {"id":7,"n":-9223372036854775808,"at":"2024-02-29T23:59:59.999999999+14:00","score":1e-7,"ok":true}`,
		`{"name":"\ud83d\ude00\"","note":"","inner":{"x":0.1,"y":[{}]},"tags":["a"],"props":{"b":[1],"a":null},"pair":[1,-2]}`,
		`{"n":1e3,"id":1.0}`, `{"n":null,"inner":null,"pair":null,"at":1714557600000000}`, `{"name":1}`, `{"id":1,"\u0069d":2}`,
		`{"id":1}x`, `[]`, `null`, `{"tags":{}}`, `{"score":1e39}`, `{"at":"0000-01-01T00:00:00Z"}`, "{\"name\":\"\xff\"}",
	} {
		f.Add([]byte(record))
	}
	decoder := source.JSON[plain]()
	f.Fuzz(func(t *testing.T, record []byte) {
		got := decode(t, decoder, string(record))
		var e plain
		var required struct {
			At *time.Time `json:"at"`
		}
		err := json.Unmarshal(record, &e)
		if err == nil {
			err = json.Unmarshal(record, &required)
		}
		switch {
		case err != nil || strings.TrimSpace(string(record)) == "null":
		case required.At == nil:
			require.Equal(t, 0, got.Len(), "a time that isn't there")
		default:
			want := chunkOf(t, []plain{e})
			require.Equal(t, want.Len(), got.Len(), "%v", got.Quarantine)
			require.Equal(t, cells(want), cells(got))
		}
		if got.Len() == 0 {
			require.Equal(t, string(record), string(got.Quarantine[0].Raw))
			return
		}
		require.Equal(t, cells(got), cells(chunkOf(t, got.Rows())))
		text, err := json.Marshal(got.Rows()[0])
		require.NoError(t, err)
		require.Equal(t, cells(got), cells(decode(t, decoder, string(text))))
	})
}

func FuzzCSV(f *testing.F) {
	for _, rows := range []string{
		"", "a,b,1,2010-12-01 08:26:00,1,2,3,[]\n", "\"a\"\"\n\",,1,2010-12-01 08:26:00,1,2,3,\n\n\r\nx", "\"", "a\"b,,,,,,,\n,,,,,,,",
		"a,,17850.0,2010-10-31 01:30:00,1.25,1e3,,\"[\"\"x\"\"]\"", "\xff,,,,,,,", ",,1,0000-01-01 00:00:00,1,,,",
	} {
		f.Add([]byte(rows))
	}
	schema, err := source.SchemaOf[sale]()
	require.NoError(f, err)
	format := salesCSV(f)
	f.Fuzz(func(t *testing.T, rows []byte) {
		file := saleHeader + string(rows)
		records, err := format.Open("x", strings.NewReader(file), schema)
		require.NoError(t, err)
		b := source.NewBuilder[sale](schema, nil)
		n := int64(0)
		for err == nil {
			if err = records.Next(b, n); err == nil {
				n++
			}
		}
		require.ErrorIs(t, err, io.EOF)
		c := b.Chunk(0, 0, n)
		require.NoError(t, c.Check())
		require.EqualValues(t, n, c.Len()+len(c.Quarantine))
		require.Equal(t, cells(c), cells(chunkOf(t, c.Rows())))
		for _, q := range c.Quarantine {
			require.Contains(t, file, string(q.Raw))
		}

		skipped, err := format.Open("x", strings.NewReader(file), schema)
		require.NoError(t, err)
		for ; err == nil; n-- {
			err = skipped.Skip()
		}
		require.True(t, errors.Is(err, io.EOF))
		require.EqualValues(t, -1, n, "skipping counts what reading does")
	})
}
