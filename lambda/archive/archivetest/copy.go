package archivetest

import (
	"testing"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/stretchr/testify/require"
)

// Copy copies a store into memory, passing each object through change, which
// may return other bytes, or false to leave the object out: how an archive
// would be if the disk had flipped a byte or lost a file. A nil change copies
// all as it is. Change may alter the body it is given.
func Copy(t testing.TB, from archive.Store, change func(name string, body []byte) ([]byte, bool)) *archive.MemoryStore {
	t.Helper()
	to := archive.Memory()
	for name, err := range from.List(t.Context(), "", "") {
		require.NoError(t, err)
		body, err := from.Get(t.Context(), name, 0, -1)
		require.NoError(t, err)
		keep := true
		if change != nil {
			body, keep = change(name, body)
		}
		if keep {
			require.NoError(t, to.Put(t.Context(), name, body))
		}
	}
	return to
}
