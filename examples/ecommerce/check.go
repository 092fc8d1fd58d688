package main

import (
	"context"
	"fmt"
	"io"
	"time"

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

// askWhole asks until every answer holds so many offsets, each partition up to one
// and the same for all keys: a delta store may just be showing a flush.
func askWhole(ctx context.Context, h handles, offsets int64) (answers, error) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		a, err := ask(ctx, h)
		if err != nil {
			return a, err
		}
		whole := true
		for _, p := range a.provenances() {
			_, exact := reach(p)
			whole = whole && exact && p.Offsets() >= offsets
		}
		if whole {
			return a, nil
		}
		select {
		case <-ctx.Done():
			return a, ctx.Err()
		case <-ticker.C:
		}
	}
}

func (a answers) provenances() []lambda.Provenance {
	return []lambda.Provenance{a.active.Provenance(), a.conversion.Provenance(), a.dailyConversion.Provenance(),
		a.takings.Provenance(), a.sales.Provenance(), a.dailySales.Provenance()}
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
	shop    shop
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

// final checks every row of every view against the naive fold of all events up to
// where the answers reach: the same events for all of them, unless the log still
// grows.
func (c *check) final(ctx context.Context, a answers) error {
	folded := map[string]*naive{}
	var wants []*naive
	for _, p := range a.provenances() {
		ends, _ := reach(p)
		where := fmt.Sprint(ends)
		if folded[where] == nil {
			want, err := foldNaively(ctx, c.shop, ends)
			if err != nil {
				return err
			}
			folded[where] = want
		}
		wants = append(wants, folded[where])
	}
	compare(c, "usuarios_activos", a.active, wants[0].active)
	compare(c, "conversion", a.conversion, wants[1].conversion)
	compare(c, "conversion by day", a.dailyConversion, wants[2].dailyConversion)
	compare(c, "ventas_5m", a.takings, wants[3].takings)
	compare(c, "ventas", a.sales, wants[4].sales)
	compare(c, "ventas by day", a.dailySales, wants[5].dailySales)
	return nil
}

// samples checks answers that were given while the layers ran, in that order. Their
// provenance says how far into each partition they reach, so the events up to there
// decide; as answers never go back, one pass over the log does for all.
func (c *check) samples(ctx context.Context, answers []*lambda.Answer[Place, Sales]) error {
	fold := dailyFold{shop: c.shop, ends: make([]int64, c.shop.partitions), sales: tallies[Place]{}}
	for _, a := range answers {
		ends, _ := reach(a.Provenance())
		if err := fold.advance(ctx, ends); err != nil {
			return err
		}
		compare(c, fmt.Sprintf("ventas by day at %s events", thousands(total(ends))), a, results(fold.sales, (*tally).sales))
	}
	return nil
}
