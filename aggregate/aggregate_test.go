package aggregate_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
)

func bind[R any](a aggregate.Aggregate[sale, R]) error {
	b, err := source.NewBinder[sale]()
	if err != nil {
		return err
	}
	_, err = a.Bind(b)
	return err
}

func TestCodecsAndDefinitionsCompose(t *testing.T) {
	a := aggregate.Join3(aggregate.Sum(cents), aggregate.Where(aggregate.Count[sale](), source.Equal(paid, true)),
		aggregate.Distinct(shop), func(a, b, c int64) int64 { return a + b + c })
	require.Equal(t, "join(sum.int/1,count/2,distinct.string/1)", a.Codec())
	require.Equal(t, "join(sum(cents:decimal(2)),where(count(),Paid:bool in 1..1),distinct(Shop:string))", a.String())
	require.False(t, a.HasCode(), "what makes the result isn't in the states")
}

// A view with code must declare its version, wherever in the aggregate it is.
func TestCodeIsSeenThroughEveryOperator(t *testing.T) {
	add := func(a, b int64) int64 { return a + b }
	code := aggregate.Sum(double)
	require.True(t, code.HasCode())
	require.True(t, aggregate.CountOf(double).HasCode())
	require.True(t, aggregate.Distinct(region).HasCode())
	require.True(t, aggregate.Set(region).HasCode())
	require.True(t, aggregate.Min(region).HasCode())
	require.True(t, aggregate.First(region, at).HasCode())
	require.True(t, aggregate.Last(shop, later).HasCode())
	require.True(t, aggregate.ArgMin(region, cents, at).HasCode())
	require.True(t, aggregate.ArgMax(shop, double, at).HasCode())
	require.True(t, aggregate.Histogram(double, 1).HasCode())
	require.True(t, aggregate.Sample(region, cents, at, 1).HasCode())
	require.True(t, aggregate.Sample(shop, double, at, 1).HasCode())
	require.True(t, aggregate.Map(code, func(n int64) int64 { return n }).HasCode())
	require.False(t, aggregate.Map(aggregate.Sum(cents), func(n int64) int64 { return n }).HasCode())
	require.True(t, aggregate.Join(aggregate.To(code, func(n *int64) *int64 { return n })).HasCode())
	require.True(t, aggregate.Join2(aggregate.Count[sale](), code, add).HasCode())
	require.True(t, aggregate.Where(code, source.Predicate[sale]{}).HasCode())
	require.True(t, aggregate.Where(aggregate.Count[sale](), source.Func(func(*sale) bool { return true })).HasCode())
	require.True(t, aggregate.Of(lengths{}).HasCode())
}

func TestBindReportsWhatIsUnusable(t *testing.T) {
	var none source.Field[sale, int64]
	var notext source.Field[sale, string]
	var notime source.Field[sale, time.Time]
	bad := source.FieldOf(func(e *sale) *int64 { return new(int64) })
	badFloat := source.FieldOf(func(e *sale) *float64 { return new(float64) })
	count := aggregate.Count[sale]()
	add := func(a, b int64) int64 { return a + b }
	for _, err := range []error{
		bind(aggregate.CountOf(none)), bind(aggregate.Sum(bad)), bind(aggregate.SumFloat(badFloat)), bind(aggregate.Distinct(notext)),
		bind(aggregate.Join2(count, aggregate.Sum(bad), add)),
		bind(aggregate.Set(notext)), bind(aggregate.Min(bad)), bind(aggregate.Max(notext)), bind(aggregate.Map(aggregate.Sum(bad), func(int64) int { return 0 })),
		bind(aggregate.First(bad, at)), bind(aggregate.Last(shop, notime)), bind(aggregate.Histogram(bad, 1)),
		bind(aggregate.ArgMin(bad, cents, at)), bind(aggregate.ArgMin(shop, bad, at)), bind(aggregate.ArgMax(shop, cents, notime)),
		bind(aggregate.Sample(bad, cents, at, 1)), bind(aggregate.Sample(shop, bad, at, 1)), bind(aggregate.Sample(shop, cents, notime, 1)),
		bind(aggregate.Join(aggregate.To(aggregate.Sum(bad), func(n *int64) *int64 { return n }))),
		bind(aggregate.Where(aggregate.Sum(bad), source.Predicate[sale]{})),
		bind(aggregate.Where(count, source.Equal(bad, 1))),
	} {
		require.ErrorIs(t, err, source.ErrField)
	}
	for _, err := range []error{
		bind(aggregate.Join2[sale, int64, int64, int64](count, nil, add)),
		bind(aggregate.Join2[sale, int64, int64, int64](count, count, nil)),
		bind(aggregate.Map[sale, int64, int64](nil, func(n int64) int64 { return n })),
		bind(aggregate.Map[sale, int64, int64](count, nil)),
		bind(aggregate.Where[sale, int64](nil, source.Predicate[sale]{})),
		bind(aggregate.Of[sale, int, int](nil)),
		bind(aggregate.Of(nameless{})),
	} {
		require.ErrorIs(t, err, aggregate.ErrDefinition)
	}
}

type nameless struct{ lengths }

func (nameless) Codec() string { return "" }

func TestEveryJoinKeepsItsParts(t *testing.T) {
	one, two, three := aggregate.Count[sale](), aggregate.Sum(cents), aggregate.Distinct(shop)
	events := []sale{{Cents: 10, Shop: "norte"}, {Cents: 20, Shop: "sur"}, {Cents: 30, Shop: "sur"}}
	check := func(a aggregate.Aggregate[sale, []int64], want ...int64) {
		t.Helper()
		got, err := resultOf(fold(t, a, 1, []uint32{0, 0, 0}, events), 0)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	check(aggregate.Join2(one, two, func(a, b int64) []int64 { return []int64{a, b} }), 3, 60)
	check(aggregate.Join3(one, two, three, func(a, b, c int64) []int64 { return []int64{a, b, c} }), 3, 60, 2)
	check(aggregate.Join4(one, two, three, two, func(a, b, c, d int64) []int64 { return []int64{a, b, c, d} }), 3, 60, 2, 60)
	check(aggregate.Join5(one, two, three, two, one, func(a, b, c, d, e int64) []int64 { return []int64{a, b, c, d, e} }), 3, 60, 2, 60, 3)
	check(aggregate.Join7(one, two, three, two, one, three, two,
		func(a, b, c, d, e, f, g int64) []int64 { return []int64{a, b, c, d, e, f, g} }), 3, 60, 2, 60, 3, 2, 60)
	check(aggregate.Join8(one, two, three, two, one, three, two, one,
		func(a, b, c, d, e, f, g, h int64) []int64 { return []int64{a, b, c, d, e, f, g, h} }), 3, 60, 2, 60, 3, 2, 60, 3)
	check(aggregate.Join6(one, two, three, two, one, three,
		func(a, b, c, d, e, f int64) []int64 { return []int64{a, b, c, d, e, f} }), 3, 60, 2, 60, 3, 2)
}

func TestAResultThatPanicsIsAnError(t *testing.T) {
	ratio := aggregate.Join2(aggregate.Sum(cents), aggregate.CountOf(coupon), func(sum, n int64) int64 { return sum / n })
	_, err := resultOf(fold(t, ratio, 1, []uint32{0}, []sale{{Cents: 10}}), 0)
	require.ErrorIs(t, err, aggregate.ErrPanic)
	require.ErrorContains(t, err, "divide by zero")
}

func TestAPartsErrorIsTheJoins(t *testing.T) {
	called := false
	a := aggregate.Join2(aggregate.Count[sale](), aggregate.Sum(cents), func(n, sum int64) int64 { called = true; return n })
	_, err := resultOf(fold(t, a, 1, []uint32{0, 0}, []sale{{Cents: math.MaxInt64}, {Cents: 1}}), 0)
	require.ErrorIs(t, err, aggregate.ErrOverflow)
	require.False(t, called, "there is nothing to make a result of")
}

// A sum may pass 64 bits on its way, in either direction.
func TestASumComesBackFromBeyond64Bits(t *testing.T) {
	a := aggregate.Sum(cents)
	got, err := resultOf(fold(t, a, 1, make([]uint32, 4), []sale{{Cents: math.MaxInt64}, {Cents: math.MaxInt64}, {Cents: math.MinInt64}, {Cents: -5}}), 0)
	require.NoError(t, err)
	require.EqualValues(t, math.MaxInt64-6, got)
	got, err = resultOf(fold(t, a, 1, make([]uint32, 3), []sale{{Cents: math.MinInt64}, {Cents: -1}, {Cents: 1}}), 0)
	require.NoError(t, err)
	require.EqualValues(t, math.MinInt64, got)
}

func TestFloatsThatRoundingWouldLose(t *testing.T) {
	sum := func(xs ...float64) float64 {
		events := make([]sale, len(xs))
		for i, x := range xs {
			events[i].Price = x
		}
		got, err := resultOf(fold(t, aggregate.SumFloat(price), 1, make([]uint32, len(xs)), events), 0)
		require.NoError(t, err)
		return got
	}
	tiny := math.SmallestNonzeroFloat64
	require.Equal(t, 1.0, sum(1e100, 1, -1e100))
	require.Equal(t, tiny, sum(math.MaxFloat64, tiny, -math.MaxFloat64))
	require.Equal(t, math.MaxFloat64, sum(math.MaxFloat64, math.MaxFloat64, -math.MaxFloat64))
	require.Equal(t, 1.0, sum(0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1), "ten roundings would give 0.9999999999999999")
	require.Equal(t, 1.0, sum(1, 0x1p-53), "a tie goes to even")
	require.Equal(t, 1+0x1p-52, sum(1, 0x1p-53, tiny), "just past a tie goes up")
	require.Equal(t, 0x1p-1022, sum(0x1p-1022-tiny, tiny), "the first normal float")
	require.False(t, math.Signbit(sum(1, -1)), "zero has no sign")
}

// A sum that is merged with itself outgrows the words that hold most sums.
func TestAFloatSumOutgrowsItsWords(t *testing.T) {
	for _, x := range []float64{3, -3, 0x1p-1074, -0x1p-1074, 0x1.fffffffffffffp-300} {
		s := fold(t, aggregate.SumFloat(price), 2, []uint32{0, 1}, []sale{{Price: x}, {Price: x}})
		for n := 1; n < 400; n++ {
			require.NoError(t, s.MergeState(0, s.AppendState(nil, 0)))
			other := fold(t, aggregate.SumFloat(price), 2, nil, nil)
			other.Merge([]uint32{0, 1}, s)
			s.Merge([]uint32{0, 1}, other)
			s.Merge([]uint32{1, 0}, fold(t, aggregate.SumFloat(price), 2, nil, nil))
			got, err := resultOf(s, 0)
			require.NoError(t, err)
			require.Equal(t, math.Ldexp(x, 2*n), got, "%g doubled %d times", x, 2*n)
			got, err = resultOf(s, 1)
			require.NoError(t, err)
			require.Equal(t, math.Ldexp(x, n), got, "%g doubled %d times", x, n)
			require.True(t, s.(aggregate.Inverter).Invert(1))
			got, err = resultOf(s, 1)
			require.NoError(t, err)
			require.Equal(t, -math.Ldexp(x, n), got, "the inverse of %g doubled %d times", x, n)
			require.True(t, s.(aggregate.Inverter).Invert(1))
		}
	}
}

func TestAFloatSumPastTheLargestIsNoInfinity(t *testing.T) {
	s := fold(t, aggregate.SumFloat(price), 1, make([]uint32, 2), []sale{{Price: math.MaxFloat64}, {Price: math.MaxFloat64}})
	_, err := resultOf(s, 0)
	require.ErrorIs(t, err, aggregate.ErrOverflow)
}

// Counts that damaged or foreign states add up stay past 63 bits, in any order,
// and come back.
func TestCountsDoNotWrap(t *testing.T) {
	s := fold(t, aggregate.Count[sale](), 1, nil, nil)
	largest := []byte("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01")
	result := func() (int64, error) { return resultOf(s, 0) }
	require.NoError(t, s.MergeState(0, largest))
	n, err := result()
	require.NoError(t, err)
	require.EqualValues(t, math.MaxInt64, n)
	s.Merge([]uint32{0}, fold(t, aggregate.Count[sale](), 1, []uint32{0}, []sale{{}}))
	for range 3 {
		_, err = result()
		require.ErrorIs(t, err, aggregate.ErrOverflow)
		require.NoError(t, s.MergeState(0, largest))
	}
	inverse := fold(t, aggregate.Count[sale](), 1, nil, nil)
	inverse.Merge([]uint32{0}, s)
	require.Equal(t, s.AppendState(nil, 0), inverse.AppendState(nil, 0))
	require.True(t, inverse.(aggregate.Inverter).Invert(0))
	_, err = resultOf(inverse, 0)
	require.ErrorIs(t, err, aggregate.ErrOverflow)
	s.Merge([]uint32{0}, inverse)
	n, err = result()
	require.NoError(t, err)
	require.Zero(t, n)
	s.Merge([]uint32{0}, inverse)
	s.Reset()
	s.Grow(1)
	n, err = result()
	require.NoError(t, err)
	require.Zero(t, n, "the upper half is forgotten, too")
}

func TestACountThatPasses63BitsWhileItFolds(t *testing.T) {
	for _, a := range []aggregate.Aggregate[sale, int64]{aggregate.Count[sale](), aggregate.CountOf(points)} {
		b, err := source.NewBinder[sale]()
		require.NoError(t, err)
		maker, err := a.Bind(b)
		require.NoError(t, err)
		builder, frame := source.NewBuilder[sale](b.Schema(), nil), b.NewFrame()
		builder.Append(&sale{Points: new(int64)}, 0, nil)
		builder.Append(&sale{}, 1, nil)
		frame.Load(builder.Chunk(0, 0, 2))
		s := maker()
		s.Grow(1)
		require.NoError(t, s.MergeState(0, []byte("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01")), "the largest count")
		s.Add([]uint32{0}, []int32{0}, frame)
		require.Equal(t, []byte("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02"), s.AppendState(nil, 0), "2^63")
		_, err = resultOf(s, 0)
		require.ErrorIs(t, err, aggregate.ErrOverflow)
	}
}

func TestOnlyWhatHasInversesIsNet(t *testing.T) {
	refund := source.Equal(paid, true)
	count := aggregate.Count[sale]()
	first := func(a, b int64) int64 { return a }
	for _, err := range []error{
		bind(aggregate.Net(aggregate.Distinct(shop), refund)),
		bind(aggregate.Net(aggregate.Of(lengths{}), refund)),
		bind(aggregate.Net(aggregate.Where(aggregate.Distinct(shop), refund), refund)),
		bind(aggregate.Net(aggregate.Join2(count, aggregate.Distinct(cents), first), refund)),
		bind(aggregate.Net[sale, int64](nil, refund)),
	} {
		require.ErrorIs(t, err, aggregate.ErrDefinition)
	}
	bad := source.FieldOf(func(e *sale) *int64 { return new(int64) })
	require.ErrorIs(t, bind(aggregate.Net(count, source.Equal(bad, 1))), source.ErrField)
	require.ErrorIs(t, bind(aggregate.Net(aggregate.Sum(bad), refund)), source.ErrField)
	net := aggregate.Net(aggregate.Sum(cents), refund)
	require.Equal(t, "sum.int/1", net.Codec())
	require.Equal(t, "net(sum(cents:decimal(2)),Paid:bool in 1..1)", net.String())
	require.True(t, aggregate.Net(count, source.Func(func(*sale) bool { return true })).HasCode())
	require.True(t, aggregate.Net(aggregate.Sum(double), refund).HasCode())
}

// What isn't a number can be taken away, too.
func TestSpecialFloatsCanBeTakenAway(t *testing.T) {
	inf := math.Inf(1)
	net := func(bought, refunded []float64) string {
		var events []sale
		for _, x := range bought {
			events = append(events, sale{Price: x})
		}
		for _, x := range refunded {
			events = append(events, sale{Price: x, Paid: true})
		}
		got, err := resultOf(fold(t, aggregate.Net(aggregate.SumFloat(price), source.Equal(paid, true)), 1, make([]uint32, len(events)), events), 0)
		require.NoError(t, err)
		return fmt.Sprint(got)
	}
	require.Equal(t, "1", net([]float64{3, math.NaN(), inf, -inf}, []float64{-inf, inf, math.NaN(), 2}))
	require.Equal(t, "+Inf", net([]float64{inf, inf, 1}, []float64{inf}))
	require.Equal(t, "-Inf", net([]float64{1}, []float64{inf}))
	require.Equal(t, "+Inf", net([]float64{1}, []float64{-inf}))
	require.Equal(t, "NaN", net([]float64{-inf}, []float64{inf, -inf, -inf}))
	require.Equal(t, "NaN", net([]float64{1}, []float64{math.NaN()}))
	require.Equal(t, "-Inf", net([]float64{-inf}, nil))
}

// A state is made once an event, so its size is what stores pay.
func TestStatesAreSmall(t *testing.T) {
	size := func(s aggregate.States[sale]) int { return len(s.AppendState(nil, 0)) }
	events := []sale{{Price: 19.99, Cents: 1999, Shop: "norte", Serial: 7}, {Price: 5, Cents: 500, Shop: "sur", Serial: 8}}
	groups := make([]uint32, len(events))
	require.Equal(t, 1, size(fold(t, aggregate.Count[sale](), 1, groups, events)))
	require.Equal(t, 2, size(fold(t, aggregate.Sum(cents), 1, groups, events)))
	require.LessOrEqual(t, size(fold(t, aggregate.SumFloat(price), 1, groups, events)), 10)
	require.Equal(t, 3, size(fold(t, aggregate.Distinct(serial), 1, groups, events)))
	require.Equal(t, 1+6+4, size(fold(t, aggregate.Distinct(shop), 1, groups, events)))
}

// A panic in the caller's Add passes through, and the frame knows where it was.
func TestAPanicInAddIsLocated(t *testing.T) {
	b, err := source.NewBinder[sale]()
	require.NoError(t, err)
	maker, err := aggregate.Of(refusing{}).Bind(b)
	require.NoError(t, err)
	builder := source.NewBuilder[sale](b.Schema(), nil)
	for i, name := range []string{"norte", "bad", "sur"} {
		builder.Append(&sale{Shop: name}, int64(100+i), nil)
	}
	frame := b.NewFrame()
	frame.Load(builder.Chunk(0, 100, 103))
	s := maker()
	s.Grow(1)
	require.PanicsWithValue(t, "bad", func() { s.Add(make([]uint32, 3), []int32{0, 1, 2}, frame) })
	offset, ok := frame.Visited()
	require.True(t, ok)
	require.EqualValues(t, 101, offset)
}

type refusing struct{ lengths }

func (refusing) Add(s map[int]int, e *sale) map[int]int {
	if e.Shop == "bad" {
		panic("bad")
	}
	return s
}

func TestAFieldIsBoundOnce(t *testing.T) {
	b, err := source.NewBinder[sale]()
	require.NoError(t, err)
	a := aggregate.Join2(aggregate.Sum(points), aggregate.Distinct(points), func(a, b int64) int64 { return a })
	_, err = a.Bind(b)
	require.NoError(t, err)
	require.Len(t, b.Columns(), 1)
}

// A vector keeps its texts over a Reset, but not for ever.
func TestManyTextsAndDictionaries(t *testing.T) {
	b, err := source.NewBinder[sale]()
	require.NoError(t, err)
	maker, err := aggregate.Distinct(shop).Bind(b)
	require.NoError(t, err)
	s, frame := maker(), b.NewFrame()
	for round := range 40 { // more dictionaries than are kept in mind
		s.Reset()
		s.Grow(2)
		builder := source.NewBuilder[sale](b.Schema(), nil)
		n := 10
		if round == 3 {
			n = 70_000 // more texts than outlive a Reset
		}
		groups, rows := make([]uint32, n), make([]int32, n)
		for i := range n {
			builder.Append(&sale{Shop: strings.Repeat("x", round%3) + string(rune('a'+i%7)) + string(rune(0x4e00+i/7))}, int64(i), nil)
			rows[i] = int32(i)
		}
		frame.Load(builder.Chunk(0, 0, int64(n)))
		s.Add(groups, rows, frame)
		s.Add(groups, rows, frame)
		got, err := resultOf(s, 0)
		require.NoError(t, err)
		require.EqualValues(t, n, got)
	}
}

type panicking struct{ lengths }

func (panicking) Codec() string                           { return "panicking/1" }
func (panicking) Result(map[int]int) int                  { panic("no result") }
func (panicking) DecodeState([]byte) (map[int]int, error) { panic("no state") }

func TestPanicsOfACallersMonoidAreErrors(t *testing.T) {
	s := fold(t, aggregate.Of(panicking{}), 1, nil, nil)
	_, err := resultOf(s, 0)
	require.ErrorIs(t, err, aggregate.ErrPanic)
	require.ErrorContains(t, err, "panicking/1: no result")
	require.ErrorIs(t, s.MergeState(0, nil), aggregate.ErrState)
}
