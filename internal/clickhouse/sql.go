package clickhouse

import "strings"

// Quote quotes an identifier.
func Quote(name string) string {
	return "`" + strings.NewReplacer("`", "\\`", `\`, `\\`).Replace(name) + "`"
}

// QuoteAll gives identifiers as a list.
func QuoteAll(names []string) string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = Quote(name)
	}
	return strings.Join(out, ", ")
}

// QuoteText quotes a text.
func QuoteText(text string) string {
	return "'" + strings.NewReplacer("'", `\'`, `\`, `\\`).Replace(text) + "'"
}
