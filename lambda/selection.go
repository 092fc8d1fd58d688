package lambda

import (
	"bytes"
	"fmt"
	"slices"
	"time"
)

// Selection says which keys a query wants, in which groups, and how many. The
// zero Selection is every key by itself.
type Selection[K, R any] struct {
	// Keys are the wanted keys; none wants all.
	Keys []K
	// Fields is how many of a key's leading fields Keys give: the keys that begin
	// with one of these are wanted. 0 means all fields.
	Fields int
	// Where keeps the keys that it's true of. It's called by one goroutine, and
	// must depend on the key alone.
	Where func(K) bool
	// By groups by some of the key's fields, and merges the others away: it gives
	// their addresses, as the key's own constructor does. In the answer's keys the
	// other fields are zero. Sessions of several keys don't merge: a view by
	// session must be rolled up by time as well.
	By func(*K) []any
	// Order is how results are ordered within a window, as for slices.SortFunc;
	// equal ones stay in the order of their keys. Nil orders by key.
	Order func(a, b R) int
	// Top is how many rows of each window the answer keeps, the first by Order; 0
	// keeps all.
	Top int
}

// selected is a selection and a range in the engine's terms.
type selected[E any] struct {
	span
	keys  [][]byte // sorted prefixes of keys; nil wants all
	whole bool     // the prefixes are whole keys
	where func(key []byte) (bool, error)
	drop  []int // the key's parts that are merged away

	// The key that where saw last: states come in runs.
	last  []byte
	kept  bool
	known bool
}

// resolve checks a range and a selection.
func (h *Handle[E, K, R]) resolve(r Range, s Selection[K, R], now time.Time) (*selected[E], error) {
	span, err := r.resolve(h.reg.window, now)
	if err != nil {
		return nil, err
	}
	out := &selected[E]{span: span}
	parts := len(h.view.Key.parts)
	switch {
	case s.Fields < 0 || s.Fields > parts:
		return nil, fmt.Errorf("%w: %d fields of a key that has %d", ErrRange, s.Fields, parts)
	case s.Fields > 0 && len(s.Keys) == 0:
		return nil, fmt.Errorf("%w: Fields without Keys", ErrRange)
	case s.Top < 0 || s.Top > 0 && s.Order == nil:
		return nil, fmt.Errorf("%w: Top %d needs an Order", ErrRange, s.Top)
	case s.Fields == 0:
		s.Fields = parts
	}
	out.whole = s.Fields == parts
	if out.keys, err = h.encodeKeys(s.Keys, s.Fields); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRange, err)
	}
	if s.Where != nil {
		out.where = func(key []byte) (bool, error) { return h.accepts(s.Where, key) }
	}
	if s.By != nil {
		if out.drop, err = h.view.Key.dropped(s.By); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrRange, err)
		}
		if len(out.drop) > 0 && span.step.IsSession() {
			return nil, fmt.Errorf("%w: sessions of several keys don't merge: roll them up with Range.By", ErrRange)
		}
	}
	return out, nil
}

// encodeKeys gives the bytes of the wanted keys' first fields, sorted; nil wants
// all.
func (h *Handle[E, K, R]) encodeKeys(keys []K, fields int) ([][]byte, error) {
	var wanted [][]byte
	for _, key := range keys {
		encoded, err := h.view.Key.encodePrefix(key, fields)
		if err != nil {
			return nil, err
		}
		wanted = append(wanted, append([]byte{}, encoded...))
	}
	slices.SortFunc(wanted, bytes.Compare)
	return slices.CompactFunc(wanted, bytes.Equal), nil
}

// accepts asks a selection's filter.
func (h *Handle[E, K, R]) accepts(where func(K) bool, encoded []byte) (kept bool, err error) {
	key, err := h.view.Key.decode(encoded)
	if err != nil {
		return false, err
	}
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%w: the selection's Where panicked on key %v: %v", ErrRange, key, cause)
		}
	}()
	return where(key), nil
}

// dropped gives the key's parts that by doesn't name.
func (k Key[E, K]) dropped(by func(*K) []any) (parts []int, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("the selection's By panicked: %v", cause)
		}
	}()
	var key K
	named := by(&key)
	addresses := k.addresses(&key)
	for _, address := range named {
		if !slices.Contains(addresses, address) {
			return nil, fmt.Errorf("the selection's By gives a %T that is no field of the key", address)
		}
	}
	for i, address := range addresses {
		if !slices.Contains(named, address) {
			parts = append(parts, i)
		}
	}
	return parts, nil
}

// wants says whether a key begins with one of the wanted prefixes.
func (s *selected[E]) wants(key []byte) bool {
	i, equal := slices.BinarySearchFunc(s.keys, key, bytes.Compare)
	return equal || i > 0 && bytes.HasPrefix(key, s.keys[i-1])
}

// keeps says whether the filter keeps a key.
func (s *selected[E]) keeps(key []byte) (bool, error) {
	if s.where == nil {
		return true, nil
	}
	if s.known && bytes.Equal(s.last, key) {
		return s.kept, nil
	}
	kept, err := s.where(key)
	s.last, s.kept, s.known = append(s.last[:0], key...), kept, err == nil
	return kept, err
}

// first orders the rows of each window and keeps the first.
func (s Selection[K, R]) first(rows *[]Row[K, R]) (err error) {
	if s.Order == nil {
		return nil
	}
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%w: the selection's Order panicked: %v", ErrRange, cause)
		}
	}()
	var kept []Row[K, R]
	for rest := *rows; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].Window == rest[0].Window {
			n++
		}
		window := rest[:n]
		slices.SortStableFunc(window, func(a, b Row[K, R]) int { return s.Order(a.Value, b.Value) })
		if s.Top > 0 {
			window = window[:min(n, s.Top)]
		}
		kept = append(kept, window...)
		rest = rest[n:]
	}
	*rows = kept
	return nil
}
