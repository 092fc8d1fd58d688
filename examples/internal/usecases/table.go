package usecases

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Table is an answer for people.
type Table struct {
	Title string
	Heads []string
	Texts int // leading columns that are texts, to the left; numbers go to the right
	Cells [][]string
	Notes []string
}

// Result is a report's answer: rows of a comparable type with JSON tags, and the
// same as a table.
type Result struct {
	Rows  []any
	Table Table
}

// NewResult makes a result of rows.
func NewResult[R comparable](rows []R, table Table) Result {
	out := Result{Table: table}
	for _, row := range rows {
		out.Rows = append(out.Rows, row)
	}
	return out
}

// WriteJSON writes one object a line.
func (r Result) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	for _, row := range r.Rows {
		if err := encoder.Encode(row); err != nil {
			return err
		}
	}
	return nil
}

// Write writes the table. A row without cells is an empty line.
func (t Table) Write(w io.Writer) error {
	widths := make([]int, len(t.Heads))
	lines := append([][]string{t.Heads}, t.Cells...)
	for _, cells := range lines {
		for i, cell := range cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var out strings.Builder
	out.WriteString(t.Title + "\n\n")
	for _, cells := range lines {
		var line strings.Builder
		for i, cell := range cells {
			width := widths[i]
			if i < t.Texts {
				width = -width
			}
			fmt.Fprintf(&line, "  %*s", width, cell)
		}
		out.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	out.WriteByte('\n')
	for _, note := range t.Notes {
		out.WriteString(note + "\n")
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// Decimal writes an integer of so many digits after the point, exactly.
func Decimal(n int64, digits int) string {
	sign, u := "", uint64(n)
	if n < 0 {
		sign, u = "-", -u
	}
	text := fmt.Sprintf("%0*d", digits+1, u)
	if digits == 0 {
		return sign + text
	}
	return sign + text[:len(text)-digits] + "." + text[len(text)-digits:]
}

// Grouped writes a number for people: 541,909.000.
func Grouped(number string) string {
	whole, fraction, scaled := strings.Cut(number, ".")
	sign := len(whole) - len(strings.TrimLeft(whole, "+-"))
	for at := len(whole) - 3; at > sign; at -= 3 {
		whole = whole[:at] + "," + whole[at:]
	}
	if scaled {
		return whole + "." + fraction
	}
	return whole
}

// Count writes a number for people.
func Count(n int64) string { return Grouped(strconv.FormatInt(n, 10)) }

// Money writes an integer of so many digits after the point for people, who don't
// look at parts of a hundredth.
func Money(n int64, digits int) string {
	for ; digits > 2; digits-- {
		n = Ratio(n, 10)
	}
	return Grouped(Decimal(n, digits))
}

func (s Shop[E, P]) money(n int64) string { return Money(n, s.Digits) }

// Percent is a share for people; nothing of nothing is 0.
func Percent(part, whole int64) string { return Decimal(Ratio(part*1000, whole), 1) + " %" }

// Short cuts a text that is too long for a table.
func Short(text string, width int) string {
	if runes := []rune(text); len(runes) > width {
		return string(runes[:width-1]) + "…"
	}
	return text
}
