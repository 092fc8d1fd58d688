package topk_test

import (
	"testing"

	"github.com/anabranch-go/anabranch/aggregate"
	. "github.com/anabranch-go/anabranch/aggregate/internal/statetest"
	"github.com/anabranch-go/anabranch/aggregate/topk"
)

var errs = []error{aggregate.ErrOverflow, topk.ErrWeight}

func FuzzTexts(f *testing.F) {
	Fuzz(f, topk.Weighted(Text, Size, 2, topk.Options{Capacity: 3}), errs, "", "0000", "0100", "000101610b", "0002016101016200", "0002016201016100",
		"0002016101016100", "0200", "020400", "020300", "020901016104", "020901016105", "feffffffffffffffff01ffffffffffffffff7f00", "000401610001620001630001640"+"0",
		"0001ffffffff0f6100", "00010161ffffffffffffffff7f", "00010161feffffffffffffff7f", "000101610000")
}

func FuzzInts(f *testing.F) {
	Fuzz(f, topk.Frequent(Int, 2, topk.Options{}), errs, "0000", "00010200", "000202000000", "0002feffffffffffffffff01000000",
		"0002ffffffffffffffffff0100ffffffffffffffffff0100", "8010ffffffff0f0102fe0f")
}
