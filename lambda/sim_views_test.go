package lambda

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/internal/reference"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// simEvent has a column of every kind that matters to views.
type simEvent struct {
	At     time.Time `anabranch:"at"`
	Kind   string    `anabranch:"kind"`
	User   int64     `anabranch:"user"`
	Place  *string   `anabranch:"place"`
	Cents  int64     `anabranch:"cents,decimal=2"`
	Weight float64   `anabranch:"weight"`
	Tags   []string  `anabranch:"tags"`
}

var (
	simAt     = source.FieldOf(func(e *simEvent) *time.Time { return &e.At })
	simKind   = source.FieldOf(func(e *simEvent) *string { return &e.Kind })
	simUser   = source.FieldOf(func(e *simEvent) *int64 { return &e.User })
	simPlace  = source.OptionalOf(func(e *simEvent) **string { return &e.Place })
	simCents  = source.FieldOf(func(e *simEvent) *int64 { return &e.Cents })
	simWeight = source.FieldOf(func(e *simEvent) *float64 { return &e.Weight })
	simDouble = source.Map2(simUser, simCents, func(user, cents int64) int64 { return user * cents })
)

// randomEvent makes an event that may be late, future-stamped, empty, negative,
// or beyond what a log can hold (then ok is false: it goes to quarantine).
func randomEvent(r *rand.Rand) (e simEvent, ok bool) {
	e = simEvent{
		At:     simStart.Add(time.Duration(r.IntN(90)) * time.Minute).Add(time.Duration(r.IntN(1e9))),
		Kind:   pick(r, "purchase", "view", "", "señal\x00", "view"),
		User:   int64(r.IntN(7)) - 2,
		Cents:  int64(r.IntN(2001) - 1000),
		Weight: pick(r, 0.1, 0.2, 0.3, 1e16, -1e16, 1e-300, 0, math.Copysign(0, -1)),
	}
	if r.IntN(3) == 0 {
		e.At = e.At.Truncate(time.Minute) // on the edges of windows, and gaps apart
	}
	if r.IntN(3) > 0 {
		place := pick(r, "norte", "sur", "", "x/y")
		e.Place = &place
	}
	if r.IntN(4) == 0 {
		e.Tags = []string{"a", pick(r, "b", "")}
	}
	switch r.IntN(40) {
	case 0:
		e.At = e.At.AddDate(-1, 0, 0) // very late
	case 1:
		e.At = e.At.AddDate(40, 0, 0) // from the future
	case 2:
		e.At = time.Date(1969, 12, 31, 23, 59, 59, 999_999_999, time.UTC)
	case 3:
		e.At = time.Date(12_000, 1, 1, 0, 0, 0, 0, time.UTC)
		return e, false
	}
	return e, true
}

// simStart lies before a change of London's clocks.
var simStart = time.Date(2025, 10, 25, 23, 0, 0, 0, time.UTC)

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// simRow is a row in plain terms, the same for every view.
type simRow struct {
	start, end int64 // µs; 0 for all of time
	key        string
}

// simView is a view in both forms: as the library runs it, and naively.
type simView struct {
	name     string
	describe string
	register func(*testing.T, *Pipeline[simEvent]) simQuery
	naive    func(events []simEvent, step string) map[simRow]string
	steps    []string // what its windows roll up to; "" for themselves
	lags     bool     // it's over another's rows: as old as the last batch run
}

// simQuery answers a view by the library.
type simQuery func(ctx context.Context, step string, r Range) (map[simRow]string, Provenance, error)

type simKey struct {
	Kind string
	User int64
}

var london = func() *time.Location {
	loc, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err)
	}
	return loc
}()

// simViews are what the simulation runs: keys of none, one and two fields and a
// closure; fixed and calendar windows; each aggregate; filters and a derived
// column.
func simViews() []simView {
	return []simView{
		newSimView(View[simEvent, simKey, string]{
			Name: "ventas", Time: simAt, Where: source.In(simKind, "purchase", ""), Version: 1,
			Key:    By2(simKind, simUser, func(k *simKey) (*string, *int64) { return &k.Kind, &k.User }),
			Window: simWindows["5m"].spec,
			Aggregate: aggregate.Join4(aggregate.Sum(simCents), aggregate.Count[simEvent](), aggregate.Distinct(simPlace), aggregate.Sum(simDouble),
				func(sum, n, places, double int64) string { return fmt.Sprint(sum, n, places, double) }),
		},
			func(e simEvent) (string, bool) {
				return fmt.Sprint(simKey{e.Kind, e.User}), e.Kind == "purchase" || e.Kind == ""
			},
			simWindows["5m"],
			func(es []simEvent) string {
				sum := reference.Sum(es, func(e simEvent) int64 { return e.Cents })
				double := reference.Sum(es, func(e simEvent) int64 { return e.Cents * e.User })
				places := reference.Distinct(es, func(e simEvent) (string, bool) {
					if e.Place == nil {
						return "", false
					}
					return *e.Place, true
				})
				return fmt.Sprint(sum, len(es), places, double)
			}),
		newSimView(View[simEvent, string, string]{
			Name: "dias", Time: simAt, Key: By(simPlace), Window: simWindows["day"].spec,
			Aggregate: aggregate.Join3(aggregate.SumFloat(simWeight), aggregate.Distinct(simKind),
				aggregate.Where(aggregate.Count[simEvent](), source.Less(simCents, 0)),
				func(w float64, kinds, negative int64) string { return fmt.Sprint(w, kinds, negative) }),
		},
			func(e simEvent) (string, bool) {
				if e.Place == nil {
					return "", true // a null groups with the zero value
				}
				return *e.Place, true
			},
			simWindows["day"],
			func(es []simEvent) string {
				kinds := reference.Distinct(es, func(e simEvent) (string, bool) { return e.Kind, true })
				negative := reference.Sum(es, func(e simEvent) int64 {
					if e.Cents < 0 {
						return 1
					}
					return 0
				})
				return fmt.Sprint(exactSum(es), kinds, negative)
			}),
		newSimView(View[simEvent, int64, string]{
			Name: "cierre", Version: 1, Time: simAt, Window: simWindows["hour"].spec,
			Where:     source.Not(source.Func(func(e *simEvent) bool { return len(e.Tags) > 0 })),
			Key:       ByFunc(func(e *simEvent) int64 { return e.User % 3 }),
			Aggregate: aggregate.Join2(aggregate.Count[simEvent](), aggregate.Distinct(simUser), func(n, users int64) string { return fmt.Sprint(n, users) }),
		},
			func(e simEvent) (string, bool) { return fmt.Sprint(e.User % 3), len(e.Tags) == 0 },
			simWindows["hour"],
			func(es []simEvent) string {
				return fmt.Sprint(len(es), reference.Distinct(es, func(e simEvent) (int64, bool) { return e.User, true }))
			}),
	}
}

// exactSum adds the weights up in more bits than any sum of them needs, and
// rounds once.
func exactSum(es []simEvent) float64 {
	total := new(big.Float).SetPrec(4000)
	for _, e := range es {
		total.Add(total, new(big.Float).SetFloat64(e.Weight))
	}
	sum, _ := total.Float64()
	return sum
}

// newSimView puts a view beside its naive form: the key and whether it's selected,
// the window, the result of a group's events, which are ordered by partition and
// offset.
func newSimView[K any](v View[simEvent, K, string], key func(simEvent) (string, bool), own simWindow, result func([]simEvent) string) simView {
	steps := []string{""}
	for _, name := range slices.Sorted(maps.Keys(simWindows)) {
		if v.Window.RollsUpTo(simWindows[name].spec) == nil {
			steps = append(steps, name)
		}
	}
	return simView{
		name: v.Name, describe: strings.Join(strings.Split(v.definition(), "\n"), " "), steps: steps,
		register: func(t *testing.T, p *Pipeline[simEvent]) simQuery {
			h, err := Register(p, v)
			require.NoError(t, err)
			return func(ctx context.Context, step string, r Range) (map[simRow]string, Provenance, error) {
				if step != "" {
					r = r.By(simWindows[step].spec)
				}
				answer, err := h.Query(ctx, r)
				if err != nil {
					return nil, Provenance{}, err
				}
				rows := map[simRow]string{}
				for row := range answer.Rows() {
					at := simRow{key: fmt.Sprint(row.Key)}
					if row.Window != (window.Span{}) {
						at.start, at.end = row.Window.Start.UnixMicro(), row.Window.End.UnixMicro()
					}
					_, twice := rows[at]
					require.False(t, twice, "a row twice: %v", row)
					rows[at] = row.Value
				}
				return rows, answer.Provenance(), nil
			}
		},
		naive: func(events []simEvent, step string) map[simRow]string {
			shown := own
			if step != "" {
				shown = simWindows[step]
			}
			return naiveRows(events, key, own, shown, result)
		},
	}
}

// naiveRows splits each key's events into windows. A session goes to another step
// as a whole, by its first event.
func naiveRows(events []simEvent, key func(simEvent) (string, bool), own, shown simWindow, result func([]simEvent) string) map[simRow]string {
	byKey := map[string][]simEvent{}
	for _, e := range events {
		if k, ok := key(e); ok {
			byKey[k] = append(byKey[k], e)
		}
	}
	rows := map[simRow]string{}
	for k, es := range byKey {
		windows := shown.split(es)
		if own.spec.IsSession() && shown.spec.String() != own.spec.String() {
			for i, session := range own.split(es) {
				windows[i] = shown.split([]simEvent{{At: time.UnixMicro(session[0][0]).UTC()}})[0]
			}
		}
		groups := map[[2]int64][]simEvent{}
		for i, e := range es {
			for _, at := range windows[i] {
				groups[at] = append(groups[at], e)
			}
		}
		for at, es := range groups {
			rows[simRow{at[0], at[1], k}] = result(es)
		}
	}
	return rows
}

// difference describes how rows differ from the naive ones; empty if they don't.
func difference(got, want map[simRow]string) string {
	var lines []string
	for at, value := range want {
		if got[at] != value {
			lines = append(lines, fmt.Sprintf("%v: got %q, the reference has %q", at, got[at], value))
		}
	}
	for at, value := range got {
		if _, ok := want[at]; !ok {
			lines = append(lines, fmt.Sprintf("%v: got %q, the reference has no such row", at, value))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines[:min(len(lines), 10)], "\n")
}
