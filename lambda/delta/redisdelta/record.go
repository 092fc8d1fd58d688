package redisdelta

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/anabranch-go/anabranch/lambda/delta"
)

// A record is one hash, and holds all that changes in place:
//
//	term                    the highest term seen
//	shown                   the field of the copy that readers take
//	copy:term:from:nonce    that copy's header

const (
	fieldTerm  = "term"
	fieldShown = "shown"
	copyPrefix = "copy:"
)

// termText is a text of 20 digits; texts sort as terms do.
func termText(term int64) string { return fmt.Sprintf("%020d", uint64(term)^1<<63) }

func fieldOf(c delta.Copy) string {
	return copyPrefix + termText(c.Term) + ":" + strconv.FormatInt(c.From, 10) + ":" + c.Nonce
}

// copyOf is the copy that a field of a record stands for.
func copyOf(view string, partition int, field string) (c delta.Copy, ok bool) {
	rest, ok := strings.CutPrefix(field, copyPrefix)
	term, rest, ok1 := strings.Cut(rest, ":")
	from, nonce, ok2 := strings.Cut(rest, ":")
	biased, err1 := strconv.ParseUint(term, 10, 64)
	first, err2 := strconv.ParseInt(from, 10, 64)
	c = delta.Copy{View: view, Partition: partition, From: first, Term: int64(biased ^ 1<<63), Nonce: nonce}
	return c, ok && ok1 && ok2 && err1 == nil && err2 == nil
}

func (s *Store) recordKey(view string, partition int) string {
	return s.options.Prefix + "open:" + view + ":" + strconv.Itoa(partition)
}

// header says what a copy holds. It's the only thing of a copy that changes.
type header struct {
	Format    int
	Through   int64
	Rows      int64
	Late      int64
	Watermark *int64 `json:",omitempty"`
	At        int64  // in µs since 1970
	Batches   []batch
}

const format = 1

// batch stands for the flushes [First, Last]. Chunks has a digest of 8 bytes for
// each chunk.
type batch struct {
	First, Last int64
	Chunks      []byte `json:",omitempty"`
}

func (b *batch) add(digest uint64) { b.Chunks = binary.BigEndian.AppendUint64(b.Chunks, digest) }

// last is the flush that was applied last; zero if none was.
func (h *header) last() (b batch) {
	if n := len(h.Batches); n > 0 {
		b = h.Batches[n-1]
	}
	return b
}

func (h *header) encode() (string, error) {
	text, err := json.Marshal(h)
	return string(text), err
}

// decodeHeader reads a header, "" being that of a copy without flushes. False says
// that it isn't one that this version of the package has written.
func decodeHeader(text string) (h header, ok bool) {
	if text == "" {
		return header{}, true
	}
	if json.Unmarshal([]byte(text), &h) != nil || h.Format != format || len(h.Batches) == 0 {
		return header{}, false
	}
	next := int64(1)
	for _, b := range h.Batches {
		if b.First != next || b.Last < b.First || len(b.Chunks)%8 != 0 {
			return header{}, false
		}
		next = b.Last + 1
	}
	return h, true
}

// chunkKey names a chunk by its copy, flush and place, and by its content: what is
// sent again has the same name, and nothing else ever has it.
type chunkKey struct {
	base string
}

func (s *Store) chunksOf(c delta.Copy) chunkKey {
	id := sha256.Sum256(fmt.Appendf(nil, "%q %d %d %d %q", c.View, c.Partition, c.From, c.Term, c.Nonce))
	return chunkKey{s.options.Prefix + "chunk:" + hex.EncodeToString(id[:16])}
}

func (k chunkKey) name(number int64, index int, digest uint64) string {
	return fmt.Sprintf("%s:%d:%d:%016x", k.base, number, index, digest)
}

// batch names a batch by its content.
func (k chunkKey) batch(b batch) string {
	return fmt.Sprintf("%s:%d:%d:%x", k.base, b.First, b.Last, b.Chunks)
}

// names are the chunks of batches, in their order.
func (k chunkKey) names(batches []batch) []string {
	var names []string
	for _, b := range batches {
		for i := 0; i < len(b.Chunks); i += 8 {
			names = append(names, k.name(b.Last, i/8, binary.BigEndian.Uint64(b.Chunks[i:])))
		}
	}
	return names
}
