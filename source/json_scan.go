package source

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// How the fast reader of JSON finds its way in a text. Places are checked here,
// values by their columns. -1 stands for what isn't there.

func isAt(s []byte, at int, c byte) bool { return at < len(s) && s[at] == c }

func skipSpace(s []byte, at int) int {
	for at < len(s) && (s[at] == ' ' || s[at] == '\n' || s[at] == '\r' || s[at] == '\t') {
		at++
	}
	return at
}

func literal(s []byte, at int, word string) int {
	if end := at + len(word); end <= len(s) && string(s[at:end]) == word {
		return end
	}
	return -1
}

// wordOf gives the eight bytes at a place as a word, the first lowest. Slicing would
// keep the next load waiting for the capacity of what is left.
func wordOf(s []byte, at int) uint64 {
	if at < 0 {
		panic(at)
	}
	_ = s[at+7]
	return binary.LittleEndian.Uint64((*[8]byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(s)), at))[:])
}

// wordNear is wordOf for a place near the end, or past it: zeros follow it.
func wordNear(s []byte, at int) uint64 {
	switch {
	case at+8 <= len(s):
		return wordOf(s, at)
	case len(s) < 8:
		return 0 // and so the record isn't read quickly
	}
	return wordOf(s, len(s)-8) >> (8 * uint(at+8-len(s)))
}

// A word of eight bytes, each with the same bit.
const ones, high = 0x0101010101010101, 0x8080808080808080

// zeroBytes marks a word's zero bytes by their highest bit, and textEnds its
// quotes, backslashes and control characters, by the ways of Bit Twiddling Hacks to
// find a zero byte and one that is less than n: they may take a byte after the first
// found for another, so only the first counts.
func zeroBytes(x uint64) uint64 { return (x - ones) &^ x & high }

func textEnds(x uint64) uint64 {
	quote, backslash := x^('"'*ones), x^('\\'*ones)
	return ((quote-ones)&^quote | (backslash-ones)&^backslash | (x-' '*ones)&^x) & high
}

// masks are of the bytes of two words before the first that was found in the one,
// or else in the other; such a byte is marked by its highest bit.
func masks(lo, hi uint64) (uint64, uint64) {
	return (lo&-lo)>>7 - 1, ((hi&-hi)>>7 - 1) & ((lo|-lo)>>63 - 1)
}

// textEnd gives the place of the first quote, backslash or control character from
// a place on, or the end, and whether all before it is ASCII. It looks at eight
// bytes at once.
func textEnd(s []byte, at int) (int, bool) {
	wide := uint64(0)
	for ; at+8 <= len(s); at += 8 {
		x := wordOf(s, at)
		if found := textEnds(x); found != 0 {
			before := found&-found - 1 // the bits below the found byte's highest
			return at + bits.TrailingZeros64(found)/8, (wide|x&before)&high == 0
		}
		wide |= x
	}
	ascii := wide&high == 0
	for ; at < len(s) && s[at] != '"' && s[at] != '\\' && s[at] >= ' '; at++ {
		ascii = ascii && s[at] < 0x80
	}
	return at, ascii
}

// maxNesting is how deep a value that no column has, or an opaque one, may be for
// the fast reader: far less than what JSON may.
const maxNesting = 100

// bracketsEnd gives the end of an object or list, if it's well formed.
func bracketsEnd(s []byte, at int) int {
	depth := 0
	for ; at < len(s); at++ {
		switch s[at] {
		case '{', '[':
			if depth++; depth > maxNesting {
				return -1
			}
		case '}', ']':
			if depth--; depth == 0 {
				return at + 1
			}
		case '"':
			at, _ = textEnd(s, at+1)
			for isAt(s, at, '\\') {
				at, _ = textEnd(s, min(at+2, len(s)))
			}
		}
	}
	return -1
}

// digitsEnd gives the place after the digits, of which there may be none.
func digitsEnd(s []byte, at int) int {
	for at < len(s) && s[at]-'0' <= 9 {
		at++
	}
	return at
}

// numberEnd gives the end of a JSON number.
func numberEnd(s []byte, at int) int {
	if isAt(s, at, '-') {
		at++
	}
	end := digitsEnd(s, at)
	if end == at || s[at] == '0' && end > at+1 {
		return -1
	}
	if at = end; isAt(s, at, '.') {
		if end = digitsEnd(s, at+1); end == at+1 {
			return -1
		}
		at = end
	}
	if isAt(s, at, 'e') || isAt(s, at, 'E') {
		if at++; isAt(s, at, '-') || isAt(s, at, '+') {
			at++
		}
		if end = digitsEnd(s, at); end == at {
			return -1
		}
	}
	return end
}
