package redisdelta

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

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

// await runs work and returns as soon as ctx ends: a client may be told not to
// mind contexts, and then waits for a server that hangs until its own time-outs
// end. Work that is left behind ends with them.
func await[T any](ctx context.Context, what string, work func(context.Context) (T, error)) (T, error) {
	var nothing T
	if err := ctx.Err(); err != nil {
		return nothing, err
	}
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		value, err := work(ctx)
		done <- outcome{value, err}
	}()
	select {
	case o := <-done:
		if o.err != nil {
			return nothing, explain(ctx, what, o.err)
		}
		return o.value, nil
	case <-ctx.Done():
		return nothing, ctx.Err()
	}
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
