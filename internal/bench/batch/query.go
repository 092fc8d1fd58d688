package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// query is any group-by over any directory of Parquet files.
type query struct {
	by, aggregates []string
	where          []string
}

// clave is a key of a query, and celdas are its results, by the order of the query.
type (
	clave  [4]celda
	celdas [8]celda
)

// celda holds one value of any kind.
type celda struct {
	kind  byte // of fila's columns; 0 for null; a for what ref holds
	word  int64
	float float64
	text  string
	ref   any
}

func (c celda) value() any {
	switch c.kind {
	case 't':
		return c.text
	case 'i':
		return c.word
	case 'f':
		return c.float
	case 'b':
		return c.word != 0
	case 'm':
		return time.UnixMicro(c.word).UTC()
	case 'a':
		return c.ref
	}
	return nil
}

// llave is what a query groups by: a place for each kind and part.
type llave struct {
	texts  [4]source.Null[string]
	ints   [4]source.Null[int64]
	floats [4]source.Null[float64]
	times  [4]source.Null[time.Time]
	bools  [4]source.Null[bool]
}

// compiled is a query as a view.
type compiled struct {
	query
	data *dataset
	day  string // the key that is a day in the files' paths
	keys []field
	view lambda.View[fila, llave, celdas]
}

// compile makes a view of a query. A part of the key that is a day in the files'
// paths is the view's window.
func compile(dir string, q query) (*compiled, error) {
	data, err := openDataset(dir)
	if err != nil {
		return nil, err
	}
	c := &compiled{query: q, data: data}
	c.view = lambda.View[fila, llave, celdas]{Name: "query", Version: 1, Window: window.Global()}
	var parts []lambda.KeyPart[fila, llave]
	for _, name := range q.by {
		if _, err := time.Parse(time.DateOnly, data.inPath[name]); err == nil && c.day == "" {
			data.kinds[name] = 'm'
			day, err := data.field(name)
			if err != nil {
				return nil, err
			}
			c.day, c.view.Time, c.view.Window = name, times.of(day), window.Day(time.UTC)
			continue
		}
		f, err := data.field(name)
		if err != nil {
			return nil, err
		}
		if len(c.keys) == len(llave{}.ints) {
			return nil, fmt.Errorf("more than %d keys", len(c.keys))
		}
		parts = append(parts, keyPart(f, len(c.keys)))
		c.keys = append(c.keys, f)
	}
	c.view.Key = lambda.ByParts(parts...)
	if c.view.Where, err = data.predicate(q.where); err != nil {
		return nil, err
	}
	if len(q.aggregates) > len(celdas{}) {
		return nil, fmt.Errorf("more than %d aggregates", len(celdas{}))
	}
	var joined []aggregate.Part[fila, celdas]
	for i, text := range q.aggregates {
		a, err := data.aggregate(text)
		if err != nil {
			return nil, fmt.Errorf("aggregate %s: %w", text, err)
		}
		joined = append(joined, aggregate.To(a, func(c *celdas) *celda { return &c[i] }))
	}
	c.view.Aggregate = aggregate.Join(joined...)
	return c, nil
}

func keyPart(f field, at int) lambda.KeyPart[fila, llave] {
	switch f.kind {
	case 'i':
		return lambda.Part(source.Nullable(ints.of(f)), func(k *llave) *source.Null[int64] { return &k.ints[at] })
	case 'f':
		return lambda.Part(source.Nullable(floats.of(f)), func(k *llave) *source.Null[float64] { return &k.floats[at] })
	case 'm':
		return lambda.Part(source.Nullable(times.of(f)), func(k *llave) *source.Null[time.Time] { return &k.times[at] })
	case 'b':
		return lambda.Part(source.Nullable(bools.of(f)), func(k *llave) *source.Null[bool] { return &k.bools[at] })
	}
	return lambda.Part(source.Nullable(texts.of(f)), func(k *llave) *source.Null[string] { return &k.texts[at] })
}

// value gives a part of a key.
func (k *llave) value(f field, at int) any {
	var v any
	valid := false
	switch f.kind {
	case 'i':
		v, valid = k.ints[at].V, k.ints[at].Valid
	case 'f':
		v, valid = k.floats[at].V, k.floats[at].Valid
	case 'm':
		v, valid = k.times[at].V, k.times[at].Valid
	case 'b':
		v, valid = k.bools[at].V, k.bools[at].Valid
	default:
		v, valid = k.texts[at].V, k.texts[at].Valid
	}
	if !valid {
		return nil
	}
	return v
}

// run computes the view.
func (c *compiled) run(ctx context.Context) (*lambda.Result[llave, celdas], error) {
	log, err := c.data.log()
	if err != nil {
		return nil, err
	}
	return lambda.Compute(ctx, c.view, log, lambda.ComputeOptions{})
}

// check counts a query's rows, and adds up their first number.
func (c *compiled) check(ctx context.Context) (string, error) {
	result, err := c.run(ctx)
	if err != nil {
		return "", err
	}
	sum := 0.0
	for row, err := range result.All() {
		if err != nil {
			return "", err
		}
		if cell := row.Value[0]; cell.kind == 'i' {
			sum += float64(cell.word)
		} else {
			sum += cell.float
		}
	}
	return fmt.Sprintf("%d %.6g", result.Len(), sum), nil
}

// print writes a query's rows, by their keys.
func (c *compiled) print(ctx context.Context, w io.Writer, asJSON bool) error {
	result, err := c.run(ctx)
	if err != nil {
		return err
	}
	rows, err := result.Sorted()
	if err != nil {
		return err
	}
	names := append(append([]string(nil), c.by...), c.aggregates...)
	if !asJSON {
		fmt.Fprintln(w, strings.Join(names, "\t"))
	}
	for _, row := range rows {
		values := make([]any, 0, len(names))
		at := 0
		for _, name := range c.by {
			if name == c.day {
				values = append(values, row.Window.Start.Format(time.DateOnly))
				continue
			}
			values = append(values, row.Key.value(c.keys[at], at))
			at++
		}
		for i := range c.aggregates {
			values = append(values, row.Value[i].value())
		}
		if err := printRow(w, names, values, asJSON); err != nil {
			return err
		}
	}
	return nil
}

func printRow(w io.Writer, names []string, values []any, asJSON bool) error {
	if !asJSON {
		texts := make([]string, len(values))
		for i, v := range values {
			texts[i] = fmt.Sprint(v)
		}
		_, err := fmt.Fprintln(w, strings.Join(texts, "\t"))
		return err
	}
	var b strings.Builder
	for i, v := range values {
		name, err := json.Marshal(names[i])
		if err != nil {
			return err
		}
		value, err := json.Marshal(v)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%c%s:%s", "{,"[min(i, 1)], name, value)
	}
	_, err := fmt.Fprintln(w, b.String()+"}")
	return err
}
