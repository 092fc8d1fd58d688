package archivetest_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/archive/archivetest"
	"github.com/stretchr/testify/require"
)

// on makes a hook that has one fault, at one call.
func on(at int, fault archivetest.Fault) archivetest.Hook {
	return func(call int, _, _ string) archivetest.Fault {
		if call == at {
			return fault
		}
		return archivetest.Fault{}
	}
}

func has(t *testing.T, store archive.Store, name string) bool {
	_, err := store.Get(t.Context(), name, 0, -1)
	if err != nil {
		require.ErrorIs(t, err, archive.ErrNotFound)
	}
	return err == nil
}

func TestOutcomes(t *testing.T) {
	for _, c := range []struct {
		outcome archivetest.Outcome
		err     error
		effect  bool
		crashed bool
	}{
		{archivetest.None, nil, true, false},
		{archivetest.FailBefore, archivetest.ErrFault, false, false},
		{archivetest.FailAfter, archivetest.ErrFault, true, false},
		{archivetest.FailLate, archivetest.ErrFault, false, false},
		{archivetest.CrashBefore, archivetest.ErrCrashed, false, true},
		{archivetest.CrashAfter, archivetest.ErrCrashed, true, true},
	} {
		t.Run(fmt.Sprint(c.outcome), func(t *testing.T) {
			inner := archive.Memory()
			faults := archivetest.NewFaults(inner, on(1, archivetest.Fault{Outcome: c.outcome}))
			require.NoError(t, faults.Put(t.Context(), "first", nil))
			require.ErrorIs(t, faults.Put(t.Context(), "second", nil), c.err)
			require.Equal(t, c.effect, has(t, inner, "second"))
			require.Equal(t, c.crashed, faults.Crashed())
			_, err := faults.Get(t.Context(), "first", 0, -1)
			if c.crashed {
				require.ErrorIs(t, err, archivetest.ErrCrashed)
			} else {
				require.NoError(t, err)
			}
			require.Equal(t, 3, faults.Calls())
			require.NoError(t, faults.Land(t.Context()))
			require.Equal(t, c.effect || c.outcome == archivetest.FailLate, has(t, inner, "second"))
		})
	}
}

func TestReadsFail(t *testing.T) {
	inner := archive.Memory()
	require.NoError(t, inner.Put(t.Context(), "a", nil))
	for _, outcome := range []archivetest.Outcome{archivetest.FailBefore, archivetest.FailAfter} {
		faults := archivetest.NewFaults(inner, func(int, string, string) archivetest.Fault {
			return archivetest.Fault{Outcome: outcome}
		})
		_, err := faults.Get(t.Context(), "a", 0, -1)
		require.ErrorIs(t, err, archivetest.ErrFault)
		var names []string
		var failed error
		for name, err := range faults.List(t.Context(), "", "") {
			if err != nil {
				failed = err
				continue
			}
			names = append(names, name)
		}
		require.ErrorIs(t, failed, archivetest.ErrFault)
		require.Equal(t, outcome == archivetest.FailAfter, len(names) == 1)
	}
}

func TestGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner, gate := archive.Memory(), make(chan struct{})
		faults := archivetest.NewFaults(inner, func(call int, _, name string) archivetest.Fault {
			if call < 2 {
				return archivetest.Fault{Gate: gate}
			}
			return archivetest.Fault{}
		})
		ctx, cancel := context.WithCancel(t.Context())
		errs := make(chan error, 2)
		go func() { errs <- faults.Put(ctx, "given-up", nil) }()
		synctest.Wait()
		go func() { errs <- faults.Put(t.Context(), "zombie", nil) }()
		synctest.Wait()
		require.False(t, has(t, inner, "zombie"), "a gate holds the call before its effect")
		cancel()
		require.ErrorIs(t, <-errs, context.Canceled)
		require.NoError(t, faults.Put(t.Context(), "other", nil), "a gate holds one call, not the others")
		close(gate)
		require.NoError(t, <-errs)
		require.True(t, has(t, inner, "zombie"))
		require.False(t, has(t, inner, "given-up"))
	})
}

func TestCrashWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner, gate := archive.Memory(), make(chan struct{})
		faults := archivetest.NewFaults(inner, on(0, archivetest.Fault{Gate: gate}))
		errs := make(chan error, 1)
		go func() { errs <- faults.Put(t.Context(), "a", nil) }()
		synctest.Wait()
		faults.Crash()
		close(gate)
		require.ErrorIs(t, <-errs, archivetest.ErrCrashed)
		require.False(t, has(t, inner, "a"))
	})
}

func TestCopy(t *testing.T) {
	from := archive.Memory()
	for _, name := range []string{"keep", "flip", "lose"} {
		require.NoError(t, from.Put(t.Context(), name, []byte("body")))
	}
	to := archivetest.Copy(t, from, func(name string, body []byte) ([]byte, bool) {
		if name == "flip" {
			body[0] ^= 1
		}
		return body, name != "lose"
	})
	require.False(t, has(t, to, "lose"))
	for name, want := range map[string]string{"keep": "body", "flip": "cody"} {
		body, err := to.Get(t.Context(), name, 0, -1)
		require.NoError(t, err)
		require.Equal(t, want, string(body))
	}
	require.True(t, has(t, from, "lose"))
}
