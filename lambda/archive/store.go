package archive

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"
)

// Store is an object store. Its methods may be called concurrently, from many
// processes where the medium is shared. They return promptly, with the
// context's error, once the context has ended.
//
// Names are slash-separated relative paths of valid UTF-8: at most 1,024
// bytes, with segments of 1 to 255 bytes that don't start with a dot and hold
// no backslash and no control character. Others are ErrName. A store needn't
// hold both p and p/q.
type Store interface {
	// Put stores body under name, durably and in one step, if no object has
	// that name; else it is ErrExists and the object stays as it was. Readers
	// see all of the object or none of it.
	//
	// Any other error is ambiguous: the write may have taken effect, or may
	// yet. Put doesn't retain body.
	Put(ctx context.Context, name string, body []byte) error

	// Get reads up to length bytes from offset; fewer, without an error, where
	// the object ends before, and to its end where length is negative. Callers
	// may ask for more than there is: no store allocates by length alone. The
	// result is the caller's. No such object is ErrNotFound; a negative offset
	// is ErrInvalid.
	Get(ctx context.Context, name string, offset, length int64) ([]byte, error)

	// List yields, in the order of their bytes, the names that start with
	// prefix and sort after after ("" = all). Prefix needn't end at a slash.
	// It isn't a snapshot: a name put meanwhile may show or not, even where
	// one put later shows. An error ends the sequence, with an empty name.
	List(ctx context.Context, prefix, after string) iter.Seq2[string, error]
}

const (
	maxName    = 1024
	maxSegment = 255
)

// CheckName says whether name can be an object's: ErrName if not. Every store
// calls it. It is what keeps a store in its root: values from data must never
// become paths that lead elsewhere.
func CheckName(name string) error {
	if name == "" || len(name) > maxName || !utf8.ValidString(name) {
		return fmt.Errorf("%w: %q", ErrName, name)
	}
	for segment := range strings.SplitSeq(name, "/") {
		if !validSegment(segment) {
			return fmt.Errorf("%w: %q", ErrName, name)
		}
	}
	return nil
}

func validSegment(segment string) bool {
	if segment == "" || len(segment) > maxSegment || segment[0] == '.' {
		return false
	}
	for _, r := range segment {
		if r < 0x20 || r == 0x7f || r == '\\' {
			return false
		}
	}
	return true
}

// CheckPrefix says whether names can start with prefix: ErrName if not.
func CheckPrefix(prefix string) error {
	if prefix == "" {
		return nil
	}
	whole := prefix
	if strings.HasSuffix(prefix, "/") {
		whole += "x"
	}
	return CheckName(whole)
}

// CheckRead says whether a Get's arguments make sense: ErrName or ErrInvalid if
// not.
func CheckRead(name string, offset int64) error {
	if offset < 0 {
		return fmt.Errorf("%w: cannot read %s from offset %d", ErrInvalid, name, offset)
	}
	return CheckName(name)
}
