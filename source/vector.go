package source

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"sync/atomic"
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
		for i, code := range v.Codes {
			if int(code) >= len(v.Dict.Values) {
				return fmt.Errorf("row %d has code %d in a dictionary of %d", i, code, len(v.Dict.Values))
			}
		}
	}
	return nil
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

// Dictionary is the distinct texts of a column, by code. Dictionaries with the
// same ID agree on every code that both have: one is the other, grown. So what
// was worked out for a code holds for as long as the ID stays.
type Dictionary struct {
	ID     uint64
	Values []string
}

var dictionaries atomic.Uint64

// NewDictionaryID gives an ID that no other dictionary of this process has.
func NewDictionaryID() uint64 { return dictionaries.Add(1) }

// Interner builds a dictionary. It's not safe for concurrent use, but what
// Dictionary returns may be read while the interner grows.
type Interner struct {
	id     uint64
	values []string
	codes  map[string]uint32
	recent []uint32 // 1 + the code last found for a text of this hash; a power of two
}

// NewInterner makes an empty dictionary.
func NewInterner() *Interner {
	return &Interner{id: NewDictionaryID(), codes: map[string]uint32{}}
}

// Code gives a text's code, a new one for a new text.
func (d *Interner) Code(text string) uint32 {
	if code, ok := d.codes[text]; ok {
		return code
	}
	return d.add(text)
}

// CodeBytes is Code for a text in a buffer that the caller will use again.
func (d *Interner) CodeBytes(text []byte) uint32 {
	if code, ok := d.find(text); ok {
		return code
	}
	return d.add(string(text))
}

// find gives the code of a text that has one. It seldom has to ask the map.
func (d *Interner) find(text []byte) (uint32, bool) {
	hash := textHash(text)
	if len(d.recent) > 0 {
		at := d.recent[int(hash>>32)&(len(d.recent)-1)] - 1
		if int(at) < len(d.values) && d.values[at] == string(text) {
			return at, true
		}
	}
	code, ok := d.codes[string(text)]
	if ok {
		d.remember(hash, code)
	}
	return code, ok
}

// remember keeps a code that was found, among as many as there are texts, if they
// aren't too many.
func (d *Interner) remember(hash uint64, code uint32) {
	const least, most = 64, 1 << 13
	if n := len(d.recent); n < most && n < 2*len(d.values) {
		d.recent = make([]uint32, max(least, 4*n))
	}
	d.recent[int(hash>>32)&(len(d.recent)-1)] = code + 1
}

// textHash is a quick hash of a text's ends and length, for tables that can bear
// texts that collide. Its middle bits are the good ones.
func textHash(text []byte) uint64 {
	h, n := uint64(0), len(text)
	switch {
	case n >= 8:
		h = binary.LittleEndian.Uint64(text) ^ bits.RotateLeft64(binary.LittleEndian.Uint64(text[n-8:]), 23)
	case n >= 4:
		h = uint64(binary.LittleEndian.Uint32(text)) | uint64(binary.LittleEndian.Uint32(text[n-4:]))<<32
	default:
		for _, c := range text {
			h = h<<8 | uint64(c)
		}
	}
	return (h ^ uint64(n)<<59) * 0x9E3779B97F4A7C15
}

func (d *Interner) add(text string) uint32 {
	code := uint32(len(d.values))
	d.values = append(d.values, text)
	d.codes[text] = code
	return code
}

// Len is the number of texts.
func (d *Interner) Len() int { return len(d.values) }

// Dictionary is the texts so far.
func (d *Interner) Dictionary() Dictionary {
	return Dictionary{ID: d.id, Values: d.values[:len(d.values):len(d.values)]}
}
