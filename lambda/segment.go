package lambda

import (
	"fmt"
	"slices"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/partition"
	"github.com/anabranch-go/anabranch/source"
)

// maxParts is how many parts a segment may have before it's committed. Each has an
// open writer, with its buffers.
const maxParts = 1000

// Where nothing may be committed yet, parts go on to come. An entry has to name
// them all, so from some number on, or some bytes of names (in JSON, which writes a
// byte in six at worst), events of further parts go to a file of their own.
const (
	mostParts     = archive.MaxFiles - 1
	mostPartNames = 8 << 20
	partNameBytes = 400 // of an entry, beside the part's path
)

// segmentWriter collects a segment's events: into one file or, where the pipeline
// has a layout, one for each part.
type segmentWriter[E any] struct {
	schema   *source.Schema
	layout   *layout
	splitter *partition.Splitter
	parts    map[string]*source.ParquetWriter[E] // by path
	rest     *source.ParquetWriter[E]            // of events that aren't split; nil until there are any
	rows     int64
	size     int64
	names    int

	vectors []partition.Vector // by dimension
	fitted  []fitted           // likewise
	places  [][]int32          // of the chunk's rows, by part
}

func newSegmentWriter[E any](schema *source.Schema, layout *layout) (*segmentWriter[E], error) {
	w := &segmentWriter[E]{schema: schema, layout: layout}
	if layout == nil {
		return w, nil
	}
	var err error
	if w.splitter, err = layout.scheme.NewSplitter(); err != nil {
		return nil, err
	}
	w.parts = map[string]*source.ParquetWriter[E]{}
	w.vectors, w.fitted = make([]partition.Vector, len(layout.dims)), make([]fitted, len(layout.dims))
	return w, nil
}

// Rows is the number of events so far, Size about how many bytes their files would
// have, and Parts how many parts they are of.
func (w *segmentWriter[E]) Rows() int64 { return w.rows }
func (w *segmentWriter[E]) Size() int64 { return w.size }
func (w *segmentWriter[E]) Parts() int  { return len(w.parts) }

// Files is how many files there would be.
func (w *segmentWriter[E]) Files() int {
	if w.rest != nil {
		return len(w.parts) + 1
	}
	return len(w.parts)
}

// Write adds a chunk's events. It copies them.
func (w *segmentWriter[E]) Write(c *source.Chunk[E]) error {
	if w.layout == nil {
		return w.writeTo(&w.rest, c)
	}
	if err := c.Check(); err != nil {
		return err
	}
	for i := range w.layout.dims {
		d, v := &w.layout.dims[i], &c.Columns[w.layout.dims[i].column]
		w.vectors[i] = partition.Vector{Ints: v.Ints, Codes: v.Codes, Dict: v.Dict.Values, Valid: v.Valid}
		if d.texts() {
			w.vectors[i].Dict = w.fitted[i].of(d, &v.Dict)
		}
	}
	parts, paths, err := w.splitter.Split(c.Len(), w.vectors...)
	if err != nil {
		return fmt.Errorf("cannot split by %v: %w", w.layout.scheme, err)
	}
	if len(paths) == 1 {
		return w.writePart(paths[0], c)
	}
	for len(w.places) < len(paths) {
		w.places = append(w.places, nil)
	}
	places := w.places[:len(paths)]
	for i := range places {
		places[i] = places[i][:0]
	}
	for row, part := range parts {
		places[part] = append(places[part], int32(row))
	}
	for i, path := range paths {
		if err := w.writePart(path, c.Pick(places[i])); err != nil {
			return err
		}
	}
	return nil
}

func (w *segmentWriter[E]) writePart(path string, c *source.Chunk[E]) error {
	part := w.parts[path]
	if part != nil {
		return w.writeTo(&part, c)
	}
	if names := w.names + 6*len(path) + partNameBytes; len(w.parts) < mostParts && names <= mostPartNames {
		if err := w.writeTo(&part, c); err != nil {
			return err
		}
		w.parts[path], w.names = part, names
		return nil
	}
	return w.writeTo(&w.rest, c)
}

// writeTo writes to a writer, and makes it where there's none.
func (w *segmentWriter[E]) writeTo(to **source.ParquetWriter[E], c *source.Chunk[E]) (err error) {
	before := int64(0)
	if *to == nil {
		*to, err = source.NewParquetWriter[E](w.schema)
	} else {
		before = (*to).Size()
	}
	if err != nil {
		return err
	}
	if err := (*to).Write(c); err != nil {
		return err
	}
	w.rows += int64(c.Len())
	w.size += (*to).Size() - before
	return nil
}

// each closes the files, one after another: those of parts in the order of their
// paths, and then, with no path, that of the events that aren't split. The writer
// can't be used after.
func (w *segmentWriter[E]) each(put func(path string, body []byte, rows int64) error) error {
	paths := make([]string, 0, len(w.parts))
	for path := range w.parts {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	closeAndPut := func(path string, from *source.ParquetWriter[E]) error {
		body, err := from.Close()
		if err != nil {
			return err
		}
		return put(path, body, from.Rows())
	}
	for _, path := range paths {
		if err := closeAndPut(path, w.parts[path]); err != nil {
			return err
		}
		delete(w.parts, path)
	}
	if w.rest == nil {
		return nil
	}
	return closeAndPut("", w.rest)
}

// fitted is a dictionary whose texts all fit a path.
type fitted struct {
	dict  uint64
	texts []string
}

// of gives a dictionary's texts as they are in paths. It's worked out once for each
// text.
func (f *fitted) of(d *layoutDim, dict *source.Dictionary) []string {
	if f.dict != dict.ID || dict.ID == 0 {
		f.dict, f.texts = dict.ID, f.texts[:0]
	}
	for i := len(f.texts); i < len(dict.Values); i++ {
		f.texts = append(f.texts, d.fit(dict.Values[i]))
	}
	return f.texts[:len(dict.Values)]
}
