package redisdelta

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/anabranch-go/anabranch/internal/await"
	"github.com/anabranch-go/anabranch/internal/secrets"
)

var (
	// ErrAccess says that the server refuses the user, the password, or what the
	// user may do: they must be mended. The store needs a user that may run scripts
	// and read and write all keys that begin with [Options.Prefix].
	ErrAccess = errors.New("redisdelta: access denied")

	// ErrOptions says that the store's options make no sense.
	ErrOptions = errors.New("redisdelta: invalid options")
)

// openTimeout bounds how long opening waits for the server.
const openTimeout = 10 * time.Second

var errSilent = fmt.Errorf("the server doesn't answer within %v", openTimeout)

// awaited runs work as [await.Work] does, and explains what went wrong.
func awaited[T any](ctx context.Context, what string, work func(context.Context) (T, error)) (T, error) {
	var value, nothing T
	err := await.Work(ctx, func() (err error) {
		value, err = work(ctx)
		return err
	})
	if err != nil {
		return nothing, explain(ctx, what, err)
	}
	return value, nil
}

// explain says what couldn't be done. A context's end comes out of the client in
// many guises; here it's always the context's own error.
func explain(ctx context.Context, what string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	err = secrets.Without(err)
	text := err.Error()
	for _, refusal := range []string{"WRONGPASS", "NOAUTH", "NOPERM", "ERR AUTH"} {
		if strings.Contains(text, refusal) {
			return fmt.Errorf("%w: cannot %s: %w", ErrAccess, what, err)
		}
	}
	return fmt.Errorf("redisdelta: cannot %s: %w", what, err)
}
