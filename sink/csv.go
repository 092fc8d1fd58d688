package sink

import (
	"io"
	"math"
	"strings"

	"github.com/anabranch-go/anabranch/source"
)

// CSVOptions are the options of [CSV].
type CSVOptions struct {
	Schema SchemaOptions
	// NoHeader leaves out the line of names, for a file that has one already.
	NoHeader bool
}

// CSV makes a sink that appends rows to w as comma-separated values, by RFC 4180
// but for line ends, which are "\n". The first line, written with the first row,
// has the names of the columns of [Schema], with dots where structs are nested.
//
//   - A null is an empty cell, and so is an empty list or map. An empty text is
//     "", in quotes, which many readers tell from a null.
//   - Times are RFC 3339 in UTC, decimals have all digits of their scale, floats
//     as many as tell them apart. NaN, Inf and -Inf are written so.
//   - Lists and maps are JSON.
//
// [source.CSV] reads such a file as events of the type [Record].
//
// Nothing is ever taken back, and a failed write goes on with the next batch, as
// with [JSONLines]. Errors are those of [SchemaOf].
func CSV[K, R any](w io.Writer, options CSVOptions) (Sink[K, R], error) {
	schema, err := SchemaOf[K, R](options.Schema)
	if err != nil {
		return nil, err
	}
	c := cells{schema.Columns}
	s := newTexts(w, schema)
	s.line = c.line
	if !options.NoHeader {
		s.head = c.header()
	}
	return s, nil
}

// cells writes lines of cells.
type cells struct{ columns []source.Column }

func (c *cells) header() (to []byte) {
	for i := range c.columns {
		if i > 0 {
			to = append(to, ',')
		}
		to = appendCell(to, c.columns[i].Name)
	}
	return append(to, '\n')
}

func (c *cells) line(to []byte, columns []source.Vector, i int) []byte {
	for at := range c.columns {
		if at > 0 {
			to = append(to, ',')
		}
		to = c.cell(to, &c.columns[at], &columns[at], i)
	}
	return append(to, '\n')
}

func (c *cells) cell(to []byte, column *source.Column, v *source.Vector, i int) []byte {
	if v.IsNull(int32(i)) {
		return to
	}
	switch column.Kind {
	case source.Float:
		switch f := v.Floats[i]; {
		case math.IsNaN(f):
			return append(to, "NaN"...)
		case math.IsInf(f, 1):
			return append(to, "Inf"...)
		case math.IsInf(f, -1):
			return append(to, "-Inf"...)
		default:
			return appendFloat(to, column, f)
		}
	case source.Opaque:
		if text := v.Dict.Values[v.Codes[i]]; text != "null" {
			return appendCell(to, text)
		}
		return to
	case source.String:
		return appendCell(to, v.Dict.Values[v.Codes[i]])
	case source.Time:
		return appendTime(to, v.Ints[i])
	}
	return appendNumber(to, column, v.Ints[i])
}

// appendCell appends a text, in quotes where a reader might take it for something
// else: `\.` ends the input of Postgres, and spaces around are cut by some.
func appendCell(to []byte, text string) []byte {
	if text != "" && text != `\.` && text == strings.TrimSpace(text) && !strings.ContainsAny(text, ",\"\r\n") {
		return append(to, text...)
	}
	to = append(to, '"')
	for {
		before, after, found := strings.Cut(text, `"`)
		to = append(to, before...)
		if !found {
			return append(to, '"')
		}
		to = append(to, `""`...)
		text = after
	}
}
