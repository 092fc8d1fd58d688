package lambda

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/sink"
)

// spitefulResult is an aggregate of the caller's whose results panic.
type spitefulResult struct{ spiteful }

func (spitefulResult) Result(int64) int64 { panic("spite") }

// TestAPanicInAQueryEndsThatQueryAlone: in merging, and in making results.
func TestAPanicInAQueryEndsThatQueryAlone(t *testing.T) {
	for name, c := range map[string]struct {
		bad aggregate.Aggregate[simEvent, int64]
		is  error
	}{
		"merge":  {aggregate.Of[simEvent, int64, int64](spiteful{"merge"}), ErrStopped},
		"result": {aggregate.Of[simEvent, int64, int64](spitefulResult{}), aggregate.ErrPanic},
	} {
		t.Run(name, func(t *testing.T) {
			store := archive.Memory()
			archived(t, Config{Archive: store, SegmentRows: 10}, 20)
			good := registered(t, store, nil)
			mala, err := Register(good.pipeline, countView("mala", func(v *View[simEvent, string, int64]) {
				v.Version, v.Aggregate = 1, c.bad
			}))
			require.NoError(t, err)
			_, err = mala.Query(t.Context(), Ever())
			require.ErrorIs(t, err, c.is)
			require.ErrorContains(t, err, "view mala")
			require.ErrorContains(t, err, "spite")
			require.EqualValues(t, 20, total(t, good, Ever()))
		})
	}
}

// TestPublishEndsAtAResultThatPanics: it would at every turn.
func TestPublishEndsAtAResultThatPanics(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		store := archive.Memory()
		archived(t, Config{Archive: store}, 20)
		mala, err := Register(New[simEvent](Config{Archive: store}), countView("mala", func(v *View[simEvent, string, int64]) {
			v.Version, v.Aggregate = 1, aggregate.Of[simEvent, int64, int64](spitefulResult{})
		}))
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err = Publish(ctx, mala, sink.NewMemory[string, int64](), PublishOptions{})
		require.ErrorIs(t, err, aggregate.ErrPanic)
		require.ErrorContains(t, err, "view mala")
	})
}

// meetingStore lets nobody have a segment's events before so many have asked for
// some: then each of a batch run's goroutines has folded a segment.
type meetingStore struct {
	archive.Store
	meeting sync.WaitGroup
	once    sync.Map // by name: a file may be read in several calls
}

func (m *meetingStore) Get(ctx context.Context, name string, offset, length int64) ([]byte, error) {
	if strings.HasPrefix(name, "events/") {
		if _, came := m.once.LoadOrStore(name, true); !came {
			m.meeting.Done()
		}
		m.meeting.Wait()
	}
	return m.Store.Get(ctx, name, offset, length)
}

// TestAPanicInABatchRunsMergeStopsItsViewAlone: goroutines merge what they have
// folded after the last segment, outside of any event.
func TestAPanicInABatchRunsMergeStopsItsViewAlone(t *testing.T) {
	store := &meetingStore{Store: archive.Memory()}
	archived(t, Config{Archive: store, SegmentRows: 10}, 20)
	store.meeting.Add(2)
	p := New[simEvent](Config{Archive: store, Workers: 2})
	good, err := Register(p, countView("buena", nil))
	require.NoError(t, err)
	_, err = Register(p, countView("mala", func(v *View[simEvent, string, int64]) {
		v.Version, v.Aggregate = 1, aggregate.Of[simEvent, int64, int64](spiteful{"merge"})
	}))
	require.NoError(t, err)
	err = p.Batch(t.Context())
	require.ErrorIs(t, err, ErrStopped)
	require.ErrorContains(t, err, "view mala")
	answer, err := good.Query(t.Context(), Ever())
	require.NoError(t, err)
	require.EqualValues(t, 20, answer.Provenance().FromBase())
}
