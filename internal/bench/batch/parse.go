package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/aggregate/ddsketch"
	"github.com/anabranch-go/anabranch/aggregate/hll"
	"github.com/anabranch-go/anabranch/aggregate/topk"
	"github.com/anabranch-go/anabranch/source"
)

// aggregate makes an aggregate of name, or name:column, or name:column:argument.
func (d *dataset) aggregate(text string) (aggregate.Aggregate[fila, celda], error) {
	words := strings.SplitN(text, ":", 3)
	if words[0] == "count" && len(words) == 1 {
		return aggregate.Map(aggregate.Count[fila](), ofInt), nil
	}
	if len(words) < 2 {
		return nil, fmt.Errorf("it needs a column: %s:column", words[0])
	}
	f, err := d.field(words[1])
	if err != nil {
		return nil, err
	}
	argument := 0.5
	if words[0] == "topk" {
		argument = 10
	}
	if len(words) == 3 {
		if argument, err = strconv.ParseFloat(words[2], 64); err != nil {
			return nil, err
		}
	}
	if a := numbers(words[0], f, argument); a != nil {
		return a, nil
	}
	switch f.kind {
	case 'i':
		return values(words[0], ints.of(f), argument, func(v int64) celda { return celda{kind: 'i', word: v} })
	case 'f':
		return values(words[0], floats.of(f), argument, ofFloat)
	case 'm':
		return values(words[0], times.of(f), argument, func(v time.Time) celda { return celda{kind: 'm', word: v.UnixMicro()} })
	case 'b':
		return values(words[0], bools.of(f), argument, func(v bool) celda {
			if v {
				return celda{kind: 'b', word: 1}
			}
			return celda{kind: 'b'}
		})
	}
	return values(words[0], texts.of(f), argument, func(v string) celda { return celda{kind: 'a', ref: v} })
}

func ofInt(n int64) celda { return celda{kind: 'i', word: n} }

func ofMaybe(n source.Null[float64]) celda {
	if !n.Valid {
		return celda{}
	}
	return ofFloat(n.V)
}

// numbers makes an aggregate of numbers, or nil.
func numbers(name string, f field, argument float64) aggregate.Aggregate[fila, celda] {
	switch {
	case f.kind == 'i' && name == "sum":
		return aggregate.Map(aggregate.Sum(ints.of(f)), ofInt)
	case f.kind == 'f' && name == "sum":
		return aggregate.Map(aggregate.SumFloat(floats.of(f)), ofFloat)
	case f.kind == 'i' && name == "mean":
		return aggregate.Map(aggregate.Mean(ints.of(f)), ofMaybe)
	case f.kind == 'f' && name == "mean":
		return aggregate.Map(aggregate.Mean(floats.of(f)), ofMaybe)
	case f.kind == 'i' && name == "quantile":
		return aggregate.Map(ddsketch.Quantile(ints.of(f), ddsketch.Options{}, argument), ofMaybe)
	case f.kind == 'f' && name == "quantile":
		return aggregate.Map(ddsketch.Quantile(floats.of(f), ddsketch.Options{}, argument), ofMaybe)
	case f.kind == 'i' && name == "variance":
		return aggregate.Map(aggregate.Variance(ints.of(f)), ofVariance)
	case f.kind == 'f' && name == "variance":
		return aggregate.Map(aggregate.Variance(floats.of(f)), ofVariance)
	}
	return nil
}

// ofVariance is the sample's, as SQL has it.
func ofVariance(m aggregate.Moments) celda { return ofMaybe(m.SampleVariance) }

// values makes an aggregate of values of any kind.
func values[T any](name string, f source.Field[fila, T], argument float64, cell func(T) celda) (aggregate.Aggregate[fila, celda], error) {
	maybe := func(v source.Null[T]) celda {
		if !v.Valid {
			return celda{}
		}
		return cell(v.V)
	}
	switch name {
	case "count":
		return aggregate.Map(aggregate.CountOf(f), ofInt), nil
	case "distinct":
		return aggregate.Map(aggregate.Distinct(f), ofInt), nil
	case "approx":
		return aggregate.Map(hll.Distinct(f, hll.Options{}), ofInt), nil
	case "min":
		return aggregate.Map(aggregate.Min(f), maybe), nil
	case "max":
		return aggregate.Map(aggregate.Max(f), maybe), nil
	case "topk":
		return aggregate.Map(topk.Frequent(f, int(argument), topk.Options{}), func(items []topk.Item[T]) celda {
			found := make([]T, len(items))
			for i, item := range items {
				found[i] = item.Value
			}
			return celda{kind: 'a', ref: found}
		}), nil
	}
	return nil, fmt.Errorf("there is no such aggregate of that column: count, sum, mean, variance, min, max, distinct, approx, quantile and topk are known")
}

var comparison = regexp.MustCompile(`^([^=<>!]+)(!=|>=|<=|=|<|>)(.*)$`)

// predicate makes a predicate of comparisons, all of which must hold: column=a|b|c,
// column!=a, column>=1, column<2 and so on. The value null is no value.
func (d *dataset) predicate(comparisons []string) (source.Predicate[fila], error) {
	var all []source.Predicate[fila]
	for _, text := range comparisons {
		m := comparison.FindStringSubmatch(text)
		if m == nil {
			return source.Predicate[fila]{}, fmt.Errorf("%q is no comparison: column=value, or != < <= > >=", text)
		}
		f, err := d.field(m[1])
		if err != nil {
			return source.Predicate[fila]{}, err
		}
		p, err := compare(f, m[2], m[3])
		if err != nil {
			return source.Predicate[fila]{}, fmt.Errorf("%q: %w", text, err)
		}
		all = append(all, p)
	}
	if len(all) == 0 {
		return source.Predicate[fila]{}, nil
	}
	return source.And(all...), nil
}

func compare(f field, operator, text string) (source.Predicate[fila], error) {
	switch f.kind {
	case 'i':
		return compareBy(ints.of(f), operator, text, func(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) })
	case 'f':
		return compareBy(floats.of(f), operator, text, func(s string) (float64, error) { return strconv.ParseFloat(s, 64) })
	case 'm':
		return compareBy(times.of(f), operator, text, parseTime)
	case 'b':
		return compareBy(bools.of(f), operator, text, strconv.ParseBool)
	}
	return compareBy(texts.of(f), operator, text, func(s string) (string, error) { return s, nil })
}

func parseTime(s string) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, nil
	}
	return time.Parse(time.RFC3339Nano, s)
}

func compareBy[T comparable](f source.Field[fila, T], operator, text string, parse func(string) (T, error)) (p source.Predicate[fila], err error) {
	null := source.IsNull(f)
	if text == "null" {
		switch operator {
		case "=":
			return null, nil
		case "!=":
			return source.Not(null), nil
		}
		return p, fmt.Errorf("null is only equal to itself")
	}
	var values []T
	for word := range strings.SplitSeq(text, "|") {
		v, err := parse(word)
		if err != nil {
			return p, err
		}
		values = append(values, v)
	}
	first := values[0]
	switch operator {
	case "=":
		return source.In(f, values...), nil
	case "!=":
		return source.And(source.Not(source.In(f, values...)), source.Not(null)), nil
	case ">=":
		return source.AtLeast(f, first), nil
	case "<":
		return source.Less(f, first), nil
	case ">":
		return source.And(source.AtLeast(f, first), source.Not(source.Equal(f, first))), nil
	}
	return source.Or(source.Less(f, first), source.Equal(f, first)), nil
}
