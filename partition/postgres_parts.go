package partition

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxParts is how many partitions one call declares at most. PostgreSQL plans
// slowly with more than some thousand anyway.
const maxParts = 10_000

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
