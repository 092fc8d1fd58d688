package sink

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/anabranch-go/anabranch/source"
)

// SchemaOptions are the options of [SchemaOf], and of every sink that writes
// columns.
type SchemaOptions struct {
	// Rename gives columns other names, by those that they'd have: "key" and
	// "value" are the usual ones.
	Rename map[string]string
	// Decimals makes decimals of int64 columns that no tag can say it of, such as
	// a "value" in cents: by name, after Rename, the digits after the point.
	Decimals map[string]int
}

// Schema is the columns that rows make, one and the same in every sink:
//
//   - view, a text;
//   - window_start and window_end, times in UTC; null where the window is all of
//     time;
//   - the key's fields, as package source makes columns of an event's: by the tag
//     `anabranch:"name,decimal=2"`, else by the json tag, else by the Go name. A
//     key that isn't a struct is the column "key", and the key struct{} is none;
//   - the value's fields in the same way, or the column "value";
//   - version, an integer; timing, a text: early, on-time or late; final and
//     removed, bools.
//
// Nested structs are groups, and their columns have dotted names. Pointers to
// scalars and [source.Null] are optional columns; lists and maps are JSON texts, in
// which NaN and infinities are null and a time.Duration is its nanoseconds.
type Schema[K, R any] struct {
	// Schema has the columns. Don't change them.
	*source.Schema
	// Identity is how many of them, from the first, tell rows apart: those of the
	// view, the window and the key.
	Identity int
	// Version is the column of the version.
	Version int
}

// SchemaOf gives the schema of rows of a key and a value.
//
// ErrNames says that two columns have one name, or that options name a column
// that isn't there; ErrType that a field of the key or the value can't be a
// column.
func SchemaOf[K, R any](options SchemaOptions) (*Schema[K, R], error) {
	schema, err := source.SchemaWith[Record[K, R]](source.SchemaOptions{Lossy: true, Rename: options.Rename, Decimals: options.Decimals})
	if err != nil {
		return nil, explain[K, R](err, options)
	}
	if name, ok := splitGroup(schema); ok {
		return nil, fmt.Errorf("%w: %q is a group of the key %v and of the value %v", ErrNames, name, reflect.TypeFor[K](), reflect.TypeFor[R]())
	}
	identity, err := source.SchemaOf[identified[K]]()
	if err != nil {
		return nil, explain[K, R](err, options)
	}
	name := "version"
	if other, ok := options.Rename[name]; ok {
		name = other
	}
	version, _ := schema.Lookup(name)
	return &Schema[K, R]{Schema: schema, Identity: len(identity.Columns), Version: version}, nil
}

// explain says whether an error is about names or about types. Options are wrong
// about names where the schema without them is right.
func explain[K, R any](err error, options SchemaOptions) error {
	kind := ErrType
	if errors.Is(err, source.ErrNames) {
		kind = ErrNames
	} else if options.Rename != nil || options.Decimals != nil {
		if _, err := source.SchemaOf[Record[K, R]](); err == nil {
			kind = ErrNames
		}
	}
	return fmt.Errorf("%w: key %v, value %v: %w", kind, reflect.TypeFor[K](), reflect.TypeFor[R](), err)
}

// splitGroup finds a group whose columns don't stand together, since a part is
// the key's and a part the value's: a JSON object would have it twice.
func splitGroup(s *source.Schema) (string, bool) {
	closed := map[string]bool{}
	var open []string
	for i := range s.Columns {
		path := s.Columns[i].Path
		shared := sharedGroups(open, path)
		for depth := range open[shared:] {
			closed[groupName(open[:shared+depth+1])] = true
		}
		open = path[:len(path)-1]
		for depth := shared + 1; depth <= len(open); depth++ {
			if name := groupName(open[:depth]); closed[name] {
				return name, true
			}
		}
	}
	return "", false
}

// sharedGroups is how many of the open groups a column lies in.
func sharedGroups(open, path []string) int {
	n := 0
	for n < len(open) && n < len(path)-1 && open[n] == path[n] {
		n++
	}
	return n
}

func groupName(path []string) string { return fmt.Sprintf("%q", slices.Clone(path)) }

// Encoder turns rows into columns. One that's used again makes room at once for as
// many rows as it had last. It's not safe for concurrent use.
type Encoder[K, R any] struct {
	builder *source.Builder[Record[K, R]]
	record  Record[K, R] // the one being added: its address mustn't cost memory each time
}

// Encoder makes an encoder of the schema's columns.
func (s *Schema[K, R]) Encoder() *Encoder[K, R] {
	return &Encoder[K, R]{builder: source.NewBuilder[Record[K, R]](s.Schema, nil)}
}

// Encode gives rows as the schema's columns, normalised as events are: times in
// UTC and microseconds, texts in valid UTF-8. What it returns is the caller's.
// ErrValue names the first row that has no such form.
func (e *Encoder[K, R]) Encode(rows []Row[K, R]) (*source.Chunk[Record[K, R]], error) {
	e.builder.Reset()
	defer func() { e.record = Record[K, R]{} }() // keeps none of the caller's values
	for i := range rows {
		e.record = RecordOf(&rows[i])
		e.builder.Append(&e.record, int64(i), nil)
		if e.builder.Rejected() > 0 {
			reason := e.builder.Chunk(0, 0, int64(len(rows))).Quarantine[0].Reason
			return nil, fmt.Errorf("%w: row %d, of view %s: %s", ErrValue, i, rows[i].View, reason)
		}
	}
	return e.builder.Chunk(0, 0, int64(len(rows))), nil
}
