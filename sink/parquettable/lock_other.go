//go:build !unix || solaris || illumos || aix

package parquettable

import (
	"context"
	"os"
)

// lock does nothing where there's no flock: see the package's limits.
func lock(ctx context.Context, _ *os.File) error { return ctx.Err() }

// syncDir does nothing where directories can't be flushed by their name.
func syncDir(string) error { return nil }
