package sinktest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/window"
)

// table is a sink that can be wrong in one way each. The suite must notice.
type table struct {
	identity   func(Row) string
	replaces   func(old, new Row) bool
	change     func(*Row)
	needsRows  bool
	deaf       bool // to its context
	backwards  bool // inside a batch
	sorts      bool // the caller's slice
	keepsSlice bool

	rows  map[string]Row
	slice []Row
}

func (s *table) Write(ctx context.Context, rows []Row) error {
	if s.needsRows && len(rows) == 0 {
		return fmt.Errorf("no rows")
	}
	if err := ctx.Err(); err != nil && !s.deaf {
		return err
	}
	s.settle()
	if s.keepsSlice {
		s.slice = rows
		return nil
	}
	if s.sorts {
		slices.SortFunc(rows, func(a, b Row) int { return -1 })
	}
	s.apply(rows)
	return nil
}

// settle applies the slice that was kept.
func (s *table) settle() {
	s.apply(s.slice)
	s.slice = nil
}

func (s *table) apply(rows []Row) {
	rows = slices.Clone(rows)
	if s.backwards {
		slices.Reverse(rows)
	}
	for _, r := range rows {
		s.change(&r)
		id := s.identity(r)
		if old, ok := s.rows[id]; !ok || s.replaces(old, r) {
			s.rows[id] = r
		}
	}
}

// right is a table that keeps the contract, but for concurrency.
func right() *table {
	return &table{
		identity: func(r Row) string {
			return fmt.Sprintf("%q %d %d %q %q", r.View, r.Window.Start.UnixMicro(), r.Window.End.UnixMicro(), r.Key.Category, r.Key.Region)
		},
		replaces: func(old, new Row) bool { return new.Version >= old.Version },
		change:   func(*Row) {},
		rows:     map[string]Row{},
	}
}

func readTable(_ context.Context, s Sink) ([]Row, error) {
	t := s.(*table)
	t.settle()
	rows := slices.Collect(maps.Values(t.rows))
	return slices.DeleteFunc(rows, func(r Row) bool { return r.Removed }), nil
}

// recorder takes the place of a testing.T.
type recorder struct{ why string }

func (r *recorder) Errorf(format string, args ...any) { r.why += fmt.Sprintf(format, args...) }
func (r *recorder) FailNow()                          { panic(r) }

// failure runs a check, and says why it failed; "" if it passed.
func failure(run func(t require.TestingT)) (why string) {
	r := &recorder{}
	defer func() {
		if p := recover(); p != nil && p != any(r) {
			panic(p)
		}
		why = r.why
	}()
	run(r)
	return ""
}

func TestSuiteNotices(t *testing.T) {
	broken := map[string]struct {
		spoil   func(*table)
		failing string // a check that must fail
	}{
		"values are rounded": {func(s *table) {
			s.change = func(r *Row) { r.Value.Mean = float64(float32(r.Value.Mean)) }
		}, "rows come back as they were"},
		"the window is cut to milliseconds": {func(s *table) {
			s.change = func(r *Row) { r.Window.Start = r.Window.Start.Truncate(time.Millisecond) }
		}, "rows come back as they were"},
		"final is forgotten":  {func(s *table) { s.change = func(r *Row) { r.Final = false } }, "rows come back as they were"},
		"timing is forgotten": {func(s *table) { s.change = func(r *Row) { r.Timing = 0 } }, "rows come back as they were"},
		"removed rows are shown": {func(s *table) { s.change = func(r *Row) { r.Removed = false } },
			"a removed row is gone until a newer one comes"},
		"views are mixed": {func(s *table) {
			id := s.identity
			s.identity = func(r Row) string { r.View = ""; return id(r) }
		}, "rows of different identities stay apart"},
		"windows' ends don't count": {func(s *table) {
			id := s.identity
			s.identity = func(r Row) string { r.Window.End = r.Window.Start; return id(r) }
		}, "rows of different identities stay apart"},
		"windows are texts": {func(s *table) {
			id := s.identity
			s.identity = func(r Row) string { return fmt.Sprint(id(r), r.Window) }
		}, "rows of different identities stay apart"},
		"windows don't count": {func(s *table) {
			id := s.identity
			s.identity = func(r Row) string { r.Window = window.Span{}; return id(r) }
		}, "rows of different identities stay apart"},
		"keys are joined": {func(s *table) {
			id := s.identity
			s.identity = func(r Row) string { r.Key = Key{r.Key.Category + r.Key.Region, ""}; return id(r) }
		}, "rows of different identities stay apart"},
		"empty batches are refused": {func(s *table) { s.needsRows = true }, "a batch without rows does nothing"},
		"rows are appended": {func(s *table) {
			id := s.identity
			s.identity = func(r Row) string { return fmt.Sprint(id(r), len(s.rows)) }
		}, "writing again changes nothing"},
		"the first row holds": {func(s *table) {
			s.replaces = func(old, new Row) bool { return false }
		}, "a newer version replaces"},
		"versions are texts": {func(s *table) {
			s.replaces = func(old, new Row) bool { return fmt.Sprint(new.Version) >= fmt.Sprint(old.Version) }
		}, "a newer version replaces"},
		"the last row holds": {func(s *table) {
			s.replaces = func(old, new Row) bool { return true }
		}, "an older version is ignored"},
		"of one version the first holds": {func(s *table) {
			s.replaces = func(old, new Row) bool { return new.Version > old.Version }
		}, "of one version the last one written holds"},
		"batches are turned round": {func(s *table) { s.backwards = true }, "the order inside a batch decides as that of batches does"},
		"final rows are closed": {func(s *table) {
			s.replaces = func(old, new Row) bool { return new.Version >= old.Version && !old.Final }
		}, "a final row can be revised"},
		"the slice is kept":    {func(s *table) { s.keepsSlice = true }, "the slice stays the caller's"},
		"the slice is sorted":  {func(s *table) { s.sorts = true }, "the slice stays the caller's"},
		"contexts don't count": {func(s *table) { s.deaf = true }, "a call whose context has ended fails"},
	}
	for name, b := range broken {
		t.Run(name, func(t *testing.T) {
			for _, c := range checks {
				if c.name != b.failing {
					continue
				}
				run := func(s *table) string {
					return failure(func(rt require.TestingT) { c.run(rt, t.Context(), &subject{Sink: s, rows: readTable}) })
				}
				require.Empty(t, run(right()))
				wrong := right()
				b.spoil(wrong)
				require.NotEmpty(t, run(wrong), "the suite accepts a sink in which %s", name)
				return
			}
			t.Fatalf("the suite has no check %q", b.failing)
		})
	}
}
