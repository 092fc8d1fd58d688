package window

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestSlidingAgainstNaive: the windows over a time's pane are those whose starts
// are multiples of every and which hold the time, all of its pane with it.
func TestSlidingAgainstNaive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		every := rapid.Int64Range(1, 50).Draw(t, "every")
		size := every + rapid.Int64Range(0, 200).Draw(t, "more")
		s := Sliding(time.Duration(size)*time.Microsecond, time.Duration(every)*time.Microsecond)
		require.NoError(t, s.Validate())
		at := rapid.OneOf(rapid.Int64Range(-1000, 1000), rapid.Int64Range(-6e16, 2e17)).Draw(t, "at")

		var want []int64
		for start := at - size + 1; start <= at; start++ {
			if modulo(start, every) == 0 {
				want = append(want, start)
			}
		}
		panes := s.Panes()
		start := assignOne(s, at)
		require.Equal(t, assignOne(panes, at), start)
		var got []int64
		first, last, step := s.Over(start, panes.End(start))
		require.Equal(t, every, step)
		for w := first; w <= last; w += step {
			got = append(got, w)
			require.LessOrEqual(t, w, start)
			require.GreaterOrEqual(t, s.End(w), panes.End(start))
			require.Equal(t, size, s.Span(w).End.Sub(s.Span(w).Start).Microseconds())
		}
		require.Equal(t, want, got)
		require.Equal(t, last, s.At(time.UnixMicro(at)).Start.UnixMicro())
	})
}

func TestSlidingRefusesWhatItCannot(t *testing.T) {
	for _, s := range []Spec{
		Sliding(0, 0), Sliding(time.Minute, 0), Sliding(-time.Minute, time.Second), Sliding(time.Minute, time.Hour),
		Sliding(time.Minute, time.Nanosecond), Sliding(1500*time.Nanosecond, 500*time.Nanosecond),
		Sliding(24*time.Hour, time.Second), Sliding(time.Hour+time.Microsecond, time.Minute), Session(0), Session(-1), Session(time.Nanosecond),
	} {
		require.ErrorIs(t, s.Validate(), ErrSize, "%v", s)
	}
}

func TestRollUpsOfSlidingAndSessions(t *testing.T) {
	sliding, sessions := Sliding(time.Hour, 10*time.Minute), Session(30*time.Minute)
	for _, c := range [][2]Spec{
		{sliding, sliding}, {sliding, Tumbling(20 * time.Minute)}, {sliding, Day(time.UTC)}, {sliding, Global()},
		{Tumbling(5 * time.Minute), sliding}, {Sliding(20*time.Minute, 10*time.Minute), sliding}, {Hour(time.UTC), Sliding(24*time.Hour, time.Hour)},
		{sessions, sessions}, {sessions, Day(time.UTC)}, {sessions, Global()},
	} {
		require.NoError(t, c[0].RollsUpTo(c[1]), "%v into %v", c[0], c[1])
	}
	for _, c := range [][2]Spec{
		{sliding, Tumbling(15 * time.Minute)}, {Tumbling(time.Hour), sliding}, {Tumbling(7 * time.Minute), sliding},
		{sliding, sessions}, {Tumbling(time.Minute), sessions}, {Global(), sliding}, {Global(), sessions}, {sessions, sliding},
		{sessions, Session(time.Minute)}, {Sliding(time.Hour, 20*time.Minute), sliding},
	} {
		require.ErrorIs(t, c[0].RollsUpTo(c[1]), ErrRollup, "%v into %v", c[0], c[1])
	}
	require.NotEqual(t, sliding.Fingerprint(), Sliding(time.Hour, 20*time.Minute).Fingerprint())
	require.NotEqual(t, sessions.Fingerprint(), Session(time.Minute).Fingerprint())
}

func TestSessionsAssignTimesToThemselves(t *testing.T) {
	s := Session(30 * time.Minute)
	times := []int64{5, -7, 0}
	starts := make([]int64, 3)
	s.Assign(starts, times)
	require.Equal(t, times, starts)
	require.Equal(t, (30 * time.Minute).Microseconds(), s.Gap())
	require.Zero(t, Global().Gap())
	require.Equal(t, s.SessionSpan(0, 0), s.At(time.UnixMicro(0)))
	require.True(t, s.IsSession() && !s.IsSliding() && Sliding(2*time.Second, time.Second).IsSliding())
}
