package source

import "slices"

// Binder resolves the fields and predicates of one view against the schema,
// once, when the view is registered.
type Binder[E any] struct {
	schema  *Schema
	read    []bool // by schema column
	rows    bool
	derived []derivation[E]
	slots   map[expr[E]]int
}

// derivation computes a derived column for a chunk.
type derivation[E any] interface {
	compute(f *Frame[E], into *Vector)
}

// NewBinder makes a binder for E. Errors are ErrSchema.
func NewBinder[E any]() (*Binder[E], error) {
	schema, err := SchemaOf[E]()
	if err != nil {
		return nil, err
	}
	return &Binder[E]{schema: schema, read: make([]bool, len(schema.Columns)), slots: map[expr[E]]int{}}, nil
}

// Schema is the schema of E.
func (b *Binder[E]) Schema() *Schema { return b.schema }

// NeedRows says that code of the caller will read whole events.
func (b *Binder[E]) NeedRows() { b.rows = true }

// Columns lists the schema columns that what was bound reads: its projection.
func (b *Binder[E]) Columns() []int {
	var out []int
	for i, read := range b.read {
		if read || b.rows {
			out = append(out, i)
		}
	}
	return out
}

// derive gives the slot of a derived column, adding it at first sight.
func (b *Binder[E]) derive(e expr[E], d func() derivation[E]) int {
	if slot, ok := b.slots[e]; ok {
		return slot
	}
	b.derived = append(b.derived, d())
	slot := len(b.schema.Columns) + len(b.derived) - 1
	b.slots[e] = slot
	return slot
}

// NewFrame makes a frame for what was bound so far.
func (b *Binder[E]) NewFrame() *Frame[E] {
	return &Frame[E]{base: len(b.schema.Columns), derived: b.derived,
		vectors: make([]Vector, len(b.derived)), fresh: make([]bool, len(b.derived))}
}

// Frame is a view's sight of one chunk after another: the chunk's columns, and
// derived ones, each computed once a chunk. Not safe for concurrent use; frames
// of one binder aren't either.
type Frame[E any] struct {
	chunk   *Chunk[E]
	base    int
	derived []derivation[E]
	vectors []Vector
	fresh   []bool
	passed  []bool // rows that derived columns aren't computed for; nil for none
	at      int32
}

// Load points the frame at a chunk, and forgets the one before.
func (f *Frame[E]) Load(c *Chunk[E]) {
	f.chunk, f.at = c, -1
	f.passed = f.passed[:0]
	clear(f.fresh)
}

// Chunk is the chunk under the frame.
func (f *Frame[E]) Chunk() *Chunk[E] { return f.chunk }

// Select says that only these rows of the chunk, which rise, matter from here on:
// the caller's code behind derived columns doesn't see the others.
func (f *Frame[E]) Select(rows []int32) {
	if len(f.derived) == 0 || len(rows) == f.chunk.Len() {
		return
	}
	f.passed = slices.Grow(f.passed[:0], f.chunk.Len())[:f.chunk.Len()]
	for i := range f.passed {
		f.passed[i] = true
	}
	for _, row := range rows {
		f.passed[row] = false
	}
}

// passes says whether row i was left out by Select.
func (f *Frame[E]) passes(i int) bool { return len(f.passed) > 0 && f.passed[i] }

// Vector gives the values in a slot. They belong to the frame, and change with
// the next chunk.
func (f *Frame[E]) Vector(slot int) *Vector {
	if slot < f.base {
		return &f.chunk.Columns[slot]
	}
	i := slot - f.base
	if !f.fresh[i] {
		f.derived[i].compute(f, &f.vectors[i])
		f.fresh[i] = true
	}
	return &f.vectors[i]
}

// Visit notes that the caller's code is about to run on a row, so that a panic
// can be reported with its offset.
func (f *Frame[E]) Visit(row int32) { f.at = row }

// Visited gives the offset of the row that the caller's code last ran on.
func (f *Frame[E]) Visited() (offset int64, ok bool) {
	if f.chunk == nil || f.at < 0 || int(f.at) >= f.chunk.Len() {
		return 0, false
	}
	return f.chunk.Offsets[f.at], true
}
