package partition

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Type is a column's type, by what it holds rather than by what a database calls
// it.
type Type uint8

// The types, with their names in PostgreSQL and ClickHouse.
const (
	noType        Type = iota
	BoolType           // boolean; Bool
	Int32Type          // integer; Int32
	Int64Type          // bigint; Int64
	Float64Type        // double precision; Float64
	DecimalType        // numeric(p,s); Decimal(p, s)
	TextType           // varchar(n) or text; String
	DateType           // date; Date, whose days are those of 1970 to 2149
	TimestampType      // timestamp with time zone; DateTime64(6, 'UTC'): microseconds
	JSONType           // jsonb; String
	noMoreTypes
)

var typeNames = [...]string{"no type", "bool", "int32", "int64", "float64", "decimal", "text", "date", "timestamp", "JSON"}

// String gives the type in one word.
func (t Type) String() string {
	if t >= noMoreTypes {
		t = noType
	}
	return typeNames[t]
}

// Column is a column of a Table.
type Column struct {
	Name     string
	Type     Type
	Nullable bool
	// Length is the most characters that a text may have; 0 is any number.
	// ClickHouse has no such limit.
	Length int
	// Precision is a decimal's number of digits, 1 to 38, and Scale how many of
	// them stand after the point.
	Precision, Scale int
	// LowCardinality says that a text has few distinct values, some thousand at
	// most: ClickHouse then keeps them in a dictionary.
	LowCardinality bool
}

// Table describes a table for the databases that serve answers. Names may hold
// any printable characters, since they are quoted, in at most 63 bytes, after
// which PostgreSQL would cut them off.
type Table struct {
	Name    string
	Columns []Column
	// Key is PostgreSQL's primary key: unique, never null. Where the table is
	// partitioned, it must hold the columns of the partitions.
	Key []string
	// Order is ClickHouse's sorting key; empty is Key. It isn't unique.
	Order []string
	// Indexes are PostgreSQL's. ClickHouse finds rows by Order.
	Indexes []Index
}

// Index is an index of a Table.
type Index struct {
	// Name is by default the table's and the columns' names, joined by
	// underscores, and "idx".
	Name    string
	Columns []string
	Unique  bool
	// Where makes a partial index, of the rows that meet all of it.
	Where []Where
	// Text makes a full-text index of one text column, by this configuration of
	// PostgreSQL's, such as "spanish" or "simple".
	Text string
}

// Where compares a column with a constant: Op is one of =, <>, <, <=, > and >=.
// Null takes = and <>, which become IS NULL and IS NOT NULL. A Time must be one
// that the column can hold: whole days or microseconds.
type Where struct {
	Column, Op string
	Value      Value
}

// maxName is PostgreSQL's limit for a name, in bytes (NAMEDATALEN-1).
const maxName = 63

func checkName(name string) error {
	unprintable := func(r rune) bool { return r < ' ' || r == 0x7f || invisible(r) }
	switch {
	case name == "":
		return fmt.Errorf("%w: an empty name", ErrTable)
	case len(name) > maxName:
		return fmt.Errorf("%w: the name %.80q has %d bytes, and PostgreSQL takes %d", ErrTable, name, len(name), maxName)
	case !utf8.ValidString(name) || strings.IndexFunc(name, unprintable) >= 0:
		return fmt.Errorf("%w: the name %q has characters that can't be seen", ErrTable, name)
	}
	return nil
}

// check says what is wrong with the table, and whether the scheme's dimensions
// are columns of it that they can split.
func (t Table) check(scheme Scheme) error {
	if err := checkName(t.Name); err != nil {
		return err
	}
	if len(t.Columns) == 0 {
		return fmt.Errorf("%w: %q has no columns", ErrTable, t.Name)
	}
	for i, c := range t.Columns {
		if err := c.check(); err != nil {
			return err
		}
		if slices.ContainsFunc(t.Columns[:i], func(other Column) bool { return strings.EqualFold(other.Name, c.Name) }) {
			return fmt.Errorf("%w: the column %q is there twice", ErrTable, c.Name)
		}
	}
	for _, names := range [][]string{t.Key, t.Order} {
		if err := t.checkKey(names); err != nil {
			return err
		}
	}
	for _, d := range scheme.dims {
		c, err := t.column(d.name)
		if err != nil {
			return fmt.Errorf("cannot split %q by %v: %w", t.Name, d, err)
		}
		if !d.splits(c.Type) {
			return fmt.Errorf("%w: %v doesn't split the %v column of %q", ErrTable, d, c.Type, t.Name)
		}
	}
	return nil
}

func (c Column) check() error {
	if err := checkName(c.Name); err != nil {
		return err
	}
	switch {
	case c.Type == noType || c.Type >= noMoreTypes:
		return fmt.Errorf("%w: the column %q needs a type", ErrTable, c.Name)
	case c.Type == DecimalType && (c.Precision < 1 || c.Precision > 38 || c.Scale < 0 || c.Scale > c.Precision):
		return fmt.Errorf("%w: %q is a decimal of %d digits, %d of them after the point: use 1 to 38, and no more after the point",
			ErrTable, c.Name, c.Precision, c.Scale)
	case c.Type != DecimalType && (c.Precision != 0 || c.Scale != 0):
		return fmt.Errorf("%w: %q has a precision, but is no decimal", ErrTable, c.Name)
	case c.Length < 0 || c.Length > 10_485_760 || c.Type != TextType && c.Length != 0:
		return fmt.Errorf("%w: %q has a length of %d: a text has one of 0 to 10485760", ErrTable, c.Name, c.Length)
	case c.Type != TextType && c.LowCardinality:
		return fmt.Errorf("%w: %q is low-cardinality, but no text", ErrTable, c.Name)
	}
	return nil
}

// checkKey says whether the names are columns that can be a key.
func (t Table) checkKey(names []string) error {
	for i, name := range names {
		c, err := t.column(name)
		switch {
		case err != nil:
			return err
		case c.Nullable || c.Type == JSONType:
			return fmt.Errorf("%w: the key column %q of %q may be neither null nor JSON", ErrTable, name, t.Name)
		case slices.Contains(names[:i], name):
			return fmt.Errorf("%w: a key of %q has the column %q twice", ErrTable, t.Name, name)
		}
	}
	return nil
}

func (t Table) column(name string) (Column, error) {
	for _, c := range t.Columns {
		if c.Name == name {
			return c, nil
		}
	}
	return Column{}, fmt.Errorf("%w: %q has no column %q", ErrTable, t.Name, name)
}

// splits tells whether the dimension can split a column of this type.
func (d Dimension) splits(t Type) bool {
	switch d.rule {
	case byHour:
		return t == TimestampType
	case byDay, byMonth, byYear:
		return t == TimestampType || t == DateType
	}
	return t == Int32Type || t == Int64Type || t == TextType
}

// quoted joins names, each quoted.
func quoted(names []string, quote func(string) string) string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = quote(name)
	}
	return strings.Join(out, ", ")
}
