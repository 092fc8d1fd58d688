package arrowsource

import (
	"errors"
	"fmt"
)

// ErrFormat says that a file isn't a sound Arrow file or stream.
var ErrFormat = errors.New("arrowsource: not a sound Arrow file")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrFormat, fmt.Sprintf(format, args...))
}

// guard turns a panic into an error: bytes that lie about themselves lead the
// library out of bounds, in the goroutine that asks it.
func guard(name string, err *error) {
	if p := recover(); p != nil {
		*err = malformed("%v", p)
	}
	if *err != nil {
		*err = fmt.Errorf("%s: %w", name, *err)
	}
}
