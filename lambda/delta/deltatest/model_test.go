package deltatest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/lambda/delta"
)

// model is the contract in its plainest form: a list of flushes for each copy.
type model struct {
	raised int64
	shown  *delta.Copy
	copies map[delta.Copy][]delta.Flush
}

// flush says what the contract says, and adds f to its list when that is nil.
func (m *model) flush(c delta.Copy, f delta.Flush) error {
	list := m.copies[c]
	n := int64(len(list))
	switch {
	case c.Term < m.raised:
		return delta.ErrStaleTerm
	case n > 0 && f.Number == n && f.Replaces == list[n-1].Replaces && f.Through == list[n-1].Through:
		return nil
	case f.Number != n+1:
		return delta.ErrLostFlush
	case n > 0 && f.Through < list[n-1].Through:
		return delta.ErrInvalidFlush
	case !slices.Contains(m.starts(c, n+1), f.Replaces):
		return delta.ErrInvalidFlush
	}
	m.copies[c] = append(list, f)
	return nil
}

// starts lists where flush number may replace from: the starts of the batches
// that stand, found by walking back from the last flush, and number itself.
func (m *model) starts(c delta.Copy, number int64) []int64 {
	starts := []int64{number}
	for n := number - 1; n > 0; n = starts[len(starts)-1] - 1 {
		starts = append(starts, m.copies[c][n-1].Replaces)
	}
	return starts
}

func (m *model) swap(c delta.Copy) error {
	switch {
	case c.Term < m.raised:
		return delta.ErrStaleTerm
	case m.copies[c] == nil:
		return delta.ErrLostFlush
	}
	m.raised, m.shown = c.Term, &c
	return nil
}

func (m *model) drop(c delta.Copy) {
	if m.shown != nil && *m.shown == c {
		m.shown = nil
	}
	delete(m.copies, c)
}

// TestMemoryAgainstModel lets several owners, zombies among them, do right and
// wrong things in any order, and compares each answer with the model's.
func TestMemoryAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, ctx := delta.Memory(), t.Context()
		m := &model{copies: make(map[delta.Copy][]delta.Flush)}
		writers := make(map[delta.Copy]*writer)
		var names []delta.Copy
		some := func() *writer {
			if len(names) == 0 {
				t.Skip("no copies yet")
			}
			return writers[rapid.SampledFrom(names).Draw(t, "copy")]
		}
		flush := func(w *writer, f delta.Flush) error {
			want := m.flush(w.copy, f)
			got := s.Flush(ctx, w.copy, f)
			require.ErrorIs(t, got, want, "flush %d of %+v", f.Number, w.copy)
			return got
		}
		t.Repeat(map[string]func(*rapid.T){
			"raise": func(t *rapid.T) {
				term := rapid.Int64Range(0, m.raised+2).Draw(t, "term")
				shown, err := s.Raise(ctx, "view", 3, term)
				if term < m.raised {
					require.ErrorIs(t, err, delta.ErrStaleTerm)
					return
				}
				require.NoError(t, err)
				m.raised = term
				if m.shown == nil {
					require.Nil(t, shown)
					return
				}
				list := m.copies[*m.shown]
				require.Equal(t, &delta.Shown{Copy: *m.shown, Through: list[len(list)-1].Through}, shown)
			},
			"begin": func(t *rapid.T) {
				c := delta.Copy{View: "view", Partition: 3, From: rapid.Int64Range(0, 3).Draw(t, "from"),
					Term: rapid.Int64Range(max(0, m.raised-1), m.raised+1).Draw(t, "term"), Nonce: fmt.Sprint(len(names))}
				names, writers[c] = append(names, c), newWriter(c)
			},
			"flush": func(t *rapid.T) {
				w := some()
				f := w.draft(w.through()+rapid.Int64Range(0, 9).Draw(t, "events"),
					rapid.SampledFrom(m.starts(w.copy, int64(len(m.copies[w.copy]))+1)).Filter(func(n int64) bool {
						return n <= w.number()+1
					}).Draw(t, "replaces"))
				if flush(w, f) == nil && f.Number > w.number() {
					w.throughs = append(w.throughs, f.Through)
				}
			},
			"retry": func(t *rapid.T) {
				w := some()
				if list := m.copies[w.copy]; len(list) > 0 {
					require.NotErrorIs(t, flush(w, list[len(list)-1]), delta.ErrLostFlush)
				}
			},
			"wrong": func(t *rapid.T) {
				w := some()
				number := rapid.Int64Range(1, w.number()+3).Draw(t, "number")
				if number == w.number()+1 && w.copy.Term >= m.raised && len(m.copies[w.copy]) == int(w.number()) {
					t.Skip("that would be right")
				}
				f := withNumber(w.draft(w.through()+1, w.number()+1), number)
				require.Error(t, flush(w, f))
			},
			"fold amid": func(t *rapid.T) {
				w := some()
				replaces := rapid.Int64Range(1, w.number()+1).Draw(t, "replaces")
				f := w.draft(w.through()+1, replaces)
				if flush(w, f) == nil {
					w.throughs = append(w.throughs, f.Through)
				}
			},
			"swap": func(t *rapid.T) {
				w := some()
				require.ErrorIs(t, s.Swap(ctx, w.copy), m.swap(w.copy))
			},
			"drop": func(t *rapid.T) {
				w := some()
				m.drop(w.copy)
				require.NoError(t, s.Drop(ctx, w.copy))
				writers[w.copy] = newWriter(w.copy) // a copy that begins again
			},
			"": func(t *rapid.T) {
				if m.shown == nil {
					require.Nil(t, read(t, ctx, s, copyOf(0, "")))
					return
				}
				list := m.copies[*m.shown]
				o := read(t, ctx, s, *m.shown)
				requireExact(t, o, *m.shown, list[len(list)-1].Through)
				require.Len(t, o.Batches, len(m.starts(*m.shown, int64(len(list))+1))-1, "as many batches as stand")
			},
		})
	})
}
