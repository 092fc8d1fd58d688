package lambda

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// scriptEvent is the event of the scripts.
type scriptEvent struct {
	At     time.Time
	User   string
	Amount int64
}

var (
	scriptAt     = source.FieldOf(func(e *scriptEvent) *time.Time { return &e.At })
	scriptUser   = source.FieldOf(func(e *scriptEvent) *string { return &e.User })
	scriptAmount = source.FieldOf(func(e *scriptEvent) *int64 { return &e.Amount })
)

// TestEventTime runs the scripts of testdata/eventtime: what a publisher writes
// as events come, early, on time and late. A script's commands are
//
//	view window=tumbling size=5m bound=1m lateness=2m skip-early
//	    begins a pipeline: a sum by user. window is tumbling, sliding (size, every),
//	    session (gap), day or global; bound is the watermark's; the others, and by,
//	    the step of its range, are the publisher's.
//	events
//	    appends its lines, "time user amount", to the log as one chunk, lets the
//	    publisher have its turn, and prints what it writes.
//	batch
//	    runs the batch layer, and prints what that makes the publisher write.
//	query by=1h
//	    prints an answer.
func TestEventTime(t *testing.T) {
	datadriven.Walk(t, "testdata/eventtime", func(t *testing.T, path string) {
		var s *script
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "view":
				s = newScript(t, d)
				return ""
			case "events":
				return s.events(t, d)
			case "batch":
				require.NoError(t, s.pipeline.Batch(t.Context()))
				return s.turn(t)
			case "query":
				return s.query(t, d)
			}
			d.Fatalf(t, "unknown command %q", d.Cmd)
			return ""
		})
	})
}

type script struct {
	log       *source.Memory[scriptEvent]
	pipeline  *Pipeline[scriptEvent]
	handle    *Handle[scriptEvent, string, int64]
	publisher *publisher[string, int64]
	written   []sink.Row[string, int64]
	appended  int64
}

func newScript(t *testing.T, d *datadriven.TestData) *script {
	duration := func(name string) time.Duration {
		if !d.HasArg(name) {
			return 0
		}
		var text string
		d.ScanArgs(t, name, &text)
		parsed, err := time.ParseDuration(text)
		require.NoError(t, err)
		return parsed
	}
	var kind string
	d.ScanArgs(t, "window", &kind)
	spec, ok := map[string]window.Spec{
		"tumbling": window.Tumbling(duration("size")), "sliding": window.Sliding(duration("size"), duration("every")),
		"session": window.Session(duration("gap")), "day": window.Day(time.UTC), "global": window.Global(),
	}[kind]
	require.True(t, ok, "window %q", kind)
	bound := duration("bound")
	if bound == 0 {
		bound = -1
	}
	s := &script{pipeline: New[scriptEvent](Config{Archive: archive.Memory(), FlushInterval: time.Millisecond})}
	var err error
	s.handle, err = Register(s.pipeline, View[scriptEvent, string, int64]{
		Name: "guion", Time: scriptAt, Key: By(scriptUser), Window: spec, Aggregate: aggregate.Sum(scriptAmount),
		Lateness: window.Lateness{Bound: bound, Jump: -1},
	})
	require.NoError(t, err)
	s.log, err = source.NewMemory[scriptEvent]("script", 1, source.MemoryOptions[scriptEvent]{})
	require.NoError(t, err)
	published := Ever()
	if d.HasArg("by") {
		published = published.By(window.Tumbling(duration("by")))
	}
	s.publisher = newPublisher(s.handle, sink.Func[string, int64](func(_ context.Context, rows []sink.Row[string, int64]) error {
		s.written = append(s.written, rows...)
		return nil
	}), PublishOptions{Range: published, Lateness: duration("lateness"), SkipEarly: d.HasArg("skip-early")})
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error)
	go func() { ran <- s.pipeline.Run(ctx, s.log) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ran)
	})
	return s
}

func (s *script) events(t *testing.T, d *datadriven.TestData) string {
	var events []scriptEvent
	for line := range strings.Lines(d.Input) {
		var at string
		var e scriptEvent
		_, err := fmt.Sscan(line, &at, &e.User, &e.Amount)
		require.NoError(t, err, d.Pos)
		e.At, err = time.Parse("2006-01-02 15:04:05", "2026-11-24 "+at)
		require.NoError(t, err, d.Pos)
		events = append(events, e)
	}
	_, err := s.log.Append(0, events...)
	require.NoError(t, err)
	s.appended += int64(len(events))
	require.Eventually(t, func() bool {
		answer, err := s.handle.Query(t.Context(), Ever().AllowIncomplete())
		return err == nil && answer.Provenance().Offsets() == s.appended
	}, time.Minute, time.Millisecond)
	return s.turn(t)
}

// turn prints what one turn writes.
func (s *script) turn(t *testing.T) string {
	s.written = nil
	require.NoError(t, s.publisher.turn(t.Context()))
	if len(s.written) == 0 {
		return "nothing\n"
	}
	var out strings.Builder
	for _, row := range s.written {
		fmt.Fprintf(&out, "%s %s ", scriptSpan(row.Window), row.Key)
		switch {
		case row.Removed:
			fmt.Fprintf(&out, "removed, was %d\n", *row.Previous)
			continue
		case row.Previous == nil || *row.Previous == row.Value:
			fmt.Fprintf(&out, "%d", row.Value)
		default:
			fmt.Fprintf(&out, "%d -> %d", *row.Previous, row.Value)
		}
		fmt.Fprintf(&out, " %s", row.Timing)
		if row.Final {
			out.WriteString(" final")
		}
		out.WriteString("\n")
	}
	return out.String()
}

func (s *script) query(t *testing.T, d *datadriven.TestData) string {
	r := Ever()
	if d.HasArg("by") {
		var text string
		d.ScanArgs(t, "by", &text)
		step, err := time.ParseDuration(text)
		require.NoError(t, err)
		r = r.By(window.Tumbling(step))
	}
	answer, err := s.handle.Query(t.Context(), r)
	require.NoError(t, err)
	var out strings.Builder
	for row := range answer.Rows() {
		fmt.Fprintf(&out, "%s %s %d\n", scriptSpan(row.Window), row.Key, row.Value)
	}
	p := answer.Provenance()
	fmt.Fprintf(&out, "%d events, %d late, watermark %s\n", p.Rows, p.Late, p.Watermark.Format("15:04:05"))
	return out.String()
}

func scriptSpan(w window.Span) string {
	if w == (window.Span{}) {
		return "ever"
	}
	texts := []string{w.Start.Format("15:04:05"), w.End.Format("15:04:05")}
	for i := range texts {
		texts[i] = strings.TrimSuffix(texts[i], ":00")
	}
	return strings.Join(slices.Compact(texts), "-")
}
