package window_test

import (
	"fmt"
	"time"
	_ "time/tzdata"

	"github.com/anabranch-go/anabranch/window"
)

func show(s window.Span) {
	fmt.Println(s.Start.Format(time.RFC3339), "to", s.End.Format(time.RFC3339))
}

func ExampleTumbling() {
	five := window.Tumbling(5 * time.Minute)
	show(five.At(time.Date(2026, 11, 24, 21, 7, 30, 0, time.UTC)))
	// Output: 2026-11-24T21:05:00Z to 2026-11-24T21:10:00Z
}

// An hour is cut where the clocks change: Lord Howe Island goes back by half an
// hour, from 02:00 to 01:30.
func ExampleHour() {
	island, err := time.LoadLocation("Australia/Lord_Howe")
	if err != nil {
		fmt.Println(err)
		return
	}
	hours := window.Hour(island)
	span := hours.At(time.Date(2026, 4, 4, 14, 30, 0, 0, time.UTC))
	show(span)
	show(hours.At(span.End))
	// Output:
	// 2026-04-05T01:00:00+11:00 to 2026-04-05T01:30:00+10:30
	// 2026-04-05T01:30:00+10:30 to 2026-04-05T02:00:00+10:30
}

// The clocks of Madrid go back on this day, so it has 25 hours.
func ExampleDay() {
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		fmt.Println(err)
		return
	}
	show(window.Day(madrid).At(time.Date(2026, 10, 25, 12, 0, 0, 0, time.UTC)))
	// Output: 2026-10-25T00:00:00+02:00 to 2026-10-26T00:00:00+01:00
}

func ExampleWeek() {
	show(window.Week(time.UTC).At(time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)))
	// Output: 2026-11-23T00:00:00Z to 2026-11-30T00:00:00Z
}

func ExampleMonth() {
	show(window.Month(time.UTC).At(time.Date(2028, 2, 29, 0, 0, 0, 0, time.UTC)))
	// Output: 2028-02-01T00:00:00Z to 2028-03-01T00:00:00Z
}

func ExampleYear() {
	show(window.Year(time.UTC).At(time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)))
	// Output: 2026-01-01T00:00:00Z to 2027-01-01T00:00:00Z
}

func ExampleGlobal() {
	span := window.Global().At(time.Now())
	fmt.Println(span.Start.IsZero(), span.End.IsZero())
	// Output: true true
}

func ExampleSpec_Assign() {
	times := []int64{0, 59_999_999, 60_000_000, -1} // microseconds since the Unix epoch
	starts := make([]int64, len(times))
	window.Tumbling(time.Minute).Assign(starts, times)
	fmt.Println(starts)
	// Output: [0 0 60000000 -60000000]
}

func ExampleSpec_RollsUpTo() {
	kolkata, err := time.LoadLocation("Asia/Kolkata") // five and a half hours ahead of UTC
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(window.Tumbling(30 * time.Minute).RollsUpTo(window.Day(kolkata)))
	fmt.Println(window.Tumbling(time.Hour).RollsUpTo(window.Day(kolkata)))
	// Output:
	// <nil>
	// window: windows don't roll up: tumbling(1h0m0s) into day(Asia/Kolkata): one window spans the boundary at 1970-01-01T18:30:00Z
}

func ExampleNewWatermark() {
	w := window.NewWatermark(window.Lateness{Bound: 10 * time.Second})
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC).UnixMicro()
	w.Observe([]int64{at, at + 5_000_000})
	late := w.Observe([]int64{at - 60_000_000, at + 6_000_000})
	micros, _ := w.Current()
	fmt.Println(late, time.UnixMicro(micros).UTC().Format(time.TimeOnly))
	// Output: 1 11:59:56
}

func ExampleMin() {
	fmt.Println(window.Min([]window.Mark{
		{Micros: 900, Known: true},
		{Micros: 700, Known: true},
		{Micros: 100, Known: true, Idle: true},
	}))
	// Output: 700 true
}

func ExampleSliding() {
	s := window.Sliding(time.Hour, 15*time.Minute)
	fmt.Println("stored by", s.Panes())
	pane := s.Panes().At(time.Date(2026, 11, 24, 10, 20, 0, 0, time.UTC))
	first, last, every := s.Over(pane.Start.UnixMicro(), pane.End.UnixMicro())
	for start := first; start <= last; start += every {
		show(s.Span(start))
	}
	// Output:
	// stored by tumbling(15m0s)
	// 2026-11-24T09:30:00Z to 2026-11-24T10:30:00Z
	// 2026-11-24T09:45:00Z to 2026-11-24T10:45:00Z
	// 2026-11-24T10:00:00Z to 2026-11-24T11:00:00Z
	// 2026-11-24T10:15:00Z to 2026-11-24T11:15:00Z
}

func ExampleSession() {
	s := window.Session(30 * time.Minute)
	first := time.Date(2026, 11, 24, 10, 20, 0, 0, time.UTC)
	show(s.SessionSpan(first.UnixMicro(), first.Add(20*time.Minute).UnixMicro()))
	// Output: 2026-11-24T10:20:00Z to 2026-11-24T11:10:00Z
}

func ExampleSpan_String() {
	fmt.Println(window.Tumbling(time.Hour).At(time.Date(2026, 11, 24, 10, 20, 0, 0, time.UTC)))
	fmt.Println(window.Global().At(time.Now()))
	// Output:
	// 2026-11-24T10:00:00Z/2026-11-24T11:00:00Z
	// all of time
}
