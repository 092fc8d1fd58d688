package sink

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// line is a row as one JSON object: all its parts are embedded at one depth.
type line[K, V any] struct {
	Head  head `json:",embed"`
	Key   K    `json:",embed"`
	Value V    `json:",embed"`
	Tail  tail `json:",embed"`
}

type head struct {
	View string     `json:"view"`
	From *time.Time `json:"from"`
	To   *time.Time `json:"to"`
}

type tail struct {
	Version int64 `json:"version"`
	Final   bool  `json:"final"`
}

// keyColumn and valueColumn hold what has no fields of its own.
type keyColumn[K any] struct {
	Key K `json:"key"`
}

type valueColumn[V any] struct {
	Value V `json:"value"`
}

// lineOf gives the function that makes lines of rows, by whether the key and the
// value have fields.
func lineOf[K, R any]() func(*Row[K, R]) any {
	switch keyed, valued := hasFields[K](), hasFields[R](); {
	case keyed && valued:
		return func(r *Row[K, R]) any { return newLine(r, r.Key, r.Value) }
	case keyed:
		return func(r *Row[K, R]) any { return newLine(r, r.Key, valueColumn[R]{r.Value}) }
	case valued:
		return func(r *Row[K, R]) any { return newLine(r, keyColumn[K]{r.Key}, r.Value) }
	}
	return func(r *Row[K, R]) any { return newLine(r, keyColumn[K]{r.Key}, valueColumn[R]{r.Value}) }
}

func newLine[K, R, KC, VC any](r *Row[K, R], key KC, value VC) *line[KC, VC] {
	l := &line[KC, VC]{Head: head{View: r.View}, Key: key, Value: value, Tail: tail{r.Version, r.Final}}
	if !r.Window.Start.IsZero() || !r.Window.End.IsZero() {
		l.Head.From, l.Head.To = &r.Window.Start, &r.Window.End
	}
	return l
}

// ownForms are the interfaces by which a type has its own form as JSON.
var ownForms = []reflect.Type{
	reflect.TypeFor[json.Marshaler](), reflect.TypeFor[json.MarshalerTo](),
	reflect.TypeFor[json.Unmarshaler](), reflect.TypeFor[json.UnmarshalerFrom](),
	reflect.TypeFor[encoding.TextMarshaler](), reflect.TypeFor[encoding.TextAppender](),
	reflect.TypeFor[encoding.TextUnmarshaler](),
}

// hasFields says whether T's JSON is an object of T's fields.
func hasFields[T any]() bool {
	if reflect.TypeFor[T]().Kind() != reflect.Struct {
		return false
	}
	for _, form := range ownForms {
		if reflect.TypeFor[*T]().Implements(form) {
			return false
		}
	}
	return true
}

// checkNames makes sure that no two columns have one name. The JSON package
// would leave out both.
func checkNames[K, R any]() error {
	keys, values := knows[keyColumn[K]], knows[valueColumn[R]]
	var candidates []string
	if hasFields[K]() {
		keys, candidates = knows[K], fieldNames(reflect.TypeFor[K]())
	}
	if hasFields[R]() {
		values = knows[R]
	}
	for _, name := range append(candidates, "key") {
		if keys(name) && values(name) {
			return fmt.Errorf("%w: %q is a field of the key %v and of the value %v", ErrNames, name, reflect.TypeFor[K](), reflect.TypeFor[R]())
		}
	}
	for _, name := range []string{"view", "from", "to", "version", "final"} {
		if keys(name) || values(name) {
			return fmt.Errorf("%w: %q is the sink's own, and a field of the key %v or of the value %v", ErrNames, name, reflect.TypeFor[K](), reflect.TypeFor[R]())
		}
	}
	return nil
}

// knows asks the JSON package whether T's object has a member of that name, so
// that its rules about tags and embedding needn't be known here.
func knows[T any](name string) bool {
	quoted, err := jsontext.AppendQuote([]byte("{"), name)
	if err != nil {
		return false
	}
	var into T
	err = json.Unmarshal(append(quoted, ":null}"...), &into, json.RejectUnknownMembers(true))
	return !errors.Is(err, json.ErrUnknownName)
}

// fieldNames gives every name that a member of T's object can have, and perhaps
// more. within are the structs that t is embedded in.
func fieldNames(t reflect.Type, within ...reflect.Type) (names []string) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || slices.Contains(within, t) {
		return nil
	}
	for field := range t.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" {
			name = field.Name
		}
		names = append(names, name)
		if field.Anonymous || strings.Contains(options, "embed") {
			names = append(names, fieldNames(field.Type, append(within, t)...)...)
		}
	}
	return names
}
