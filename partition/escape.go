package partition

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// NullSegment stands in a path for a null and for an empty string. Hive, Spark
// and DuckDB read and write it as null.
const NullSegment = "__HIVE_DEFAULT_PARTITION__"

const hexDigits = "0123456789ABCDEF"

// reserved are the printable ASCII characters that are escaped: those that Hive
// escapes (FileUtils.escapePathName), and the rest of what globs, shells and
// Windows read as syntax.
const reserved = "\"#%'*/:=?\\{}[]^<>|"

// Escape gives any text as one path segment, with a percent sign and two hex
// digits for each byte that can't stand for itself:
//
//   - control characters, and the invisible ones of Unicode that reorder or
//     hide text;
//   - " # % ' * / : = ? \ { } [ ] ^ < > and |;
//   - bytes that aren't valid UTF-8;
//   - a dot or underscore at the start, which hides a file from query engines
//     (and "." and ".." lead elsewhere), and a dot or space at the end, which
//     Windows drops.
//
// Everything else, letters of any script too, stays readable. The empty text
// becomes NullSegment, and a text that reads NullSegment is escaped like any
// that starts with an underscore. So distinct texts have distinct segments, and
// Unescape gives back what Escape took.
func Escape(value string) string {
	if value == "" {
		return NullSegment
	}
	// Nearly all values need nothing; they cost no allocation.
	clean := 0
	for clean < len(value) {
		size, ok := readable(value, clean)
		if !ok {
			break
		}
		clean += size
	}
	if clean == len(value) {
		return value
	}
	var out strings.Builder
	out.Grow(len(value) + 8)
	for i := 0; i < len(value); {
		size, ok := readable(value, i)
		if ok {
			out.WriteString(value[i : i+size])
		} else {
			for _, b := range []byte(value[i : i+size]) {
				out.WriteByte('%')
				out.WriteByte(hexDigits[b>>4])
				out.WriteByte(hexDigits[b&15])
			}
		}
		i += size
	}
	return out.String()
}

// readable tells whether the character at value[i:] can stand for itself, and
// its size in bytes; for a byte that isn't valid UTF-8 the size is 1.
func readable(value string, i int) (size int, ok bool) {
	b := value[i]
	if b < utf8.RuneSelf {
		switch {
		case b < ' ' || b == 0x7f || strings.IndexByte(reserved, b) >= 0:
			return 1, false
		case b == '.':
			return 1, i > 0 && i < len(value)-1
		case b == '_':
			return 1, i > 0
		case b == ' ':
			return 1, i < len(value)-1
		}
		return 1, true
	}
	r, size := utf8.DecodeRuneInString(value[i:])
	return size, !(r == utf8.RuneError && size == 1) && !invisible(r)
}

// invisible lists by number the characters that a reader of a path can't see.
// Unicode's own categories would do, but they grow with each of its versions,
// and then the path of a value would depend on the compiler.
func invisible(r rune) bool {
	switch {
	case r >= 0x80 && r <= 0x9f, // control characters
		r >= 0x200b && r <= 0x200f, // zero width, direction marks
		r >= 0x2028 && r <= 0x202e, // line separators, direction overrides
		r >= 0x2060 && r <= 0x206f, // joiners, direction isolates
		r == 0xfeff:                // byte order mark
		return true
	}
	return false
}

// Unescape is the inverse of Escape: NullSegment gives "", and ErrEscape marks a
// percent sign without two hex digits after it. It reads any escape, also one
// that Escape wouldn't write.
func Unescape(segment string) (string, error) {
	if segment == NullSegment {
		return "", nil
	}
	if strings.IndexByte(segment, '%') < 0 {
		return segment, nil
	}
	out := make([]byte, 0, len(segment))
	for i := 0; i < len(segment); i++ {
		if segment[i] != '%' {
			out = append(out, segment[i])
			continue
		}
		if i+2 >= len(segment) {
			return "", fmt.Errorf("%w: %q ends within one", ErrEscape, segment)
		}
		high, low := fromHex(segment[i+1]), fromHex(segment[i+2])
		if high < 0 || low < 0 {
			return "", fmt.Errorf("%w: %q in %q: write a percent sign as %%25", ErrEscape, segment[i:i+3], segment)
		}
		out = append(out, byte(high<<4|low))
		i += 2
	}
	return string(out), nil
}

// fromHex gives the value of a hex digit of either case, or -1.
func fromHex(b byte) int {
	switch {
	case b >= '0' && b <= '9':
		return int(b - '0')
	case b >= 'a' && b <= 'f':
		return int(b-'a') + 10
	case b >= 'A' && b <= 'F':
		return int(b-'A') + 10
	}
	return -1
}
