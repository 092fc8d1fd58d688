// Package await waits for clients that don't mind their callers' contexts.
package await

import "context"

// Work waits for work, or for the end of ctx, whose error it gives then. A client may
// heed a context only between its attempts, or be told not to mind it: work that's
// left behind ends with the client's own time-outs.
func Work(ctx context.Context, work func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- work() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
