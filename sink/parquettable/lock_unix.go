//go:build unix && !solaris && !illumos && !aix

package parquettable

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"
)

// lock waits for the file's lock, which ends with the file or the process. The
// kernel's own waiting couldn't be given up, so it's asked again and again.
func lock(ctx context.Context, file *os.File) error {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// syncDir flushes a directory's own entries to disk. Some file systems can't, and
// say so.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := dir.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}
