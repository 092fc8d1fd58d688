package archive_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/lambda/archive"
)

// TestWhatOthersPutIsSeenAtOnce: an archive that has listed a folder which didn't
// change for a while sees what another process puts there, the next time it looks.
func TestWhatOthersPutIsSeenAtOnce(t *testing.T) {
	dir := t.TempDir()
	writer := declared(t, archive.Dir(dir), 1)
	owner, err := writer.Claim(t.Context(), 0, 0)
	require.NoError(t, err)
	require.NoError(t, archive.Publish(t.Context(), archive.Dir(dir), "views/v", 0, archive.NewNonce(), "zero"))
	const settled = 20 * time.Millisecond // and clocks that tick every 10
	reader := archive.New(archive.DirSettling(dir, settled))
	known := int64(-1)
	look := func() (entries, partitions int, published string) {
		chains, err := reader.Chains(t.Context())
		require.NoError(t, err)
		known, err = reader.Latest(t.Context(), "views/v", known, &published)
		require.NoError(t, err)
		return len(chains[0].Entries), len(chains), published
	}
	look()
	time.Sleep(settled) // whatever the listings, from now on times are trusted
	entries, partitions, published := look()
	require.Equal(t, []any{1, 1, ""}, []any{entries, partitions, published}, "the publication is known already")
	look() // without a listing, on file systems that are this machine's

	require.NoError(t, owner.Commit(t.Context(), archive.Entry{From: 0, To: 5}))
	require.NoError(t, archive.Publish(t.Context(), archive.Dir(dir), "views/v", 1, archive.NewNonce(), "one"))
	require.NoError(t, writer.Declare(t.Context(), archive.Log{Identity: "log", Partitions: 2}))
	entries, partitions, published = look()
	require.Equal(t, []any{2, 2, "one"}, []any{entries, partitions, published})

	require.NoError(t, os.RemoveAll(filepath.Join(dir, "views")))
	n, err := reader.Latest(t.Context(), "views/v", known, &published)
	require.NoError(t, err)
	require.EqualValues(t, -1, n)
}
