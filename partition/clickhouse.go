package partition

import (
	"fmt"
	"slices"
	"strings"
)

// ClickHouseOptions are what ClickHouse's statement can leave out.
type ClickHouseOptions struct {
	// Database is where the table is; empty is the session's.
	Database string
	// Engine is the table's: MergeTree, ReplacingMergeTree, SummingMergeTree,
	// AggregatingMergeTree, or one of them with "Replicated" in front, whose path
	// and replica are the server's defaults. Empty is MergeTree.
	Engine string
	// Version is the column by which a ReplacingMergeTree knows the newest of the
	// rows with one sorting key: an integer, a date or a timestamp.
	Version string
}

var clickHouseEngines = []string{
	"MergeTree", "ReplacingMergeTree", "SummingMergeTree", "AggregatingMergeTree", "ReplicatedMergeTree",
	"ReplicatedReplacingMergeTree", "ReplicatedSummingMergeTree", "ReplicatedAggregatingMergeTree",
}

// ClickHouse gives the statement, without a semicolon, that makes the table with
// an engine of the MergeTree family, partitioned by the scheme (PARTITION BY
// toYYYYMM(…) by month, toDate by day, toStartOfHour by hour, toYear by year) and
// sorted by Order. The zero Scheme leaves the table in one part. Running it again
// does nothing.
//
// A dimension by hash is ClickHouse's kafkaMurmurHash of the value as Kafka's
// serialisers write it (long for integers of both sizes), modulo the buckets, so
// its buckets are those of the archive and of the topic. ClickHouse advises against many partitions: by month
// is usual, and an insert into more than a hundred is refused.
//
// ErrTable marks a table that can't be made: bad names and types, an engine that
// isn't in the list, a version without a replacing engine, a nullable column in
// the sorting key or the partitions.
func (t Table) ClickHouse(scheme Scheme, options ClickHouseOptions) (string, error) {
	if err := t.check(scheme); err != nil {
		return "", err
	}
	engine, err := t.engine(options)
	if err != nil {
		return "", err
	}
	name := chQuote(t.Name)
	if options.Database != "" {
		if err := checkName(options.Database); err != nil {
			return "", err
		}
		name = chQuote(options.Database) + "." + name
	}
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE IF NOT EXISTS %s (", name)
	for i, c := range t.Columns {
		b.WriteString([]string{"\n", ",\n"}[min(i, 1)])
		fmt.Fprintf(&b, "    %s %s", chQuote(c.Name), c.clickHouse())
	}
	fmt.Fprintf(&b, "\n)\nENGINE = %s\n", engine)
	parts := make([]string, len(scheme.dims))
	for i, d := range scheme.dims {
		c, err := t.column(d.name)
		if err != nil {
			return "", err
		}
		if c.Nullable {
			return "", fmt.Errorf("%w: ClickHouse doesn't split %q by %q, which may be null", ErrTable, t.Name, c.Name)
		}
		parts[i] = d.clickHouse(c.Type)
	}
	switch len(parts) {
	case 0:
	case 1:
		fmt.Fprintf(&b, "PARTITION BY %s\n", parts[0])
	default:
		fmt.Fprintf(&b, "PARTITION BY (%s)\n", strings.Join(parts, ", "))
	}
	order := t.Order
	if len(order) == 0 {
		order = t.Key
	}
	if len(order) == 0 {
		b.WriteString("ORDER BY tuple()")
	} else {
		fmt.Fprintf(&b, "ORDER BY (%s)", quoted(order, chQuote))
	}
	return b.String(), nil
}

func (t Table) engine(options ClickHouseOptions) (string, error) {
	engine := options.Engine
	if engine == "" {
		engine = "MergeTree"
	}
	if !slices.Contains(clickHouseEngines, engine) {
		return "", fmt.Errorf("%w: the engine %q isn't one of %s", ErrTable, engine, strings.Join(clickHouseEngines, ", "))
	}
	if options.Version == "" {
		return engine, nil
	}
	c, err := t.column(options.Version)
	switch {
	case err != nil:
		return "", err
	case !strings.HasSuffix(engine, "ReplacingMergeTree"):
		return "", fmt.Errorf("%w: the engine %s has no version: use ReplacingMergeTree", ErrTable, engine)
	case c.Nullable || !slices.Contains([]Type{Int32Type, Int64Type, DateType, TimestampType}, c.Type):
		return "", fmt.Errorf("%w: the version %q must be an integer, a date or a timestamp, and never null", ErrTable, c.Name)
	}
	return engine + "(" + chQuote(c.Name) + ")", nil
}

// clickHouse gives the column's type.
func (c Column) clickHouse() string {
	name := [...]string{BoolType: "Bool", Int32Type: "Int32", Int64Type: "Int64", Float64Type: "Float64",
		DecimalType: fmt.Sprintf("Decimal(%d, %d)", c.Precision, c.Scale), TextType: "String", DateType: "Date",
		TimestampType: "DateTime64(6, 'UTC')", JSONType: "String"}[c.Type]
	if c.Nullable {
		name = "Nullable(" + name + ")"
	}
	if c.LowCardinality {
		name = "LowCardinality(" + name + ")"
	}
	return name
}

// clickHouse gives the expression that names the part of a value of this type.
func (d Dimension) clickHouse(of Type) string {
	name := chQuote(d.name)
	switch {
	case d.rule == byHour:
		return "toStartOfHour(" + name + ")"
	case d.rule == byDay && of == TimestampType:
		return "toDate(" + name + ")"
	case d.rule == byMonth:
		return "toYYYYMM(" + name + ")"
	case d.rule == byYear:
		return "toYear(" + name + ")"
	case d.rule == byHash && of == TextType:
		return fmt.Sprintf("kafkaMurmurHash(%s) %% %d", name, d.buckets)
	case d.rule == byHash: // as LongSerializer writes it
		return fmt.Sprintf("kafkaMurmurHash(reinterpretAsFixedString(byteSwap(toInt64(%s)))) %% %d", name, d.buckets)
	}
	return name // a date by day, or a value by itself
}

// chQuote quotes an identifier.
func chQuote(name string) string {
	return "`" + strings.NewReplacer("`", "\\`", `\`, `\\`).Replace(name) + "`"
}
