package source

import (
	"fmt"
	"reflect"
	"unsafe"
)

// Field is a typed reference to one column of E, or to a column derived from
// others by [Map] or [Map2]. Make it once, as a variable: an engine computes a
// derived column once a chunk for all who name the same Field.
type Field[E, T any] struct {
	expr expr[E]
	err  error
}

// expr is what a field stands for. Frames evaluate it.
type expr[E any] interface {
	// bind gives the slot of a frame that will hold the values.
	bind(*Binder[E]) (int, error)
	// String is the definition, for a view's fingerprint.
	String() string
	// opaque says that it holds the caller's code, which can't be compared.
	opaque() bool
}

// FieldOf refers to a field of E by a selector that returns its address:
//
//	source.FieldOf(func(e *Event) *int64 { return &e.Cents })
//
// A [Null] of E is such a field too, and what [Nullable] says of its values goes
// for it.
//
// An unusable selector is reported when a view that uses the field is
// registered, as [ErrField].
func FieldOf[E, T any](selector func(*E) *T) Field[E, T] {
	return fieldOf[E, T](func(e *E) unsafe.Pointer { return unsafe.Pointer(selector(e)) }, false)
}

// OptionalOf refers to an optional field of E, which is a pointer. Events in
// which it's nil hold a null there.
func OptionalOf[E, T any](selector func(*E) **T) Field[E, T] {
	return fieldOf[E, T](func(e *E) unsafe.Pointer { return unsafe.Pointer(selector(e)) }, true)
}

func fieldOf[E, T any](selector func(*E) unsafe.Pointer, nullable bool) (f Field[E, T]) {
	schema, err := SchemaOf[E]()
	if err != nil {
		return Field[E, T]{err: err}
	}
	typ := reflect.TypeFor[T]()
	defer func() {
		if p := recover(); p != nil {
			f = Field[E, T]{err: fmt.Errorf("%w: the selector of a %s panicked: %v", ErrField, typ, p)}
		}
	}()
	var e E
	offset := uintptr(selector(&e)) - uintptr(unsafe.Pointer(&e))
	column, ok := schema.find(offset, typ, nullable)
	if !ok {
		return Field[E, T]{err: fmt.Errorf("%w: a selector of %s that returns a %s must return the address of an exported field of its argument"+
			" (for a pointer, use OptionalOf)", ErrField, schema.typ, typ)}
	}
	if schema.Columns[column].Kind == Opaque {
		return Field[E, T]{err: fmt.Errorf("%w: column %s is a list or a map: it's stored, but views can't read it", ErrField, schema.Columns[column].Name)}
	}
	return Field[E, T]{expr: plain[E](column)}
}

// IsZero says whether the field was never declared.
func (f Field[E, T]) IsZero() bool { return f.expr == nil && f.err == nil }

// Bind gives the slot of a frame that will hold the field's values.
func (f Field[E, T]) Bind(b *Binder[E]) (int, error) {
	if err := f.check(); err != nil {
		return 0, err
	}
	return f.expr.bind(b)
}

func (f Field[E, T]) check() error {
	if f.err == nil && f.expr == nil {
		return fmt.Errorf("%w: the zero Field; make it with FieldOf", ErrField)
	}
	return f.err
}

// String is the field's definition, for a view's fingerprint.
func (f Field[E, T]) String() string {
	if f.expr == nil {
		return "unusable"
	}
	return f.expr.String()
}

// HasCode says whether the field is computed by the caller's code, which can't
// be compared: a view that reads it must declare its version.
func (f Field[E, T]) HasCode() bool { return f.expr != nil && f.expr.opaque() }

// Kind is the kind of the field's values.
func (f Field[E, T]) Kind() Kind {
	t := reflect.TypeFor[T]()
	if inner, ok := NullType(t); ok {
		t = inner
	}
	return goKind(t)
}

// plain is a column of the schema.
type plain[E any] int

func (p plain[E]) bind(b *Binder[E]) (int, error) {
	b.read[p] = true
	return int(p), nil
}

func (p plain[E]) String() string {
	schema, err := SchemaOf[E]()
	if err != nil {
		return "unusable"
	}
	c := schema.Columns[p]
	if c.Kind == Decimal {
		return fmt.Sprintf("%s:decimal(%d)", c.Name, c.Scale)
	}
	return c.Name + ":" + c.Kind.String()
}

func (p plain[E]) opaque() bool { return false }
