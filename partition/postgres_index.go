package partition

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

var textConfig = regexp.MustCompile(`^[a-z_]{1,63}$`)

func (t Table) pgIndex(index Index, scheme Scheme, options PostgreSQLOptions) (string, error) {
	name := index.Name
	if err := checkName(name); err != nil {
		return "", fmt.Errorf("cannot name an index of %q: %w", t.Name, err)
	}
	if len(index.Columns) == 0 {
		return "", fmt.Errorf("%w: the index %q has no columns", ErrTable, name)
	}
	for _, column := range index.Columns {
		c, err := t.column(column)
		if err != nil {
			return "", err
		}
		if index.Text != "" && c.Type != TextType || c.Type == JSONType {
			return "", fmt.Errorf("%w: the index %q can't have the %v column %q", ErrTable, name, c.Type, column)
		}
	}
	unique, what := "", quoted(index.Columns, pgQuote)
	if index.Unique {
		unique = "UNIQUE "
		if err := t.holds(scheme, index.Columns, "the unique index "+strconv.Quote(name)); err != nil {
			return "", err
		}
	}
	statement := fmt.Sprintf("CREATE %sINDEX IF NOT EXISTS %s ON %s (%s)", unique, pgQuote(name), options.table(t.Name), what)
	if index.Text != "" {
		if !textConfig.MatchString(index.Text) || len(index.Columns) != 1 || index.Unique {
			return "", fmt.Errorf("%w: the full-text index %q needs one column, a configuration such as \"spanish\", and can't be unique", ErrTable, name)
		}
		statement = fmt.Sprintf("CREATE INDEX IF NOT EXISTS %s ON %s USING gin (to_tsvector('%s'::regconfig, %s))",
			pgQuote(name), options.table(t.Name), index.Text, what)
	}
	for i, where := range index.Where {
		condition, err := t.pgWhere(where)
		if err != nil {
			return "", err
		}
		statement += []string{" WHERE ", " AND "}[min(i, 1)] + condition
	}
	return statement, nil
}

func (t Table) pgWhere(where Where) (string, error) {
	c, err := t.column(where.Column)
	if err != nil {
		return "", err
	}
	if !slices.Contains([]string{"=", "<>", "<", "<=", ">", ">="}, where.Op) {
		return "", fmt.Errorf("%w: the comparison %q of %q isn't one of =, <>, <, <=, > and >=", ErrTable, where.Op, c.Name)
	}
	v, literal := where.Value, ""
	switch {
	case v.sort == null && where.Op == "=":
		return pgQuote(c.Name) + " IS NULL", nil
	case v.sort == null && where.Op == "<>":
		return pgQuote(c.Name) + " IS NOT NULL", nil
	case v.sort == integer && slices.Contains([]Type{Int32Type, Int64Type, DecimalType, Float64Type}, c.Type):
		literal = strconv.FormatInt(v.n, 10)
	case v.sort == text && c.Type == TextType && utf8.ValidString(v.s) && !strings.Contains(v.s, "\x00"):
		literal = pgText(v.s)
	case v.sort == instant && c.exact(v.at):
		literal = pgTime(v.at.UTC(), c.Type)
	default:
		return "", fmt.Errorf("%w: the %v column %q isn't compared with that %s by %q", ErrTable, c.Type, c.Name, sortNames[v.sort], where.Op)
	}
	return pgQuote(c.Name) + " " + where.Op + " " + literal, nil
}

// exact tells whether a column of times holds t as it is.
func (c Column) exact(t time.Time) bool {
	t = t.UTC()
	whole := c.Type == TimestampType && t.Nanosecond()%1000 == 0 || c.Type == DateType && t.Equal(ByDay("").start(t))
	return whole && t.Year() >= 1 && t.Year() <= 9999
}

// pgText quotes a text. One with a backslash is written so that it's read the
// same whatever standard_conforming_strings says.
func pgText(s string) string {
	quotedText := "'" + strings.ReplaceAll(s, "'", "''") + "'"
	if strings.Contains(s, `\`) {
		return "E" + strings.ReplaceAll(quotedText, `\`, `\\`)
	}
	return quotedText
}

// pgTime gives a time in UTC as a literal for a column of this type.
func pgTime(t time.Time, of Type) string {
	if of == DateType {
		return t.Format("'2006-01-02'")
	}
	return t.Format("'2006-01-02 15:04:05.999999+00'")
}
