package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/internal/bench/measure"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// visita is an event of the point query's log.
type visita struct {
	Momento time.Time `anabranch:"ts"`
	Usuario int64     `anabranch:"user_id"`
	Importe int64     `anabranch:"revenue"`
}

var (
	visitaEn      = source.FieldOf(func(v *visita) *time.Time { return &v.Momento })
	visitaUsuario = source.FieldOf(func(v *visita) *int64 { return &v.Usuario })
	visitaImporte = source.FieldOf(func(v *visita) *int64 { return &v.Importe })
)

// gasto is what a group spent.
type gasto struct {
	Importe int64 `anabranch:"importe"`
	Eventos int64 `anabranch:"eventos"`
}

// sums adds up revenue and counts events.
func sums[E any](revenue source.Field[E, int64]) aggregate.Aggregate[E, gasto] {
	return aggregate.Join(
		aggregate.To(aggregate.Sum(revenue), func(g *gasto) *int64 { return &g.Importe }),
		aggregate.To(aggregate.Count[E](), func(g *gasto) *int64 { return &g.Eventos }),
	)
}

// deltas is how many segments lie after a base, and deltaRows how many events each has.
const deltas, deltaRows = 24, 5 * source.DefaultChunkRows

// questions is how many keys a round asks for.
const questions = 20_000

func point(ctx context.Context, o options) ([]measure.Line, error) {
	r := rand.New(rand.NewPCG(1, 2))
	// A user of many is anywhere in their numbers, so these are spread.
	user := func(i int) int64 { return 1 + int64(i)*24_036_583%39_999_983 }
	base := (o.groups + deltaRows - 1) / deltaRows * deltaRows
	events := make([]visita, base+deltas*deltaRows)
	folded := make(map[int64]gasto, o.groups)
	for i := range events {
		n := i
		if i >= o.groups {
			n = r.IntN(o.groups)
		}
		e := visita{time.UnixMicro(int64(i) * 1000), user(n), r.Int64N(100_000)}
		g := folded[e.Usuario]
		folded[e.Usuario] = gasto{g.Importe + e.Importe, g.Eventos + 1}
		events[i] = e
	}
	log := logOf("visitas", events, base)
	h, err := serve(ctx, filepath.Join(o.temp, "point"), log, lambda.View[visita, int64, gasto]{Name: "gasto", Time: visitaEn,
		Key: lambda.By(visitaUsuario), Window: window.Global(), Aggregate: sums(visitaImporte)})
	if err != nil {
		return nil, err
	}
	store, err := openPebble(filepath.Join(o.temp, "pebble"), folded)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	asked := make([]int64, questions)
	for i := range asked {
		asked[i] = user(r.IntN(o.groups))
	}
	ask := func(of func(int64) (gasto, error)) func() (string, error) {
		return func() (string, error) {
			total := int64(0)
			for _, key := range asked {
				g, err := of(key)
				if err != nil {
					return "", err
				}
				if g != folded[key] {
					return "", fmt.Errorf("user %d: %v, and a naive fold says %v", key, g, folded[key])
				}
				total += g.Importe
			}
			return fmt.Sprint(len(asked), total), nil
		}
	}
	const work = "serve, point query of 1M groups"
	lines, err := o.profiled("point", func() ([]measure.Line, error) {
		return measure.Interleave(o.rounds, measure.CPU, measure.MicrosPer("query"),
			measure.Candidate{Work: work, Who: "anabranch", N: questions, Run: ask(func(key int64) (gasto, error) { return one(ctx, h, key) })},
			measure.Candidate{Work: work, Who: "pebble", Version: pebbleVersion, N: questions, Run: ask(store.get)})
	})
	if err != nil {
		return nil, err
	}
	all, err := measure.Interleave(min(o.rounds, 3), measure.Wall, measure.Millis,
		measure.Candidate{Work: "serve, merge of 1M groups and 24 deltas", Who: "anabranch", N: 1, Run: func() (string, error) { return everybody(ctx, h, folded) }})
	return append(lines, all...), err
}

// everybody asks for all keys.
func everybody(ctx context.Context, h *lambda.Handle[visita, int64, gasto], folded map[int64]gasto) (string, error) {
	answer, err := h.Query(ctx, lambda.Ever())
	if err != nil {
		return "", err
	}
	total := int64(0)
	for row := range answer.Rows() {
		if row.Value != folded[row.Key] {
			return "", fmt.Errorf("user %d: %v, and a naive fold says %v", row.Key, row.Value, folded[row.Key])
		}
		total += row.Value.Importe
	}
	if answer.Len() != len(folded) {
		return "", fmt.Errorf("%d rows, not %d", answer.Len(), len(folded))
	}
	return fmt.Sprint(answer.Len(), total), nil
}

// one asks for one key, over all of time.
func one(ctx context.Context, h *lambda.Handle[visita, int64, gasto], key int64) (g gasto, err error) {
	answer, err := h.Query(ctx, lambda.Ever(), key)
	if err != nil {
		return g, err
	}
	for row := range answer.Rows() {
		g = row.Value
	}
	return g, nil
}

// logs are a log as it was when its base was made, and as it is now.
type logs[E any] struct{ before, now *source.Memory[E] }

func logOf[E any](name string, events []E, base int) logs[E] {
	make := func(events []E) *source.Memory[E] {
		log, err := source.NewMemory[E](name, 1, source.MemoryOptions[E]{})
		if err != nil {
			panic(err)
		}
		if _, err := log.Append(0, events...); err != nil {
			panic(err)
		}
		log.Close()
		return log
	}
	return logs[E]{make(events[:base]), make(events)}
}

// serve runs all layers of a view over a log: a base, and deltas after it.
func serve[E, K, R any](ctx context.Context, dir string, log logs[E], view lambda.View[E, K, R]) (*lambda.Handle[E, K, R], error) {
	store := archive.Dir(dir)
	first := lambda.New[E](lambda.Config{Archive: store})
	if _, err := lambda.Register(first, view); err != nil {
		return nil, err
	}
	if err := first.Run(ctx, log.before); err != nil {
		return nil, err
	}
	if err := first.Batch(ctx); err != nil {
		return nil, err
	}
	var sealed sealedSegments
	second := lambda.New[E](lambda.Config{Archive: store, SegmentRows: deltaRows, SegmentInterval: time.Hour, Observer: &sealed, CacheBytes: 1 << 30})
	h, err := lambda.Register(second, view)
	if err != nil {
		return nil, err
	}
	if err := second.Run(ctx, log.now); err != nil {
		return nil, err
	}
	if n := sealed.n.Load(); n != deltas {
		return nil, fmt.Errorf("%d segments, not %d", n, deltas)
	}
	return h, nil
}

// sealedSegments counts the segments that are stored.
type sealedSegments struct{ n atomic.Int64 }

// Observe implements lambda.Observer.
func (s *sealedSegments) Observe(o lambda.Observation) {
	if o.Kind == lambda.Sealed {
		s.n.Add(1)
	}
}
