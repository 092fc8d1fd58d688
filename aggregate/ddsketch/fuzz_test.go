package ddsketch_test

import (
	"testing"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/aggregate/ddsketch"
	. "github.com/anabranch-go/anabranch/aggregate/internal/statetest"
)

func FuzzSketch(f *testing.F) {
	Fuzz(f, ddsketch.Quantiles(Float, ddsketch.Options{}, 0, 0.5, 0.999, 1), []error{aggregate.ErrOverflow}, "", "00", "0000", "010000",
		"010001", "0100feffffffffffffff7f", "0100ffffffffffffffff7f", "0200000000", "03010000000000", "0101ff", "02ffffffffffffffffff010000",
		"0200000000ffffffffffffffffff01", "02000000ffffffffffffffffff01"+"00", "03a09c0100904e0000"+"00", "ffffffff0f00")
}

func FuzzFewBins(f *testing.F) {
	Fuzz(f, ddsketch.Quantiles(Int, ddsketch.Options{MaxBins: 16, RelativeAccuracy: 0.5}, 0, 0.5, 1), []error{aggregate.ErrOverflow},
		"020200"+"0d00", "020200"+"0e00", "020200"+"0f00", "022100"+"0e00", "0221000f00", "022100"+"4000")
}
