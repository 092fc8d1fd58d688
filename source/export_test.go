package source

import "errors"

// CompleteJSON is [JSON], or [StrictJSON], by the complete reader alone.
func CompleteJSON[E any](strict bool) Decoder[E] { return completeJSON[E]{strict} }

type completeJSON[E any] struct{ strict bool }

func (d completeJSON[E]) Decode(record []byte, b *Builder[E]) error {
	r := &jsonReader{strict: d.strict, root: newGroup(b.schema, b.columns), row: b.Len()}
	return r.read(record)
}

// FastJSON is [JSON], or [StrictJSON], by the fast reader alone: it refuses what
// that would leave.
func FastJSON[E any](strict bool) Decoder[E] { return fastJSON[E]{strict} }

type fastJSON[E any] struct{ strict bool }

func (d fastJSON[E]) Decode(record []byte, b *Builder[E]) error {
	if b.json == nil {
		b.json = &jsonReader{strict: d.strict, root: newGroup(b.schema, b.columns)}
	}
	if b.json.row = b.Len(); b.json.fast(record) {
		return nil
	}
	return errors.New("left to the complete reader")
}
