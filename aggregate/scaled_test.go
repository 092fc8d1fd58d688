package aggregate

import (
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestAQuotientIsTheNearestFloat: of numbers that floats hold and of longer ones, far
// below one and far above.
func TestAQuotientIsTheNearestFloat(t *testing.T) {
	bits := rapid.SampledFrom([]int{1, 2, 20, 52, 53, 54, 63})
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		x := int64(r.Uint64()) >> (63 - bits.Draw(t, "bits of x"))
		y := int64(r.Uint64()>>(64-bits.Draw(t, "bits of y"))) | 1
		exp := rapid.OneOf(rapid.IntRange(-70, 70), rapid.IntRange(-1150, 1100), rapid.SampledFrom([]int{-901, -900, -899, 899, 900, 901})).Draw(t, "exp")
		exact := big.NewRat(x, y)
		power := new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), uint(max(exp, -exp))))
		if exp < 0 {
			exact.Quo(exact, power)
		} else {
			exact.Mul(exact, power)
		}
		want, _ := exact.Float64()
		require.Equal(t, want, quotient(big.NewInt(x), big.NewInt(y), exp), "%d / %d * 2^%d", x, y, exp)
	})
}
