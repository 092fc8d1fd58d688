package hll_test

import (
	"strings"
	"testing"

	"github.com/anabranch-go/anabranch/aggregate/hll"
	. "github.com/anabranch-go/anabranch/aggregate/internal/statetest"
)

func FuzzSketch(f *testing.F) {
	Fuzz(f, hll.Distinct(Int, hll.Options{Precision: 8}), nil, "", "0100", "010100", "0101000000", "02", "0200", "020101", "020100",
		"0201ff7f", "020138", "020139", "02013a", "020180808080808080808001", "0240", "0241", "03", "0300", "0104ffffff7f0000", "01ffffffffffffffffff01", "04", "00")
}

func FuzzSmallSketch(f *testing.F) {
	Fuzz(f, hll.Distinct(Text, hll.Options{Precision: 6}), nil, "0100", "03"+strings.Repeat("00", 48), "03"+strings.Repeat("ff", 48),
		"03"+strings.Repeat("11", 48), "03"+strings.Repeat("11", 47), "03"+strings.Repeat("411004", 4)+strings.Repeat("00", 36),
		"03"+strings.Repeat("411004", 4)+"01"+strings.Repeat("00", 35), "02043d000102", "02043b010102", "0204bd7d3d3d3d")
}

func FuzzExactInts(f *testing.F) {
	Fuzz(f, hll.Distinct(Int, hll.Options{Precision: 6, ExactUpTo: 3}), nil, "0000", "000102", "00020200", "000400000000",
		"0002feffffffffffffffff0100", "0002ffffffffffffffffff01ffffffffffffffffff01", "0100", "00010200")
}

func FuzzExactTexts(f *testing.F) {
	Fuzz(f, hll.Distinct(Text, hll.Options{Precision: 6, ExactUpTo: 3}), nil, "0000", "00020001"+"61", "000201610162", "000201620161",
		"000201610161", "0001ffffffff0f61", "000100ff")
}
