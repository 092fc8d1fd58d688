package main

import (
	"context"
	"math"
	"time"
)

// This file answers the views the naive way: one thread that goes through all
// events and puts them into maps. It uses nothing of the library, so that it can
// tell whether the library is right.

// cell is a group: a window, by its start in seconds since 1970, and a key.
type cell[K comparable] struct {
	start int64
	key   K
}

// tally is everything that any view wants to know of a group.
type tally struct {
	users, orders map[int64]struct{}
	cents         int64
}

type tallies[K comparable] map[cell[K]]*tally

func (t tallies[K]) add(e *Event, size time.Duration, key K) {
	group := cell[K]{e.At.Truncate(size).Unix(), key}
	found := t[group]
	if found == nil {
		found = &tally{users: map[int64]struct{}{}, orders: map[int64]struct{}{}}
		t[group] = found
	}
	found.users[e.User] = struct{}{}
	if e.Type == purchase {
		found.orders[e.Order] = struct{}{}
		found.cents += e.Revenue
	}
}

func results[K comparable, R any](t tallies[K], result func(*tally) R) map[cell[K]]R {
	out := make(map[cell[K]]R, len(t))
	for group, found := range t {
		out[group] = result(found)
	}
	return out
}

func (t *tally) active() int64          { return int64(len(t.users)) }
func (t *tally) conversion() Conversion { return Conversion{int64(len(t.orders)), int64(len(t.users))} }
func (t *tally) takings() Takings       { return Takings{t.cents, int64(len(t.orders))} }
func (t *tally) sales() Sales {
	orders, users := int64(len(t.orders)), int64(len(t.users))
	rate := math.Floor(float64(orders)/float64(users)*10_000 + 0.5)
	return Sales{t.cents, orders, users, int64(rate)}
}

const day = 24 * time.Hour

// all is the only key of a view without one.
type all = struct{}

// naive is what every view should answer, fine and by day.
type naive struct {
	active          map[cell[all]]int64
	conversion      map[cell[all]]Conversion
	dailyConversion map[cell[all]]Conversion
	takings         map[cell[all]]Takings
	sales           map[cell[Place]]Sales
	dailySales      map[cell[Place]]Sales
}

// foldNaively answers every view over the first ends[p] events of each partition.
func foldNaively(ctx context.Context, log shop, ends []int64) (*naive, error) {
	active, conversion, dailyConversion := tallies[all]{}, tallies[all]{}, tallies[all]{}
	takings, sales, dailySales := tallies[all]{}, tallies[Place]{}, tallies[Place]{}
	err := eachEvent(ctx, log, ends, func(e *Event) {
		place := Place{e.Category, e.Region}
		active.add(e, time.Minute, all{})
		conversion.add(e, 5*time.Minute, all{})
		dailyConversion.add(e, day, all{})
		sales.add(e, time.Hour, place)
		dailySales.add(e, day, place)
		if e.Type == purchase {
			takings.add(e, 5*time.Minute, all{})
		}
	})
	return &naive{
		active:          results(active, (*tally).active),
		conversion:      results(conversion, (*tally).conversion),
		dailyConversion: results(dailyConversion, (*tally).conversion),
		takings:         results(takings, (*tally).takings),
		sales:           results(sales, (*tally).sales),
		dailySales:      results(dailySales, (*tally).sales),
	}, err
}

// dailyFold is only the daily table, over ever more of the log: what answers given
// while the layers ran are compared with.
type dailyFold struct {
	shop  shop
	ends  []int64
	sales tallies[Place]
}

func (f *dailyFold) advance(ctx context.Context, ends []int64) error {
	err := eachEventFrom(ctx, f.shop, f.ends, ends, func(e *Event) { f.sales.add(e, day, Place{e.Category, e.Region}) })
	f.ends = ends
	return err
}

// eachEvent generates the log again, and ends early with the context.
func eachEvent(ctx context.Context, log shop, ends []int64, visit func(*Event)) error {
	return eachEventFrom(ctx, log, make([]int64, len(ends)), ends, visit)
}

func eachEventFrom(ctx context.Context, log shop, starts, ends []int64, visit func(*Event)) error {
	var e Event
	for partition, end := range ends {
		for offset := starts[partition]; offset < end; offset++ {
			if offset%chunkEvents == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			log.event(&e, partition, offset)
			visit(&e)
		}
	}
	return nil
}
