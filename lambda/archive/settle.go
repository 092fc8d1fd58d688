package archive

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A put that fails is tried this often, with growing pauses. Clients have
// retries of their own: these are for the doubt that those leave.
const (
	attempts   = 4
	firstPause = 10 * time.Millisecond
)

// errOthers says that settle found another's object under the name.
var errOthers = errors.New("another's object")

// settle puts body under name and doesn't return before it knows what came of
// it, or must give up.
//
// nil: the object is there and is ours. errOthers: it is there and isn't.
// ErrUnsettled: unknown; the same body may be put again later.
//
// The doubt is resolved by putting the same bytes again rather than by looking
// first: where our first put arrived, the store answers ErrExists once the
// object is durable, which a mere look wouldn't tell; where it didn't, no
// time is lost. Only then do we read back and ask mine.
func settle(ctx context.Context, store Store, name string, body []byte, mine func(stored []byte) (bool, error)) error {
	for attempt, pause := 1, firstPause; ; attempt, pause = attempt+1, pause*4 {
		err := store.Put(ctx, name, body)
		if err == nil {
			return nil
		}
		if errors.Is(err, ErrName) {
			return err
		}
		if errors.Is(err, ErrExists) {
			var stored []byte
			stored, err = store.Get(ctx, name, 0, max(maxObject, int64(len(body)))+1)
			if err == nil {
				return whose(name, stored, mine)
			}
		}
		hopeless := errors.Is(err, ErrFull) || errors.Is(err, ErrUnwritable)
		if hopeless || attempt == attempts || !rest(ctx, pause) {
			return fmt.Errorf("%w: cannot put %s: %w", ErrUnsettled, name, err)
		}
	}
}

func whose(name string, stored []byte, mine func([]byte) (bool, error)) error {
	ours, err := mine(stored)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if !ours {
		return fmt.Errorf("%w: %s", errOthers, name)
	}
	return nil
}

// ours tells by the nonce whether a stored envelope is ours.
func ours(nonce string) func([]byte) (bool, error) {
	return func(stored []byte) (bool, error) {
		theirs, err := nonceOf(stored)
		return theirs == nonce, err
	}
}

// rest pauses, and says whether there is still a reason to go on.
func rest(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
