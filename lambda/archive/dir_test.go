package archive_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/stretchr/testify/require"
)

// childOf names, in the environment, the directory that a child process fills.
const childOf = "ANABRANCH_ARCHIVE_TEST_CHILD"

func TestMain(m *testing.M) {
	if root := os.Getenv(childOf); root != "" {
		fill(root)
		return
	}
	os.Exit(m.Run())
}

// fill puts objects, and says so, until it is killed.
func fill(root string) {
	store, run := archive.Dir(root), archive.NewNonce()
	for i := 0; ; i++ {
		name := fmt.Sprintf("objects/%s/%06d", run, i)
		body := bytes.Repeat([]byte{byte(i)}, rand.IntN(1<<18))
		body = binary.LittleEndian.AppendUint32(body, crc32.ChecksumIEEE(body))
		if err := store.Put(ctx, name, body); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(name)
	}
}

// TestKilled kills processes in the middle of their puts. What they said they
// had put is there, all that is there is whole, and what they left unfinished
// is seen by nobody and removed by the next.
func TestKilled(t *testing.T) {
	root := filepath.Join(t.TempDir(), "archive")
	promised := map[string]bool{}
	for range 12 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childOf+"="+root)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, child.Start())
		lines := bufio.NewScanner(out)
		for range rand.IntN(8) + 1 {
			require.True(t, lines.Scan(), "the child ended by itself")
			promised[lines.Text()] = true
		}
		require.NoError(t, child.Process.Kill())
		for lines.Scan() {
			promised[lines.Text()] = true
		}
		require.Error(t, child.Wait(), "it was killed")
	}

	store := archive.Dir(root)
	for name, err := range store.List(t.Context(), "", "") {
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(name, "objects/"), "only what was put may show: %s", name)
		body, err := store.Get(t.Context(), name, 0, -1)
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(body), 4, name)
		rest, sum := body[:len(body)-4], binary.LittleEndian.Uint32(body[len(body)-4:])
		require.Equal(t, crc32.ChecksumIEEE(rest), sum, "%s isn't whole", name)
		delete(promised, name)
	}
	require.Empty(t, promised, "a put that returned must last")

	require.NoError(t, store.Put(t.Context(), "last", nil))
	require.Empty(t, leftovers(t, root), "the first put of a process removes what the dead left")
}

func leftovers(t *testing.T, root string) []os.DirEntry {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(root, ".tmp"))
	require.NoError(t, err)
	return entries
}

func TestDirReopened(t *testing.T) {
	root := t.TempDir()
	first, second := archive.Dir(root), archive.Dir(root+"/./")
	require.NoError(t, first.Put(t.Context(), "a/b", []byte("x")))
	require.ErrorIs(t, second.Put(t.Context(), "a/b", []byte("y")), archive.ErrExists)
	body, err := second.Get(t.Context(), "a/b", 0, -1)
	require.NoError(t, err)
	require.Equal(t, "x", string(body))
}

func TestDirIsMadeByTheFirstPut(t *testing.T) {
	root := filepath.Join(t.TempDir(), "a", "b")
	store := archive.Dir(root)
	for range store.List(t.Context(), "", "") {
		t.Fatal("an archive that isn't there lists nothing")
	}
	_, err := store.Get(t.Context(), "x", 0, -1)
	require.ErrorIs(t, err, archive.ErrNotFound)
	require.NoDirExists(t, root, "reading makes nothing")
	require.NoError(t, store.Put(t.Context(), "x/y", nil))
	require.NoError(t, os.RemoveAll(root))
	require.NoError(t, store.Put(t.Context(), "x/y", nil), "somebody emptied the disk: it's made again")
}

// TestDirHidesTheLiving starts a store while another's put is under way: it
// must not take the living's temporary file for a dead one's.
func TestDirHidesTheLiving(t *testing.T) {
	root := t.TempDir()
	slow := archive.DirWriting(root, func(file *os.File, body []byte) error {
		if len(leftovers(t, root)) != 1 {
			t.Error("the file should be there by now")
		}
		if err := archive.Dir(root).Put(ctx, "fast", nil); err != nil {
			t.Error(err)
		}
		_, err := file.Write(body)
		return err
	})
	require.NoError(t, slow.Put(t.Context(), "slow", []byte("x")))
	body, err := archive.Dir(root).Get(t.Context(), "slow", 0, -1)
	require.NoError(t, err)
	require.Equal(t, "x", string(body))
	require.Empty(t, leftovers(t, root))
}

// TestDirSweptTooEarly has another remove the temporary file all the same, as
// on a file system without locks: the put starts over.
func TestDirSweptTooEarly(t *testing.T) {
	root, tries := t.TempDir(), 0
	store := archive.DirWriting(root, func(file *os.File, body []byte) error {
		if tries++; tries == 1 {
			return os.Remove(file.Name())
		}
		_, err := file.Write(body)
		return err
	})
	require.NoError(t, store.Put(t.Context(), "object", []byte("x")))
	require.Equal(t, 2, tries)
}

func TestDirFull(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT} {
		root, full := t.TempDir(), true
		store := archive.DirWriting(root, func(file *os.File, body []byte) error {
			if full {
				_, _ = file.Write(body[:1])
				return &os.PathError{Op: "write", Path: file.Name(), Err: errno}
			}
			_, err := file.Write(body)
			return err
		})
		err := store.Put(t.Context(), "a/b", []byte("body"))
		require.ErrorIs(t, err, archive.ErrFull)
		require.ErrorContains(t, err, filepath.Join(root, "a", "b"))
		require.ErrorContains(t, err, "free some space")
		_, err = store.Get(t.Context(), "a/b", 0, -1)
		require.ErrorIs(t, err, archive.ErrNotFound)
		require.Empty(t, leftovers(t, root), "a full disk isn't filled further by what failed")

		owner := archive.New(store)
		require.ErrorIs(t, owner.Declare(t.Context(), archive.Log{Identity: "log", Partitions: 1}), archive.ErrFull)
		full = false
		require.NoError(t, store.Put(t.Context(), "a/b", []byte("body")), "once there is space it goes on")
	}
}

// TestDirUnwritable uses a path through a file: modes don't stop root, as whom
// containers often run tests.
func TestDirUnwritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o666))
	for _, root := range []string{file, filepath.Join(file, "below"), filepath.Join(file, "far", "below")} {
		store := archive.Dir(root)
		err := store.Put(t.Context(), "a/b", nil)
		require.ErrorIs(t, err, archive.ErrUnwritable, root)
		require.ErrorContains(t, err, root)
		_, err = store.Get(t.Context(), "a/b", 0, -1)
		require.ErrorIs(t, err, archive.ErrNotFound)
	}
	store := archive.DirWriting(t.TempDir(), func(*os.File, []byte) error { return syscall.EROFS })
	require.ErrorIs(t, store.Put(t.Context(), "a", nil), archive.ErrUnwritable)
}

// TestDirIsReadByOthers has files that other programs may read: a temporary
// file made the usual way would be for its owner only.
func TestDirIsReadByOthers(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "plain"), nil, 0o666))
	require.NoError(t, archive.Dir(root).Put(t.Context(), "object", nil))
	plain, err := os.Stat(filepath.Join(root, "plain"))
	require.NoError(t, err)
	object, err := os.Stat(filepath.Join(root, "object"))
	require.NoError(t, err)
	require.Equal(t, plain.Mode(), object.Mode())
}
