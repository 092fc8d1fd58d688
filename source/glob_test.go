package source

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

func TestGlobFindsWhatEnginesFind(t *testing.T) {
	files := fstest.MapFS{}
	for _, name := range []string{
		"top.parquet", "_SUCCESS", ".hidden.parquet", "_part.parquet", "notes.txt",
		"a/one.parquet", "a/.one.parquet.crc", "a/_temporary/0/two.parquet", "a/b/c/deep.parquet",
		"table.parquet/part-0.parquet", "table.parquet/_SUCCESS",
		"h/fecha=2026-11-24/region=norte/0.parquet", "h/fecha=2026-11-24/region=sur/0.parquet",
		"h/fecha=2026-11-25/region=norte/0.parquet", "h/_raw=1/0.parquet", "h/.git/0.parquet",
	} {
		files[name] = &fstest.MapFile{}
	}
	for pattern, want := range map[string][]string{
		"*.parquet":             nil, // table.parquet is a directory
		"top.*":                 {"top.parquet"},
		"./top.*":               {"top.parquet"},
		"t*.txt":                {},
		"nowhere/*":             {},
		"top.parquet/*":         {},
		"a/*":                   nil,
		"a/*.parquet":           {"a/one.parquet"},
		"a/_temporary/*/*":      {"a/_temporary/0/two.parquet"},
		"a/.one*":               {"a/.one.parquet.crc"},
		"_*.parquet":            {"_part.parquet"},
		"a/**/*.parquet":        {"a/b/c/deep.parquet", "a/one.parquet"},
		"a/**":                  {"a/b/c/deep.parquet", "a/one.parquet"},
		"a/**/**/c/**/*":        {"a/b/c/deep.parquet"},
		"table.parquet/**":      {"table.parquet/part-0.parquet"},
		"**/*t*.parquet":        {"table.parquet/part-0.parquet", "top.parquet"},
		"h/fecha=*/region=s*/*": {"h/fecha=2026-11-24/region=sur/0.parquet"},
		"h/*=*/0.parquet":       {"h/_raw=1/0.parquet"},
		"**/region=norte/*":     {"h/fecha=2026-11-24/region=norte/0.parquet", "h/fecha=2026-11-25/region=norte/0.parquet"},
		"../*":                  nil,
		"/a/*":                  nil,
		"[":                     nil,
		"a":                     nil,
	} {
		got, err := Glob(files, pattern)
		if want == nil {
			require.ErrorIs(t, err, ErrOptions, pattern)
			continue
		}
		require.NoError(t, err, pattern)
		require.Equal(t, want, append([]string{}, got...), pattern)
	}
}

// locked is a file system with a directory that can't be listed.
type locked struct{ fstest.MapFS }

func (l locked) ReadDir(name string) ([]fs.DirEntry, error) {
	if name == "a/b" {
		return nil, fs.ErrPermission
	}
	return l.MapFS.ReadDir(name)
}

func TestGlobDoesNotLoseFilesSilently(t *testing.T) {
	files := locked{fstest.MapFS{"a/one": {}, "a/b/two": {}}}
	for _, pattern := range []string{"a/**", "a/*/*", "a/b/*"} {
		_, err := Glob(files, pattern)
		require.ErrorIs(t, err, fs.ErrPermission, pattern)
	}
	_, err := Glob(os.DirFS(filepath.Join(t.TempDir(), "nowhere")), "*")
	require.True(t, errors.Is(err, fs.ErrNotExist), err)
}

func TestGlobFollowsNoLinkInACircle(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "a"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a", "one"), nil, 0o644))
	require.NoError(t, os.Symlink("..", filepath.Join(dir, "a", "up")))
	require.NoError(t, os.Symlink("a", filepath.Join(dir, "link")))
	got, err := Glob(os.DirFS(dir), "**/*")
	require.NoError(t, err)
	require.Equal(t, []string{"a/one"}, got)
	got, err = Glob(os.DirFS(dir), "link/on*")
	require.NoError(t, err)
	require.Equal(t, []string{"link/one"}, got)
}
