package source

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
)

// Null is a T or nothing: a part of a key that may be null, or a result that may
// not exist, such as the least of no values. It's comparable where T is. As JSON
// it's the value, or null; as a field of an event it's an optional column, as a
// pointer is. The zero Null is nothing.
type Null[T any] struct {
	V     T // the zero value where there's nothing
	Valid bool
}

// Some is a Null that holds v.
func Some[T any](v T) Null[T] { return Null[T]{V: v, Valid: true} }

// String shows the value, or "null".
func (n Null[T]) String() string {
	if !n.Valid {
		return "null"
	}
	return fmt.Sprint(n.V)
}

// MarshalJSON implements json.Marshaler.
func (n Null[T]) MarshalJSON() ([]byte, error) {
	if !n.Valid {
		return []byte("null"), nil
	}
	return json.Marshal(n.V)
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *Null[T]) UnmarshalJSON(b []byte) error {
	*n = Null[T]{}
	if bytes.Equal(b, []byte("null")) {
		return nil
	}
	if err := json.Unmarshal(b, &n.V); err != nil {
		return err
	}
	n.Valid = true
	return nil
}

// nullable is a Null, whatever it holds.
type nullable interface {
	value() (Value, error)
	inner() reflect.Type
}

func (n Null[T]) value() (Value, error) {
	if !n.Valid {
		return Value{Kind: goKind(n.inner()), Null: true}, nil
	}
	return ValueOf(n.V)
}

func (n Null[T]) inner() reflect.Type { return reflect.TypeFor[T]() }

// settable is a pointer to a Null.
type settable interface{ set(Value) error }

func (n *Null[T]) set(v Value) error {
	*n = Null[T]{Valid: !v.Null}
	return SetValue(&n.V, v)
}

// NullType gives what a Null type holds; false where t is none.
func NullType(t reflect.Type) (inner reflect.Type, ok bool) {
	if t == nil || t.Kind() != reflect.Struct || !t.Implements(reflect.TypeFor[nullable]()) {
		return nil, false
	}
	if t.NumField() != 2 || t.Field(0).Name != "V" { // a struct that a Null is embedded in has its methods too
		return nil, false
	}
	return reflect.Zero(t).Interface().(nullable).inner(), true
}

// Nullable is the same field for a key that keeps nulls apart from zero values:
//
//	lambda.By(source.Nullable(coupon)) // a Key[Event, source.Null[string]]
//
// Derive from the field itself, and compare it: what Nullable makes is for keys.
func Nullable[E, T any](field Field[E, T]) Field[E, Null[T]] {
	return Field[E, Null[T]](field)
}

// computable says why values of a field's type can't be given to code or be
// compared: nil if they can.
func computable[T any]() error {
	if t := reflect.TypeFor[T](); goKind(t) == Invalid {
		return fmt.Errorf("%w: a %s can only be grouped by: use the field that Nullable was made of", ErrField, t)
	}
	return nil
}
