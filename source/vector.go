package source

import (
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/anabranch-go/anabranch/internal/columnar"
)

// Vector is one column of a chunk. Which slice holds the values depends on
// Kind; the others are nil.
type Vector struct {
	Kind   Kind
	Ints   []int64   // Bool, Int, Time, Decimal
	Floats []float64 // Float
	Codes  []uint32  // String, Opaque: places in Dict.Values
	Dict   Dictionary
	Valid  []bool // nil where no value is null; a null's place holds a zero

	// Same says that all rows have one value, as a column has that stands in a file's
	// path. False says nothing.
	Same bool
}

// len is the number of rows.
func (v *Vector) len() int { return max(len(v.Ints), len(v.Floats), len(v.Codes)) }

// IsNull says whether row i is null.
func (v *Vector) IsNull(i int32) bool { return v.Valid != nil && !v.Valid[i] }

// Value gives row i.
func (v *Vector) Value(i int32) Value {
	if v.IsNull(i) {
		return Value{Kind: v.Kind, Null: true}
	}
	switch v.Kind {
	case Float:
		return Value{Kind: Float, Float: v.Floats[i]}
	case String, Opaque:
		return Value{Kind: v.Kind, Text: v.Dict.Values[v.Codes[i]]}
	}
	return Value{Kind: v.Kind, Int: v.Ints[i]}
}

// check says what is wrong with a vector of n rows.
func (v *Vector) check(n int) error {
	values := len(v.Ints)
	switch {
	case v.Kind.text():
		values = len(v.Codes)
	case v.Kind == Float:
		values = len(v.Floats)
	}
	if values != n || v.Valid != nil && len(v.Valid) != n {
		return fmt.Errorf("%d values, %d flags for %d events", values, len(v.Valid), n)
	}
	if v.Kind.text() {
		return checkCodes(v.Codes, len(v.Dict.Values))
	}
	return nil
}

// checkCodes says which code has no text, if any.
func checkCodes(codes []uint32, texts int) error {
	if len(codes) == 0 || int(columnar.MaxCode(codes)) < texts {
		return nil
	}
	row := slices.IndexFunc(codes, func(code uint32) bool { return int(code) >= texts })
	return fmt.Errorf("row %d has code %d in a dictionary of %d", row, codes[row], texts)
}

// slice gives rows [from, to) of v. It shares v's memory.
func (v *Vector) slice(from, to int) Vector {
	out := Vector{Kind: v.Kind, Dict: v.Dict, Same: v.Same}
	switch {
	case v.Ints != nil:
		out.Ints = v.Ints[from:to:to]
	case v.Floats != nil:
		out.Floats = v.Floats[from:to:to]
	case v.Codes != nil:
		out.Codes = v.Codes[from:to:to]
	}
	if v.Valid != nil {
		out.Valid = v.Valid[from:to:to]
	}
	return out
}

// Dictionary is texts of a column, by code. A text may be there more than once: one
// code is one text, but two codes may be, too. Dictionaries with the same ID agree
// on every code that both have: one is the other, grown. So what was worked out for
// a code holds for as long as the ID stays.
type Dictionary struct {
	ID     uint64
	Values []string
}

var dictionaries atomic.Uint64

// NewDictionaryID gives an ID that no other dictionary of this process has.
func NewDictionaryID() uint64 { return dictionaries.Add(1) }
