package columnar

import (
	"errors"
	"fmt"
)

var (
	// ErrFormat says that the bytes aren't a Parquet file, or are a damaged one.
	ErrFormat = errors.New("columnar: not a sound Parquet file")
	// ErrUnsupported says that the file is sound, as far as was read, and uses
	// something that this package doesn't: a rare encoding or codec, encryption,
	// or a type that can't be read as the one that was asked for.
	ErrUnsupported = errors.New("columnar: unsupported in a Parquet file")
	// ErrSchema says that columns can't be laid out in one file: a repeated
	// path, a column that is also a group.
	ErrSchema = errors.New("columnar: not a schema")
)

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrFormat, fmt.Sprintf(format, args...))
}

func unsupported(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUnsupported, fmt.Sprintf(format, args...))
}

// guard turns a panic into an error. Bytes that lie about themselves can lead
// any decoder out of bounds, ours or the library's.
func guard(name string, err *error) {
	if p := recover(); p != nil {
		*err = malformed("%v", p)
	}
	if *err != nil {
		*err = fmt.Errorf("%s: %w", name, *err)
	}
}
