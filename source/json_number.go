package source

import (
	"math/bits"
	"reflect"
)

// powers of ten that 64 bits hold, and of which floats have each.
var powers = [...]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// plainNumber reads a JSON number without an exponent and of 18 digits at most:
// units of 10^-places, and its end. The end of any other is -1.
func plainNumber(s []byte, at int) (units int64, places, end int) {
	negative := s[at] == '-'
	if negative {
		at++
	}
	first := at
	for at < len(s) && s[at]-'0' <= 9 {
		units = units*10 + int64(s[at]-'0')
		at++
	}
	digits := at - first
	if digits == 0 || s[first] == '0' && digits > 1 {
		return 0, 0, -1
	}
	if isAt(s, at, '.') {
		at++
		first = at
		for at < len(s) && s[at]-'0' <= 9 {
			units = units*10 + int64(s[at]-'0')
			at++
		}
		if places = at - first; places == 0 {
			return 0, 0, -1
		}
	}
	if digits+places >= len(powers) || isAt(s, at, 'e') || isAt(s, at, 'E') {
		return 0, 0, -1
	}
	if negative {
		units = -units
	}
	return units, places, at
}

// shortNumber is plainNumber for up to seven digits before the point and after it,
// which it reads eight bytes at once.
func shortNumber(s []byte, at int) (units int64, places, end int) {
	negative := isAt(s, at, '-')
	if negative {
		at++
	}
	var word uint64
	if at+8 <= len(s) {
		word = wordOf(s, at)
	} else {
		word = wordNear(s, at)
	}
	if first := word&0xFF - '0'; first <= 9 && word>>8&0xFF-'0' > 9 { // as small numbers are
		units, at = int64(first), at+1
	} else {
		whole, digits := leadingDigits(word)
		if digits-1 > 6 || first == 0 {
			return 0, 0, -1
		}
		units, at = int64(whole), at+int(digits)
	}
	if isAt(s, at, '.') {
		if at+9 <= len(s) {
			word = wordOf(s, at+1)
		} else {
			word = wordNear(s, at+1)
		}
		fraction, digits := leadingDigits(word)
		if digits-1 > 6 {
			return 0, 0, -1
		}
		units, places, at = units*powers[digits]+int64(fraction), int(digits), at+1+int(digits)
	}
	if at >= len(s) || s[at]|0x20 == 'e' {
		return 0, 0, -1
	}
	if negative {
		units = -units
	}
	return units, places, at
}

// leadingDigits reads the digits that a word begins with, and counts them. It adds
// them in pairs, then fours, then eights.
func leadingDigits(x uint64) (value uint64, n uint) {
	x ^= '0' * ones
	n = uint(bits.TrailingZeros64((x+(0x80-10)*ones|x)&high)) / 8
	x <<= 64 - 8*n // zeros before the first
	x = x*10 + x>>8
	return (x&0xFF000000FF*(100+1000000<<32) + x>>16&0xFF000000FF*(1+10000<<32)) >> 32, n
}

// shortInt adds an integer or a decimal that shortNumber reads.
func (c *columnBuilder) shortInt(s []byte, at int) int {
	units, places, end := shortNumber(s, at)
	zeros := c.Scale - places
	if end < 0 || zeros < 0 || c.Scale > 10 {
		return -1
	}
	if units *= powers[zeros]; units < c.low || units > c.high {
		return -1
	}
	c.int(units)
	return end
}

// shortFloat adds a float64 that shortNumber reads: see scanFloat.
func (c *columnBuilder) shortFloat(s []byte, at int) int {
	units, places, end := shortNumber(s, at)
	if end >= 0 {
		c.floats = append(c.floats, float64(units)/float64(powers[places])) // no NaN, and no -0
		c.count(true)
	}
	return end
}

// scanInt adds an integer, a time in µs, or a decimal, if the column takes it.
func scanInt(c *columnBuilder, s []byte, at int) int {
	units, places, end := plainNumber(s, at)
	zeros := c.Scale - places
	if end < 0 || zeros < 0 || end-at+zeros >= len(powers) {
		if end = numberEnd(s, at); end < 0 || parseInt(c, s[at:end]) != nil {
			return -1
		}
		return end
	}
	if units *= powers[zeros]; units < c.low || units > c.high {
		return -1
	}
	c.int(units)
	return end
}

// scanFloat adds a float. One of up to 2^53 units of 10^-18 or more is one exact
// number divided by another, so rounded once and right (Clinger, "How to read
// floating point numbers accurately", 1990); strconv reads the others.
func scanFloat(c *columnBuilder, s []byte, at int) int {
	units, places, end := plainNumber(s, at)
	if end >= 0 && -1<<53 <= units && units <= 1<<53 && c.typ.Kind() == reflect.Float64 {
		c.float(float64(units) / float64(powers[places]))
		return end
	}
	if end = numberEnd(s, at); end < 0 || parseFloat(c, string(s[at:end])) != nil {
		return -1
	}
	return end
}
