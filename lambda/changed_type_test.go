package lambda

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// bill is an event whose amount has had several types.
type bill[A any] struct {
	At     time.Time
	Amount A
}

func billView[A any](name string) View[bill[A], A, int64] {
	return View[bill[A], A, int64]{Name: name, Time: source.FieldOf(func(e *bill[A]) *time.Time { return &e.At }),
		Key: By(source.FieldOf(func(e *bill[A]) *A { return &e.Amount })), Window: window.Global(), Aggregate: aggregate.Count[bill[A]]()}
}

// TestAFieldWhoseTypeHasChangedIsNoCorruption: the archive is as it was written.
func TestAFieldWhoseTypeHasChangedIsNoCorruption(t *testing.T) {
	store := archive.Memory()
	log, err := source.NewMemory[bill[int64]]("bills", 1, source.MemoryOptions[bill[int64]]{})
	require.NoError(t, err)
	_, err = log.Append(0, bill[int64]{At: simStart, Amount: 1000})
	require.NoError(t, err)
	require.NoError(t, log.Close())
	require.NoError(t, New[bill[int64]](Config{Archive: store}).Run(t.Context(), log))

	text, narrow := New[bill[string]](Config{Archive: store}), New[bill[int8]](Config{Archive: store})
	asText, err := Register(text, billView[string]("text"))
	require.NoError(t, err)
	asNarrow, err := Register(narrow, billView[int8]("narrow"))
	require.NoError(t, err)
	_, ofText := asText.Query(t.Context(), Ever())
	_, ofNarrow := asNarrow.Query(t.Context(), Ever())
	for _, c := range []struct{ err, is error }{
		{ofText, source.ErrColumn}, {text.Batch(t.Context()), source.ErrColumn},
		{ofNarrow, source.ErrValue}, {narrow.Batch(t.Context()), source.ErrValue},
	} {
		require.ErrorIs(t, c.err, c.is)
		require.NotErrorIs(t, c.err, archive.ErrCorrupt)
		require.ErrorContains(t, c.err, "events/")
		require.ErrorContains(t, c.err, "column Amount")
		require.ErrorContains(t, c.err, "give the field its old type back")
	}
}
