package source

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"unsafe"
)

// Transform changes an event before anything else sees it, such as looking up a
// product's category. Both layers see what it leaves, so it must give the same
// for the same record, today and at a replay in a year. An error, or a panic,
// sends the event to quarantine.
type Transform[E any] func(*E) error

// Builder collects a chunk of events, normalised: times in UTC and microseconds,
// texts in valid UTF-8, one NaN and one zero, nil and empty lists alike. It's
// not safe for concurrent use.
//
// Events come whole, by Append, or cell by cell: the cells of one event, then
// Commit. A cell that isn't set is null, or zero where the column isn't
// nullable; where the column is required the event goes to quarantine. A whole
// event lacks nothing: its zero values are what the caller meant.
type Builder[E any] struct {
	schema     *Schema
	transform  Transform[E]
	columns    []columnBuilder
	offsets    []int64
	quarantine []Quarantined
	json       *jsonReader // nil until a record is JSON
}

// NewBuilder makes a builder. The schema is E's, from [SchemaOf]: another is a
// mistake in the program, and a panic. transform may be nil.
func NewBuilder[E any](schema *Schema, transform Transform[E]) *Builder[E] {
	if typ := reflect.TypeFor[E](); schema.typ != typ {
		panic(fmt.Sprintf("source: a builder of %s with the schema of %s", typ, schema.typ))
	}
	b := &Builder[E]{schema: schema, transform: transform, columns: make([]columnBuilder, len(schema.Columns))}
	for i := range b.columns {
		b.columns[i] = columnBuilder{Column: &schema.Columns[i]}
	}
	b.Reset()
	return b
}

// Schema is the schema of E.
func (b *Builder[E]) Schema() *Schema { return b.schema }

// Len is the number of events so far, Rejected that of the quarantined.
func (b *Builder[E]) Len() int      { return len(b.offsets) }
func (b *Builder[E]) Rejected() int { return len(b.quarantine) }

// Append adds an event. What can't be normalised goes to quarantine; raw, which
// may be nil, is then kept as its bytes and must not change.
func (b *Builder[E]) Append(e *E, offset int64, raw []byte) {
	if b.transform != nil {
		if err := b.callTransform(e); err != nil {
			b.Reject(offset, raw, err)
			return
		}
	}
	if err := b.append(e); err != nil {
		b.Reject(offset, raw, err)
		return
	}
	b.offsets = append(b.offsets, offset)
}

func (b *Builder[E]) append(e *E) error {
	for i := range b.columns {
		if err := appendCell(&b.columns[i], &b.schema.Columns[i], unsafe.Pointer(e)); err != nil {
			return fmt.Errorf("column %s: %w", b.schema.Columns[i].Name, err)
		}
	}
	return nil
}

func (b *Builder[E]) callTransform(e *E) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the transform panicked: %v", p)
		}
	}()
	if err := b.transform(e); err != nil {
		return fmt.Errorf("the transform: %w", err)
	}
	return nil
}

// Set adds the current event's value in a column, in the column's own kind and
// range. An Opaque text must be JSON that [Builder.Append] could have made. What
// it refuses is ErrValue: the event belongs in quarantine then.
func (b *Builder[E]) Set(column int, v Value) error {
	c := &b.columns[column]
	switch {
	case c.set(len(b.offsets)):
		return fmt.Errorf("%w: column %s is there twice", ErrValue, c.Name)
	case v.Null:
		if err := c.missing(); err != nil {
			return fmt.Errorf("column %s: %w", c.Name, err)
		}
		return nil
	case v.Kind != c.Kind:
		return fmt.Errorf("%w: column %s: a %s where a %s belongs", ErrValue, c.Name, v.Kind, c.Kind)
	}
	switch c.Kind {
	case Float:
		return c.setFloat(v.Float)
	case String, Opaque:
		c.text(v.Text)
		return nil
	}
	return c.setInt(v.Int)
}

// SetText is Set for a text in a buffer that the caller will use again: one that
// the column has seen costs no memory. The column is a String, or an Opaque; a
// Decimal reads the text as a number, exactly, and a Time as RFC 3339.
func (b *Builder[E]) SetText(column int, text []byte) error {
	c := &b.columns[column]
	switch {
	case c.set(len(b.offsets)):
		return fmt.Errorf("%w: column %s is there twice", ErrValue, c.Name)
	case c.Kind.text():
		c.text(viewText(text))
		return nil
	}
	if err := parseText(c, text); err != nil {
		return fmt.Errorf("column %s: %w", c.Name, err)
	}
	return nil
}

// SetJSON is Set for an Opaque, from any JSON that Go's JSON v2 reads into the
// field's type: it's stored in the form that [Builder.Append] makes. null is the
// empty list or map.
func (b *Builder[E]) SetJSON(column int, text []byte) error {
	c := &b.columns[column]
	switch {
	case c.set(len(b.offsets)):
		return fmt.Errorf("%w: column %s is there twice", ErrValue, c.Name)
	case c.Kind != Opaque:
		return fmt.Errorf("%w: column %s: a list or map where a %s belongs", ErrValue, c.Name, c.Kind)
	}
	canonical, err := canonicalOpaque(text, c.typ)
	if err != nil {
		return fmt.Errorf("column %s: %w", c.Name, err)
	}
	c.text(canonical)
	return nil
}

// Commit ends an event whose cells were set one by one. One that lacks a required
// column goes to quarantine, before the transform could fill it in; raw is kept
// then, as by Reject. Where a cell was refused, call Reject instead.
func (b *Builder[E]) Commit(offset int64, raw []byte) {
	n := len(b.offsets)
	for i := range b.columns {
		if c := &b.columns[i]; !c.set(n) {
			if err := c.missing(); err != nil {
				b.Reject(offset, raw, fmt.Errorf("column %s: %w", c.Name, err))
				return
			}
		}
	}
	b.offsets = append(b.offsets, offset)
	if b.transform == nil {
		return
	}
	e := b.last()
	b.truncate(n)
	b.Append(&e, offset, raw)
}

// last makes the newest event's struct.
func (b *Builder[E]) last() E {
	n := len(b.offsets)
	var row [1]E
	for i := range b.columns {
		v := b.columns[i].vector()
		v = v.slice(n-1, n)
		setRows(row[:], &b.schema.Columns[i], &v)
	}
	return row[0]
}

// Reject sends an event to quarantine, and forgets its cells. raw is kept.
func (b *Builder[E]) Reject(offset int64, raw []byte, reason error) {
	b.truncate(len(b.offsets))
	b.quarantine = append(b.quarantine, Quarantined{Offset: offset, Raw: raw, Reason: reason.Error()})
}

// truncate cuts every column back to n events.
func (b *Builder[E]) truncate(n int) {
	b.offsets = b.offsets[:n]
	for i := range b.columns {
		b.columns[i].truncate(n)
	}
}

// Chunk gives what was collected, as the offsets [from, next) of a partition.
// It shares the builder's memory, but nothing changes in it: what the builder
// collects next is written after it, and Reset begins with memory of its own.
func (b *Builder[E]) Chunk(partition int, from, next int64) *Chunk[E] {
	c := &Chunk[E]{Schema: b.schema, Partition: partition, From: from, Next: next,
		Offsets: slices.Clip(b.offsets), Columns: make([]Vector, len(b.columns)), Quarantine: slices.Clip(b.quarantine)}
	for i := range b.columns {
		c.Columns[i] = b.columns[i].vector()
	}
	return c
}

// maxDictionary is the number of texts past which a column starts a new
// dictionary with the next chunk, so that a column of unique texts doesn't grow
// one for ever.
const maxDictionary = 1 << 16

// smallDictionary is the number of texts past which a dictionary goes on only as
// long as its older texts come back: those of sessions don't, and a smaller one
// stays in the processor's cache.
const smallDictionary = 1 << 14

// Reset begins a new chunk, in memory of its own. Dictionaries go on.
func (b *Builder[E]) Reset() {
	n := len(b.offsets)
	b.offsets = make([]int64, 0, n)
	b.quarantine = nil
	for i := range b.columns {
		b.columns[i].reset(n)
	}
}

// columnBuilder collects one column.
type columnBuilder struct {
	*Column
	ints   []int64
	floats []float64
	codes  []uint32
	newest []textKey // texts after codes, whose codes aren't looked up yet
	dict   *Interner
	valid  []bool // nil until the first null
	n      int
}

func (c *columnBuilder) reset(capacity int) {
	if c.Kind.text() {
		if c.dict == nil {
			c.dict, c.newest = NewInterner(), make([]textKey, 0, maxNewest)
		} else if n := c.dict.Len(); n > maxDictionary || n > smallDictionary && !c.textsReturn() {
			c.dict.restart()
		}
		c.codes, c.newest = make([]uint32, 0, capacity), c.newest[:0]
	} else if c.Kind == Float {
		c.floats = make([]float64, 0, capacity)
	} else {
		c.ints = make([]int64, 0, capacity)
	}
	c.valid, c.n = nil, 0
}

// set says whether the event after the first n has its cell.
func (c *columnBuilder) set(n int) bool { return c.n > n }

func (c *columnBuilder) int(v int64) {
	c.ints = append(c.ints, v)
	c.count(true)
}

func (c *columnBuilder) float(v float64) {
	c.floats = append(c.floats, CanonicalFloat(v))
	c.count(true)
}

// setInt is int for a value that may not fit the field.
func (c *columnBuilder) setInt(v int64) error {
	if err := checkInt(c.Column, v); err != nil {
		return fmt.Errorf("column %s: %w", c.Name, err)
	}
	c.int(v)
	return nil
}

// setFloat is float for a value that may not fit the field: a float32 is
// rounded to what the field will hold.
func (c *columnBuilder) setFloat(v float64) error {
	if c.typ.Kind() == reflect.Float32 {
		narrow := float64(float32(v))
		if math.IsInf(narrow, 0) && !math.IsInf(v, 0) {
			return fmt.Errorf("column %s: %w: %g in a %s", c.Name, ErrValue, v, c.typ)
		}
		v = narrow
	}
	c.float(v)
	return nil
}

// missing adds what stands for a cell that a record doesn't have, or has null in.
func (c *columnBuilder) missing() error {
	if c.Required {
		return fmt.Errorf("%w: it's required, and missing or null", ErrValue)
	}
	c.zero()
	return nil
}

// zero adds null where the column has nulls, else the zero value.
func (c *columnBuilder) zero() {
	switch {
	case c.Nullable:
		c.null()
	case c.Kind == Opaque:
		c.text(c.blank)
	case c.Kind == String:
		c.text("")
	case c.Kind == Float:
		c.float(0)
	case c.Kind == Time:
		c.int(minTime) // the zero time.Time
	default:
		c.int(0)
	}
}

func (c *columnBuilder) null() {
	if c.valid == nil {
		c.valid = make([]bool, c.n, max(c.n+1, cap(c.ints), cap(c.floats), cap(c.codes)))
		for i := range c.valid {
			c.valid[i] = true
		}
	}
	switch c.Kind {
	case Float:
		c.floats = append(c.floats, 0)
	case String, Opaque:
		c.key(textKey{})
	default:
		c.ints = append(c.ints, 0)
	}
	c.count(false)
}

func (c *columnBuilder) count(valid bool) {
	c.n++
	if c.valid != nil {
		c.valid = append(c.valid, valid)
	}
}

func (c *columnBuilder) truncate(n int) {
	if c.n <= n {
		return
	}
	c.n = n
	switch {
	case c.Kind.text():
		c.cutTexts(n)
	case c.Kind == Float:
		c.floats = c.floats[:n]
	default:
		c.ints = c.ints[:n]
	}
	if c.valid != nil {
		c.valid = c.valid[:n]
	}
}

func (c *columnBuilder) vector() Vector {
	c.settle()
	v := Vector{Kind: c.Kind, Ints: slices.Clip(c.ints), Floats: slices.Clip(c.floats),
		Codes: slices.Clip(c.codes), Valid: slices.Clip(c.valid)}
	if c.dict != nil {
		v.Dict = c.dict.Dictionary()
	}
	return v
}

// checkInt says whether an integer fits the column's Go type.
func checkInt(c *Column, v int64) error {
	low, high := c.low, c.high
	if low == high { // a column that no schema made
		low, high = intRange(c.Kind, c.typ)
	}
	switch {
	case low <= v && v <= high:
		return nil
	case c.Kind == Time:
		return fmt.Errorf("%w: time outside the years 1 to 9999", ErrValue)
	}
	return fmt.Errorf("%w: %d in a %s", ErrValue, v, c.typ)
}

// intRange is the integers that a Go type holds, in a column of a kind.
func intRange(kind Kind, typ reflect.Type) (low, high int64) {
	switch {
	case kind == Time:
		return minTime, maxTime
	case kind == Bool:
		return 0, 1
	case kind != Int && kind != Decimal:
		return 0, 0
	}
	bits := typ.Bits()
	if typ.Kind() < reflect.Uint {
		return math.MinInt64 >> (64 - bits), math.MaxInt64 >> (64 - bits)
	}
	if bits == 64 {
		return 0, math.MaxInt64
	}
	return 0, 1<<bits - 1
}
