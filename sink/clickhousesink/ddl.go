package clickhousesink

import (
	"fmt"
	"strings"

	"github.com/anabranch-go/anabranch/partition"
	"github.com/anabranch-go/anabranch/sink"
)

// DDL gives the statements that make the table and the view of its current rows,
// without semicolons. It asks no server. Running them again does nothing.
func DDL[K, R any](options Options) ([]string, error) {
	schema, err := sink.SchemaOf[K, R](options.Schema)
	if err != nil {
		return nil, err
	}
	l, err := newLayout(schema, options)
	if err != nil {
		return nil, err
	}
	return l.ddl()
}

func (l *layout) ddl() ([]string, error) {
	table := partition.Table{Name: l.table}
	nullable := false
	for i := range l.columns {
		c := &l.columns[i]
		table.Columns = append(table.Columns, c.declared())
		nullable = nullable || i < l.identity && c.nullable
	}
	version := l.columns[l.version].Name
	create, err := table.ClickHouse(l.scheme, partition.ClickHouseOptions{Engine: "ReplacingMergeTree", Version: version})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	// The sorting key is ours to write: package partition has none with nulls.
	create = strings.TrimSuffix(create, "ORDER BY tuple()") + "ORDER BY (" + quoted(l.order) + ")"
	if nullable {
		create += "\nSETTINGS allow_nullable_key = 1"
	}
	view := fmt.Sprintf("CREATE VIEW IF NOT EXISTS %s AS\nSELECT %s\nFROM %s FINAL\nWHERE NOT %s",
		quote(l.table+"_current"), quoted(l.current), quote(l.table), quote(l.columns[l.removed()].Name))
	return []string{create, view}, nil
}

// partitionKey is the expression of PARTITION BY; empty where there is none.
func partitionKey(create string) string {
	_, key, _ := strings.Cut(create, "\nPARTITION BY ")
	key, _, _ = strings.Cut(key, "\n")
	return key
}

// quote quotes an identifier.
func quote(name string) string {
	return "`" + strings.NewReplacer("`", "\\`", `\`, `\\`).Replace(name) + "`"
}

// quoteText quotes a text.
func quoteText(text string) string {
	return "'" + strings.NewReplacer("'", `\'`, `\`, `\\`).Replace(text) + "'"
}

func quoted(names []string) string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = quote(name)
	}
	return strings.Join(out, ", ")
}
