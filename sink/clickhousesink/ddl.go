package clickhousesink

import (
	"fmt"
	"strings"

	"github.com/anabranch-go/anabranch/internal/clickhouse"
	"github.com/anabranch-go/anabranch/partition"
	"github.com/anabranch-go/anabranch/sink"
)

// DDL gives the statements that make the table and the view of its current rows,
// without semicolons. It asks no server. Running them again does nothing.
func DDL[K, R any](options Options) ([]string, error) {
	_, _, statements, err := plan[K, R](options)
	return statements, err
}

// plan is what options ask for: the schema, how the table keeps it, and what makes it.
func plan[K, R any](options Options) (schema *sink.Schema[K, R], l *layout, statements []string, err error) {
	if schema, err = sink.SchemaOf[K, R](options.Schema); err != nil {
		return nil, nil, nil, err
	}
	if l, err = newLayout(schema, options); err != nil {
		return nil, nil, nil, err
	}
	statements, err = l.ddl()
	return schema, l, statements, err
}

// currentSuffix makes the view's name of the table's.
const currentSuffix = "_current"

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
	create = strings.TrimSuffix(create, "ORDER BY tuple()") + "ORDER BY (" + clickhouse.QuoteAll(l.order) + ")"
	if nullable {
		create += "\nSETTINGS allow_nullable_key = 1"
	}
	view := fmt.Sprintf("CREATE VIEW IF NOT EXISTS %s AS\nSELECT %s\nFROM %s FINAL\nWHERE NOT %s",
		clickhouse.Quote(l.table+currentSuffix), clickhouse.QuoteAll(l.current), clickhouse.Quote(l.table), clickhouse.Quote(l.columns[l.removed()].Name))
	return []string{create, view}, nil
}

// partitionKey is the expression of PARTITION BY; empty where there is none.
func partitionKey(create string) string {
	_, key, _ := strings.Cut(create, "\nPARTITION BY ")
	key, _, _ = strings.Cut(key, "\n")
	return key
}
