package partition

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// layouts are the texts of the ranges of time. They sort as the times do.
var layouts = [...]string{byHour: "2006-01-02-15", byDay: "2006-01-02", byMonth: "2006-01", byYear: "2006"}

// maxSegment is what common file systems take as one name, in bytes.
const maxSegment = 255

// Path gives the directory of the part that holds the values, one for each
// dimension in their order: "fecha=2026-11-24/user_id=7/region=norte", without a
// slash at either end. Times are taken in UTC and must lie in the years 1 to
// 9999. Any dimension takes Null. ErrValue marks values of the wrong number or
// kind, a time out of range, and a segment of more than 255 bytes; ErrScheme a
// zero Scheme.
func (s Scheme) Path(values ...Value) (string, error) {
	if len(s.dims) == 0 {
		return "", fmt.Errorf("%w: it has no dimensions: make it with New", ErrScheme)
	}
	if len(values) != len(s.dims) {
		return "", fmt.Errorf("%w: %d values for the %d dimensions of %v", ErrValue, len(values), len(s.dims), s)
	}
	var path strings.Builder
	for i, d := range s.dims {
		value, err := d.text(values[i])
		if err != nil {
			return "", err
		}
		segment, err := d.segment(value)
		if err != nil {
			return "", err
		}
		if i > 0 {
			path.WriteByte('/')
		}
		path.WriteString(segment)
	}
	return path.String(), nil
}

// segment gives a part's text as the name of a directory.
func (d Dimension) segment(text string) (string, error) {
	segment := d.name + "=" + Escape(text)
	if len(segment) > maxSegment {
		return "", fmt.Errorf("%w: %q makes a name of %d bytes, and file systems take %d: split %s by hash instead",
			ErrValue, segment[:40]+"…", len(segment), maxSegment, d.name)
	}
	return segment, nil
}

// text gives the part that v belongs to, not escaped yet; "" for null.
func (d Dimension) text(v Value) (string, error) {
	switch {
	case v.sort == null:
		return "", nil
	case d.rule == byHash && v.sort != instant:
		return strconv.Itoa(bucket(v, d.buckets)), nil
	case d.rule == byValue && v.sort == integer:
		return strconv.FormatInt(v.n, 10), nil
	case d.rule == byValue && v.sort == text:
		return v.s, nil
	case d.rule <= byYear && v.sort == instant:
		at := v.at.UTC()
		if at.Year() < 1 || at.Year() > 9999 {
			return "", fmt.Errorf("%w: %v isn't in the years 1 to 9999 (%v)", ErrValue, at, d)
		}
		return at.Format(layouts[d.rule]), nil
	}
	return "", fmt.Errorf("%w: %v doesn't take a %s", ErrValue, d, sortNames[v.sort])
}

// Parse is the inverse of Path: it gives one text for each dimension, unescaped.
// That is the range's text for a dimension by time, the bucket's number by hash,
// and "" for null as for the empty string. ErrPath marks a path that isn't this
// scheme's, ErrEscape a broken escape; both name the path. A segment that
// another program escaped more eagerly is read all the same.
func (s Scheme) Parse(path string) ([]string, error) {
	if len(s.dims) == 0 {
		return nil, fmt.Errorf("%w: it has no dimensions: make it with New", ErrScheme)
	}
	if n := strings.Count(path, "/") + 1; n != len(s.dims) {
		return nil, fmt.Errorf("%w: %q has %d segments for the %d dimensions of %v", ErrPath, path, n, len(s.dims), s)
	}
	return s.parse(path)
}

// parse reads a path of as many segments as the scheme has dimensions, or fewer.
func (s Scheme) parse(path string) ([]string, error) {
	texts := make([]string, strings.Count(path, "/")+1)
	for i, segment := range strings.Split(path, "/") {
		d := s.dims[i]
		escaped, found := strings.CutPrefix(segment, d.name+"=")
		if !found || escaped == "" {
			return nil, fmt.Errorf("%w: %q has the segment %q where %v belongs", ErrPath, path, segment, d)
		}
		value, err := Unescape(escaped)
		if err != nil {
			return nil, fmt.Errorf("cannot parse the path %q: %w", path, err)
		}
		if !d.holds(value) {
			return nil, fmt.Errorf("%w: %q has %q, which is no part of %v", ErrPath, path, value, d)
		}
		texts[i] = value
	}
	return texts, nil
}

// holds tells whether the text is one that the dimension's rule can give.
func (d Dimension) holds(value string) bool {
	switch {
	case value == "" || d.rule == byValue:
		return true
	case d.rule == byHash:
		n, err := strconv.ParseUint(value, 10, 31)
		return err == nil && int(n) < d.buckets && strconv.FormatUint(n, 10) == value
	}
	at, err := time.Parse(layouts[d.rule], value)
	return err == nil && at.Year() >= 1 && at.Format(layouts[d.rule]) == value
}
