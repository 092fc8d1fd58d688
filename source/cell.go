package source

import (
	"fmt"
	"reflect"
	"strconv"
	"time"
)

// How decoders add cells that they found as text. Each adds one value to the
// column, or none and says why.

// canonicalOpaque gives the text that the list or map would have been stored as.
func canonicalOpaque(text []byte, t reflect.Type) (string, error) {
	v := reflect.New(t)
	if err := readOpaque(text, v); err != nil {
		return "", fmt.Errorf("%w: %w", ErrValue, err)
	}
	out, err := opaqueText(v.Elem(), false)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrValue, err)
	}
	return out, nil
}

// parseInt adds an integer, a time in µs, or a decimal.
func parseInt[T string | []byte](c *columnBuilder, text T) error {
	v, err := parseDecimal(text, c.Scale)
	if err != nil {
		return err
	}
	if err := checkInt(c.Column, v); err != nil {
		return err
	}
	c.int(v)
	return nil
}

// parseText adds a decimal or a time that a record has as a string.
func parseText(c *columnBuilder, text []byte) error {
	switch c.Kind {
	case Decimal:
		return parseInt(c, text)
	case Time:
		var at time.Time
		if err := at.UnmarshalText(text); err != nil {
			return fmt.Errorf("%w: %s is no time in RFC 3339", ErrValue, brief(text))
		}
		return addTime(c, at)
	}
	return fmt.Errorf("%w: a %s where a %s belongs", ErrValue, String, c.Kind)
}

func parseFloat(c *columnBuilder, text string) error {
	f, err := strconv.ParseFloat(text, c.typ.Bits())
	if err != nil {
		return fmt.Errorf("%w: %s is no %s", ErrValue, brief(text), c.typ)
	}
	c.float(f)
	return nil
}

func addTime(c *columnBuilder, at time.Time) error {
	us, err := Micros(at)
	if err != nil {
		return err
	}
	c.int(us)
	return nil
}

func addBool(c *columnBuilder, v bool) {
	if v {
		c.int(1)
		return
	}
	c.int(0)
}
