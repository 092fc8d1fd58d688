package sink

import (
	"io"
	"math"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/anabranch-go/anabranch/source"
)

// JSONLines makes a sink that appends rows to w: one JSON object a row, one row
// a line.
//
//	{"view":"ventas","window_start":"2026-11-01T10:00:00Z","window_end":"2026-11-01T10:05:00Z","category":"libros","sum":990,"version":17,"timing":"on-time","final":true,"removed":false}
//
// The members are the columns of [Schema]; nested structs are objects. Times are
// RFC 3339 in UTC, decimals numbers with all digits of their scale. A float that
// JSON has no number for (NaN, ±Inf) is null. [source.JSON] reads the lines as
// events of the type [Record].
//
// Nothing is ever taken back: of lines with one identity, readers take the one
// with the highest version, and of these the last, unless it says that the row
// was removed.
//
// A batch is one call of w.Write, under a lock. What a failed write has left out
// is written before the next batch, so that no line is torn. A file whose last
// line was torn by the end of its process is the caller's to end.
//
// Errors are those of [SchemaOf].
func JSONLines[K, R any](w io.Writer, options SchemaOptions) (Sink[K, R], error) {
	schema, err := SchemaOf[K, R](options)
	if err != nil {
		return nil, err
	}
	members, end, err := jsonMembers(schema.Schema)
	if err != nil {
		return nil, err
	}
	s := newTexts(w, schema)
	s.line = func(to []byte, columns []source.Vector, i int) []byte {
		for m := range members {
			to = append(to, members[m].before...)
			to = members[m].append(to, &columns[m], i)
		}
		return append(to, end...)
	}
	return s, nil
}

// member is a column in a line, with what stands before its value: the ends of
// groups, a comma, the beginnings of groups and the name.
type member struct {
	before string
	column *source.Column
}

func jsonMembers(s *source.Schema) (members []member, end string, err error) {
	before := []byte("{")
	var open []string
	for i := range s.Columns {
		c := &s.Columns[i]
		shared := sharedGroups(open, c.Path)
		for range open[shared:] {
			before = append(before, '}')
		}
		if i > 0 {
			before = append(before, ',')
		}
		for depth, name := range c.Path[shared:] {
			if before, err = jsontext.AppendQuote(before, name); err != nil {
				return nil, "", err
			}
			before = append(before, ':')
			if shared+depth < len(c.Path)-1 {
				before = append(before, '{')
			}
		}
		members, before, open = append(members, member{string(before), c}), nil, c.Path[:len(c.Path)-1]
	}
	for range open {
		before = append(before, '}')
	}
	return members, string(before) + "}\n", nil
}

func (m *member) append(to []byte, v *source.Vector, i int) []byte {
	if v.IsNull(int32(i)) {
		return append(to, "null"...)
	}
	switch m.column.Kind {
	case source.Float:
		f := v.Floats[i]
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return append(to, "null"...)
		}
		return appendFloat(to, m.column, f)
	case source.Opaque:
		return append(to, v.Dict.Values[v.Codes[i]]...)
	case source.String:
		to, _ = jsontext.AppendQuote(to, v.Dict.Values[v.Codes[i]]) // it's valid UTF-8, so there's no error
		return to
	case source.Time:
		return append(appendTime(append(to, '"'), v.Ints[i]), '"')
	}
	return appendNumber(to, m.column, v.Ints[i])
}
