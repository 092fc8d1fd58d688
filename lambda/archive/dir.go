package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// tempDir holds files that are being written. Names that start with a dot are
// no object's, so listings never show what lies in it.
const tempDir = ".tmp"

// dir is a Store in a local directory.
type dir struct {
	root  string
	write func(*os.File, []byte) error // a test's full disk
	// How old a directory's last change must be, so that the next one surely gets
	// another time: file systems' clocks tick every 10 ms, or every second.
	settled time.Duration

	mu      sync.Mutex
	durable map[string]bool    // directories whose own entries are on disk
	swept   bool               // leftovers of dead processes were looked for
	watched map[string]watched // directories that are asked whether they changed
}

// Dir returns the store in the local directory path, which the first Put
// makes. Several processes may use the same directory, on file systems with
// hard links.
//
// An object is written to a temporary file, flushed to disk, linked to its
// name, which fails where there is one, and then its directory is flushed. A
// process that is killed in between leaves a temporary file that nobody sees
// and that a later one removes.
//
// Don't move the directory away, nor put another in its place, while processes use
// it: they may go on with what they know of the one before.
//
// A full disk or quota is ErrFull. A path that can't be written, because of
// its permissions, because a part of it isn't a directory, or because the file
// system has no hard links, is ErrUnwritable.
func Dir(path string) Store {
	return &dir{root: filepath.Clean(path), write: writeAll, settled: 2 * time.Second, durable: map[string]bool{}}
}

func writeAll(file *os.File, body []byte) error {
	_, err := file.Write(body)
	return err
}

func (d *dir) path(name string) string {
	return filepath.Join(d.root, filepath.FromSlash(name))
}

func (d *dir) Put(ctx context.Context, name string, body []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := CheckName(name); err != nil {
		return err
	}
	err := d.put(d.path(name), body)
	if errors.Is(err, fs.ErrNotExist) {
		// A directory that we knew has gone, or another process took our
		// temporary file for a dead one's: once more, from the beginning.
		d.mu.Lock()
		clear(d.durable)
		d.mu.Unlock()
		err = d.put(d.path(name), body)
	}
	return explainWrite(d.path(name), err)
}

func (d *dir) put(path string, body []byte) error {
	parent := filepath.Dir(path)
	if _, err := os.Lstat(path); err == nil {
		return existing(parent)
	}
	temp := filepath.Join(d.root, tempDir)
	for _, needed := range []string{temp, parent} {
		if err := d.makeDurable(needed); err != nil {
			return err
		}
	}
	d.sweepOnce(temp)
	file, err := d.writeTemp(filepath.Join(temp, NewNonce()), body)
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	defer file.Close() // and with it the lock, after the link
	err = os.Link(file.Name(), path)
	if errors.Is(err, fs.ErrExist) {
		return existing(parent)
	}
	if err != nil {
		return err
	}
	return syncDir(parent)
}

// existing is ErrExists, but not before the directory is flushed: the object's
// writer may have died before he did that, and who is told that it exists
// builds on it.
func existing(parent string) error {
	if err := syncDir(parent); err != nil {
		return err
	}
	return ErrExists
}

// writeTemp makes the file, locks it against sweepers and flushes body to disk.
// Its mode leaves readers of the plain files to the umask, which os.CreateTemp
// wouldn't.
func (d *dir) writeTemp(path string, body []byte) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, err
	}
	// Without a lock a sweeper may remove the file, and then linking it fails,
	// which is safe: so it may be missing where the file system has none.
	_ = lock(file)
	err = d.write(file, body)
	if err == nil {
		err = file.Sync()
	}
	if err != nil {
		file.Close()
		os.Remove(path)
		return nil, err
	}
	return file, nil
}

// makeDurable makes a directory, and those above it, and flushes their names,
// once in this process for each: whoever made them may not have.
func (d *dir) makeDurable(path string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.makeDurableLocked(path)
}

func (d *dir) makeDurableLocked(path string) error {
	if d.durable[path] {
		return nil
	}
	err := os.Mkdir(path, 0o777)
	if errors.Is(err, fs.ErrNotExist) && filepath.Dir(path) != path {
		if err := d.makeDurableLocked(filepath.Dir(path)); err != nil {
			return err
		}
		err = os.Mkdir(path, 0o777)
	}
	made := err == nil
	if err != nil {
		info, statErr := os.Stat(path)
		if statErr != nil {
			return err
		}
		if !info.IsDir() {
			return &fs.PathError{Op: "mkdir", Path: path, Err: syscall.ENOTDIR}
		}
	}
	// What stood above the root before us isn't ours to flush.
	if made || strings.HasPrefix(path, d.root+string(filepath.Separator)) {
		if err := syncDir(filepath.Dir(path)); err != nil {
			return err
		}
	}
	d.durable[path] = true
	return nil
}

// sweepOnce removes what dead processes left, once in the life of a store. The
// living hold locks on theirs.
func (d *dir) sweepOnce(temp string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.swept {
		return
	}
	d.swept = true
	entries, err := os.ReadDir(temp)
	if err != nil {
		return // it costs space, no more, and the next process tries again
	}
	for _, entry := range entries {
		removeIfDead(filepath.Join(temp, entry.Name()))
	}
}

func removeIfDead(path string) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer file.Close()
	if lock(file) == nil {
		os.Remove(path)
	}
}

func (d *dir) Get(ctx context.Context, name string, offset, length int64) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := CheckRead(name, offset); err != nil {
		return nil, err
	}
	file, err := os.Open(d.path(name))
	if err != nil {
		return nil, explainRead(d.path(name), err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, explainRead(d.path(name), err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s isn't a file", ErrNotFound, d.path(name))
	}
	offset = min(offset, info.Size())
	body := make([]byte, within(info.Size()-offset, length))
	if _, err := io.ReadFull(io.NewSectionReader(file, offset, int64(len(body))), body); err != nil {
		return nil, explainRead(d.path(name), err)
	}
	return body, nil
}

// explainWrite turns an error of the file system into one of ours that says
// what to do, where somebody can do something.
func explainWrite(path string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrExists):
		return fmt.Errorf("%w: %s", ErrExists, path)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w: cannot write %s: free some space or raise the quota: %w", ErrFull, path, err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w: cannot write %s: let this process write to the archive's directory, on a file system with hard links: %w", ErrUnwritable, path, err)
	case errors.Is(err, syscall.ENOTDIR):
		return fmt.Errorf("%w: cannot write %s: choose a directory whose path leads through no file: %w", ErrUnwritable, path, err)
	case errors.Is(err, errors.ErrUnsupported):
		return fmt.Errorf("%w: cannot write %s: choose a file system with hard links: %w", ErrUnwritable, path, err)
	}
	return fmt.Errorf("cannot write %s: %w", path, err)
}

// explainRead does the same for reads, where a path that leads through a file
// is just a name that no object has.
func explainRead(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return fmt.Errorf("%w: %s", ErrNotFound, path)
	}
	return fmt.Errorf("cannot read %s: %w", path, err)
}
