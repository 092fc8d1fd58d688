package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/aggregate/hll"
	"github.com/anabranch-go/anabranch/internal/bench/measure"
	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// evento is an event of the series' log, and grupo its key.
type evento struct {
	Momento   time.Time `anabranch:"ts"`
	Region    string    `anabranch:"region"`
	Categoria string    `anabranch:"categoria"`
	Usuario   int64     `anabranch:"user_id"`
	Importe   int64     `anabranch:"revenue"`
}

type grupo struct {
	Region    string `anabranch:"region"`
	Categoria string `anabranch:"categoria"`
}

var (
	momento   = source.FieldOf(func(e *evento) *time.Time { return &e.Momento })
	region    = source.FieldOf(func(e *evento) *string { return &e.Region })
	categoria = source.FieldOf(func(e *evento) *string { return &e.Categoria })
	usuario   = source.FieldOf(func(e *evento) *int64 { return &e.Usuario })
	importe   = source.FieldOf(func(e *evento) *int64 { return &e.Importe })
)

func porHora[R any](name string, a aggregate.Aggregate[evento, R]) lambda.View[evento, grupo, R] {
	return lambda.View[evento, grupo, R]{Name: name, Time: momento, Window: window.Hour(time.UTC), Aggregate: a,
		Key: lambda.By2(region, categoria, func(g *grupo) (*string, *string) { return &g.Region, &g.Categoria })}
}

func series(ctx context.Context, o options) ([]measure.Line, error) {
	events, err := load(o.data, o.rows)
	if err != nil {
		return nil, err
	}
	if least := (deltas + 1) * deltaRows; len(events) < least {
		return nil, fmt.Errorf("%s has %d events; a base and %d deltas take %d", o.data, len(events), deltas, least)
	}
	events = events[:len(events)/deltaRows*deltaRows]
	want := naive(events)
	log := logOf("eventos", events, len(events)-deltas*deltaRows)
	sold, err := serve(ctx, filepath.Join(o.temp, "sold"), log, porHora("ventas", sums(importe)))
	if err != nil {
		return nil, err
	}
	about, err := serve(ctx, filepath.Join(o.temp, "about"), log, porHora("cerca", hll.Distinct(usuario, hll.Options{})))
	if err != nil {
		return nil, err
	}
	exactly, err := serve(ctx, filepath.Join(o.temp, "exactly"), log, porHora("usuarios", aggregate.Distinct(usuario)))
	if err != nil {
		return nil, err
	}
	const work = "serve, 30 days of 240 groups"
	works := []struct {
		name, sql string
		run       func() (string, error)
	}{
		{work, soldSQL, asked(ctx, sold, want, func(got gasto, d *diario) bool { return got == d.gasto }, func(g gasto) int64 { return g.Importe })},
		{work + ", sketches", aboutSQL, asked(ctx, about, want, func(got int64, d *diario) bool {
			return math.Abs(float64(got-d.users)) <= 1+0.05*float64(d.users)
		}, nil)},
		{work + ", exact distinct", exactSQL, asked(ctx, exactly, want, func(got int64, d *diario) bool { return got == d.users }, func(n int64) int64 { return n })},
	}
	var candidates []measure.Candidate
	for _, w := range works {
		candidates = append(candidates, measure.Candidate{Work: w.name, Who: "anabranch", N: 1, Run: w.run})
	}
	if o.python != "" {
		duck, err := openDuck(ctx, o, sold, events)
		if err != nil {
			return nil, err
		}
		defer duck.Close()
		for i, w := range works {
			candidates = append(candidates, measure.Candidate{Work: w.name, Who: "duckdb", Version: duck.version, N: 1,
				Run: func() (string, error) { return duck.ask(w.sql, i != 1) }})
		}
	}
	return o.profiled("series", func() ([]measure.Line, error) {
		return measure.Interleave(o.rounds, measure.Wall, measure.Millis, candidates...)
	})
}

// diario is what a naive fold says of a group's day.
type diario struct {
	gasto
	users int64
}

type dia struct {
	start int64
	grupo grupo
}

func naive(events []evento) map[dia]*diario {
	out := map[dia]*diario{}
	type usuarioDia struct {
		of      *diario
		usuario int64
	}
	seen := map[usuarioDia]bool{}
	for i := range events {
		e := &events[i]
		at := dia{e.Momento.Truncate(24 * time.Hour).UnixMicro(), grupo{e.Region, e.Categoria}}
		d := out[at]
		if d == nil {
			d = &diario{}
			out[at] = d
		}
		d.Importe, d.Eventos = d.Importe+e.Importe, d.Eventos+1
		if u := (usuarioDia{d, e.Usuario}); !seen[u] {
			seen[u] = true
			d.users++
		}
	}
	return out
}

// asked asks for the month by day. The first answer is compared with the naive one;
// of the others total is added up, where answers are exact.
func asked[R any](ctx context.Context, h *lambda.Handle[evento, grupo, R], want map[dia]*diario, right func(R, *diario) bool, total func(R) int64) func() (string, error) {
	compared := false
	return func() (string, error) {
		answer, err := h.Query(ctx, lambda.Ever().By(window.Day(time.UTC)))
		if err != nil {
			return "", err
		}
		sum := int64(0)
		for row := range answer.Rows() {
			if total != nil {
				sum += total(row.Value)
			}
			if at := (dia{row.Window.Start.UnixMicro(), row.Key}); !compared && (want[at] == nil || !right(row.Value, want[at])) {
				return "", fmt.Errorf("%v: %v, and a naive fold says %v", at, row.Value, want[at])
			}
		}
		compared = true
		if answer.Len() != len(want) {
			return "", fmt.Errorf("%d rows, not %d", answer.Len(), len(want))
		}
		if total == nil {
			return "", nil
		}
		return fmt.Sprint(answer.Len(), sum), nil
	}
}

// load reads n events from all over the data.
func load(dir string, n int) ([]evento, error) {
	files := map[string][]byte{"reg": nil, "cat": nil, "ts": nil, "user": nil, "rev": nil}
	for name := range files {
		body, err := os.ReadFile(filepath.Join(dir, "raw", name+".bin"))
		if err != nil {
			return nil, err
		}
		files[name] = body
	}
	text, err := os.ReadFile(filepath.Join(dir, "raw", "names.txt"))
	if err != nil {
		return nil, err
	}
	regions, categories := files["reg"], files["cat"]
	names := strings.Split(string(text), "\n")
	regionNames, categoryNames := strings.Split(names[2], ","), strings.Split(names[1], ",")
	every := max(1, len(regions)/n)
	var events []evento
	for i := 0; i < len(regions) && len(events) < n; i += every {
		at := func(name string) int64 { return int64(binary.LittleEndian.Uint64(files[name][8*i:])) }
		events = append(events, evento{time.UnixMicro(at("ts")).UTC(), regionNames[regions[i]], categoryNames[categories[i]], at("user"), at("rev")})
	}
	return events, nil
}
