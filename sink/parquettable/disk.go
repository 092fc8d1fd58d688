package parquettable

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	currentLink = "current"
	nextLink    = "_next" // a link on its way to become current
	versionsDir = "_versions"
	aboutFile   = "_table"
	lockFile    = "_lock"
)

// Current gives the directory of the table's present version, with no link in its
// last part: what is read there belongs together. fs.ErrNotExist says that nothing
// was written yet.
func Current(dir string) (string, error) {
	version, err := currentVersion(dir)
	if err != nil {
		return "", err
	}
	if version == 0 {
		return "", fmt.Errorf("the table %s has no rows yet: %w", dir, fs.ErrNotExist)
	}
	return versionPath(dir, version), nil
}

func versionName(version int) string { return fmt.Sprintf("%010d", version) }

func versionPath(dir string, version int) string {
	return filepath.Join(dir, versionsDir, versionName(version))
}

// currentVersion is 0 where there's none.
func currentVersion(dir string) (int, error) {
	target, err := os.Readlink(filepath.Join(dir, currentLink))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrTable, err)
	}
	name, ok := strings.CutPrefix(filepath.ToSlash(target), versionsDir+"/")
	version, ok2 := parseVersion(name)
	if !ok || !ok2 {
		return 0, fmt.Errorf("%w: %s leads to %q", ErrTable, filepath.Join(dir, currentLink), target)
	}
	return version, nil
}

func parseVersion(name string) (int, bool) {
	version, err := strconv.Atoi(name)
	return version, err == nil && version > 0 && versionName(version) == name
}

// begin makes the directory, takes its lock and removes what a process that died
// has left. The lock is the caller's to release.
func begin(ctx context.Context, dir string) (version int, release func(), err error) {
	if err := checkOurs(dir); err != nil {
		return 0, nil, err
	}
	if err := os.MkdirAll(filepath.Join(dir, versionsDir), 0o777); err != nil {
		return 0, nil, err
	}
	file, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return 0, nil, err
	}
	if err := lock(ctx, file); err != nil {
		file.Close()
		return 0, nil, fmt.Errorf("cannot lock %s: %w", file.Name(), err)
	}
	release = func() { file.Close() }
	if version, err = currentVersion(dir); err == nil {
		err = removeVersions(dir, func(v int) bool { return v > version })
	}
	if err != nil {
		release()
		return 0, nil, err
	}
	return version, release, nil
}

// checkOurs refuses a directory that holds anything and isn't a table: its files
// would be taken for the table's.
func checkOurs(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var other string
	for _, entry := range entries {
		switch name := entry.Name(); {
		case name == versionsDir:
			return nil
		case name != lockFile && !strings.HasPrefix(name, "."):
			other = name
		}
	}
	if other != "" {
		return fmt.Errorf("%w: %s holds %s, and isn't a table", ErrTable, dir, other)
	}
	return nil
}

// removeVersions removes versions, and nothing else that lies beside them.
func removeVersions(dir string, which func(version int) bool) error {
	entries, err := os.ReadDir(filepath.Join(dir, versionsDir))
	if err != nil {
		return err
	}
	var errs []error
	for _, entry := range entries {
		if version, ok := parseVersion(entry.Name()); ok && which(version) {
			errs = append(errs, os.RemoveAll(versionPath(dir, version)))
		}
	}
	return errors.Join(errs...)
}

// files lists the Parquet files of a version, by partition.
func files(version string) (map[string][]string, error) {
	found := map[string][]string{}
	err := filepath.WalkDir(version, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".parquet" {
			return err
		}
		below, err := filepath.Rel(version, filepath.Dir(path))
		if err != nil {
			return err
		}
		if below = filepath.ToSlash(below); below == "." {
			below = ""
		}
		found[below] = append(found[below], path)
		return nil
	})
	return found, err
}

// build is a version that is being made.
type build struct {
	dir     string // of the table
	version int
	path    string
	made    map[string]bool // the directories, by path
}

func newBuild(dir string, version int, about string) (*build, error) {
	b := &build{dir: dir, version: version, path: versionPath(dir, version), made: map[string]bool{}}
	if err := b.mkdir(b.path); err != nil {
		return nil, err
	}
	return b, b.write(filepath.Join(b.path, aboutFile), []byte(about))
}

// mkdir makes a directory of the version and those above it.
func (b *build) mkdir(path string) error {
	for at := path; !b.made[at] && len(at) >= len(b.path); at = filepath.Dir(at) {
		b.made[at] = true
	}
	return os.MkdirAll(path, 0o777)
}

func (b *build) write(path string, body []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = file.Write(body)
	return errors.Join(err, file.Sync(), file.Close())
}

// add writes a file of a partition, under a name that no file of the table had.
func (b *build) add(partition string, body []byte, nonce string) error {
	in := filepath.Join(b.path, filepath.FromSlash(partition))
	if err := b.mkdir(in); err != nil {
		return err
	}
	return b.write(filepath.Join(in, versionName(b.version)+"-"+nonce+".parquet"), body)
}

// keep links files of the version before.
func (b *build) keep(partition string, files []string) error {
	in := filepath.Join(b.path, filepath.FromSlash(partition))
	if err := b.mkdir(in); err != nil {
		return err
	}
	for _, path := range files {
		if err := os.Link(path, filepath.Join(in, filepath.Base(path))); err != nil {
			return err
		}
	}
	return nil
}

// commit makes the version the current one.
func (b *build) commit() error {
	for path := range b.made {
		if err := syncDir(path); err != nil {
			return err
		}
	}
	if err := syncDir(filepath.Dir(b.path)); err != nil {
		return err
	}
	next := filepath.Join(b.dir, nextLink)
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Symlink(versionsDir+"/"+versionName(b.version), next); err != nil {
		return err
	}
	if err := os.Rename(next, filepath.Join(b.dir, currentLink)); err != nil {
		return err
	}
	return syncDir(b.dir)
}
