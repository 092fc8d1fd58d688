package await

import (
	"context"
	"io"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

func TestWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		require.NoError(t, Work(ctx, func() error { return nil }))
		require.ErrorIs(t, Work(ctx, func() error { return io.EOF }), io.EOF)
		hang, left := make(chan struct{}), false
		require.ErrorIs(t, Work(ctx, func() error { cancel(); <-hang; left = true; return nil }), context.Canceled)
		close(hang)
		synctest.Wait()
		require.True(t, left, "it's left behind, and ends by itself")
		require.ErrorIs(t, Work(ctx, func() error { panic("not reached") }), context.Canceled)
	})
}
