package avrodecoder

import (
	"fmt"
	"math"
	"math/big"

	"github.com/anabranch-go/anabranch/source"
)

// pow10 is 10^n for n up to 18.
func pow10(n int) int64 {
	out := int64(1)
	for range n {
		out *= 10
	}
	return out
}

// scaled is an integer in the column's unit, rounded down.
func (f *field) scaled(v int64) (int64, error) {
	if f.divide > 1 {
		out := v / f.divide
		if v%f.divide < 0 {
			out--
		}
		return out, nil
	}
	if v > math.MaxInt64/f.multiply || v < math.MinInt64/f.multiply {
		return 0, fmt.Errorf("%w: %d is past 64 bits", source.ErrValue, v)
	}
	return v * f.multiply, nil
}

// decimal is a two's complement number, the greatest byte first, in units of the
// column's scale.
func (f *field) decimal(b []byte) (int64, error) {
	sign := byte(0)
	if len(b) > 0 && b[0] >= 0x80 {
		sign = 0xff
	}
	for len(b) > 1 && b[0] == sign && (b[1]^sign) < 0x80 {
		b = b[1:]
	}
	if len(b) > 8 || f.up > 18 || f.down > 18 {
		return f.bigDecimal(b)
	}
	v := int64(int8(sign))
	for _, digit := range b {
		v = v<<8 | int64(digit)
	}
	up, down := pow10(f.up), pow10(f.down)
	if v%down != 0 {
		return 0, fmt.Errorf("%w: a decimal has %d more digits after the point than the column", source.ErrValue, f.down)
	}
	v /= down
	if v > math.MaxInt64/up || v < math.MinInt64/up {
		return 0, fmt.Errorf("%w: a decimal is past 64 bits", source.ErrValue)
	}
	return v * up, nil
}

// bigDecimal is decimal for what may have many zeros at its end. The number of
// bytes that is tried is bounded: the column takes 8.
func (f *field) bigDecimal(b []byte) (int64, error) {
	const most = 64
	if len(b) > most || f.down > most*3 {
		return 0, fmt.Errorf("%w: a decimal of %d bytes", source.ErrValue, len(b))
	}
	v := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] >= 0x80 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	ten := big.NewInt(10)
	rest := new(big.Int)
	v.QuoRem(v, new(big.Int).Exp(ten, big.NewInt(int64(f.down)), nil), rest)
	v.Mul(v, new(big.Int).Exp(ten, big.NewInt(int64(f.up)), nil))
	if rest.Sign() != 0 || !v.IsInt64() {
		return 0, fmt.Errorf("%w: a decimal that the column can't hold exactly", source.ErrValue)
	}
	return v.Int64(), nil
}
