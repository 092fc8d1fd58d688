package lambda

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/source"
)

// Objects with a right checksum may still say what can't be: a bug wrote them, or
// somebody who can write to the archive. That's an error then, in every layer,
// and never a panic or another answer.

// layersOf are what reads an archive.
func layersOf(h *Handle[simEvent, string, int64]) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"query":   func(ctx context.Context) error { _, err := h.Query(ctx, Ever()); return err },
		"batch":   h.pipeline.Batch,
		"advance": h.pipeline.Advance,
		"audit":   func(ctx context.Context) error { _, err := h.pipeline.Audit(ctx); return err },
	}
}

// TestNoLayerTakesAHostileBase: TestHostileBases has more of them, for queries.
func TestNoLayerTakesAHostileBase(t *testing.T) {
	for name, spoil := range map[string]func(*base){
		"a negative sequence": func(b *base) { b.Cut[0].Sequence = -1 },
		"a part twice":        func(b *base) { b.Parts = append(b.Parts, b.Parts[0]) },
		"a part of no window": func(b *base) { b.Parts[0].MaxWindow = b.Parts[0].MinWindow - 1 },
	} {
		store := archive.Memory()
		h := archived(t, Config{Archive: store}, 10)
		require.NoError(t, h.pipeline.Batch(t.Context()))
		n, b, err := h.pipeline.latestBase(t.Context(), h.reg)
		require.NoError(t, err)
		spoil(b)
		require.NoError(t, archive.Publish(t.Context(), store, h.reg.bases(), n+1, archive.NewNonce(), b))
		for layer, run := range layersOf(registered(t, store, nil)) {
			require.ErrorIs(t, run(t.Context()), archive.ErrCorrupt, "%s, %s", name, layer)
		}
	}
}

// TestNoLayerTakesASegmentOfAnothersEvents: [20, 30) with the file of [0, 10),
// whose checksum is right, would count ten events twice.
func TestNoLayerTakesASegmentOfAnothersEvents(t *testing.T) {
	store := archive.Memory()
	archived(t, Config{Archive: store, SegmentRows: 10}, 20)
	a := archive.New(store)
	chains, err := a.Chains(t.Context())
	require.NoError(t, err)
	for entry := range chains[0].After(0) {
		owner, err := a.Claim(t.Context(), 0, 0)
		require.NoError(t, err)
		require.NoError(t, owner.Commit(t.Context(), archive.Entry{From: 20, To: 30, Events: entry.Events}))
		break
	}
	h := registered(t, store, nil)
	for layer, run := range layersOf(h) {
		err := run(t.Context())
		require.ErrorIs(t, err, archive.ErrCorrupt, layer)
		require.ErrorContains(t, err, "offset 0", layer)
	}
}

// TestAQuarantineThatLiesAboutItsRowsIsCorrupt: nothing is allocated by what it
// says.
func TestAQuarantineThatLiesAboutItsRowsIsCorrupt(t *testing.T) {
	body, err := encodeQuarantine([]source.Quarantined{{Offset: 1, Raw: []byte("x"), Reason: "y"}})
	require.NoError(t, err)
	for _, rows := range []int64{0, 2, 1 << 33, 1 << 39} {
		p := New[simEvent](Config{Archive: archive.Memory()})
		o := own(t, p, viewLog(t, "log", 1), 0)
		file, err := p.archive.PutFile(t.Context(), "quarantine/x.parquet", body, rows)
		require.NoError(t, err)
		require.NoError(t, o.w.owner.Commit(t.Context(), archive.Entry{From: 0, To: 1 << 41, Quarantine: &file}), "%d rows", rows)
		seen := 0
		for _, err := range p.Quarantine(t.Context()) {
			seen++
			require.ErrorIs(t, err, archive.ErrCorrupt, "%d rows", rows)
			require.ErrorContains(t, err, file.Name)
		}
		require.Equal(t, 1, seen, "%d rows", rows)
	}
}
