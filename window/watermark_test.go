package window

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const (
	second = int64(1_000_000)
	minute = 60 * second
)

// mark gives the watermark, which must be known.
func mark(t require.TestingT, w *Watermark) int64 {
	micros, ok := w.Current()
	require.True(t, ok)
	return micros
}

func TestWatermarkBasics(t *testing.T) {
	w := NewWatermark(Lateness{Bound: 10 * time.Second})
	_, ok := w.Current()
	require.False(t, ok)
	require.Zero(t, w.Observe(nil))
	_, ok = w.Current()
	require.False(t, ok, "an empty chunk says nothing")

	require.Zero(t, w.Observe([]int64{100 * second, 50 * second}), "before the first chunk nothing is late")
	// Most of the first chunk (both) have reached 50s; 100s is within a jump of it.
	require.Equal(t, 90*second, mark(t, w))
	require.Equal(t, 1, w.Observe([]int64{89 * second, 90 * second}), "at the watermark isn't late")
	require.Equal(t, 90*second, mark(t, w), "it doesn't fall")
	require.Equal(t, 0, w.Observe([]int64{200 * second, 90 * second}), "late is against the mark before the chunk")
	require.Equal(t, 190*second, mark(t, w))
}

func TestWatermarkDefaults(t *testing.T) {
	w := NewWatermark(Lateness{})
	w.Observe([]int64{0})
	require.Equal(t, -minute, mark(t, w))
	require.False(t, w.Mark(time.Minute-1).Idle)
	require.Equal(t, Mark{Micros: -minute, Known: true, Idle: true}, w.Mark(time.Minute))
	require.Equal(t, Mark{Idle: true}, NewWatermark(Lateness{}).Mark(time.Hour))

	off := NewWatermark(Lateness{Bound: -1, Jump: -1, Idle: -1})
	first := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	last := time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC).UnixMicro()
	off.Observe([]int64{first, first, first, last})
	require.Equal(t, last, mark(t, off), "no bound, no cap")
	require.False(t, off.Mark(1000*time.Hour).Idle)
}

func TestWatermarkFutureStamp(t *testing.T) {
	w := NewWatermark(Lateness{Bound: -1, Jump: time.Hour})
	now := 1000 * hour
	w.Observe([]int64{now, now, now})
	// In a chunk, and alone in chunk after chunk as long as the honest ones keep pace.
	w.Observe([]int64{now + second, now + 1000*day, now + 2*second})
	require.LessOrEqual(t, mark(t, w), now+hour+2*second)
	now += second
	for range 100 {
		now += second
		w.Observe([]int64{now + 1000*day})
		w.Observe([]int64{now})
		w.Observe([]int64{now})
		require.LessOrEqual(t, mark(t, w), now+hour, "it can't be ratcheted up")
	}
}

func TestWatermarkGap(t *testing.T) {
	w := NewWatermark(Lateness{Bound: -1, Jump: time.Hour})
	w.Observe([]int64{1, 2, 3, 4, 5, 6})
	// A night passes; a full chunk gets through at once.
	morning := 10 * hour
	w.Observe([]int64{morning, morning + 1, morning + 2, morning + 3, morning + 4})
	require.Equal(t, morning+4, mark(t, w))
	// One by one, at the third.
	morning += 10 * hour
	w.Observe([]int64{morning})
	require.Less(t, mark(t, w), morning)
	w.Observe([]int64{morning + 1})
	require.Less(t, mark(t, w), morning)
	w.Observe([]int64{morning + 2})
	require.Equal(t, morning+2, mark(t, w))
}

// reference says the documented rule by sorting.
type reference struct {
	bound, jump, high int64
	all               []int64
}

func (r *reference) observe(times []int64) (late int) {
	if len(times) == 0 {
		return 0
	}
	first := len(r.all) == 0
	for _, t := range times {
		if !first && t < r.high-r.bound {
			late++
		}
	}
	r.all = append(r.all, times...)
	recent := slices.Sorted(slices.Values(r.all[max(0, len(r.all)-max(len(times), 5)):]))
	slices.Reverse(recent)
	reached := recent[len(recent)/2] // the first len/2+1, more than half, are at or after it
	high := min(slices.Max(times), reached+r.jump)
	if first || high > r.high {
		r.high = high
	}
	return late
}

func TestWatermarkAgainstReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := Lateness{
			Bound: time.Duration(rapid.Int64Range(1, 100).Draw(t, "bound")) * time.Microsecond,
			Jump:  time.Duration(rapid.Int64Range(1, 100).Draw(t, "jump")) * time.Microsecond,
		}
		w := NewWatermark(l)
		r := &reference{bound: l.Bound.Microseconds(), jump: l.Jump.Microseconds()}
		event := rapid.OneOf(rapid.Int64Range(-300, 300), rapid.Int64Range(-1_000_000, 1_000_000))
		for range rapid.IntRange(1, 20).Draw(t, "chunks") {
			times := rapid.SliceOfN(event, 0, 12).Draw(t, "times")
			before, known := w.Current()
			require.Equal(t, r.observe(times), w.Observe(times))
			if len(r.all) == 0 {
				require.False(t, known)
				continue
			}
			require.Equal(t, r.high-r.bound, mark(t, w))
			require.LessOrEqual(t, mark(t, w), slices.Max(r.all)-r.bound)
			if known {
				require.GreaterOrEqual(t, mark(t, w), before, "a watermark never falls")
			}
		}
	})
}

func TestWatermarkExtremes(t *testing.T) {
	for _, times := range [][]int64{
		{math.MinInt64, math.MaxInt64}, {math.MaxInt64, math.MinInt64, math.MinInt64}, {math.MinInt64},
	} {
		for _, l := range []Lateness{{}, {Bound: math.MaxInt64, Jump: math.MaxInt64}, {Bound: -1, Jump: -1}, {Jump: 1}} {
			w := NewWatermark(l)
			for range 3 {
				before, known := w.Current()
				w.Observe(times)
				require.True(t, !known || mark(t, w) >= before)
				require.LessOrEqual(t, mark(t, w), slices.Max(times))
			}
		}
	}
}

func TestMin(t *testing.T) {
	cases := []struct {
		name  string
		marks []Mark
		want  int64
		ok    bool
	}{
		{"none", nil, 0, false},
		{"smallest", []Mark{{3, true, false}, {-2, true, false}, {5, true, false}}, -2, true},
		{"idle set aside", []Mark{{3, true, false}, {-2, true, true}}, 3, true},
		{"unknown holds back", []Mark{{3, true, false}, {0, false, false}}, 0, false},
		{"unknown but idle", []Mark{{3, true, false}, {0, false, true}}, 3, true},
		{"all idle", []Mark{{-3, true, true}, {-2, true, true}, {0, false, true}}, -2, true},
		{"all idle, all unknown", []Mark{{0, false, true}}, 0, false},
	}
	for _, c := range cases {
		got, ok := Min(c.marks)
		require.Equal(t, c.ok, ok, c.name)
		require.Equal(t, c.want, got, c.name)
	}
}

func TestMinProperties(t *testing.T) {
	one := rapid.Custom(func(t *rapid.T) Mark {
		return Mark{rapid.Int64Range(-9, 9).Draw(t, "micros"), rapid.Bool().Draw(t, "known"), rapid.Bool().Draw(t, "idle")}
	})
	rapid.Check(t, func(t *rapid.T) {
		marks := rapid.SliceOf(one).Draw(t, "marks")
		got, ok := Min(marks)
		active := 0
		for _, m := range marks {
			if !m.Idle {
				active++
				require.True(t, !ok || m.Known && got <= m.Micros)
			}
		}
		if ok {
			require.True(t, slices.ContainsFunc(marks, func(m Mark) bool {
				return m.Known && m.Micros == got && m.Idle == (active == 0)
			}))
		}
		shuffled, shuffledOK := Min(rapid.Permutation(marks).Draw(t, "order"))
		require.Equal(t, got, shuffled)
		require.Equal(t, ok, shuffledOK)
	})
}

func TestObserveAllocatesNothing(t *testing.T) {
	w := NewWatermark(Lateness{})
	times := []int64{1, 2, 3, 1000 * day, 5}
	require.Zero(t, testing.AllocsPerRun(10, func() {
		for i := range times {
			times[i] += second
		}
		w.Observe(times)
	}))
}

// TestWatermarkEnds: after the log's end the watermark is the newest time that's
// believed, and stays unknown without one.
func TestWatermarkEnds(t *testing.T) {
	w := NewWatermark(Lateness{})
	w.End()
	_, ok := w.Current()
	require.False(t, ok)
	w = NewWatermark(Lateness{})
	w.Observe([]int64{1e9, 2e9})
	before := mark(t, w)
	w.End()
	require.Equal(t, int64(2e9), mark(t, w))
	require.Less(t, before, mark(t, w))
}
