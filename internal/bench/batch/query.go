package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
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

// celdas are a query's results, by their order.
type celdas interface {
	[1]celda | [2]celda | [4]celda | [8]celda
}

// celda holds one value of any kind.
type celda struct {
	kind byte // of fila's columns; 0 for null; a for what ref holds
	word int64
	ref  any
}

func ofFloat(x float64) celda { return celda{kind: 'f', word: int64(math.Float64bits(x))} }

func (c celda) number() float64 {
	if c.kind == 'f' {
		return math.Float64frombits(uint64(c.word))
	}
	return float64(c.word)
}

func (c celda) value() any {
	switch c.kind {
	case 'i':
		return c.word
	case 'f':
		if x := c.number(); math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Sprint(x) // JSON has no number for it
		}
		return c.number()
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

// compiled is a query that can be run again and again.
type compiled interface {
	// check counts the rows, and adds up their first results.
	check(ctx context.Context) (string, error)
	// print writes the rows, by their keys.
	print(ctx context.Context, w io.Writer, asJSON bool) error
}

// view is a query as a view, by keys of K, with results in C.
type view[K any, C celdas] struct {
	query
	data *dataset
	day  string // the key that is a day in the files' paths
	keys func(*K) []any
	lambda.View[fila, K, C]
}

// compile makes a view of a query. A part of the key that is a day in the files'
// paths is the view's window.
func compile(dir string, q query) (compiled, error) {
	data, err := openDataset(dir)
	if err != nil {
		return nil, err
	}
	c := compiler{query: q, data: data, spec: window.Global()}
	for _, name := range q.by {
		if _, err := time.Parse(time.DateOnly, data.inPath[name]); err == nil && c.day == "" {
			data.kinds[name] = 'm'
			day, err := data.field(name)
			if err != nil {
				return nil, err
			}
			c.day, c.time, c.spec = name, times.of(day), window.Day(time.UTC)
			continue
		}
		f, err := data.field(name)
		if err != nil {
			return nil, err
		}
		c.fields = append(c.fields, f)
	}
	if len(c.fields) != 1 {
		return compileMany(c)
	}
	switch f := c.fields[0]; f.kind {
	case 'i':
		return compileOne(c, ints.of(f))
	case 'f':
		return compileOne(c, floats.of(f))
	case 'm':
		return compileOne(c, times.of(f))
	case 'b':
		return compileOne(c, bools.of(f))
	default:
		return compileOne(c, texts.of(f))
	}
}

// compiler is what is known of a query before its types are.
type compiler struct {
	query
	data   *dataset
	day    string
	time   source.Field[fila, time.Time]
	spec   window.Spec
	fields []field // of the key, but for the day
}

func compileOne[T comparable](c compiler, f source.Field[fila, T]) (compiled, error) {
	return withKey(c, lambda.By(source.Nullable(f)), func(k *source.Null[T]) []any {
		if !k.Valid {
			return []any{nil}
		}
		return []any{k.V}
	})
}

func compileMany(c compiler) (compiled, error) {
	if len(c.fields) > len(llave{}.ints) {
		return nil, fmt.Errorf("more than %d keys", len(llave{}.ints))
	}
	var parts []lambda.KeyPart[fila, llave]
	for i, f := range c.fields {
		parts = append(parts, keyPart(f, i))
	}
	return withKey(c, lambda.ByParts(parts...), func(k *llave) []any {
		values := make([]any, len(c.fields))
		for i, f := range c.fields {
			values[i] = k.value(f, i)
		}
		return values
	})
}

func withKey[K any](c compiler, key lambda.Key[fila, K], values func(*K) []any) (compiled, error) {
	switch n := len(c.aggregates); {
	case n == 0:
		return nil, fmt.Errorf("the query has no aggregate")
	case n == 1:
		return withResults[K, [1]celda](c, key, values)
	case n == 2:
		return withResults[K, [2]celda](c, key, values)
	case n <= 4:
		return withResults[K, [4]celda](c, key, values)
	case n <= 8:
		return withResults[K, [8]celda](c, key, values)
	}
	return nil, fmt.Errorf("more than 8 aggregates")
}

func withResults[K any, C celdas](c compiler, key lambda.Key[fila, K], values func(*K) []any) (compiled, error) {
	v := &view[K, C]{query: c.query, data: c.data, day: c.day, keys: values}
	v.View = lambda.View[fila, K, C]{Name: "query", Version: 1, Time: c.time, Window: c.spec, Key: key}
	var err error
	if v.Where, err = c.data.predicate(c.where); err != nil {
		return nil, err
	}
	var joined []aggregate.Part[fila, C]
	for i, text := range c.aggregates {
		a, err := c.data.aggregate(text)
		if err != nil {
			return nil, fmt.Errorf("aggregate %s: %w", text, err)
		}
		joined = append(joined, aggregate.To(a, func(cells *C) *celda { return &(*cells)[i] }))
	}
	v.Aggregate = aggregate.Join(joined...)
	return v, nil
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

func (v *view[K, C]) run(ctx context.Context) (*lambda.Result[K, C], error) {
	log, err := v.data.log()
	if err != nil {
		return nil, err
	}
	return lambda.Compute(ctx, v.View, log, lambda.ComputeOptions{})
}

func (v *view[K, C]) check(ctx context.Context) (string, error) {
	result, err := v.run(ctx)
	if err != nil {
		return "", err
	}
	sum := 0.0
	for row, err := range result.All() {
		if err != nil {
			return "", err
		}
		sum += row.Value[0].number()
	}
	return fmt.Sprintf("%d %v", result.Len(), sum), nil
}

func (v *view[K, C]) print(ctx context.Context, w io.Writer, asJSON bool) error {
	result, err := v.run(ctx)
	if err != nil {
		return err
	}
	rows, err := result.Sorted()
	if err != nil {
		return err
	}
	names := append(append([]string(nil), v.by...), v.aggregates...)
	if !asJSON {
		fmt.Fprintln(w, strings.Join(names, "\t"))
	}
	for i := range rows {
		keys := v.keys(&rows[i].Key)
		values := make([]any, 0, len(names))
		for _, name := range v.by {
			if name == v.day {
				values = append(values, rows[i].Window.Start.Format(time.DateOnly))
				continue
			}
			values, keys = append(values, keys[0]), keys[1:]
		}
		for at := range v.aggregates {
			values = append(values, rows[i].Value[at].value())
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
