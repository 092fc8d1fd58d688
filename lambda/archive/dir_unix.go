//go:build unix && !solaris && !illumos && !aix

package archive

import (
	"errors"
	"os"
	"syscall"
)

// lock takes the file's lock, which ends with the process, or fails at once.
func lock(file *os.File) error {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}

// syncDir flushes a directory's own entries to disk: without it a file that
// was flushed may have no name after a power cut.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	// Some file systems can't flush directories and say so.
	if err := dir.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}
