package aggregate_test

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
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
		_, err := resultOf(s, 0)
		if err != nil {
			require.ErrorIs(t, err, aggregate.ErrOverflow)
		}
	})
}

func FuzzCount(f *testing.F) {
	fuzzState(f, aggregate.Count[sale](), "", "00", "05", "8000", "ffffffffffffffff7f", "feffffffffffffffff01", "80808080808080808002", "0500",
		"ffffffffffffffffffffffffffffffffffff03")
}

func FuzzSum(f *testing.F) {
	fuzzState(f, aggregate.Sum(cents), "", "00", "01", "02", "8000", "feffffffffffffffff01", "ffffffffffffffffff01", "80808080808080808002",
		"ffffffffffffffffffffffffffffffffffff03", "ffffffffffffffffffffffffffffffffffff04", "0200")
}

func FuzzSumFloat(f *testing.F) {
	fuzzState(f, aggregate.SumFloat(price), "", "00", "07020202", "0301", "0100", "08", "0032040100", "00320401", "08320401", "0a0132040103", "00320402", "00ffff01", "007e0801",
		"007f0801", "087f0801", "00800801", "00000003", "000000ffffffffffffffffffffffffffffffffffffffffffffffffffffffffff01")
}

func FuzzMean(f *testing.F) {
	fuzzState(f, aggregate.Mean(cents), "", "00", "0000", "02020005", "02030005", "02020004", "02020000", "04040005", "0404000501", "0202bf2101", "0203bf2101", "0202c02101",
		"02028001", "0280000501", "0202ffffffffffffffffff0105", "010200ff", "0a4200ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")
}

func FuzzVariance(f *testing.F) {
	fuzzState(f, aggregate.Variance(price), "", "000000", "0202b20805020005", "0402b208050400e401", "020005000500", "0202e41003028021030302")
}

func FuzzRegression(f *testing.F) {
	fuzzState(f, aggregate.Regression(cents, price), "", "000000000000", "0402000302000502b2080302e4100502b20807", "06020003020007020003020007020003", "0402000302010503000103000103000103")
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
	fuzzState(f, a, "", "010001000100", "0102030101610400320401", "0102030101610501023204", "01000100", "0000", "ff01000100", "81000001000100", "01000100010000")
}

func FuzzSetTexts(f *testing.F) {
	fuzzState(f, aggregate.Set(shop), "", "00", "0201610162", "0101ff", "0102c3b1")
}

func FuzzSetTimes(f *testing.F) {
	fuzzState(f, aggregate.Set(at), "", "00", "0102", "02ffffa3f8a9d0b8e20100", "01ffffffffffffffffff01")
}

func FuzzMinInts(f *testing.F) {
	fuzzState(f, aggregate.Min(cents), "", "00", "01", "8000", "feffffffffffffffff01", "ffffffffffffffffff01", "0000")
}

func FuzzMaxFloats(f *testing.F) {
	fuzzState(f, aggregate.Max(price), "", "0000000000000000", "0000000000000080", "010000000000f87f", "000000000000f87f", "000000000000f0ff", "00000000000000")
}

func FuzzMaxTexts(f *testing.F) {
	fuzzState(f, aggregate.Max(shop), "", "00", "0161", "016161", "0261", "01ff", "ffffffffffffffffff01")
}

func FuzzMinBools(f *testing.F) {
	fuzzState(f, aggregate.Min(paid), "", "00", "01", "02", "04")
}

func FuzzLast(f *testing.F) {
	fuzzState(f, aggregate.Last(shop, at), "", "02020400", "020204026161", "0202040161", "01010100", "ffffffffffffffffff01000000", "00")
}

func FuzzArgMin(f *testing.F) {
	fuzzState(f, aggregate.ArgMin(shop, price, at), "", "000000000000f03f0202040161", "010000000000f87f0202040161", "000000000000f03f02020401")
}

func FuzzArgMax(f *testing.F) {
	fuzzState(f, aggregate.ArgMax(paid, shop, at), "", "016102020402", "016102020404", "0161020204", "01ff02020402")
}

func FuzzHistogram(f *testing.F) {
	fuzzState(f, aggregate.Histogram(cents, 10, 20, 30), "", "0001", "0301", "0401", "00010001", "010200050001", "0000", "00", "0080808080808080808001",
		"0081808080808080808001")
}

func FuzzSample(f *testing.F) {
	fuzzState(f, aggregate.Sample(shop, cents, at, 2), "", "00", "01016102020406", "0201610202040601620202040600", "020162020204060161020204", "03", "01016102020406ff")
}

func FuzzSampleWords(f *testing.F) {
	fuzzState(f, aggregate.Sample(cents, shop, at, 2), "", "00", "01060202040161", "02060202040161080202040161")
}

func FuzzJoinOfMany(f *testing.F) {
	fuzzState(f, aggregate.Join(
		aggregate.To(aggregate.Count[sale](), func(r *total) *int64 { return &r.N }),
		aggregate.To(aggregate.Max(shop), func(r *total) *source.Null[string] { return &r.Shops.Greatest })), "", "010000", "0105020161", "01050161", "00")
}
