package source

import (
	"fmt"
	"math"
	"strconv"
)

// parseDecimal reads a number exactly, in units of 10^-scale: 12.5 at scale 2 is
// 1250. The text is digits with an optional sign, point and exponent. More
// digits after the point than scale are an error, unless they are zeros; so is a
// number past 64 bits.
func parseDecimal[T string | []byte](text T, scale int) (int64, error) {
	if v, ok := parseShort(text, scale); ok {
		return v, nil
	}
	rest, negative := text, false
	if len(rest) > 0 && (rest[0] == '-' || rest[0] == '+') {
		negative, rest = rest[0] == '-', rest[1:]
	}
	var units uint64 // the digits so far, without trailing zeros
	places := scale  // units are of 10^-places, less what zeros say
	zeros := 0       // that may follow units
	digits, point, overflow := 0, false, false
	for ; len(rest) > 0 && rest[0] != 'e' && rest[0] != 'E'; rest = rest[1:] {
		c := rest[0]
		if c == '.' && !point {
			point = true
			continue
		}
		if c < '0' || c > '9' {
			return 0, notANumber(text)
		}
		digits++
		if point {
			places--
		}
		if c == '0' {
			zeros++
			continue
		}
		var ok bool
		if units, ok = shift(units, zeros+1); !ok || units > math.MaxUint64-uint64(c-'0') {
			overflow = true
		}
		units, zeros = units+uint64(c-'0'), 0
	}
	exponent, ok := parseExponent(rest)
	if digits == 0 || !ok {
		return 0, notANumber(text)
	}
	if units == 0 && !overflow {
		return 0, nil
	}
	places += zeros + exponent
	if places < 0 && !overflow {
		return 0, fmt.Errorf("%w: %s has more than %d digits after the point", ErrValue, brief(text), scale)
	}
	if !overflow {
		units, ok = shift(units, places)
	}
	switch {
	case overflow || !ok || units > 1<<63 || units == 1<<63 && !negative:
		return 0, fmt.Errorf("%w: %s is past 64 bits", ErrValue, brief(text))
	case negative:
		return -int64(units), nil
	}
	return int64(units), nil
}

// parseShort is parseDecimal for what nearly every number is: digits, few enough
// to need no check, with a sign and a point at most. What else there is, it
// leaves.
func parseShort[T string | []byte](text T, scale int) (int64, bool) {
	const most = 18 // digits that fit 64 bits, whichever they are
	at, negative := 0, len(text) > 0 && text[0] == '-'
	if negative {
		at = 1
	}
	if len(text)+scale > most || at == len(text) {
		return 0, false
	}
	v, places := int64(0), -1 // digits after the point; -1 before it
	for ; at < len(text); at++ {
		c := text[at]
		if c == '.' && places < 0 && at+1 < len(text) {
			places = 0
			continue
		}
		if c < '0' || c > '9' {
			return 0, false
		}
		v = v*10 + int64(c-'0')
		if places >= 0 {
			places++
		}
	}
	places = max(places, 0)
	if places > scale {
		return 0, false
	}
	for ; places < scale; places++ {
		v *= 10
	}
	if negative {
		v = -v
	}
	return v, true
}

// parseExponent reads "e5", or nothing.
func parseExponent[T string | []byte](text T) (int, bool) {
	if len(text) == 0 {
		return 0, true
	}
	text = text[1:]
	negative := false
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		negative, text = text[0] == '-', text[1:]
	}
	if len(text) == 0 {
		return 0, false
	}
	exponent := 0
	for i := range len(text) {
		c := text[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		exponent = min(exponent*10+int(c-'0'), 1<<30)
	}
	if negative {
		return -exponent, true
	}
	return exponent, true
}

// shift gives u·10^n, unless that's past 64 bits. Zero is zero at any n.
func shift(u uint64, n int) (uint64, bool) {
	for ; n > 0 && u > 0; n-- {
		if u > math.MaxUint64/10 {
			return u, false
		}
		u *= 10
	}
	return u, true
}

func notANumber[T string | []byte](text T) error {
	return fmt.Errorf("%w: %s is no number", ErrValue, brief(text))
}

// brief quotes a piece of a record for a person.
func brief[T string | []byte](text T) string {
	const most = 40
	if len(text) > most {
		return strconv.Quote(string(text[:most])) + "…"
	}
	return strconv.Quote(string(text))
}
