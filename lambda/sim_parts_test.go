package lambda

import (
	"cmp"
	"context"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/aggregate/hll"
	"github.com/anabranch-go/anabranch/aggregate/topk"
	"github.com/anabranch-go/anabranch/internal/reference"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// simWindow is a window in both forms. split gives the windows of each event of
// one key, as starts and ends.
type simWindow struct {
	spec  window.Spec
	split func([]simEvent) [][][2]int64
}

var simWindows = map[string]simWindow{
	"5m":    every(window.Tumbling(5*time.Minute), 5*time.Minute, 5*time.Minute),
	"hour":  every(window.Hour(time.UTC), time.Hour, time.Hour),
	"slide": every(window.Sliding(time.Hour, 25*time.Minute), time.Hour, 25*time.Minute),
	"moved": every(window.Sliding(20*time.Minute, 10*time.Minute), 20*time.Minute, 10*time.Minute),
	"day": byCalendar(window.Day(london), func(t time.Time) (time.Time, time.Time) {
		at := reference.Day(t, london)
		return at, at.AddDate(0, 0, 1)
	}),
	"month": byCalendar(window.Month(london), func(t time.Time) (time.Time, time.Time) {
		at := reference.Month(t, london)
		return at, at.AddDate(0, 1, 0)
	}),
	"all": {window.Global(), func(es []simEvent) [][][2]int64 {
		out := make([][][2]int64, len(es))
		for i := range es {
			out[i] = [][2]int64{{}}
		}
		return out
	}},
	"visit": {window.Session(7 * time.Minute), func(es []simEvent) [][][2]int64 { return naiveSessions(es, 7*time.Minute) }},
}

// every is a window of a size, one of which starts every so often.
func every(spec window.Spec, size, distance time.Duration) simWindow {
	return simWindow{spec, func(es []simEvent) [][][2]int64 {
		out := make([][][2]int64, len(es))
		for i, e := range es {
			at := time.UnixMicro(e.At.UnixMicro())
			for start := reference.Tumble(at, distance); start.Add(size).After(at); start = start.Add(-distance) {
				out[i] = append(out[i], [2]int64{start.UnixMicro(), start.Add(size).UnixMicro()})
			}
		}
		return out
	}}
}

func byCalendar(spec window.Spec, bounds func(time.Time) (from, to time.Time)) simWindow {
	return simWindow{spec, func(es []simEvent) [][][2]int64 {
		out := make([][][2]int64, len(es))
		for i, e := range es {
			from, to := bounds(time.UnixMicro(e.At.UnixMicro()))
			out[i] = [][2]int64{{from.UnixMicro(), to.UnixMicro()}}
		}
		return out
	}}
}

// naiveSessions cuts the sorted times wherever two are a gap or more apart.
func naiveSessions(es []simEvent, gap time.Duration) [][][2]int64 {
	order := make([]int, len(es))
	for i := range order {
		order[i] = i
	}
	at := func(i int) int64 { return es[i].At.UnixMicro() }
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(at(a), at(b)) })
	out := make([][][2]int64, len(es))
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && at(order[to])-at(order[to-1]) < gap.Microseconds() {
			to++
		}
		for _, i := range order[from:to] {
			out[i] = [][2]int64{{at(order[from]), at(order[to-1]) + gap.Microseconds()}}
		}
		from = to
	}
	return out
}

// simAggregate is an aggregate in both forms.
type simAggregate struct {
	aggregate aggregate.Aggregate[simEvent, string]
	naive     func([]simEvent) string
}

func simAggregates() []simAggregate {
	return []simAggregate{
		{asText(aggregate.Count[simEvent]()), func(es []simEvent) string { return fmt.Sprint(len(es)) }},
		{asText(aggregate.CountOf(simPlace)), func(es []simEvent) string { return fmt.Sprint(len(places(es))) }},
		{asText(aggregate.Sum(simCents)), func(es []simEvent) string {
			return fmt.Sprint(reference.Sum(es, func(e simEvent) int64 { return e.Cents }))
		}},
		{asText(aggregate.SumFloat(simWeight)), func(es []simEvent) string { return fmt.Sprint(exactSum(es)) }},
		{asText(aggregate.Distinct(simPlace)), func(es []simEvent) string {
			return fmt.Sprint(reference.Distinct(places(es), func(s string) (string, bool) { return s, true }))
		}},
		{asText(aggregate.Where(aggregate.Sum(simUser), source.Equal(simKind, "view"))), func(es []simEvent) string {
			return fmt.Sprint(reference.Sum(es, func(e simEvent) int64 {
				if e.Kind == "view" {
					return e.User
				}
				return 0
			}))
		}},
		{asText(aggregate.Min(simCents)), func(es []simEvent) string { return fmt.Sprint(best(es, simEvent.cents, less)) }},
		{asText(aggregate.Max(simPlace)), func(es []simEvent) string { return fmt.Sprint(best(places(es), itself, more)) }},
		{asText(aggregate.First(simKind, simAt)), func(es []simEvent) string {
			first, _ := pickBy(es, func(a, b simEvent) bool { return a.micros() < b.micros() })
			return first.Kind
		}},
		{asText(aggregate.Last(simUser, simAt)), func(es []simEvent) string {
			last, _ := pickBy(es, func(a, b simEvent) bool { return a.micros() >= b.micros() })
			return fmt.Sprint(last.User)
		}},
		{asText(aggregate.ArgMax(simUser, simWeight, simAt)), func(es []simEvent) string {
			most, _ := pickBy(es, func(a, b simEvent) bool {
				return a.Weight > b.Weight || a.Weight == b.Weight && a.micros() < b.micros()
			})
			return fmt.Sprint(most.User)
		}},
		{asText(aggregate.Set(simPlace)), func(es []simEvent) string {
			all := places(es)
			slices.Sort(all)
			return fmt.Sprint(slices.Compact(all))
		}},
		{asText(aggregate.Mean(simCents)), func(es []simEvent) string {
			return fmt.Sprint(float64(reference.Sum(es, simEvent.cents)) / float64(len(es)))
		}},
		{asText(aggregate.Map(aggregate.Variance(simUser), func(m aggregate.Moments) float64 { return m.Variance.V })), naiveVariance},
		{asText(aggregate.Net(aggregate.Sum(simUser), source.Less(simCents, 0))), func(es []simEvent) string {
			return fmt.Sprint(reference.Sum(es, func(e simEvent) int64 {
				if e.Cents < 0 {
					return -e.User
				}
				return e.User
			}))
		}},
		{asText(aggregate.Histogram(simCents, -500, 0, 500)), func(es []simEvent) string {
			counts := make([]int64, 4)
			for _, e := range es {
				bucket, _ := slices.BinarySearch([]int64{-500, 0, 500}, e.Cents) // upper ends are in
				counts[bucket]++
			}
			return fmt.Sprint(aggregate.Buckets[int64]{Bounds: []int64{-500, 0, 500}, Counts: counts})
		}},
		{asText(hll.Distinct(simUser, hll.Options{ExactUpTo: 100})), func(es []simEvent) string {
			return fmt.Sprint(reference.Distinct(es, func(e simEvent) (int64, bool) { return e.User, true }))
		}},
		{asText(aggregate.Map(topk.Frequent(simUser, 1, topk.Options{}), func(top []topk.Item[int64]) int64 { return top[0].Estimate })), func(es []simEvent) string {
			counts := map[int64]int{}
			most := 0
			for _, e := range es {
				counts[e.User]++
				most = max(most, counts[e.User])
			}
			return fmt.Sprint(most)
		}},
	}
}

// asText shows an aggregate's results as texts, so that all views have one type.
func asText[R any](a aggregate.Aggregate[simEvent, R]) aggregate.Aggregate[simEvent, string] {
	return aggregate.Join2(a, aggregate.Count[simEvent](), func(r R, _ int64) string { return fmt.Sprint(r) })
}

func (e simEvent) cents() int64  { return e.Cents }
func (e simEvent) micros() int64 { return e.At.UnixMicro() }

func itself(s string) string { return s }

func less(a, b int) bool { return a < b }
func more(a, b int) bool { return a > b }

// best gives the value that comes before all others, by its comparison with them.
func best[E any, T cmp.Ordered](es []E, of func(E) T, before func(a, b int) bool) (out source.Null[T]) {
	for _, e := range es {
		if v := of(e); !out.Valid || before(cmp.Compare(v, out.V), 0) {
			out = source.Some(v)
		}
	}
	return out
}

// pickBy gives the event that takes the place of all others, which come in the
// order of partitions and offsets.
func pickBy(es []simEvent, takes func(a, b simEvent) bool) (picked simEvent, ok bool) {
	for i, e := range es {
		if i == 0 || takes(e, picked) {
			picked = e
		}
	}
	return picked, len(es) > 0
}

// naiveVariance is the population's, of the users: (n Σx² - (Σx)²) / n².
func naiveVariance(es []simEvent) string {
	n := int64(len(es))
	sum := reference.Sum(es, func(e simEvent) int64 { return e.User })
	squares := reference.Sum(es, func(e simEvent) int64 { return e.User * e.User })
	variance, _ := big.NewRat(n*squares-sum*sum, n*n).Float64()
	return fmt.Sprint(variance)
}

func places(es []simEvent) (out []string) {
	for _, e := range es {
		if e.Place != nil {
			out = append(out, *e.Place)
		}
	}
	return out
}

// Keys of several fields, one of which may be null.
type simPair struct {
	Place source.Null[string]
	Odd   bool
}

type simTriple struct {
	Kind  string
	Place string
	User  source.Null[int64]
}

type simQuad struct {
	Place  source.Null[string]
	User   int64
	Kind   string
	Weight float64
}

var simOdd = source.Map(simUser, func(u int64) bool { return u%2 != 0 })

// randomLimits selects by what a layout can skip files by.
func randomLimits(r *rand.Rand) (source.Predicate[simEvent], func(simEvent) bool) {
	low := int64(r.IntN(7)) - 2
	high := low + int64(r.IntN(4))
	from := simStart.Add(time.Duration(r.IntN(90)) * time.Minute)
	kind, place := pick(r, "purchase", "view", "", "señal\x00"), pick(r, "norte", "", "x/y")
	users := func(e simEvent) bool { return low <= e.User && e.User < high }
	where := source.And(source.AtLeast(simUser, low), source.Less(simUser, high))
	switch r.IntN(4) {
	case 0:
		return where, users
	case 1:
		return source.And(where, source.In(simPlace, place, "sur")), func(e simEvent) bool {
			return users(e) && e.Place != nil && (*e.Place == place || *e.Place == "sur")
		}
	case 2:
		return source.Or(source.And(source.Equal(simKind, kind), where), source.Equal(simKind, "view")), func(e simEvent) bool {
			return e.Kind == kind && users(e) || e.Kind == "view"
		}
	}
	return source.And(source.AtLeast(simAt, from), source.Less(simAt, from.Add(2*time.Hour))), func(e simEvent) bool {
		return !e.At.Before(from) && e.At.Truncate(time.Microsecond).Before(from.Add(2*time.Hour))
	}
}

// randomView makes a view of random parts.
func randomView(r *rand.Rand, name string) simView {
	names := []string{"5m", "hour", "slide", "moved", "day", "month", "all", "visit", "visit"}
	own := simWindows[pick(r, names...)]
	all := simAggregates()
	one, two := all[r.IntN(len(all))], all[r.IntN(len(all))]
	joined := aggregate.Join2(one.aggregate, two.aggregate, func(a, b string) string { return a + " " + b })
	result := func(es []simEvent) string { return one.naive(es) + " " + two.naive(es) }
	where, selects := source.Predicate[simEvent]{}, func(simEvent) bool { return true }
	switch r.IntN(8) {
	case 0, 4:
		where, selects = source.IsNull(simPlace), func(e simEvent) bool { return e.Place == nil }
	case 1, 5:
		where, selects = source.AtLeast(simCents, 0), func(e simEvent) bool { return e.Cents >= 0 }
	case 2, 3, 6:
		where, selects = randomLimits(r)
	}
	place := func(e simEvent) source.Null[string] {
		if e.Place == nil {
			return source.Null[string]{}
		}
		return source.Some(*e.Place)
	}
	switch r.IntN(5) {
	case 0:
		return simViewOf(name, own, where, selects, joined, result, All[simEvent](), func(simEvent) any { return struct{}{} })
	case 1:
		return simViewOf(name, own, where, selects, joined, result, By(source.Nullable(simPlace)), func(e simEvent) any { return place(e) })
	case 2:
		key := By2(source.Nullable(simPlace), simOdd, func(k *simPair) (*source.Null[string], *bool) { return &k.Place, &k.Odd })
		return simViewOf(name, own, where, selects, joined, result, key, func(e simEvent) any { return simPair{place(e), e.User%2 != 0} })
	case 3:
		key := By3(simKind, simPlace, source.Nullable(simUser), func(k *simTriple) (*string, *string, *source.Null[int64]) { return &k.Kind, &k.Place, &k.User })
		return simViewOf(name, own, where, selects, joined, result, key, func(e simEvent) any { return simTriple{e.Kind, place(e).V, source.Some(e.User)} })
	}
	key := By4(source.Nullable(simPlace), simUser, simKind, simWeight, func(k *simQuad) (*source.Null[string], *int64, *string, *float64) {
		return &k.Place, &k.User, &k.Kind, &k.Weight
	})
	return simViewOf(name, own, where, selects, joined, result, key, func(e simEvent) any {
		return simQuad{place(e), e.User, e.Kind, source.CanonicalFloat(e.Weight)}
	})
}

func simViewOf[K any](name string, own simWindow, where source.Predicate[simEvent], selects func(simEvent) bool,
	a aggregate.Aggregate[simEvent, string], result func([]simEvent) string, key Key[simEvent, K], naive func(simEvent) any) simView {
	return newSimView(View[simEvent, K, string]{Name: name, Version: 1, Time: simAt, Where: where, Key: key, Window: own.spec, Aggregate: a},
		func(e simEvent) (string, bool) { return fmt.Sprint(naive(e)), selects(e) }, own, result)
}

// simVisit is the event of a view over visits.
type simVisit struct {
	At     time.Time
	User   int64
	Events int64
}

// visitsView counts visits by how many events they have, from the rows of a view
// by session: two views, of which the second is over the first.
func visitsView() simView {
	visitAt := source.FieldOf(func(v *simVisit) *time.Time { return &v.At })
	size := source.FieldOf(func(v *simVisit) *int64 { return &v.Events })
	return simView{
		name: "tamaños", describe: "visits by size", steps: []string{""}, lags: true,
		register: func(t *testing.T, p *Pipeline[simEvent]) simQuery {
			visits, err := Register(p, View[simEvent, int64, int64]{Name: "visitas", Time: simAt, Key: By(simUser),
				Window: simWindows["visit"].spec, Aggregate: aggregate.Count[simEvent]()})
			require.NoError(t, err)
			sizes, err := Over(visits, Ever(), func(row Row[int64, int64], emit func(simVisit)) {
				for range row.Key % 3 { // as many events as the row says, none for some
					emit(simVisit{row.Window.Start, row.Key, row.Value})
				}
			}, View[simVisit, int64, int64]{Name: "tamanos", Version: 1, Time: visitAt, Key: By(size),
				Window: simWindows["day"].spec, Aggregate: aggregate.Count[simVisit]()})
			require.NoError(t, err)
			return func(ctx context.Context, _ string, r Range) (map[simRow]string, Provenance, error) {
				answer, err := sizes.Query(ctx, r)
				if err != nil {
					return nil, Provenance{}, err
				}
				rows := map[simRow]string{}
				for row := range answer.Rows() {
					rows[simRow{row.Window.Start.UnixMicro(), row.Window.End.UnixMicro(), fmt.Sprint(row.Key)}] = fmt.Sprint(row.Value)
				}
				return rows, answer.Provenance(), nil
			}
		},
		naive: func(events []simEvent, _ string) map[simRow]string {
			byUser := naiveRows(events, func(e simEvent) (string, bool) { return fmt.Sprint(e.User), true },
				simWindows["visit"], simWindows["visit"], func(es []simEvent) string { return fmt.Sprint(len(es), " ", es[0].User%3) })
			counts := map[simRow]int{}
			for visit, text := range byUser {
				var size, times int
				fmt.Sscan(text, &size, &times)
				for range times {
					day := simWindows["day"].split([]simEvent{{At: time.UnixMicro(visit.start)}})[0][0]
					counts[simRow{day[0], day[1], fmt.Sprint(size)}]++
				}
			}
			rows := map[simRow]string{}
			for row, n := range counts {
				rows[row] = fmt.Sprint(n)
			}
			return rows
		},
	}
}
