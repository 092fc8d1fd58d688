package archive_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/stretchr/testify/require"
)

// FuzzEntry decodes bodies that a hostile writer checksummed properly: what is
// accepted says what it should, and survives a round trip.
func FuzzEntry(f *testing.F) {
	watermark := int64(5)
	file := &archive.File{Name: "events/a", Size: 9, Rows: 1, SHA256: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}
	full := segmentOf(0, 0, 3, 9)
	full.Events, full.Quarantine = []archive.File{*file, {Name: "events/b", Size: 9, SHA256: file.SHA256}}, file
	full.Deltas = map[string]archive.Delta{"v": {File: file, Late: 1, Rows: 1, MinTime: -1, MaxTime: 1, Watermark: &watermark}}
	for _, entry := range []archive.Entry{claimAt(0), claimAt(-1), segmentOf(0, 0, 0, 5), segmentOf(0, 0, 5, 0), full,
		{Format: 1, Kind: archive.KindGap, Nonce: "n", To: 3, Reason: "why"}, {Format: 2, Nonce: "n"}} {
		body, err := json.Marshal(entry)
		require.NoError(f, err)
		f.Add(body)
	}
	for _, body := range []string{"", "null", "[]", "{}", `{"format":1e99}`, `{"format":1,"extra":1}`, `{"format":1,"to":9223372036854775808}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		entry, err := archive.DecodeEntry(body, "n", 0, 0)
		if err != nil {
			require.True(t, errors.Is(err, archive.ErrCorrupt) || errors.Is(err, archive.ErrFormat), "%v", err)
			return
		}
		require.Zero(t, entry.Sequence)
		require.LessOrEqual(t, int64(0), entry.From)
		require.LessOrEqual(t, entry.From, entry.To)
		sealed, err := archive.Seal(entry.Nonce, entry)
		require.NoError(t, err)
		nonce, again, err := archive.OpenEnvelope(sealed)
		require.NoError(t, err)
		decoded, err := archive.DecodeEntry(again, nonce, 0, 0)
		require.NoError(t, err)
		resealed, err := archive.Seal(nonce, decoded)
		require.NoError(t, err)
		require.Equal(t, string(sealed), string(resealed))
	})
}

// FuzzOpen opens arbitrary bytes: whatever opens is sealed to the byte.
func FuzzOpen(f *testing.F) {
	sealed, err := archive.Seal("n", claimAt(0))
	require.NoError(f, err)
	f.Add(sealed)
	f.Add(sealed[:90])
	f.Add([]byte(`{"sha256":"`))
	f.Fuzz(func(t *testing.T, sealed []byte) {
		_, _, err := archive.OpenEnvelope(sealed)
		if err != nil {
			require.ErrorIs(t, err, archive.ErrCorrupt)
		}
	})
}
