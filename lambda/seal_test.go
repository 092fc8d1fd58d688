package lambda

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/lambda/archive"
)

// away is an archive's store that takes no object below a prefix until some time.
type away struct {
	archive.Store
	prefix string
	until  time.Time
}

func (a *away) Put(ctx context.Context, name string, body []byte) error {
	if strings.HasPrefix(name, a.prefix) && time.Now().Before(a.until) {
		return errors.New("no route to the store")
	}
	return a.Store.Put(ctx, name, body)
}

// sealDuring seals ten events into a store that is away, and says how long that
// took.
func sealDuring(t *testing.T, ctx context.Context, prefix string, outage time.Duration) (time.Duration, *stepped, error) {
	store := &away{Store: archive.Memory()}
	o := own(t, registered(t, store, nil).pipeline, viewLog(t, "log", 10), 0)
	o.take(10)
	began := time.Now()
	store.prefix, store.until = prefix, began.Add(outage)
	err := o.w.seal(ctx)
	return time.Since(began), o, err
}

// TestASealOutlivesAnOutage: of half a minute, whatever the store was to take.
func TestASealOutlivesAnOutage(t *testing.T) {
	for _, prefix := range []string{"events/", "deltas/", "_log/"} {
		t.Run(strings.Trim(prefix, "/"), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				_, o, err := sealDuring(t, t.Context(), prefix, 25*time.Second)
				require.NoError(t, err)
				require.EqualValues(t, 10, o.w.owner.End())
			})
			inBubble(t, func(t *testing.T) {
				took, o, err := sealDuring(t, t.Context(), prefix, time.Hour)
				require.ErrorIs(t, err, archive.ErrUnsettled)
				require.ErrorContains(t, err, "no route to the store")
				require.Less(t, took, time.Minute)
				require.Zero(t, o.w.owner.End())
			})
		})
	}
}

// TestASealDoesNotOutliveItsContext: what is held isn't lost by that.
func TestASealDoesNotOutliveItsContext(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		took, _, err := sealDuring(t, ctx, "events/", time.Hour)
		require.ErrorIs(t, err, archive.ErrUnsettled)
		require.Equal(t, 5*time.Second, took)
	})
}
