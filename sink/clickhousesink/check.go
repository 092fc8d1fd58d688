package clickhousesink

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/anabranch-go/anabranch/internal/clickhouse"
)

// check makes sure that the server's table is the one that a statement makes.
func (t *Table[K, R]) check(ctx context.Context, create string) error {
	l := t.layout
	name := clickhouse.QuoteText(l.table)
	found, err := t.server.Ask(ctx, 2, "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = "+name+" ORDER BY position")
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fmt.Errorf("%w: it isn't there: set Options.Create, or run what DDL gives", ErrTable)
	}
	if err := l.compare(found); err != nil {
		return err
	}
	about, err := t.server.Ask(ctx, 4, "SELECT engine, engine_full, sorting_key, partition_key FROM system.tables WHERE database = currentDatabase() AND name = "+name)
	if err != nil {
		return err
	}
	if len(about) != 1 {
		return fmt.Errorf("%w: it went away while it was opened", ErrTable)
	}
	engine, full, order, parts := about[0][0], about[0][1], about[0][2], about[0][3]
	version := l.columns[l.version].Name
	full, _, _ = strings.Cut(full, " PARTITION BY ")
	full, _, _ = strings.Cut(full, " ORDER BY ")
	if !strings.HasSuffix(engine, "ReplacingMergeTree") || !replacesBy(full, version) {
		return fmt.Errorf("%w: its engine is %s, and must be ReplacingMergeTree(%s) or a replicated form of it", ErrTable, full, version)
	}
	if want := clickhouse.QuoteAll(l.order); plain(order) != plain(want) {
		return fmt.Errorf("%w: it's sorted by %s, and Options by %s", ErrTable, order, want)
	}
	if want := partitionKey(create); plain(parts) != plain(want) {
		return fmt.Errorf("%w: it's partitioned by %q, and Options by %q", ErrTable, parts, want)
	}
	return nil
}

// checkView makes sure that what has the view's name is a view, of the columns that
// Options.Current says: one that's there is left as it is.
func (t *Table[K, R]) checkView(ctx context.Context) error {
	view := t.layout.table + currentSuffix
	name := clickhouse.QuoteText(view)
	found, err := t.server.Ask(ctx, 2, `SELECT t.engine, c.name FROM system.columns AS c
		JOIN system.tables AS t ON t.database = c.database AND t.name = c.table
		WHERE c.database = currentDatabase() AND c.table = `+name+" ORDER BY c.position")
	if err != nil {
		return err
	}
	shown := make([]string, len(found))
	for i, column := range found {
		if shown[i] = column[1]; column[0] != "View" {
			return fmt.Errorf("%w: %s is no view, but a table of engine %s", ErrTable, view, column[0])
		}
	}
	if !slices.Equal(shown, t.layout.current) {
		return fmt.Errorf("%w: the view %s shows %s, and Options.Current is %s: drop it, and it's made anew",
			ErrTable, view, clickhouse.QuoteAll(shown), clickhouse.QuoteAll(t.layout.current))
	}
	return nil
}

// compare finds a column that differs from ours, of names and types.
func (l *layout) compare(found [][]string) error {
	types := map[string]string{}
	for _, column := range found {
		types[column[0]] = column[1]
	}
	for i := range l.columns {
		name, want := l.columns[i].Name, l.columns[i].sql()
		switch got, ok := types[name]; {
		case !ok:
			return fmt.Errorf("%w: it has no column %q, a %s", ErrTable, name, want)
		case got != want:
			return fmt.Errorf("%w: its column %q is a %s where these rows have a %s", ErrTable, name, got, want)
		}
		delete(types, name)
	}
	for _, column := range found { // in the table's order
		if _, ok := types[column[0]]; ok {
			return fmt.Errorf("%w: it has a column %q, which these rows don't have", ErrTable, column[0])
		}
	}
	return nil
}

// replacesBy says whether the version is the last argument of an engine, such as
// ReplicatedReplacingMergeTree('path', 'replica', version). One after it would say
// which rows are deleted, and the engine would drop them by itself.
func replacesBy(engine, version string) bool {
	_, arguments, _ := strings.Cut(engine, "(")
	arguments = strings.TrimSuffix(arguments, ")")
	if at := strings.LastIndex(arguments, ", "); at >= 0 {
		arguments = arguments[at+2:]
	}
	return plain(arguments) == plain(version)
}

// plain is an expression without what the server may write otherwise than we do:
// quotes where names need none, and the brackets round a list.
func plain(expression string) string {
	if strings.HasPrefix(expression, "(") && strings.HasSuffix(expression, ")") {
		expression = expression[1 : len(expression)-1]
	}
	return strings.NewReplacer("`", "", `\`, "").Replace(expression)
}
