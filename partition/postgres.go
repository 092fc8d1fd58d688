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

// PostgreSQLOptions are what PostgreSQL's statements can leave out.
type PostgreSQLOptions struct {
	// Schema is where the table is; empty leaves it to the search path.
	Schema string
	// Default adds a partition for rows whose time is missing or in no other
	// one's range. A nullable time needs it. While rows of a period are in it,
	// PostgreSQL refuses to make the period's own partition.
	Default bool
}

// maxParts is how many partitions one call declares at most. PostgreSQL plans
// slowly with more than some thousand anyway.
const maxParts = 10_000

// PostgreSQL gives the statements, without semicolons, that make the table and
// its indexes, partitioned by the scheme (declarative partitioning: PARTITION BY
// RANGE for dimensions by time, HASH for those by hash). The zero Scheme makes a
// plain table. The partitions themselves are PostgreSQLParts' business: without
// one, a partitioned table takes no row. Running the statements again does
// nothing.
//
// Times are kept as timestamp with time zone, so that a partition's bounds are in
// UTC whatever the session's zone.
//
// PostgreSQL's hash partitioning is by its own hash functions, not by Kafka's: a
// row is in a bucket of another number than in the archive and in the topic, and
// only the number of buckets is the same.
//
// ErrTable marks a table that can't be made: bad names and types, keys and unique
// indexes without the partitions' columns (PostgreSQL can't keep a key unique
// over partitions otherwise; declared with them, it no longer keeps the key alone
// unique), a dimension by value, more than one by time.
func (t Table) PostgreSQL(scheme Scheme, options PostgreSQLOptions) ([]string, error) {
	if err := t.checkPostgres(scheme, options); err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE IF NOT EXISTS %s (\n", options.table(t.Name))
	for i, c := range t.Columns {
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, "    %s %s", pgQuote(c.Name), c.postgres())
		if !c.Nullable {
			b.WriteString(" NOT NULL")
		}
	}
	if len(t.Key) > 0 {
		fmt.Fprintf(&b, ",\n    PRIMARY KEY (%s)", quoted(t.Key, pgQuote))
	}
	b.WriteString("\n)")
	if len(scheme.dims) > 0 {
		b.WriteString(scheme.dims[0].postgres())
	}
	statements, names := []string{b.String()}, []string{t.Name}
	for _, index := range t.Indexes {
		if index.Name == "" {
			index.Name = t.Name + "_" + strings.Join(index.Columns, "_") + "_idx"
		}
		statement, err := t.pgIndex(index, scheme, options)
		if err != nil {
			return nil, err
		}
		// IF NOT EXISTS would pass over the second without a word.
		if slices.Contains(names, index.Name) {
			return nil, fmt.Errorf("%w: two things of %q have the name %q", ErrTable, t.Name, index.Name)
		}
		names = append(names, index.Name)
		statements = append(statements, statement)
	}
	return statements, nil
}

// PostgreSQLParts gives the statements, without semicolons, that make the
// partitions for times in [from, to): every hour, day, month or year that has
// some of them, with their sub-partitions. It's to be run ahead of time, over and
// over: partitions that are there already are left as they are. For a scheme
// without a dimension by time, from and to don't matter.
//
// The errors are those of PostgreSQL, and ErrTable marks a period that isn't in
// the years 1 to 9999, or ends before it begins, or asks for more than 10 000
// partitions.
func (t Table) PostgreSQLParts(scheme Scheme, from, to time.Time, options PostgreSQLOptions) ([]string, error) {
	if err := t.checkPostgres(scheme, options); err != nil {
		return nil, err
	}
	if len(scheme.dims) == 0 {
		return nil, fmt.Errorf("%w: %q isn't partitioned", ErrTable, t.Name)
	}
	p := pgParts{table: t, options: options, from: from.UTC(), to: to.UTC()}
	if slices.ContainsFunc(scheme.dims, Dimension.ranges) && (p.from.Year() < 1 || p.to.Year() > 9999 || to.Before(from)) {
		return nil, fmt.Errorf("%w: partitions of %q from %v to %v: use years 1 to 9999, in order", ErrTable, t.Name, from, to)
	}
	if err := p.add(t.Name, scheme.dims); err != nil {
		return nil, err
	}
	return p.statements, nil
}

// pgParts collects the statements of partitions.
type pgParts struct {
	table      Table
	options    PostgreSQLOptions
	from, to   time.Time
	statements []string
}

// add makes the partitions of a parent by the first of the dimensions, and
// theirs by the others.
func (p *pgParts) add(parent string, dims []Dimension) error {
	if len(dims) == 0 {
		return nil
	}
	d := dims[0]
	if !d.ranges() {
		for bucket := range d.buckets {
			bounds := fmt.Sprintf("FOR VALUES WITH (MODULUS %d, REMAINDER %d)", d.buckets, bucket)
			if err := p.part(parent, "h"+strconv.Itoa(bucket), bounds, dims[1:]); err != nil {
				return err
			}
		}
		return nil
	}
	c, err := p.table.column(d.name)
	if err != nil {
		return err
	}
	for at := d.start(p.from); at.Before(p.to); at = d.next(at) {
		bounds := fmt.Sprintf("FOR VALUES FROM (%s) TO (%s)", pgTime(at, c.Type), pgTime(d.next(at), c.Type))
		suffix := strings.ReplaceAll(at.Format(layouts[d.rule]), "-", "_")
		if err := p.part(parent, suffix, bounds, dims[1:]); err != nil {
			return err
		}
	}
	if p.options.Default {
		return p.part(parent, "default", "DEFAULT", nil)
	}
	return nil
}

func (p *pgParts) part(parent, suffix, bounds string, dims []Dimension) error {
	name := parent + "_" + suffix
	if err := checkName(name); err != nil {
		return fmt.Errorf("cannot name a partition: %w: give the table a shorter name", err)
	}
	if len(p.statements) == maxParts {
		return fmt.Errorf("%w: more than %d partitions of %q: ask for a shorter period", ErrTable, maxParts, p.table.Name)
	}
	statement := fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s PARTITION OF %s %s", p.options.table(name), p.options.table(parent), bounds)
	if len(dims) > 0 {
		statement += dims[0].postgres()
	}
	p.statements = append(p.statements, statement)
	return p.add(name, dims)
}

func (t Table) checkPostgres(scheme Scheme, options PostgreSQLOptions) error {
	if err := t.check(scheme); err != nil {
		return err
	}
	if options.Schema != "" {
		if err := checkName(options.Schema); err != nil {
			return err
		}
	}
	times := 0
	for _, d := range scheme.dims {
		if d.rule == byValue {
			return fmt.Errorf("%w: PostgreSQL needs to know the values of %v beforehand: split %q by hash, or not by it", ErrTable, d, t.Name)
		}
		if !d.ranges() {
			continue
		}
		if times++; times > 1 {
			return fmt.Errorf("%w: %q is split by two times: a period of partitions would be of one of them only", ErrTable, t.Name)
		}
		if c, err := t.column(d.name); err != nil || c.Nullable && !options.Default {
			return fmt.Errorf("%w: the column %q may be null, and no range holds null: it needs the Default partition", ErrTable, d.name)
		}
	}
	if len(t.Key) > 0 {
		return t.holds(scheme, t.Key, "the key")
	}
	return nil
}

// holds says whether something unique has all the columns of the partitions.
func (t Table) holds(scheme Scheme, columns []string, what string) error {
	for _, d := range scheme.dims {
		if !slices.Contains(columns, d.name) {
			return fmt.Errorf("%w: %s of %q must have the column %q, since PostgreSQL keeps it unique within a partition only",
				ErrTable, what, t.Name, d.name)
		}
	}
	return nil
}

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

// postgres gives the column's type.
func (c Column) postgres() string {
	switch {
	case c.Type == DecimalType:
		return fmt.Sprintf("numeric(%d,%d)", c.Precision, c.Scale)
	case c.Type == TextType && c.Length > 0:
		return fmt.Sprintf("varchar(%d)", c.Length)
	}
	return [...]string{BoolType: "boolean", Int32Type: "integer", Int64Type: "bigint", Float64Type: "double precision",
		TextType: "text", DateType: "date", TimestampType: "timestamp with time zone", JSONType: "jsonb"}[c.Type]
}

// postgres gives the clause that partitions a table by the dimension.
func (d Dimension) postgres() string {
	if d.ranges() {
		return " PARTITION BY RANGE (" + pgQuote(d.name) + ")"
	}
	return " PARTITION BY HASH (" + pgQuote(d.name) + ")"
}

// ranges tells whether the dimension is by time.
func (d Dimension) ranges() bool { return d.rule >= byHour && d.rule <= byYear }

// start gives the beginning of the part that t, in UTC, belongs to.
func (d Dimension) start(t time.Time) time.Time {
	switch d.rule {
	case byHour:
		return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), 0, 0, 0, time.UTC)
	case byDay:
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	case byMonth:
		return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	}
	return time.Date(t.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
}

// next gives the beginning of the part after the one that begins at t.
func (d Dimension) next(t time.Time) time.Time {
	switch d.rule {
	case byHour:
		return t.Add(time.Hour)
	case byDay:
		return t.AddDate(0, 0, 1)
	case byMonth:
		return t.AddDate(0, 1, 0)
	}
	return t.AddDate(1, 0, 0)
}

func (o PostgreSQLOptions) table(name string) string {
	if o.Schema == "" {
		return pgQuote(name)
	}
	return pgQuote(o.Schema) + "." + pgQuote(name)
}

// pgQuote quotes an identifier.
func pgQuote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

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
