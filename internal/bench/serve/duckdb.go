package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/anabranch-go/anabranch/internal/bench/measure"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/sink/parquettable"
	"github.com/anabranch-go/anabranch/source"
)

// The questions. HOURS is the base's rows, by hour; EVENTS are the events, since
// DuckDB keeps no sets and merges no sketches.
const (
	soldSQL  = "SELECT date_trunc('day', window_start) d, region, categoria, sum(importe)::BIGINT n, sum(eventos)::BIGINT e FROM HOURS GROUP BY ALL"
	aboutSQL = "SELECT date_trunc('day', ts) d, region, categoria, approx_count_distinct(user_id) n FROM EVENTS GROUP BY ALL"
	exactSQL = "SELECT date_trunc('day', ts) d, region, categoria, count(DISTINCT user_id) n FROM EVENTS GROUP BY ALL"
)

// duckScript answers each line of SQL with the number of rows and the sum of n.
const duckScript = `
import sys, duckdb
c = duckdb.connect()
c.execute("SET threads=2; SET TimeZone='UTC'")
print(duckdb.__version__, flush=True)
for line in sys.stdin:
    try:
        n = c.execute(line).fetchnumpy()["n"]
        print(len(n), int(n.sum()), flush=True)
    except Exception as e:
        print("ERR", str(e).replace("\n", " "), flush=True)
`

// duck is a warm DuckDB.
type duck struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	version string
	files   *strings.Replacer
}

func openDuck(ctx context.Context, o options, sold *lambda.Handle[evento, grupo, gasto], events []evento) (*duck, error) {
	table, eventsFile := filepath.Join(o.temp, "hours"), filepath.Join(o.temp, "events.parquet")
	answer, err := sold.Query(ctx, lambda.Ever())
	if err != nil {
		return nil, err
	}
	if err := parquettable.Replace(ctx, table, answer.SinkRows(), parquettable.Options{}); err != nil {
		return nil, err
	}
	current, err := parquettable.Current(table)
	if err != nil {
		return nil, err
	}
	if err := writeEvents(eventsFile, events); err != nil {
		return nil, err
	}
	d := &duck{command: exec.CommandContext(ctx, o.python, "-c", duckScript),
		files: strings.NewReplacer("HOURS", "'"+current+"/**/*.parquet'", "EVENTS", "'"+eventsFile+"'")}
	d.command.Stderr = os.Stderr
	if d.in, d.out, err = measure.Start(d.command); err != nil {
		return nil, err
	}
	d.version, err = d.line()
	return d, err
}

func writeEvents(path string, events []evento) error {
	schema, err := source.SchemaOf[evento]()
	if err != nil {
		return err
	}
	w, err := source.NewParquetTable[evento](schema)
	if err != nil {
		return err
	}
	builder := source.NewBuilder[evento](schema, nil)
	for i := range events {
		builder.Append(&events[i], int64(i), nil)
	}
	if err := w.Write(builder.Chunk(0, 0, int64(len(events)))); err != nil {
		return err
	}
	body, err := w.Close()
	if err != nil {
		return err
	}
	return os.WriteFile(path, body, 0o666)
}

// ask gives the check, where answers are exact.
func (d *duck) ask(sql string, exact bool) (string, error) {
	if _, err := io.WriteString(d.in, d.files.Replace(sql)+"\n"); err != nil {
		return "", err
	}
	line, err := d.line()
	if err != nil || strings.HasPrefix(line, "ERR") {
		return "", errors.Join(err, fmt.Errorf("duckdb: %s", line))
	}
	if !exact {
		return "", nil
	}
	return line, nil
}

func (d *duck) line() (string, error) {
	line, err := d.out.ReadString('\n')
	return strings.TrimSpace(line), err
}

// Close ends it.
func (d *duck) Close() error {
	return errors.Join(d.in.Close(), d.command.Wait())
}
