package archive_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// ledger is what processes were told about their segments, by the name of the
// file that makes each unique.
type ledger struct {
	reader    *archive.Archive // has seen the chain grow
	mu        sync.Mutex
	committed map[string]archive.Entry
	lost      map[string]bool
	doubts    int
}

// owner claims the partition and commits segments, again and again. Choices
// decide how large segments are and whether a doubt is settled by the same
// owner or by claiming anew.
func (l *ledger) owner(t assert.TestingT, id int, choices []int) process {
	return func(ctx context.Context, store archive.Store) {
		a := archive.New(store)
		for len(choices) > 0 {
			if a.Declare(ctx, archive.Log{Identity: "log", Partitions: 1}) != nil {
				choices = choices[1:]
				continue
			}
			owner, err := a.Claim(ctx, 0, 100)
			if err != nil {
				choices = choices[1:]
				continue
			}
			for err == nil && len(choices) > 0 {
				size := int64(choices[0]%3 + 1)
				name := fmt.Sprintf("events/%d-%d", id, len(choices))
				err = l.commit(ctx, t, owner, name, size, choices[0]%2 == 0)
				choices = choices[1:]
			}
		}
	}
}

// commit commits one segment and notes what it was told.
func (l *ledger) commit(ctx context.Context, t assert.TestingT, owner *archive.Owner, name string, size int64, patient bool) error {
	file := archive.File{Name: name, Size: 1, SHA256: fmt.Sprintf("%064x", size)}
	segment := archive.Entry{From: owner.End(), To: owner.End() + size, Events: []archive.File{file}}
	sequence := owner.NextSequence()
	err := owner.Commit(ctx, segment)
	if errors.Is(err, archive.ErrUnsettled) && patient {
		assert.ErrorIs(t, owner.Commit(ctx, archive.Entry{From: segment.From, To: segment.To + 1}), archive.ErrInvalid,
			"while one segment is in doubt no other may take its number")
		err = owner.Commit(ctx, segment)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err == nil:
		segment.Sequence, segment.Term = sequence, owner.Term()
		l.committed[name] = segment
		assert.Equal(t, segment.To, owner.End())
	case errors.Is(err, archive.ErrLost):
		l.lost[name] = true
		assert.ErrorIs(t, owner.Commit(ctx, segment), archive.ErrLost, "a lost partition is lost for ever")
	default:
		l.doubts++
		assert.ErrorIs(t, err, archive.ErrUnsettled)
	}
	return err
}

// check reads on in the chain and compares it with the ledger.
func (l *ledger) check(t require.TestingT, store archive.Store) {
	if l.reader == nil {
		l.reader = archive.New(store)
	}
	chains, err := l.reader.Chains(context.Background())
	if errors.Is(err, archive.ErrEmpty) {
		require.Empty(t, l.committed)
		return
	}
	require.NoError(t, err)
	require.Len(t, chains, 1)
	end, seen := int64(100), map[string]archive.Entry{}
	term := int64(-1)
	for i, entry := range chains[0].Entries {
		require.Equal(t, int64(i), entry.Sequence)
		require.Equal(t, end, entry.From, "entry %d must start where the one before ends", i)
		require.GreaterOrEqual(t, entry.Term, term, "terms must never go down")
		end, term = entry.To, entry.Term
		if entry.Kind == archive.KindSegment {
			require.NotContains(t, seen, entry.Events[0].Name, "a segment is committed once")
			seen[entry.Events[0].Name] = entry
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, told := range l.committed {
		require.Contains(t, seen, name, "Commit returned nil, so the segment must be in the chain")
		found := seen[name]
		require.Equal(t, [4]int64{told.From, told.To, told.Sequence, told.Term}, [4]int64{found.From, found.To, found.Sequence, found.Term})
	}
	for name := range l.lost {
		require.NotContains(t, seen, name, "Commit returned ErrLost, so the segment must never be in the chain")
	}
}

// TestChainUnderFaults is the chain's promise: whatever fails, crashes, arrives
// late or comes back from the dead, the chain tiles at every moment, and
// owners know the truth.
func TestChainUnderFaults(t *testing.T) {
	var committed, lost, doubts int
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(noDeadline{t}, func(rt *rapid.T) {
			ledger := &ledger{committed: map[string]archive.Entry{}, lost: map[string]bool{}}
			var processes []process
			for id := range rapid.IntRange(2, 4).Draw(rt, "owners") {
				choices := rapid.SliceOfN(even, 4, 12).Draw(rt, "choices")
				processes = append(processes, ledger.owner(rt, id, choices))
			}
			simulate(rt, processes, func(store archive.Store) { ledger.check(rt, store) })
			store := ledger.reader.Store()
			ledger.reader = nil // in the end, as a stranger would
			ledger.check(rt, store)
			committed += len(ledger.committed)
			lost += len(ledger.lost)
			doubts += ledger.doubts
		})
	})
	t.Logf("%d segments committed, %d lost, %d left in doubt", committed, lost, doubts)
	require.Positive(t, committed)
	require.Positive(t, lost)
	if !testing.Short() { // few runs may leave none
		require.Positive(t, doubts)
	}
}

// noDeadline hides a method that a test in a bubble mustn't have called, and
// which rapid calls where it sees it.
type noDeadline struct{ testing.TB }

type note struct {
	By string `json:"by"`
}

// TestPublicationsUnderFaults has several processes publish under the next
// number: each number is one's, and everybody knows whose.
func TestPublicationsUnderFaults(t *testing.T) {
	var published, taken int
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(noDeadline{t}, func(rt *rapid.T) {
			var mu sync.Mutex
			told := map[int64]string{}   // whom a number belongs to
			denied := map[string]int64{} // who was told that he lost which
			publisher := func(id, rounds int) process {
				return func(ctx context.Context, store archive.Store) {
					for round := range rounds {
						n, found, err := archive.Latest(ctx, store, "views/v", &note{})
						if err != nil {
							continue
						}
						if found {
							n++
						}
						me := fmt.Sprintf("%d-%d", id, round)
						err = archive.Publish(ctx, store, "views/v", n, "nonce-"+me, note{By: me})
						mu.Lock()
						switch {
						case err == nil:
							told[n] = me
							published++
						case errors.Is(err, archive.ErrTaken):
							denied[me] = n
							taken++
						default:
							assert.ErrorIs(rt, err, archive.ErrUnsettled)
						}
						mu.Unlock()
					}
				}
			}
			var processes []process
			for id := range rapid.IntRange(2, 4).Draw(rt, "publishers") {
				processes = append(processes, publisher(id, rapid.IntRange(1, 6).Draw(rt, "rounds")))
			}
			simulate(rt, processes, func(store archive.Store) {
				mu.Lock()
				defer mu.Unlock()
				for n, me := range told {
					body, err := store.Get(context.Background(), fmt.Sprintf("views/v/%020d.json", n), 0, -1)
					require.NoError(rt, err)
					require.Contains(rt, string(body), fmt.Sprintf(`{"by":"%s"}`, me))
				}
				for me, n := range denied {
					require.NotEqual(rt, me, told[n])
				}
			})
		})
	})
	t.Logf("%d published, %d taken", published, taken)
	require.Positive(t, published)
	require.Positive(t, taken)
}
