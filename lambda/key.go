package lambda

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/anabranch-go/anabranch/source"
)

// Key says how a view groups its events: by no field, by some, or by what a
// closure makes. K is what callers see. Where a part of it is a source.Null, a
// null is a key of its own: see source.Nullable. Elsewhere a null groups with the
// zero value.
type Key[E, K any] struct {
	parts []keyPart[E]
	// addresses gives pointers to the parts of a key, so that keys can be built
	// and taken apart.
	addresses func(*K) []any
}

// keyPart is one field of a key.
type keyPart[E any] struct {
	keyField[E]
	nullable bool
}

// keyField is what a key needs of a source.Field, whatever its type.
type keyField[E any] interface {
	Bind(*source.Binder[E]) (int, error)
	String() string
	HasCode() bool
	Kind() source.Kind
}

func partOf[E, T any](field source.Field[E, T]) keyPart[E] {
	_, nullable := source.NullType(reflect.TypeFor[T]())
	return keyPart[E]{field, nullable}
}

func (p keyPart[E]) String() string {
	if p.nullable {
		return "nullable(" + p.keyField.String() + ")"
	}
	return p.keyField.String()
}

// keyType is what the engine knows of a key's part.
type keyType struct {
	source.Kind
	nullable bool
}

// All puts every event into one group.
func All[E any]() Key[E, struct{}] {
	return Key[E, struct{}]{addresses: func(*struct{}) []any { return nil }}
}

// By groups by one field.
func By[E, T any](field source.Field[E, T]) Key[E, T] {
	return Key[E, T]{
		parts:     []keyPart[E]{partOf(field)},
		addresses: func(k *T) []any { return []any{k} },
	}
}

// By2 groups by two fields. addresses gives where in K each goes.
func By2[E, K, A, B any](a source.Field[E, A], b source.Field[E, B], addresses func(*K) (*A, *B)) Key[E, K] {
	return Key[E, K]{
		parts: []keyPart[E]{partOf(a), partOf(b)},
		addresses: func(k *K) []any {
			a, b := addresses(k)
			return []any{a, b}
		},
	}
}

// By3 groups by three fields. addresses gives where in K each goes.
func By3[E, K, A, B, C any](a source.Field[E, A], b source.Field[E, B], c source.Field[E, C], addresses func(*K) (*A, *B, *C)) Key[E, K] {
	return Key[E, K]{
		parts: []keyPart[E]{partOf(a), partOf(b), partOf(c)},
		addresses: func(k *K) []any {
			a, b, c := addresses(k)
			return []any{a, b, c}
		},
	}
}

// By4 groups by four fields. addresses gives where in K each goes.
func By4[E, K, A, B, C, D any](a source.Field[E, A], b source.Field[E, B], c source.Field[E, C], d source.Field[E, D], addresses func(*K) (*A, *B, *C, *D)) Key[E, K] {
	return Key[E, K]{
		parts: []keyPart[E]{partOf(a), partOf(b), partOf(c), partOf(d)},
		addresses: func(k *K) []any {
			a, b, c, d := addresses(k)
			return []any{a, b, c, d}
		},
	}
}

// KeyPart is a field that [ByParts] groups by, and its place in the key: see [Part].
type KeyPart[E, K any] struct {
	keyPart[E]
	address func(*K) any
}

// Part says which field goes where in a key.
func Part[E, K, T any](field source.Field[E, T], address func(*K) *T) KeyPart[E, K] {
	return KeyPart[E, K]{partOf(field), func(k *K) any { return address(k) }}
}

// ByParts groups by as many fields as there are parts, such as those that a caller
// learns at run time.
func ByParts[E, K any](parts ...KeyPart[E, K]) Key[E, K] {
	key := Key[E, K]{addresses: func(k *K) []any {
		addresses := make([]any, len(parts))
		for i, part := range parts {
			addresses[i] = part.address(k)
		}
		return addresses
	}}
	for _, part := range parts {
		key.parts = append(key.parts, part.keyPart)
	}
	return key
}

// ByFunc groups by what a closure makes of the whole event: a bool, an integer,
// a float, a string or a time. It reads every column; prefer By where it does.
// It sees the events that the view selects.
func ByFunc[E, T any](key func(*E) T) Key[E, T] { return By(source.Derive(key)) }

// String is the definition, for a view's fingerprint.
func (k Key[E, K]) String() string {
	texts := make([]string, len(k.parts))
	for i, part := range k.parts {
		texts[i] = part.String()
	}
	return "(" + strings.Join(texts, ",") + ")"
}

func (k Key[E, K]) hasCode() bool {
	for _, part := range k.parts {
		if part.HasCode() {
			return true
		}
	}
	return false
}

// types are the types of the parts.
func (k Key[E, K]) types() []keyType {
	types := make([]keyType, len(k.parts))
	for i, part := range k.parts {
		types[i] = keyType{part.Kind(), part.nullable}
	}
	return types
}

// bind gives the parts' slots.
func (k Key[E, K]) bind(b *source.Binder[E]) ([]int, error) {
	slots := make([]int, len(k.parts))
	for i, part := range k.parts {
		var err error
		if slots[i], err = part.Bind(b); err != nil {
			return nil, fmt.Errorf("key: %w", err)
		}
	}
	return slots, nil
}

// check tells whether keys can be built and taken apart.
func (k Key[E, K]) check() (err error) {
	if k.addresses == nil {
		return fmt.Errorf("%w: it has no key; group by nothing with lambda.All", ErrView)
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: the key's addresses panicked: %v", ErrView, p)
		}
	}()
	var key K
	seen := map[any]bool{}
	for i, address := range k.addresses(&key) {
		if err := source.SetValue(address, source.Value{Kind: k.parts[i].Kind(), Null: true}); err != nil {
			return fmt.Errorf("key: %w", err)
		}
		if seen[address] {
			return fmt.Errorf("%w: the key's addresses give one place twice", ErrView)
		}
		seen[address] = true
	}
	return nil
}

// encode gives the key's bytes: what groups of a state file are sorted by.
func (k Key[E, K]) encode(key K) ([]byte, error) { return k.encodePrefix(key, len(k.parts)) }

// encodePrefix gives the bytes of the key's first fields.
func (k Key[E, K]) encodePrefix(key K, fields int) ([]byte, error) {
	var dst []byte
	for i, address := range k.addresses(&key)[:fields] {
		value, err := source.ValueOf(deref(address))
		if err != nil {
			return nil, fmt.Errorf("key: %w", err)
		}
		value.Kind = k.parts[i].Kind()
		dst = appendKeyValue(dst, value)
	}
	return dst, nil
}

// decode builds the key from its bytes.
func (k Key[E, K]) decode(encoded []byte) (key K, err error) {
	rest := encoded
	for i, address := range k.addresses(&key) {
		var value source.Value
		if value, rest, err = readKeyValue(rest, keyType{k.parts[i].Kind(), k.parts[i].nullable}); err != nil {
			return key, err
		}
		if err := source.SetValue(address, value); err != nil {
			return key, err
		}
	}
	if len(rest) > 0 {
		return key, fmt.Errorf("%w: %d bytes after a key", errKeyBytes, len(rest))
	}
	return key, nil
}
