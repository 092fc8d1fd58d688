package sink

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/anabranch-go/anabranch/window"
)

// Memory keeps the newest row of each identity in memory, for ever, those that
// were removed too, though it doesn't show them. It's safe for concurrent use.
type Memory[K comparable, R any] struct {
	mu    sync.Mutex
	index map[identity[K]]int // into rows
	rows  []Row[K, R]         // in the order in which their identities came
}

// identity is a row's, with the window's instants instead of its times, which
// differ by location as well.
type identity[K comparable] struct {
	view     string
	from, to int64
	key      K
}

// NewMemory makes an empty sink. Keys are the same when == says so: a key with a
// NaN in it is the same as no other.
func NewMemory[K comparable, R any]() *Memory[K, R] {
	return &Memory[K, R]{index: map[identity[K]]int{}}
}

// Write implements [Sink]. It writes all of the rows or, when ctx has ended,
// none.
func (m *Memory[K, R]) Write(ctx context.Context, rows []Row[K, R]) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range rows {
		row := &rows[i]
		id := identity[K]{row.View, row.Window.Start.UnixMicro(), row.Window.End.UnixMicro(), row.Key}
		at, known := m.index[id]
		switch {
		case !known:
			m.index[id] = len(m.rows)
			m.rows = append(m.rows, *row)
		case row.Version >= m.rows[at].Version:
			m.rows[at] = *row
		}
	}
	return nil
}

// Rows gives all rows that weren't removed, by the start of their windows, then by
// the end, then in the order in which their identities came first. The slice is
// the caller's.
func (m *Memory[K, R]) Rows() []Row[K, R] {
	m.mu.Lock()
	rows := slices.Clone(m.rows)
	m.mu.Unlock()
	rows = slices.DeleteFunc(rows, func(r Row[K, R]) bool { return r.Removed })
	slices.SortStableFunc(rows, func(a, b Row[K, R]) int { return compareSpans(a.Window, b.Window) })
	return rows
}

func compareSpans(a, b window.Span) int {
	return cmp.Or(a.Start.Compare(b.Start), a.End.Compare(b.End))
}
