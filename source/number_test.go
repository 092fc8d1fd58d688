package source_test

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/source"
)

type amounts struct {
	Whole  int64
	Cents  int64 `anabranch:",decimal=2"`
	Finest int64 `anabranch:",decimal=18"`
}

// Numbers are those of exact arithmetic, or refused.
func TestNumbersAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][-+]?[0-9]{1,2})?`).Draw(t, "number")
		value, ok := new(big.Rat).SetString(text)
		require.True(t, ok)
		for _, test := range []struct {
			column string
			scale  int64
			of     func(amounts) int64
		}{
			{"Whole", 0, func(a amounts) int64 { return a.Whole }},
			{"Cents", 2, func(a amounts) int64 { return a.Cents }},
			{"Finest", 18, func(a amounts) int64 { return a.Finest }},
		} {
			units := new(big.Rat).Mul(value, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(test.scale), nil)))
			c := decode(t, source.JSON[amounts](), `{"`+test.column+`":`+text+`}`)
			if !units.IsInt() || !units.Num().IsInt64() {
				require.Len(t, c.Quarantine, 1, "%s as %s", text, test.column)
				continue
			}
			require.Empty(t, c.Quarantine)
			require.Equal(t, units.Num().Int64(), test.of(c.Rows()[0]), "%s as %s", text, test.column)
		}
	})
}
