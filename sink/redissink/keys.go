package redissink

import (
	"fmt"
	"strings"

	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/window"
)

// What the names of keys end with; a row's ends with its window instead.
const (
	latest    = "latest"
	windows   = "windows"
	tombstone = ":removed"
)

// always stands for the window of all time.
const always = "all"

// escaper makes a text one that no separator is in.
var escaper = strings.NewReplacer("%", "%25", ":", "%3A", "=", "%3D", "{", "%7B", "}", "%7D")

// checkPrefix allows no prefix that would change where the tag begins, or that
// readers would have to quote.
func checkPrefix(prefix string) error {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-"
	if prefix == "" || strings.Trim(prefix, allowed) != "" || strings.IndexFunc(prefix, func(r rune) bool { return !strings.ContainsRune(allowed, r) }) >= 0 {
		return fmt.Errorf("%w: the prefix %q isn't of letters, digits and _ . : -", ErrOptions, prefix)
	}
	return nil
}

// keyed gives what the names of all keys of a row's view and key begin with, up to
// the window: "shop:{ventas:category=libros:region=norte}:".
func (s *Sink[K, R]) keyed(cells []cell) string {
	var to strings.Builder
	to.WriteString(s.prefix)
	to.WriteString(":{")
	escaper.WriteString(&to, cells[0].text)
	for i := range s.schema.Columns[firstKey:s.schema.Identity] {
		to.WriteByte(':')
		escaper.WriteString(&to, s.schema.Columns[firstKey+i].Name)
		if c := cells[firstKey+i]; !c.null { // so that a null isn't the empty text
			to.WriteByte('=')
			escaper.WriteString(&to, c.text)
		}
	}
	to.WriteString("}:")
	return to.String()
}

// windowName is a row's window as names have it.
func windowName(cells []cell) string {
	if cells[firstKey-1].null {
		return always
	}
	return cells[firstKey-2].text + "/" + cells[firstKey-1].text
}

// LatestKey is the name of the hash that holds the newest window of a key.
// ErrValue of package sink says that the key has no form as columns.
func (s *Sink[K, R]) LatestKey(view string, key K) (string, error) {
	w, err := s.one(&sink.Row[K, R]{View: view, Key: key})
	if err != nil {
		return "", err
	}
	return w.keyed + latest, nil
}

// RowKey is the name of the hash that holds one window of a key. ErrValue of
// package sink says that the key or the window has no form as columns.
func (s *Sink[K, R]) RowKey(view string, at window.Span, key K) (string, error) {
	w, err := s.one(&sink.Row[K, R]{View: view, Window: at, Key: key})
	if err != nil {
		return "", err
	}
	return w.row, nil
}
