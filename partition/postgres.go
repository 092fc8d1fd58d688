package partition

import (
	"fmt"
	"slices"
	"strings"
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

func (o PostgreSQLOptions) table(name string) string {
	if o.Schema == "" {
		return pgQuote(name)
	}
	return pgQuote(o.Schema) + "." + pgQuote(name)
}

// pgQuote quotes an identifier.
func pgQuote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
