package measure_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/internal/bench/measure"
)

func ExampleInterleave() {
	sum := func() (string, error) {
		n := 0
		for i := range 1000 {
			n += i
		}
		return fmt.Sprint(n), nil
	}
	lines, err := measure.Interleave(5, measure.CPU, measure.NanosPer("number"),
		measure.Candidate{Work: "sum", Who: "loop", N: 1000, Run: sum})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(lines[0].Work, lines[0].Who, lines[0].Unit, lines[0].Rounds, lines[0].Check)
	// Output: sum loop ns/number 5 499500
}

func TestALineIsTheMedianAndTheSpread(t *testing.T) {
	require.Equal(t, measure.Line{Work: "w", Who: "a", Unit: "s", Median: 2, Low: 1, High: 9, Rounds: 3},
		measure.Of("w", "a", "s", []float64{9, 1, 2}))
	require.InDelta(t, 2.5, measure.Of("w", "a", "s", []float64{4, 1, 2, 3}).Median, 0)
	require.Zero(t, measure.Of("w", "a", "s", nil).Rounds)
}

func TestARatioIsOfTimesWhateverTheUnit(t *testing.T) {
	require.InDelta(t, 0.5, measure.Line{Unit: "s", Median: 1}.Ratio(measure.Line{Unit: "s", Median: 2}), 0)
	require.InDelta(t, 0.5, measure.Line{Unit: "M events/s", Median: 2}.Ratio(measure.Line{Unit: "M events/s", Median: 1}), 0)
}

func TestCandidatesRunInTurnAndTheFirstRoundDoesNotCount(t *testing.T) {
	var order string
	run := func(who string) measure.Candidate {
		return measure.Candidate{Work: "w", Who: who, N: 1, Run: func() (string, error) { order += who; return "same", nil }}
	}
	lines, err := measure.Interleave(2, measure.Wall, measure.Seconds, run("a"), run("b"))
	require.NoError(t, err)
	require.Equal(t, "ababab", order)
	require.Equal(t, 2, lines[1].Rounds)
}

func TestOtherChecksAreErrors(t *testing.T) {
	says := func(who string, checks ...string) measure.Candidate {
		return measure.Candidate{Work: "w", Who: who, N: 1, Run: func() (string, error) {
			check := checks[0]
			checks = append(checks[1:], check)
			return check, nil
		}}
	}
	_, err := measure.Interleave(1, measure.Wall, measure.Seconds, says("a", "1"), says("b", "2"))
	require.ErrorContains(t, err, `w: a says "1", b says "2"`)
	_, err = measure.Interleave(1, measure.Wall, measure.Seconds, says("a", "1", "2"))
	require.ErrorContains(t, err, `says "2", and "1" a round before`)
	_, err = measure.Interleave(1, measure.Wall, measure.Seconds, says("a", "1"), says("bare loop", ""))
	require.NoError(t, err)
	failed := errors.New("failed")
	_, err = measure.Interleave(1, measure.CPU, measure.Seconds,
		measure.Candidate{Work: "w", Who: "a", Run: func() (string, error) { return "", failed }})
	require.ErrorIs(t, err, failed)
}

func TestACheckMayBeMadeApart(t *testing.T) {
	runs := 0
	lines, err := measure.Interleave(1, measure.Wall, measure.Seconds, measure.Candidate{Work: "w", Who: "a",
		Run: func() (string, error) { runs++; return "", nil }, Check: func() (string, error) { return "apart", nil }})
	require.NoError(t, err)
	require.Equal(t, "apart", lines[0].Check)
	require.Equal(t, 2, runs)
}

func TestLinesComeBackFromJSON(t *testing.T) {
	lines := []measure.Line{
		{Work: "decode stable", Who: "anabranch", Unit: "ns/event", Median: 96.1, Low: 95, High: 101, Rounds: 5, Check: "3 4"},
		{Work: "decode stable", Who: "segmentio", Version: "v0.5.4", Unit: "ns/event", Note: "not measured"},
	}
	var text bytes.Buffer
	require.NoError(t, measure.Write(&text, true, lines...))
	require.Equal(t, `{"work":"decode stable","who":"anabranch","unit":"ns/event","median":96.1,"low":95,"high":101,"rounds":5,"check":"3 4"}`,
		string(bytes.SplitN(text.Bytes(), []byte("\n"), 2)[0]))
	read, err := measure.Read(&text)
	require.NoError(t, err)
	require.Equal(t, lines, read)
	_, err = measure.Read(bytes.NewReader([]byte("panic: no\n")))
	require.ErrorContains(t, err, "panic: no")
}

func TestTheProcessUsesTimeAndMemory(t *testing.T) {
	if _, err := measure.CPUTime(); errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	before, err := measure.CPUTime()
	require.NoError(t, err)
	for after := before; after == before; {
		after, err = measure.CPUTime()
		require.NoError(t, err)
	}
	require.Greater(t, measure.PeakMiB(), 1.0)
}
