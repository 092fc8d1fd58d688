package resume

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// tearing fails once, after so many bytes.
type tearing struct {
	bytes.Buffer
	room int
	err  error
}

func (w *tearing) Write(p []byte) (int, error) {
	if w.room >= 0 && len(p) > w.room {
		n, _ := w.Buffer.Write(p[:w.room])
		w.room = -1
		return n, w.err
	}
	if w.room >= 0 {
		w.room -= len(p)
	}
	return w.Buffer.Write(p)
}

func TestTextsAreWholeWhereverAWriteFails(t *testing.T) {
	full := errors.New("full")
	for room := range 9 {
		for _, err := range []error{full, nil} {
			to := &tearing{room: room, err: err}
			w := Writer{W: to}
			want := err
			if err == nil {
				want = io.ErrShortWrite
			}
			failed := 0
			for _, text := range []string{"abc", "def", "ghi"} {
				if err := w.Append([]byte(text)); err != nil {
					require.ErrorIs(t, err, want)
					failed++
				}
			}
			require.NoError(t, w.Resume())
			require.Equal(t, 1, failed)
			require.Equal(t, "abcdefghi", to.String())
		}
	}
}

func TestARestThatFailsAgainIsKept(t *testing.T) {
	to := &tearing{room: 1, err: errors.New("full")}
	w := Writer{W: to}
	require.Error(t, w.Append([]byte("abcd")))
	to.room = 1
	require.ErrorContains(t, w.Append([]byte("lost")), "cannot go on")
	require.NoError(t, w.Append([]byte("ef")))
	require.Equal(t, "abcdef", to.String(), "the text behind the rest was refused before it was written")
}

type liar int

func (l liar) Write([]byte) (int, error) { return int(l), errors.New("no") }

func TestCountsOutOfRangeArePutRight(t *testing.T) {
	for _, n := range []liar{-5, 99} {
		w := Writer{W: n}
		require.Error(t, w.Append([]byte("abc")))
		_ = w.Resume()
	}
}
