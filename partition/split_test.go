package partition

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// value gives what row is of a dimension, as Path wants it.
func (v *Vector) value(d Dimension, row int) Value {
	switch {
	case v.Valid != nil && !v.Valid[row]:
		return Null()
	case len(v.Codes) > 0:
		return String(v.Dict[v.Codes[row]])
	case d.rule <= byYear:
		return Time(time.UnixMicro(v.Ints[row]))
	}
	return Int(v.Ints[row])
}

// anyVector draws a column for a dimension; nulls' places hold nonsense.
func anyVector(t *rapid.T, d Dimension, rows int) (v Vector) {
	if rapid.Bool().Draw(t, "nullable") {
		v.Valid = rapid.SliceOfN(rapid.Bool(), rows, rows).Draw(t, "valid")
	}
	junk := func(row int) bool { return v.Valid != nil && !v.Valid[row] }
	if d.rule > byYear && rapid.Bool().Draw(t, "texts") {
		v.Dict = rapid.SliceOfN(anyText(), 1, 6).Draw(t, "dictionary")
		for row := range rows {
			code := rapid.Uint32Range(0, uint32(len(v.Dict)-1)).Draw(t, "code")
			if junk(row) {
				code = math.MaxUint32
			}
			v.Codes = append(v.Codes, code)
		}
		return v
	}
	ints := rapid.SampledFrom([]*rapid.Generator[int64]{rapid.Int64(), rapid.Int64Range(-5, 5)}).Draw(t, "ints")
	if d.rule <= byYear {
		ints = rapid.SampledFrom([]*rapid.Generator[int64]{
			rapid.Int64Range(firstMicro, lastMicro), rapid.Int64Range(-3*dayMicros, 3*dayMicros), rapid.SampledFrom([]int64{firstMicro, lastMicro, 0, -1}),
		}).Draw(t, "times")
	}
	for row := range rows {
		n := ints.Draw(t, "int")
		if junk(row) {
			n = rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64}).Draw(t, "junk")
		}
		v.Ints = append(v.Ints, n)
	}
	return v
}

// Split says of every row what Path says, batch after batch, with each part once
// and in the order of its first row.
func TestSplitAgainstPath(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var dims []Dimension
		for i := range rapid.IntRange(1, 3).Draw(t, "dims") {
			name := fmt.Sprint("d", i)
			buckets := rapid.SampledFrom([]int{1, 3, 16, math.MaxInt32}).Draw(t, "buckets")
			dims = append(dims, rapid.SampledFrom([]Dimension{ByHour(name), ByDay(name), ByMonth(name), ByYear(name), ByHash(name, buckets), ByValue(name)}).Draw(t, "dim"))
		}
		s := mustNew(t, dims...)
		splitter, err := s.NewSplitter()
		require.NoError(t, err)
		for range 2 {
			rows := rapid.IntRange(0, 12).Draw(t, "rows")
			var columns []Vector
			for _, d := range dims {
				columns = append(columns, anyVector(t, d, rows))
			}
			var want, order []string
			seen := map[string]bool{}
			refused := false
			for row := range rows {
				var values []Value
				for i, d := range dims {
					values = append(values, columns[i].value(d, row))
				}
				path, err := s.Path(values...)
				refused = refused || err != nil
				want = append(want, path)
				if !seen[path] {
					seen[path] = true
					order = append(order, path)
				}
			}
			parts, paths, err := splitter.Split(rows, columns...)
			if refused {
				require.ErrorIs(t, err, ErrValue)
				continue
			}
			require.NoError(t, err)
			require.Len(t, parts, rows)
			require.Equal(t, order, append([]string(nil), paths...))
			for row, part := range parts {
				require.Equal(t, want[row], paths[part])
			}
		}
	})
}

// Spans too wide for an array go by the map, with the same answer.
func TestSplitWide(t *testing.T) {
	s := mustNew(t, ByHour("t"), ByValue("n"), ByHash("h", math.MaxInt32))
	splitter, err := s.NewSplitter()
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(3, 4))
	const rows = 5000
	var times, ints, users []int64
	for range rows {
		times = append(times, firstMicro+random.Int64N(lastMicro-firstMicro))
		ints = append(ints, int64(random.Uint64()))
		users = append(users, random.Int64N(700))
	}
	ints[0], ints[1] = math.MinInt64, math.MaxInt64
	parts, paths, err := splitter.Split(rows, Vector{Ints: times}, Vector{Ints: ints}, Vector{Ints: users})
	require.NoError(t, err)
	for row, part := range parts {
		want, err := s.Path(Time(time.UnixMicro(times[row])), Int(ints[row]), Int(users[row]))
		require.NoError(t, err)
		require.Equal(t, want, paths[part])
	}
}

func TestSplitRefuses(t *testing.T) {
	s := mustNew(t, ByDay("t"), ByValue("v"))
	splitter, err := s.NewSplitter()
	require.NoError(t, err)
	day, text := Vector{Ints: []int64{0}}, Vector{Codes: []uint32{0}, Dict: []string{"a"}}
	for name, c := range map[string]struct {
		rows    int
		columns []Vector
	}{
		"negative rows":        {-1, []Vector{{}, {}}},
		"a column too few":     {1, []Vector{day}},
		"a column too many":    {1, []Vector{day, text, text}},
		"rows too few":         {2, []Vector{day, text}},
		"rows too many":        {0, []Vector{day, text}},
		"flags too few":        {1, []Vector{day, {Ints: []int64{0}, Valid: []bool{}}}},
		"both":                 {1, []Vector{day, {Ints: []int64{0}, Codes: []uint32{0}, Dict: []string{"a"}}}},
		"texts as time":        {1, []Vector{text, text}},
		"code too great":       {1, []Vector{day, {Codes: []uint32{1}, Dict: []string{"a"}}}},
		"no dictionary":        {1, []Vector{day, {Codes: []uint32{0}}}},
		"before year 1":        {1, []Vector{{Ints: []int64{firstMicro - 1}}, text}},
		"year 10000":           {1, []Vector{{Ints: []int64{lastMicro + 1}}, text}},
		"the end of time":      {2, []Vector{{Ints: []int64{math.MinInt64, math.MaxInt64}}, {Ints: []int64{1, 2}}}},
		"too long a text":      {1, []Vector{day, {Codes: []uint32{0}, Dict: []string{strings.Repeat("x", 254)}}}},
		"too long, once it is": {1, []Vector{day, {Codes: []uint32{1}, Dict: []string{"a", strings.Repeat("/", 85)}}}},
	} {
		_, _, err := splitter.Split(c.rows, c.columns...)
		require.ErrorIs(t, err, ErrValue, name)
	}
	// A text that no row has is nobody's trouble, and the splitter goes on.
	_, paths, err := splitter.Split(1, day, Vector{Codes: []uint32{0}, Dict: []string{"a", strings.Repeat("x", 254)}})
	require.NoError(t, err)
	require.Equal(t, []string{"t=1970-01-01/v=a"}, paths)
	_, err = Scheme{}.NewSplitter()
	require.ErrorIs(t, err, ErrScheme)
}

// batch is a day's events: a time, a user and a region a row.
func batch(rows int) []Vector {
	random := rand.New(rand.NewPCG(1, 2))
	times, users, regions := make([]int64, rows), make([]int64, rows), make([]uint32, rows)
	for row := range rows {
		times[row] = 1_795_000_000_000_000 + random.Int64N(2*dayMicros)
		users[row] = random.Int64N(5_000_000)
		regions[row] = random.Uint32N(4)
	}
	return []Vector{{Ints: times}, {Ints: users}, {Codes: regions, Dict: []string{"norte", "sur", "este", "oeste"}}}
}

// Twice the rows cost no more allocations, only parts do.
func TestSplitAllocatesByPartNotByRow(t *testing.T) {
	s := mustNew(t, ByDay("fecha"), ByHash("user_id", 4), ByValue("region"))
	splitter, err := s.NewSplitter()
	require.NoError(t, err)
	allocations := func(rows int) float64 {
		columns := batch(rows)
		return testing.AllocsPerRun(5, func() {
			if _, _, err := splitter.Split(rows, columns...); err != nil {
				t.Fatal(err)
			}
		})
	}
	require.LessOrEqual(t, allocations(40_000), allocations(20_000)+2)
}

func BenchmarkSplit(b *testing.B) {
	const rows = 16_384
	columns := batch(rows)
	for name, c := range map[string]struct {
		dims    []Dimension
		columns []Vector
	}{
		"day":             {[]Dimension{ByDay("fecha")}, columns[:1]},
		"hash16":          {[]Dimension{ByHash("user_id", 16)}, columns[1:2]},
		"region":          {[]Dimension{ByValue("region")}, columns[2:3]},
		"day_hash_region": {[]Dimension{ByDay("fecha"), ByHash("user_id", 16), ByValue("region")}, columns},
	} {
		b.Run(name, func(b *testing.B) {
			splitter, err := mustNew(b, c.dims...).NewSplitter()
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := splitter.Split(rows, c.columns...); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
		})
	}
}
