package main

import (
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/delta"
	"github.com/anabranch-go/anabranch/source"
)

// smallLog has so many sales, one in each chunk.
func smallLog(t *testing.T, sales int) source.Source[Sale] {
	log, err := source.NewMemory[Sale]("small", 1, source.MemoryOptions[Sale]{ChunkRows: 1})
	require.NoError(t, err)
	for range sales {
		_, err := log.Append(0, Sale{InvoiceNo: "536365", Quantity: 2, UnitPrice: 2550, Country: "EIRE"})
		require.NoError(t, err)
	}
	require.NoError(t, log.Close())
	return log
}

func TestALifeEndsAfterItsChunks(t *testing.T) {
	l := newLife(2)
	reader, err := mortalLog{smallLog(t, 5), l}.Open(t.Context(), 0, 0)
	require.NoError(t, err)
	for range 2 {
		_, err := reader.Next(t.Context())
		require.NoError(t, err)
		require.NoError(t, l.check())
	}
	_, err = reader.Next(t.Context())
	require.ErrorIs(t, err, errKilled)
	require.ErrorIs(t, l.check(), errKilled)
}

func TestALifeWithoutAnEndReadsToTheLogs(t *testing.T) {
	l := newLife(0)
	reader, err := mortalLog{smallLog(t, 5), l}.Open(t.Context(), 0, 0)
	require.NoError(t, err)
	chunks := 0
	for {
		_, err := reader.Next(t.Context())
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		chunks++
	}
	require.Equal(t, 5, chunks)
	require.NoError(t, l.check())
}

func TestTheDeadChangeNothing(t *testing.T) {
	ctx, l := t.Context(), newLife(1)
	store, deltas := archive.Memory(), delta.Memory()
	dead := mortalArchive{store, l}
	require.NoError(t, dead.Put(ctx, "before", []byte("x")))
	l.kill()
	l.kill() // twice is once

	require.ErrorIs(t, dead.Put(ctx, "after", []byte("x")), errKilled)
	_, err := dead.Get(ctx, "before", 0, -1)
	require.ErrorIs(t, err, errKilled)
	for _, err := range dead.List(ctx, "", "") {
		require.ErrorIs(t, err, errKilled)
	}
	var names []string
	for name, err := range store.List(ctx, "", "") {
		require.NoError(t, err)
		names = append(names, name)
	}
	require.Equal(t, []string{"before"}, names)

	deadDeltas := mortalDeltas{deltas, l}
	shown := delta.Copy{View: "v", Partition: 0, From: 0, Term: 7, Nonce: "n"}
	_, err = deadDeltas.Raise(ctx, "v", 0, 7)
	require.ErrorIs(t, err, errKilled)
	require.ErrorIs(t, deadDeltas.Flush(ctx, shown, delta.Flush{Number: 1, Replaces: 1, Through: 3}), errKilled)
	require.ErrorIs(t, deadDeltas.Swap(ctx, shown), errKilled)
	require.ErrorIs(t, deadDeltas.Drop(ctx, shown), errKilled)
	_, err = deltas.Raise(ctx, "v", 0, 1) // refused if the dead had raised the term to 7
	require.NoError(t, err)
	_, err = mortalLog{smallLog(t, 1), l}.Open(ctx, 0, 0)
	require.ErrorIs(t, err, errKilled)
}
