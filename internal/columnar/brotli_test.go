package columnar

import (
	"bytes"
	"testing"
	"testing/iotest"

	"github.com/andybalholm/brotli"
	"github.com/parquet-go/parquet-go/format"
)

// TestEmptyRead has readers whose last read gives nothing, and no error yet.
func TestEmptyRead(t *testing.T) {
	// A metadata block after the values ends the stream apart from them.
	var b bytes.Buffer
	w := brotli.NewWriter(&b)
	want := bytes.Repeat([]byte("abcd"), 4000)
	if _, err := w.Write(want); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := decompress(format.Brotli, nil, b.Bytes(), len(want))
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	if _, err := decompress(format.Brotli, nil, b.Bytes(), len(want)-1); err == nil {
		t.Fatal("a page with a byte too many was taken")
	}
	late := &lateEOF{bytes.NewReader(want)}
	if got, err := readExactly(make([]byte, len(want)), iotest.OneByteReader(late)); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
}

// lateEOF gives nothing once before io.EOF.
type lateEOF struct{ *bytes.Reader }

func (r *lateEOF) Read(p []byte) (int, error) {
	if r.Reader == nil {
		return new(bytes.Reader).Read(p)
	}
	n, err := r.Reader.Read(p)
	if err != nil {
		r.Reader = nil
		return 0, nil
	}
	return n, err
}
