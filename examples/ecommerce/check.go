package main

import (
	"context"
	"fmt"
	"io"

	"github.com/anabranch-go/anabranch/lambda"
)

// answers are every view's answers over all of the log, fine and by day.
type answers struct {
	active          *lambda.Answer[all, int64]
	conversion      *lambda.Answer[all, Conversion]
	dailyConversion *lambda.Answer[all, Conversion]
	takings         *lambda.Answer[all, Takings]
	sales           *lambda.Answer[Place, Sales]
	dailySales      *lambda.Answer[Place, Sales]
}

func ask(ctx context.Context, h handles) (a answers, err error) {
	if a.active, err = h.active.Query(ctx, lambda.Ever()); err != nil {
		return a, err
	}
	if a.conversion, err = h.conversion.Query(ctx, lambda.Ever()); err != nil {
		return a, err
	}
	if a.dailyConversion, err = h.conversion.Query(ctx, lambda.Ever().By(days)); err != nil {
		return a, err
	}
	if a.takings, err = h.takings.Query(ctx, lambda.Ever()); err != nil {
		return a, err
	}
	if a.sales, err = h.sales.Query(ctx, lambda.Ever()); err != nil {
		return a, err
	}
	a.dailySales, err = h.sales.Query(ctx, lambda.Ever().By(days))
	return a, err
}

// maxDifferences is how many wrong answers are shown.
const maxDifferences = 10

// check compares answers with naive ones, and keeps count.
type check struct {
	stderr  io.Writer
	checked int64
	wrong   int64
}

// compare checks every row of an answer, and that none is missing.
func compare[K, R comparable](c *check, name string, answer *lambda.Answer[K, R], want map[cell[K]]R) {
	seen := 0
	for row := range answer.Rows() {
		group := cell[K]{row.Window.Start.Unix(), row.Key}
		expected, ok := want[group]
		if ok {
			seen++
		}
		c.checked++
		if !ok || row.Value != expected {
			c.differ("%s, %s, %v: answered %+v, and the events say %+v", name, stamp(row.Window.Start), row.Key, row.Value, expected)
		}
	}
	if missing := len(want) - seen; missing > 0 {
		c.checked += int64(missing)
		c.differ("%s: %d of %d rows are missing from the answer", name, missing, len(want))
	}
}

func (c *check) differ(format string, args ...any) {
	c.wrong++
	if c.wrong <= maxDifferences {
		fmt.Fprintf(c.stderr, "WRONG: "+format+"\n", args...)
	}
}

// final checks every row of every view against the naive fold of all events.
func (c *check) final(ctx context.Context, log shop, ends []int64, a answers) error {
	want, err := foldNaively(ctx, log, ends)
	if err != nil {
		return err
	}
	compare(c, "usuarios_activos", a.active, want.active)
	compare(c, "conversion", a.conversion, want.conversion)
	compare(c, "conversion by day", a.dailyConversion, want.dailyConversion)
	compare(c, "ventas_5m", a.takings, want.takings)
	compare(c, "ventas", a.sales, want.sales)
	compare(c, "ventas by day", a.dailySales, want.dailySales)
	return nil
}

// sample checks an answer that was given while the layers ran. Its provenance
// says how far into each partition it reaches, so the events up to there decide.
func (c *check) sample(ctx context.Context, log shop, a *lambda.Answer[Place, Sales]) error {
	ends := make([]int64, log.partitions)
	for _, p := range a.Provenance().Partitions {
		ends[p.Partition] = p.Low
	}
	want, err := foldDailySales(ctx, log, ends)
	if err != nil {
		return err
	}
	compare(c, fmt.Sprintf("ventas by day at %s events", thousands(a.Provenance().Offsets())), a, want)
	return nil
}
