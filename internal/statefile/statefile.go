package statefile

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/anabranch-go/anabranch/internal/columnar"
	"github.com/anabranch-go/anabranch/lambda/delta"
	"github.com/parquet-go/parquet-go/format"
)

// Meta says what the states of a file are. A reader who wanted others refuses
// the file.
type Meta struct {
	View        string // the view's name
	Fingerprint string // of its definition
	Codec       string // of its aggregate's states, with the version
}

// The keys of Meta in a file's footer, and the file's columns.
const (
	keyView, keyFingerprint, keyCodec = "anabranch.view", "anabranch.fingerprint", "anabranch.codec"
	keyFormat, thisFormat             = "anabranch.format", "states/1"
)

var columns = []columnar.Column{
	{Path: []string{"key"}, Type: format.ByteArray},
	{Path: []string{"window_start"}, Type: format.Int64, Logical: columnar.Micros()},
	{Path: []string{"state"}, Type: format.ByteArray},
}

// groupRows and groupBytes bound a row group, and so what a reader holds of it
// besides the states.
const (
	groupRows  = 1 << 17
	groupBytes = 64 << 20
)

// Encode makes a file of states, which must be sorted by key, then window, each
// group once: else it's ErrOrder. Equal states give equal bytes.
func Encode(meta Meta, states []delta.State) ([]byte, error) {
	w, err := columnar.NewWriter(columns)
	if err != nil {
		return nil, err
	}
	for i := 1; i < len(states); i++ {
		if compare(&states[i-1], &states[i]) >= 0 {
			return nil, fmt.Errorf("%w: state %d isn't after the one before it", ErrOrder, i)
		}
	}
	rows := min(len(states), groupRows)
	keys, bodies, windows := make([][]byte, 0, rows), make([][]byte, 0, rows), make([]int64, 0, rows)
	for len(states) > 0 {
		keys, bodies, windows = keys[:0], bodies[:0], windows[:0]
		n, size := 0, 0
		for ; n < len(states) && n < groupRows && size < groupBytes; n++ {
			s := &states[n]
			keys, windows, bodies = append(keys, s.Key), append(windows, s.Window), append(bodies, s.State)
			size += len(s.Key) + len(s.State)
		}
		if err := w.WriteGroup(n, []columnar.Data{{Blobs: keys}, {Ints: windows}, {Blobs: bodies}}); err != nil {
			return nil, fmt.Errorf("statefile: %w", err)
		}
		states = states[n:]
	}
	return w.Close(
		format.KeyValue{Key: keyFormat, Value: thisFormat},
		format.KeyValue{Key: keyView, Value: meta.View},
		format.KeyValue{Key: keyFingerprint, Value: meta.Fingerprint},
		format.KeyValue{Key: keyCodec, Value: meta.Codec})
}

// Decode reads a file. The states share memory with each other and with body.
// Bytes that aren't such a file, or states out of order, are ErrFile, with the
// file's name; they never panic, nor take memory out of proportion.
func Decode(name string, body []byte) (Meta, []delta.State, error) {
	f, err := columnar.Open(name, body)
	if err != nil {
		return Meta{}, nil, fmt.Errorf("%w: %w", ErrFile, err)
	}
	meta, err := readMeta(f)
	if err != nil {
		return Meta{}, nil, err
	}
	// A file may claim more rows than it has, so its size bounds the guess.
	states := make([]delta.State, 0, min(f.Rows, int64(len(body))))
	for group := range f.Groups() {
		if states, err = appendGroup(states, f, group); err != nil {
			return Meta{}, nil, fmt.Errorf("%w: %w", ErrFile, err)
		}
	}
	for i := 1; i < len(states); i++ {
		if compare(&states[i-1], &states[i]) >= 0 {
			return Meta{}, nil, fmt.Errorf("%w: %s: state %d isn't after the one before it", ErrFile, name, i)
		}
	}
	return meta, states, nil
}

func readMeta(f *columnar.File) (Meta, error) {
	if v, ok := f.Lookup(keyFormat); !ok || v != thisFormat {
		return Meta{}, fmt.Errorf("%w: %s is of format %q, not %q", ErrFile, f.Name, v, thisFormat)
	}
	var meta Meta
	for key, into := range map[string]*string{keyView: &meta.View, keyFingerprint: &meta.Fingerprint, keyCodec: &meta.Codec} {
		v, ok := f.Lookup(key)
		if !ok {
			return Meta{}, fmt.Errorf("%w: %s doesn't say its %s", ErrFile, f.Name, key)
		}
		*into = v
	}
	if len(f.Leaves) != len(columns) {
		return Meta{}, fmt.Errorf("%w: %s has %d columns", ErrFile, f.Name, len(f.Leaves))
	}
	for i := range columns {
		leaf := &f.Leaves[i]
		if !slices.Equal(leaf.Path, columns[i].Path) || leaf.Element.Type.V != columns[i].Type || leaf.Optional() {
			return Meta{}, fmt.Errorf("%w: %s: column %d is %v, a %s", ErrFile, f.Name, i, leaf.Path, leaf.Element.Type.V)
		}
	}
	return meta, nil
}

// step is how many states are read at a time, so that a file which claims more
// rows than it has fails before there's memory for them.
const step = 1 << 14

func appendGroup(states []delta.State, f *columnar.File, group int) ([]delta.State, error) {
	var readers [3]*columnar.ColumnReader
	for i := range readers {
		var err error
		if readers[i], err = f.Column(group, i); err != nil {
			return nil, err
		}
	}
	rows := int(min(f.GroupRows(group), step))
	keys, windows, bodies := make([][]byte, rows), make([]int64, rows), make([][]byte, rows)
	for left := f.GroupRows(group); left > 0; {
		n := int(min(left, step))
		if _, err := readers[0].Blobs(keys[:n], nil); err != nil {
			return nil, err
		}
		if _, err := readers[1].Ints(windows[:n], nil); err != nil {
			return nil, err
		}
		if _, err := readers[2].Blobs(bodies[:n], nil); err != nil {
			return nil, err
		}
		for i := range n {
			states = append(states, delta.State{Key: keys[i], Window: windows[i], State: bodies[i]})
		}
		left -= int64(n)
	}
	return states, nil
}

// compare is the order of a file: by key, then window.
func compare(a, b *delta.State) int {
	if c := bytes.Compare(a.Key, b.Key); c != 0 {
		return c
	}
	return cmp.Compare(a.Window, b.Window)
}
