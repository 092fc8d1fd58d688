package partition

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Condition is what a query asks of one dimension: see Between and OneOf.
type Condition struct {
	name     string
	from, to time.Time // of Between
	values   []Value   // of OneOf
	ranged   bool
}

// Between asks for rows whose time lies in [from, to): from is in, to isn't. The
// zero Time as from or to leaves that side open. A missing time isn't in any
// range, as in SQL. The dimension must be one by time.
func Between(name string, from, to time.Time) Condition {
	return Condition{name: name, from: from, to: to, ranged: true}
}

// OneOf asks for rows whose value equals one of these; Null asks for rows without
// a value. No values at all ask for no row. It's the condition for dimensions by
// hash and value; one by time takes it too. It copies values.
func OneOf(name string, values ...Value) Condition {
	return Condition{name: name, values: slices.Clone(values)}
}

// Filter tells which parts of a scheme can hold rows that meet all its
// conditions. It is immutable and safe for concurrent use. The zero Filter has no
// scheme: every path is an error to it.
type Filter struct {
	scheme Scheme
	tests  []test // one for each condition
}

// test is a condition on the texts of one dimension.
type test struct {
	dim      int
	in       map[string]bool // of OneOf
	from, to string          // of Between, both inclusive; "" is open
	never    bool
}

// Filter makes a filter of conditions, which must all hold. A dimension without
// a condition is free, and one may have several. The conditions are on a row's
// own values; the filter finds their months, hours and buckets.
//
// ErrScheme marks a name that isn't the scheme's, ErrValue a condition of a kind
// that the dimension doesn't take, and a time of OneOf out of range.
func (s Scheme) Filter(conditions ...Condition) (Filter, error) {
	if len(s.dims) == 0 {
		return Filter{}, fmt.Errorf("%w: it has no dimensions: make it with New", ErrScheme)
	}
	f := Filter{scheme: s}
	for _, c := range conditions {
		i := slices.IndexFunc(s.dims, func(d Dimension) bool { return d.name == c.name })
		if i < 0 {
			return Filter{}, fmt.Errorf("%w: %v has no dimension %q", ErrScheme, s, c.name)
		}
		next, err := c.test(s.dims[i])
		if err != nil {
			return Filter{}, err
		}
		next.dim = i
		f.tests = append(f.tests, next)
	}
	return f, nil
}

func (c Condition) test(d Dimension) (test, error) {
	if c.ranged {
		if d.rule > byYear {
			return test{}, fmt.Errorf("%w: %v doesn't take a range of time: use OneOf", ErrValue, d)
		}
		return d.between(c.from, c.to), nil
	}
	in := make(map[string]bool, len(c.values))
	for _, v := range c.values {
		text, err := d.text(v)
		if err != nil {
			return test{}, err
		}
		in[text] = true
	}
	return test{in: in}, nil
}

// between gives the test for the parts that overlap [from, to): those from the
// one with from to the one with the last instant before to. Their texts sort as
// the times do.
func (d Dimension) between(from, to time.Time) test {
	first, last := from.UTC(), to.UTC().Add(-1)
	t := test{never: !to.IsZero() && !from.Before(to)}
	switch {
	case from.IsZero() || first.Year() < 1:
	case first.Year() > 9999:
		t.never = true
	default:
		t.from = first.Format(layouts[d.rule])
	}
	switch {
	case to.IsZero() || last.Year() > 9999:
	case last.Year() < 1:
		t.never = true
	default:
		t.to = last.Format(layouts[d.rule])
	}
	return t
}

// passes tells whether a part with this text can hold a row that meets the
// condition. A missing time has the text "", and is in no range.
func (t test) passes(text string) bool {
	if t.in != nil {
		return t.in[text]
	}
	return !t.never && text != "" && t.from <= text && (t.to == "" || text <= t.to)
}

// MayHold tells whether the part with this path can hold a row that the filter
// asks for. False is certain: it holds none. True is not, since a part holds more
// values than those asked for: other days of the month, other keys of the
// bucket, the empty string beside nulls. The errors are those of Parse; such a
// path must be looked at rather than skipped.
func (f Filter) MayHold(path string) (bool, error) {
	texts, err := f.scheme.Parse(path)
	if err != nil {
		return false, err
	}
	return f.passes(texts), nil
}

// MayLead is MayHold for the first levels of a path, such as "fecha=2026-11-24"
// of "fecha=2026-11-24/user_id=7": whether a part below that directory can hold a
// row that the filter asks for. With it, a directory needn't be listed to be
// skipped. ErrPath marks a path of no level and of more than the scheme has.
func (f Filter) MayLead(path string) (bool, error) {
	if n := strings.Count(path, "/") + 1; n > len(f.scheme.dims) {
		return false, fmt.Errorf("%w: %q has %d segments for the %d dimensions of %v", ErrPath, path, n, len(f.scheme.dims), f.scheme)
	}
	texts, err := f.scheme.parse(path)
	if err != nil {
		return false, err
	}
	return f.passes(texts), nil
}

// passes tells whether the texts of the first dimensions meet the conditions on
// them.
func (f Filter) passes(texts []string) bool {
	for _, t := range f.tests {
		if t.dim < len(texts) && !t.passes(texts[t.dim]) {
			return false
		}
	}
	return true
}

// Prune gives the paths whose parts can hold a row that the filter asks for, in
// their order and in new memory. The first path that isn't the scheme's stops it
// with the error of Parse.
func (f Filter) Prune(paths []string) ([]string, error) {
	var kept []string
	for _, path := range paths {
		may, err := f.MayHold(path)
		if err != nil {
			return nil, err
		}
		if may {
			kept = append(kept, path)
		}
	}
	return kept, nil
}
