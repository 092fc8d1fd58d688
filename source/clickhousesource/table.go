package clickhousesource

import (
	"context"
	"fmt"
	"strings"

	"github.com/ClickHouse/ch-go"

	"github.com/anabranch-go/anabranch/internal/clickhouse"
	"github.com/anabranch-go/anabranch/source"
)

// Options are the options of [New]. Table must be given.
type Options[E any] struct {
	// Addresses are servers of one and the same table, as host:port of the native
	// protocol; the first that answers is used. Client.Address where there are none.
	Addresses []string
	// Client is what the client has: Database, User, Password, TLS, Compression,
	// Settings.
	Client ch.Options
	// Table is a table, or a view, of the database.
	Table string
	// Transform changes each event as it's read.
	Transform source.Transform[E]
	// ChunkRows is the number of events that a chunk holds at most;
	// source.DefaultChunkRows if 0.
	ChunkRows int
}

// Table is a table's rows, at one time, as a log. It's safe for concurrent use.
type Table[E any] struct {
	options  Options[E]
	schema   *source.Schema
	server   *clickhouse.Server
	columns  []column
	from     string // what to select from
	order    string
	digested string // what rows are told apart by
	database string
	digest   digest
}

// digest tells one state of the rows from others.
type digest struct {
	Rows int64
	Sum  string
}

// New makes a log of a table's rows as they are now. Errors are source.ErrSchema,
// source.ErrOptions, source.ErrColumn, ErrServer, ErrAccess and ErrTable.
func New[E any](ctx context.Context, options Options[E]) (*Table[E], error) {
	schema, err := source.SchemaOf[E]()
	switch {
	case err != nil:
		return nil, err
	case options.Table == "":
		return nil, fmt.Errorf("%w: no table is named", source.ErrOptions)
	case options.ChunkRows < 0:
		return nil, fmt.Errorf("%w: chunks of %d rows", source.ErrOptions, options.ChunkRows)
	case options.ChunkRows == 0:
		options.ChunkRows = source.DefaultChunkRows
	}
	server, err := clickhouse.NewServer(options.Addresses, options.Client)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", source.ErrOptions, err)
	}
	t := &Table[E]{options: options, schema: schema, server: server, from: clickhouse.Quote(options.Table)}
	if err := t.look(ctx); err != nil {
		server.Close()
		return nil, fmt.Errorf("cannot open the table %s: %w", options.Table, err)
	}
	return t, nil
}

// look asks what the table is, and what it has.
func (t *Table[E]) look(ctx context.Context) error {
	name := clickhouse.QuoteText(t.options.Table)
	about, err := t.server.Ask(ctx, 3, "SELECT database, engine, sorting_key FROM system.tables WHERE database = currentDatabase() AND name = "+name)
	if err != nil {
		return err
	}
	if len(about) != 1 {
		return fmt.Errorf("%w: it isn't there", ErrTable)
	}
	t.database, t.order = about[0][0], about[0][2]
	if keepsVersions(about[0][1]) {
		t.from += " FINAL"
	}
	found, err := t.server.Ask(ctx, 2, "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = "+name)
	if err != nil {
		return err
	}
	types := map[string]string{}
	for _, column := range found {
		types[column[0]] = column[1]
	}
	for i := range t.schema.Columns {
		c, err := newColumn(&t.schema.Columns[i], types)
		if err != nil {
			return err
		}
		t.columns = append(t.columns, c)
	}
	t.digested = t.values()
	if t.order != "" { // it decides about offsets, even by columns that E doesn't have
		t.order += ", "
		t.digested = t.order + t.digested
	}
	t.order += t.values()
	t.digest, err = t.now(ctx)
	return err
}

// keepsVersions says whether an engine has rows that merges would take away.
func keepsVersions(engine string) bool {
	engine = strings.TrimPrefix(strings.TrimPrefix(engine, "Replicated"), "Shared")
	return engine != "MergeTree" && strings.HasSuffix(engine, "MergeTree")
}

// values is the columns, as they are read.
func (t *Table[E]) values() string {
	out := make([]string, len(t.columns))
	for i := range t.columns {
		out[i] = t.columns[i].value
	}
	return strings.Join(out, ", ")
}

// now digests the rows that the table has now. Equal values have equal hashes,
// nulls too, as they are in a tuple.
func (t *Table[E]) now(ctx context.Context) (digest, error) {
	rows, err := t.server.Ask(ctx, 2, fmt.Sprintf("SELECT toString(count()), toString(sum(sipHash64(tuple(%s)))) FROM %s", t.digested, t.from))
	if err != nil {
		return digest{}, err
	}
	d := digest{Sum: rows[0][1]}
	_, err = fmt.Sscan(rows[0][0], &d.Rows)
	return d, err
}

// Close ends the connections. Readers are closed by themselves, and first.
func (t *Table[E]) Close() error {
	t.server.Close()
	return nil
}

// Identity implements [source.Source].
func (t *Table[E]) Identity(context.Context) (string, error) {
	return fmt.Sprintf("clickhouse/%s/%s/%d-%s", t.database, t.options.Table, t.digest.Rows, t.digest.Sum), nil
}

// Partitions implements [source.Source].
func (t *Table[E]) Partitions(context.Context) (int, error) { return 1, nil }

// End implements [source.Ender].
func (t *Table[E]) End(_ context.Context, partition int) (int64, error) {
	if partition != 0 {
		return 0, fmt.Errorf("%w: there's no partition %d; a table is partition 0", source.ErrOffset, partition)
	}
	return t.digest.Rows, nil
}

// Open implements [source.Source]. The reader asks for rows with its first Next.
func (t *Table[E]) Open(ctx context.Context, partition int, offset int64) (source.Reader[E], error) {
	end, err := t.End(ctx, partition)
	if err != nil {
		return nil, err
	}
	if offset < 0 || offset > end {
		return nil, fmt.Errorf("%w: the table %s has [0, %d), not %d", source.ErrOffset, t.options.Table, end, offset)
	}
	return &reader[E]{table: t, next: offset, builder: source.NewBuilder(t.schema, t.options.Transform)}, nil
}
