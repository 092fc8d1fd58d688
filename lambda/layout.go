package lambda

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/anabranch-go/anabranch/partition"
	"github.com/anabranch-go/anabranch/source"
)

// layout is a scheme resolved against the event type: how events are split into
// files.
type layout struct {
	scheme partition.Scheme // its dimensions have their names in paths
	dims   []layoutDim
}

type layoutDim struct {
	partition.Dimension
	column   int // of the schema
	kind     source.Kind
	nullable bool
	room     int // bytes for a value in a path
}

// The bounds that keep every path of a part within what a store takes as a name:
// 1,024 bytes, of which some are the file's own, and 255 for each directory.
const (
	maxDims     = 8
	pathBytes   = 936
	segmentMost = 255
	leastRoom   = 64 // for a value: a shortened one has 33 bytes of its own
)

// newLayout resolves a scheme; the zero Scheme has no layout. Errors are
// ErrConfig.
func newLayout(schema *source.Schema, scheme partition.Scheme) (*layout, error) {
	declared := scheme.Dimensions()
	if len(declared) == 0 {
		return nil, nil
	}
	if len(declared) > maxDims {
		return nil, fmt.Errorf("%w: the partition scheme %v has %d dimensions, and a path has room for %d", ErrConfig, scheme, len(declared), maxDims)
	}
	l := &layout{}
	named := make([]partition.Dimension, len(declared))
	for i, d := range declared {
		dim, err := newLayoutDim(schema, d)
		if err == nil {
			dim.room = min(segmentMost, pathBytes/len(declared)-1) - len(dim.Name()) - 1
		}
		if err == nil && dim.room < leastRoom {
			err = fmt.Errorf("the name is too long for a path of %d directories", len(declared))
		}
		if err != nil {
			return nil, fmt.Errorf("%w: partition scheme %v: %v: %w", ErrConfig, scheme, d, err)
		}
		l.dims, named[i] = append(l.dims, dim), dim.Dimension
	}
	var err error
	if l.scheme, err = partition.New(named...); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return l, nil
}

func newLayoutDim(schema *source.Schema, d partition.Dimension) (layoutDim, error) {
	column, ok := schema.Lookup(d.Name())
	if !ok {
		return layoutDim{}, fmt.Errorf("the events have no column %q", d.Name())
	}
	c := &schema.Columns[column]
	takes := c.Kind == source.Time
	if d.Rule() == "hash" || d.Rule() == "value" {
		takes = c.Kind == source.Int || c.Kind == source.String
	}
	if !takes {
		return layoutDim{}, fmt.Errorf("it can't split a column of kind %v", c.Kind)
	}
	dim := layoutDim{Dimension: d.Named(pathName(d)), column: column, kind: c.Kind, nullable: c.Nullable}
	for i := range schema.Columns {
		// Query engines ignore case.
		if other := schema.Columns[i].Name; i != column && strings.EqualFold(other, dim.Name()) {
			return layoutDim{}, fmt.Errorf("its name in paths is that of column %q", other)
		}
	}
	return dim, nil
}

// pathName is a dimension's name in paths: the column's where the path holds the
// column's values, and one of its own where it holds days or buckets: query
// engines take a path's value for that of the file's column of the same name. The
// name says all of the rule, so a path means the same whatever scheme wrote it.
func pathName(d partition.Dimension) string {
	switch rule := d.Rule(); rule {
	case "value":
		return d.Name()
	case "hash":
		return fmt.Sprintf("%s_hash%d", d.Name(), d.Buckets())
	default:
		return d.Name() + "_" + rule
	}
}

// texts says whether the dimension's paths hold texts of data.
func (d *layoutDim) texts() bool { return d.kind == source.String && d.Rule() == "value" }

// fit gives the text that stands for text in paths: itself, unless it's too long
// for a directory's name. A log must not stop at a value, so that is shortened,
// the same in whatever has to find it.
func (d *layoutDim) fit(text string) string {
	if 3*len(text) <= d.room || len(partition.Escape(text)) <= d.room {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	left, end := d.room-33, 0
	for end < len(text) {
		_, size := utf8.DecodeRuneInString(text[end:])
		if left -= 3 * size; left < 0 {
			break
		}
		end += size
	}
	return text[:end] + "~" + hex.EncodeToString(sum[:16])
}
