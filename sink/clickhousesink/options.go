package clickhousesink

import (
	"fmt"
	"time"

	"github.com/ClickHouse/ch-go"

	"github.com/anabranch-go/anabranch/partition"
	"github.com/anabranch-go/anabranch/sink"
)

// Options are the options of [Open] and [DDL]. Table must be given.
type Options struct {
	// Addresses are servers of one and the same table, as host:port of the native
	// protocol; the first that answers is used. Client.Address where there are none.
	Addresses []string
	// Client is what the client has: Database, User, Password, TLS, Compression,
	// Settings. The database must be there.
	Client ch.Options
	Table  string
	// Schema names columns, and makes decimals of them.
	Schema sink.SchemaOptions
	// Columns says more of columns, by the names that Schema gives them.
	Columns map[string]Column
	// Scheme partitions the table. Its dimensions have the names of columns of the
	// view, the window or the key, so that all versions of a row are in one
	// partition. An insert into more than a hundred partitions is refused, unless
	// Client.Settings raise max_partitions_per_insert_block.
	Scheme partition.Scheme
	// Order is the sorting key: each column of the view, the window and the key,
	// those first that queries select by. Without one of them rows would be lost,
	// and with others old versions would stay. Empty is the schema's order.
	Order []string
	// Current is the columns that the view of current rows shows; all but removed,
	// if empty.
	Current []string
	// Create makes the table and the view, by the statements of [DDL], where they
	// aren't there.
	Create bool
}

// Column is how the table keeps a column.
type Column struct {
	// NotNull says that an optional column is never null here, such as window_start
	// of a view that has windows. A null is sink.ErrValue then.
	NotNull bool
	// Date keeps a time as a Date: the day that begins then in this location. A
	// time at which no day begins there is sink.ErrValue.
	Date *time.Location
	// Precision is a decimal's digits, 1 to 18; 18 if it's zero. A value of more is
	// sink.ErrValue.
	Precision int
	// ManyValues says that a text of the key has more than some thousand values, so
	// that a dictionary (LowCardinality) doesn't pay.
	ManyValues bool
}

// layout is how the table keeps a schema's columns.
type layout struct {
	table    string
	columns  []column
	identity int // how many columns tell rows apart
	version  int
	order    []string
	current  []string
	scheme   partition.Scheme
}

func newLayout[K, R any](schema *sink.Schema[K, R], options Options) (*layout, error) {
	l := &layout{table: options.Table, identity: schema.Identity, version: schema.Version, order: options.Order, scheme: options.Scheme}
	for name := range options.Columns {
		if _, ok := schema.Lookup(name); !ok {
			return nil, fmt.Errorf("%w: Columns speaks of %q, and there's no such column", ErrOptions, name)
		}
	}
	for i := range schema.Columns {
		name := schema.Columns[i].Name
		repeated := i < schema.Identity || i == schema.Version+1 // of few values: the key's, and the timing
		c, err := newColumn(&schema.Columns[i], options.Columns[name], repeated)
		if err != nil {
			return nil, err
		}
		l.columns = append(l.columns, c)
	}
	if len(l.order) == 0 {
		l.order = l.names(0, l.identity)
	}
	if err := l.checkOrder(); err != nil {
		return nil, err
	}
	for _, d := range options.Scheme.Dimensions() {
		if i, ok := schema.Lookup(d.Name()); !ok || i >= schema.Identity {
			return nil, fmt.Errorf("%w: a scheme splits by columns of the view, the window or the key, and %q is none", ErrOptions, d.Name())
		}
	}
	if l.current = options.Current; len(l.current) == 0 {
		l.current = l.names(0, len(l.columns)-1)
	}
	for _, name := range l.current {
		if _, ok := schema.Lookup(name); !ok {
			return nil, fmt.Errorf("%w: Current shows %q, and there's no such column", ErrOptions, name)
		}
	}
	return l, nil
}

// checkOrder makes sure that the sorting key is the identity: the engine keeps one
// row of those that have one sorting key.
func (l *layout) checkOrder() error {
	missing := map[string]bool{}
	for _, name := range l.names(0, l.identity) {
		missing[name] = true
	}
	for _, name := range l.order {
		if !missing[name] {
			return fmt.Errorf("%w: Order has %q, which is there twice or is no column of the view, the window or the key: versions of one row would stay apart", ErrOptions, name)
		}
		delete(missing, name)
	}
	for _, name := range l.names(0, l.identity) {
		if missing[name] {
			return fmt.Errorf("%w: Order lacks %q: rows that differ in it alone would replace each other", ErrOptions, name)
		}
	}
	return nil
}

func (l *layout) names(from, to int) (names []string) {
	for _, c := range l.columns[from:to] {
		names = append(names, c.Name)
	}
	return names
}

// removed is the last column: whether a row is there no more.
func (l *layout) removed() int { return len(l.columns) - 1 }
