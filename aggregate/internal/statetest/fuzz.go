package statetest

import (
	"encoding/hex"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
)

// Fuzz feeds bytes to a decoder. It refuses them as ErrState, or they are the one
// encoding of what they mean; a result fails with one of errs only. Seeds are hex.
func Fuzz[R any](f *testing.F, a aggregate.Aggregate[Event, R], errs []error, seeds ...string) {
	for _, seed := range seeds {
		state, err := hex.DecodeString(seed)
		require.NoError(f, err)
		f.Add(state)
	}
	v := New(f, a, 1)
	v.Fold(5000, func(i int) (uint32, Event) {
		return 0, Event{Text: "some text", Int: int64(i), Float: float64(i - 10), Size: 1}
	})
	f.Add(v.AppendState(nil, 0))
	f.Fuzz(func(t *testing.T, state []byte) {
		v := New(t, a, 1)
		if err := v.MergeState(0, state); err != nil {
			require.ErrorIs(t, err, aggregate.ErrState)
			return
		}
		require.Equal(t, hex.EncodeToString(state), hex.EncodeToString(v.AppendState(nil, 0)))
		if _, err := v.Result(0); err != nil {
			known := false
			for _, e := range errs {
				known = known || errors.Is(err, e)
			}
			require.True(t, known, "%v", err)
		}
	})
}
