package source

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/anabranch-go/anabranch/partition"
)

// pathValues gives what the directories of a file's path say, where they have
// the form that Hive gave them: name=value, escaped. A null is "", which no path
// can tell from the empty text.
func pathValues(name string) (map[string]string, error) {
	var values map[string]string
	for segment := range strings.SplitSeq(path.Dir(name), "/") {
		key, value, ok := strings.Cut(segment, "=")
		if !ok || key == "" {
			continue
		}
		key, err := partition.Unescape(key)
		if err == nil {
			value, err = partition.Unescape(value)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrOptions, name, err)
		}
		if _, twice := values[key]; twice {
			return nil, fmt.Errorf("%w: %s: its path gives %s twice", ErrOptions, name, key)
		}
		if values == nil {
			values = map[string]string{}
		}
		values[key] = value
	}
	return values, nil
}

// constant is a column that a file hasn't, and its path has.
type constant struct {
	column int
	one    Vector // of one row
	buffer Vector // of as many rows as were asked for once
}

// constants gives the columns that stand in a file's path alone. One that is
// required must stand in the file or in the path.
func constants(schema *Schema, name string, values map[string]string, has func(column int) bool) ([]constant, error) {
	var out []constant
	for i := range schema.Columns {
		c := &schema.Columns[i]
		text, ok := values[c.Name]
		if has(i) {
			continue
		}
		if c.Required && text == "" {
			return nil, fmt.Errorf("%w: %s: column %s is required, and neither in the file nor in its path", ErrColumn, name, c.Name)
		}
		if !ok {
			continue
		}
		b := columnBuilder{Column: c}
		b.reset(1)
		if err := parsePathValue(&b, text); err != nil {
			return nil, fmt.Errorf("cannot read %s: column %s, from the path: %w", name, c.Name, err)
		}
		out = append(out, constant{column: i, one: b.vector()})
	}
	return out, nil
}

// fill gives the column for n rows, in memory that it uses again: all rows are alike.
func (k *constant) fill(n int) Vector {
	if v := &k.buffer; v.len() < n {
		*v = Vector{Kind: k.one.Kind, Dict: k.one.Dict, Same: true}
		switch {
		case v.Kind.text():
			v.Codes = slices.Repeat(k.one.Codes, n)
		case v.Kind == Float:
			v.Floats = slices.Repeat(k.one.Floats, n)
		default:
			v.Ints = slices.Repeat(k.one.Ints, n)
		}
		if k.one.Valid != nil {
			v.Valid = make([]bool, n)
		}
	}
	return k.buffer.slice(0, n)
}

// parsePathValue adds the value that a path has as text.
func parsePathValue(c *columnBuilder, text string) error {
	if text == "" {
		c.zero()
		return nil
	}
	switch c.Kind {
	case String:
		c.text(text)
		return nil
	case Int, Decimal:
		return parseInt(c, text)
	case Float:
		return parseFloat(c, text)
	case Bool:
		v, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%w: %s is no bool", ErrValue, brief(text))
		}
		addBool(c, v)
		return nil
	case Time:
		at, err := parsePathTime(text)
		if err != nil {
			return err
		}
		return addTime(c, at)
	}
	return fmt.Errorf("%w: a path holds no list or map", ErrValue)
}

// pathTimes are the layouts of times in paths: what engines write of dates and
// of times, and what package partition writes of hours, months and years.
var pathTimes = [...]string{time.DateOnly, time.DateTime, time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07",
	"2006-01-02 15:04:05Z07:00", "2006-01-02-15", "2006-01", "2006"}

// parsePathTime reads a time. One without a zone is in UTC; of a day, a month and
// so on it's the beginning.
func parsePathTime(text string) (time.Time, error) {
	for _, layout := range pathTimes {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%w: %s is no date or time", ErrValue, brief(text))
}
