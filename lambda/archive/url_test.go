package archive_test

import (
	"context"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/lambda/archive"
)

func TestOpenByURL(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{folder + "/a", "file://" + folder + "/a"} {
		store, err := archive.Open(t.Context(), name)
		require.NoError(t, err)
		if _, err := store.Get(t.Context(), "x", 0, -1); err != nil {
			require.NoError(t, store.Put(t.Context(), "x", []byte("x")))
		}
		body, err := store.Get(t.Context(), "x", 0, -1)
		require.NoError(t, err)
		require.Equal(t, "x", string(body))
	}
	memory := archive.Memory()
	opener := archive.Opener{Scheme: "mem", Open: func(_ context.Context, u *url.URL) (archive.Store, error) {
		require.Equal(t, "bucket", u.Host)
		return memory, nil
	}}
	store, err := archive.Open(t.Context(), "mem://bucket/prefix", opener)
	require.NoError(t, err)
	require.Same(t, memory, store)
}

func TestURLsThatAreNone(t *testing.T) {
	for _, name := range []string{"", "gs://bucket", "file://host/path", "file://", "file://u:sentinel@/path", "s3://key:sentinel@%zz/", "s3://a b:sentinel@c",
		"s3://key:sentinel/rest@bucket", "s3://key:sentinel#rest@bucket", "s3://key:sentinel?rest@bucket", "9key:sentinel@bucket?endpoint=http://host"} {
		_, err := archive.Open(t.Context(), name)
		require.ErrorIs(t, err, archive.ErrInvalid, name)
		require.NotContains(t, err.Error(), "sentinel")
	}
}
