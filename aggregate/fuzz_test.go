package aggregate_test

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
)

// fuzzState feeds bytes to a decoder. It refuses them as ErrState, or they are
// the one encoding of what they mean. Seeds are hex.
func fuzzState[R any](f *testing.F, a aggregate.Aggregate[sale, R], seeds ...string) {
	for _, seed := range seeds {
		state, err := hex.DecodeString(seed)
		require.NoError(f, err)
		f.Add(state)
	}
	f.Fuzz(func(t *testing.T, state []byte) {
		s := fold(t, a, 1, nil, nil)
		if err := s.MergeState(0, state); err != nil {
			require.ErrorIs(t, err, aggregate.ErrState)
			return
		}
		require.Equal(t, hex.EncodeToString(state), hex.EncodeToString(s.AppendState(nil, 0)))
		_, err := s.Result(0)
		if err != nil {
			require.ErrorIs(t, err, aggregate.ErrOverflow)
		}
	})
}

func FuzzCount(f *testing.F) {
	fuzzState(f, aggregate.Count[sale](), "", "00", "05", "8000", "ffffffffffffffff7f", "80808080808080808001", "81808080808080808001", "0500")
}

func FuzzSum(f *testing.F) {
	fuzzState(f, aggregate.Sum(cents), "", "00", "01", "02", "8000", "feffffffffffffffff01", "ffffffffffffffffff01", "80808080808080808002",
		"ffffffffffffffffffffffffffffffffffff03", "ffffffffffffffffffffffffffffffffffff04", "0200")
}

func FuzzSumFloat(f *testing.F) {
	fuzzState(f, aggregate.SumFloat(price), "", "00", "07", "08", "0032040100", "00320401", "08320401", "00320402", "00ffff01", "007e0801",
		"007f0801", "087f0801", "00800801", "00000003", "000000ffffffffffffffffffffffffffffffffffffffffffffffffffffffffff01")
}

func FuzzDistinctInts(f *testing.F) {
	fuzzState(f, aggregate.Distinct(cents), "", "00", "0102", "020200", "0300", "02feffffffffffffffff0100", "02ffffffffffffffffff01ffffffffffffffffff01",
		"02ffffffffffffffffff01feffffffffffffffff01", "ffffffff0f00", "010200")
}

func FuzzDistinctBools(f *testing.F) {
	fuzzState(f, aggregate.Distinct(paid), "00", "0100", "0102", "020000", "0104", "03000000")
}

func FuzzDistinctFloats(f *testing.F) {
	fuzzState(f, aggregate.Distinct(price), "00", "0100", "01ffffffffffffffffff01", "0182808080808080f8ff01", "0180808080808080f8ff01", "020000")
}

func FuzzDistinctTexts(f *testing.F) {
	fuzzState(f, aggregate.Distinct(shop), "", "00", "0100", "0201610162", "0201610161", "0201620161", "02000161", "01ffffffffff0f61", "ffffffff0f", "01016100")
}

func FuzzJoin(f *testing.F) {
	a := aggregate.Join3(aggregate.Sum(cents), aggregate.Distinct(shop), aggregate.SumFloat(price),
		func(a, b int64, c float64) float64 { return float64(a+b) + c })
	fuzzState(f, a, "", "010001000100", "0102030101610400320401", "01000100", "0000", "ff01000100", "81000001000100", "01000100010000")
}
