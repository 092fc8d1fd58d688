package redisdelta

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/lambda/delta"
)

func decode(b []byte) (states []delta.State, ok bool) {
	for len(b) > 0 {
		var s delta.State
		if s, b, ok = cutState(b); !ok {
			return nil, false
		}
		states = append(states, s)
	}
	return states, true
}

// TestChunks: what is encoded decodes to the same, and nothing that is cut off, or
// made of other bytes, makes the decoder stumble or invent bytes.
func TestChunks(t *testing.T) {
	bytes := rapid.SliceOfN(rapid.Byte(), 0, 300)
	rapid.Check(t, func(t *rapid.T) {
		var chunk []byte
		var states []delta.State
		for range rapid.IntRange(0, 5).Draw(t, "states") {
			s := delta.State{Key: bytes.Draw(t, "key"), Window: rapid.Int64().Draw(t, "window"), State: bytes.Draw(t, "state")}
			before := len(chunk)
			chunk = appendState(chunk, &s)
			require.Equal(t, len(chunk)-before, encodedLen(&s))
			states = append(states, s)
		}
		got, ok := decode(chunk)
		require.True(t, ok)
		require.Equal(t, states, got)
		n, ok := countStates(chunk)
		require.True(t, ok)
		require.Equal(t, len(states), n)
		if len(chunk) > 0 {
			short, ok := decode(chunk[:rapid.IntRange(0, len(chunk)-1).Draw(t, "cut")])
			require.True(t, !ok || len(short) < len(states))
		}
		junk := bytes.Draw(t, "junk")
		n, ok = countStates(junk)
		require.True(t, !ok || n*minState <= len(junk))
	})
}

func TestTermsSortAsTexts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		require.Equal(t, a < b, termText(a) < termText(b))
		require.Len(t, termText(a), 20)
		c := delta.Copy{View: "v", Partition: 1, Term: a, From: b, Nonce: rapid.String().Draw(t, "nonce")}
		got, ok := copyOf("v", 1, fieldOf(c))
		require.True(t, ok)
		require.Equal(t, c, got)
	})
}
