package source

import (
	"math"
	"testing"
)

// TestDecimalAsFloat wants the nearest float, of what has no float before the point
// is set too.
func TestDecimalAsFloat(t *testing.T) {
	for _, test := range []struct {
		units int64
		scale int
		want  float64
	}{
		{0, 3, 0}, {-125, 2, -1.25}, {1 << 53, 1, 900719925474099.2},
		{9_999_999_999_999_999, 3, 9999999999999.999},
		{-9_999_999_999_999_999, 3, -9999999999999.999},
		{math.MaxInt64, 18, 9.223372036854775807},
		{math.MinInt64, 0, math.MinInt64},
		{7, 23, 7e-23}, {7, 38, 7e-38},
	} {
		f := fit{decimal: math.Pow10(test.scale), scale: test.scale}
		if got := f.float(test.units); got != test.want {
			t.Errorf("%d units of 1e-%d are %v, not %v", test.units, test.scale, got, test.want)
		}
	}
}
