package partition

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func utc(year int, month time.Month, day, hour int) time.Time {
	return time.Date(year, month, day, hour, 0, 0, 0, time.UTC)
}

// A range is half-open, down to the nanosecond, in each unit and in any zone.
func TestFilterBetween(t *testing.T) {
	parts := map[string][]string{
		"hour":  {"t=2026-11-23-23", "t=2026-11-24-00", "t=2026-11-24-01"},
		"day":   {"t=2026-11-23", "t=2026-11-24", "t=2026-11-25"},
		"month": {"t=2026-10", "t=2026-11", "t=2026-12"},
		"year":  {"t=2025", "t=2026", "t=2027"},
	}
	dims := map[string]Dimension{"hour": ByHour("t"), "day": ByDay("t"), "month": ByMonth("t"), "year": ByYear("t")}
	midnight := utc(2026, 11, 24, 0)
	madrid := time.FixedZone("CET", 3600)
	for _, c := range []struct {
		unit     string
		from, to time.Time
		want     []int
	}{
		{"hour", midnight, midnight.Add(time.Hour), []int{1}},
		{"hour", midnight.Add(-1), midnight.Add(time.Hour), []int{0, 1}},
		{"hour", midnight, midnight.Add(time.Hour + 1), []int{1, 2}},
		{"hour", midnight.Add(time.Minute), midnight.Add(2 * time.Minute), []int{1}},
		{"hour", midnight.In(madrid), midnight.Add(time.Hour).In(madrid), []int{1}},
		{"day", midnight, midnight.AddDate(0, 0, 1), []int{1}},
		{"day", midnight.Add(-1), midnight, []int{0}},
		{"day", midnight, midnight, nil},
		{"day", midnight.Add(1), midnight, nil},
		{"day", midnight.Add(time.Hour), midnight.Add(time.Hour), nil},
		{"day", midnight.Add(time.Hour + 1), midnight.Add(time.Hour), nil},
		{"day", time.Time{}, midnight, []int{0}},
		{"day", midnight, time.Time{}, []int{1, 2}},
		{"day", time.Time{}, time.Time{}, []int{0, 1, 2}},
		{"day", utc(-5, 1, 1, 0), midnight, []int{0}},
		{"day", midnight, utc(20000, 1, 1, 0), []int{1, 2}},
		{"day", utc(10000, 1, 1, 0), utc(20000, 1, 1, 0), nil},
		{"day", utc(-5, 1, 1, 0), utc(-4, 1, 1, 0), nil},
		{"month", midnight, midnight.Add(1), []int{1}},
		{"month", utc(2026, 11, 1, 0), utc(2026, 12, 1, 0), []int{1}},
		{"month", utc(2026, 10, 31, 23), utc(2026, 12, 1, 1), []int{0, 1, 2}},
		{"year", utc(2026, 1, 1, 0), utc(2027, 1, 1, 0), []int{1}},
	} {
		f, err := mustNew(t, dims[c.unit]).Filter(Between("t", c.from, c.to))
		require.NoError(t, err)
		var want []string
		for _, i := range c.want {
			want = append(want, parts[c.unit][i])
		}
		got, err := f.Prune(append(slices.Clone(parts[c.unit]), "t="+NullSegment))
		require.NoError(t, err)
		require.Equal(t, want, got, "%v: and a missing time is in no range", c)
	}
}

func TestFilterOneOf(t *testing.T) {
	s := mustNew(t, ByDay("fecha"), ByHash("user_id", 16), ByValue("region"))
	may := func(path string, conditions ...Condition) bool {
		t.Helper()
		f, err := s.Filter(conditions...)
		require.NoError(t, err)
		got, err := f.MayHold(path)
		require.NoError(t, err)
		return got
	}
	null := "fecha=" + NullSegment + "/user_id=" + NullSegment + "/region=" + NullSegment
	part := "fecha=2026-11-24/user_id=0/region=norte%2Fsur" // 42 is in bucket 0
	require.True(t, may(part))
	require.True(t, may(part, OneOf("user_id", Int(42))))
	require.False(t, may(part, OneOf("user_id", Int(43))))
	require.True(t, may(part, OneOf("user_id", Int(43), Int(42))))
	require.False(t, may(part, OneOf("user_id")))
	require.True(t, may(part, OneOf("region", String("norte/sur"))))
	require.False(t, may(part, OneOf("region", String("norte%2Fsur"))))
	require.False(t, may(part, OneOf("region", Null())))
	require.True(t, may(part, OneOf("fecha", Time(utc(2026, 11, 24, 9)))))
	require.False(t, may(part, OneOf("fecha", Time(utc(2026, 11, 25, 0)))))
	require.False(t, may(part, OneOf("user_id", Int(42)), OneOf("region", String("sur"))))
	require.False(t, may(part, OneOf("user_id", Int(42)), OneOf("user_id", Int(43))), "both must hold")

	require.True(t, may(null, OneOf("fecha", Null()), OneOf("user_id", Null()), OneOf("region", Null())))
	require.True(t, may(null, OneOf("region", String(""))), "it shares the part of nulls")
	require.False(t, may(null, OneOf("user_id", String(""))), "the empty string has a hash, and null hasn't")
	require.False(t, may(null, Between("fecha", time.Time{}, time.Time{})))
}

func TestFilterRefuses(t *testing.T) {
	s := mustNew(t, ByDay("fecha"), ByHash("user_id", 16), ByValue("region"))
	for name, c := range map[string]struct {
		condition Condition
		want      error
	}{
		"unknown":          {OneOf("pais", String("es")), ErrScheme},
		"zero":             {Condition{}, ErrScheme},
		"range of hash":    {Between("user_id", utc(2026, 1, 1, 0), time.Time{}), ErrValue},
		"range of value":   {Between("region", time.Time{}, time.Time{}), ErrValue},
		"text as time":     {OneOf("fecha", String("2026-11-24")), ErrValue},
		"time hashed":      {OneOf("user_id", Time(time.Time{})), ErrValue},
		"time far too far": {OneOf("fecha", Time(utc(10000, 1, 1, 0))), ErrValue},
	} {
		_, err := s.Filter(c.condition)
		require.ErrorIs(t, err, c.want, name)
	}
	_, err := Scheme{}.Filter()
	require.ErrorIs(t, err, ErrScheme)
	_, err = Filter{}.MayHold("a=1")
	require.ErrorIs(t, err, ErrScheme)

	f, err := s.Filter(OneOf("user_id"))
	require.NoError(t, err)
	_, err = f.MayHold("fecha=2026-11-24/user_id=16/region=a")
	require.ErrorIs(t, err, ErrPath, "a path that isn't the scheme's is an error also where its dimension has no row")
	for _, path := range []string{"", "/", "user_id=1", "fecha=2026-11-24/", "fecha=2026-11-24/user_id=1/region=a/x=1"} {
		_, err = f.MayLead(path)
		require.ErrorIs(t, err, ErrPath, path)
	}
	_, err = Filter{}.MayLead("fecha=2026-11-24")
	require.ErrorIs(t, err, ErrPath)
	_, err = f.Prune([]string{"fecha=2026-11-24/user_id=1/region=%"})
	require.ErrorIs(t, err, ErrEscape)
}

// rows and conditions over them, with a check that knows nothing of parts.
type drawnRow struct {
	at           Value
	user, region Value
}

func (r drawnRow) matches(c Condition) bool {
	v := map[string]Value{"at": r.at, "user": r.user, "region": r.region}[c.name]
	if c.ranged {
		return v.sort == instant && (c.from.IsZero() || !v.at.Before(c.from)) && (c.to.IsZero() || v.at.Before(c.to))
	}
	return slices.ContainsFunc(c.values, func(w Value) bool {
		return w.sort == v.sort && w.n == v.n && w.s == v.s && w.at.Equal(v.at)
	})
}

// leads tells whether every level of the path may lead to a row.
func leads(t require.TestingT, f Filter, path string) bool {
	all := true
	for i := range len(path) + 1 {
		if i == len(path) || path[i] == '/' {
			may, err := f.MayLead(path[:i])
			require.NoError(t, err)
			all = all && may
		}
	}
	return all
}

// A part that is pruned never holds a row that matches; and the filter doesn't
// just keep everything.
func TestFilterNeverPrunesAMatch(t *testing.T) {
	pruned, kept := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		start := utc(2026, 10, 28, 0)
		instants := rapid.Custom(func(t *rapid.T) time.Time {
			unit := rapid.SampledFrom([]time.Duration{time.Nanosecond, time.Hour, 24 * time.Hour}).Draw(t, "unit")
			at := start.Add(time.Duration(rapid.IntRange(-40, 40).Draw(t, "units")) * unit)
			return at.In(time.FixedZone("", rapid.IntRange(-5, 5).Draw(t, "zone")*3600))
		})
		users := rapid.OneOf(rapid.Just(Null()), rapid.Map(rapid.Int64Range(-9, 9), Int), rapid.Just(String("")), rapid.Map(rapid.StringMatching(`[0-9]?`), String))
		regions := rapid.OneOf(users, rapid.Map(anyText(), String))
		orNull := rapid.OneOf(rapid.Just(Null()), rapid.Map(instants, Time), rapid.Map(instants, Time))

		at := rapid.SampledFrom([]Dimension{ByHour("at"), ByDay("at"), ByMonth("at"), ByYear("at")}).Draw(t, "unit")
		s := mustNew(t, at, ByHash("user", rapid.IntRange(1, 8).Draw(t, "buckets")), ByValue("region"))
		conditions := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Condition {
			bound := rapid.OneOf(instants, rapid.Just(time.Time{}))
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				return Between("at", bound.Draw(t, "from"), bound.Draw(t, "to"))
			case 1:
				return OneOf("at", rapid.SliceOfN(orNull, 0, 3).Draw(t, "at")...)
			case 2:
				return OneOf("user", rapid.SliceOfN(users, 0, 3).Draw(t, "users")...)
			}
			return OneOf("region", rapid.SliceOfN(regions, 0, 3).Draw(t, "regions")...)
		}), 0, 3).Draw(t, "conditions")
		f, err := s.Filter(conditions...)
		require.NoError(t, err)

		for range 20 {
			row := drawnRow{orNull.Draw(t, "at"), users.Draw(t, "user"), regions.Draw(t, "region")}
			path, err := s.Path(row.at, row.user, row.region)
			if err != nil {
				require.Contains(t, err.Error(), "bytes")
				continue
			}
			may, err := f.MayHold(path)
			require.NoError(t, err)
			if !may {
				pruned++
				require.False(t, leads(t, f, path), "one of its directories says the same, if only the last")
				for _, c := range conditions {
					if !row.matches(c) {
						path = "" // some condition fails, as it must
					}
				}
				require.Empty(t, path, "pruned, but its row matches")
			} else {
				require.True(t, leads(t, f, path), "its directories lead to it")
				if len(conditions) > 0 {
					kept++
				}
			}
		}
	})
	require.Greater(t, pruned, kept/4, "hardly anything is pruned")
	require.Greater(t, kept, pruned/100, "hardly anything is kept")
}

// How much is pruned, where it can be counted: one user and one day of a month
// leave one part of 30 × 16.
func TestFilterPrunesAllButOne(t *testing.T) {
	s := mustNew(t, ByDay("at"), ByHash("user", 16))
	var paths []string
	for day := range 30 {
		for bucket := range 16 {
			paths = append(paths, fmt.Sprintf("at=2026-11-%02d/user=%d", day+1, bucket))
		}
	}
	f, err := s.Filter(Between("at", utc(2026, 11, 24, 0), utc(2026, 11, 25, 0)), OneOf("user", Int(42)))
	require.NoError(t, err)
	kept, err := f.Prune(paths)
	require.NoError(t, err)
	require.Equal(t, []string{"at=2026-11-24/user=0"}, kept)
}

// What Parse takes gives a path that is read the same again; a filter errs where
// Parse does, and a free one keeps what Parse takes.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"fecha=2026-11-24/user_id=7/region=norte%2Fsur", "fecha=2026%2d11-24/user_id=%37/region=%c3%b1",
		"fecha=" + NullSegment + "/user_id=" + NullSegment + "/region=" + NullSegment,
		"fecha=2026-02-30/user_id=7/region=a", "fecha=2026-11-24/user_id=16/region=%", "///", "",
	} {
		f.Add(seed, int64(42), "norte/sur", int64(1_795_000_000), int64(86400))
	}
	s := mustNew(f, ByDay("fecha"), ByHash("user_id", 16), ByValue("region"))
	f.Fuzz(func(t *testing.T, path string, user int64, region string, from, length int64) {
		begin := time.Unix(from%math.MaxInt32, 0).UTC()
		end := begin.Add(time.Duration(length%1_000_000) * time.Second)
		filter, err := s.Filter(Between("fecha", begin, end), OneOf("user_id", Int(user)), OneOf("region", String(region)))
		require.NoError(t, err)
		free, err := s.Filter()
		require.NoError(t, err)

		texts, err := s.Parse(path)
		may, filterErr := filter.MayHold(path)
		require.Equal(t, err, filterErr)
		all, freeErr := free.MayHold(path)
		require.Equal(t, err, freeErr)
		require.Equal(t, err == nil, all)
		if err != nil {
			return
		}
		day, parseErr := time.Parse(time.DateOnly, texts[0])
		canonical, err := s.Path(map[bool]Value{true: Time(day), false: Null()}[parseErr == nil], Null(), String(texts[2]))
		if err == nil {
			again, err := s.Parse(canonical)
			require.NoError(t, err)
			require.Equal(t, []string{texts[0], "", texts[2]}, again)
		}
		overlaps := parseErr == nil && begin.Before(end) && day.Before(end) && day.AddDate(0, 0, 1).After(begin)
		bucket := fmt.Sprint(bucket(Int(user), 16))
		require.Equal(t, overlaps && texts[1] == bucket && texts[2] == region, may)
	})
}

func BenchmarkFilter(b *testing.B) {
	s := mustNew(b, ByDay("fecha"), ByHash("user_id", 16), ByValue("region"))
	f, err := s.Filter(Between("fecha", utc(2026, 11, 1, 0), utc(2026, 12, 1, 0)), OneOf("user_id", Int(42)))
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.MayHold("fecha=2026-11-24/user_id=7/region=norte"); err != nil {
			b.Fatal(err)
		}
	}
}
