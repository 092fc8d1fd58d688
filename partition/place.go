package partition

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// The microseconds that Path takes: the years 1 to 9999.
const (
	firstMicro = -62_135_596_800_000_000
	lastMicro  = 253_402_300_800_000_000 - 1
	hourMicros = 3_600_000_000
	dayMicros  = 24 * hourMicros
)

// place gives each row that isn't null a number below span that stands for its
// value: the code, the bucket, or the distance in integers, hours or days from
// base.
func (p *Splitter) place(d Dimension, v *Vector) (base int64, span uint64, err error) {
	if len(v.Codes) > 0 {
		return 0, uint64(len(v.Dict)), p.placeCodes(d, v)
	}
	if d.rule == byHash {
		kafka := Kafka{last: uint32(d.buckets - 1)}
		for row, n := range v.Ints {
			p.places[row] = uint64(kafka.Long(n))
		}
		return 0, uint64(d.buckets), nil
	}
	least, most := v.bounds()
	if least > most { // nulls alone
		return 0, 0, nil
	}
	switch d.rule {
	case byValue:
		for row, n := range v.Ints {
			p.places[row] = uint64(n) - uint64(least)
		}
		// 2⁶⁴ distances overflow to none, and a map needs only to know of many.
		return least, max(uint64(most)-uint64(least), uint64(most)-uint64(least)+1), nil
	case byHour:
		base = floor(least, hourMicros)
		for row, n := range v.Ints {
			p.places[row] = uint64(n-base) / hourMicros
		}
		span = uint64(most-base)/hourMicros + 1
	default:
		base = floor(least, dayMicros)
		for row, n := range v.Ints {
			p.places[row] = uint64(n-base) / dayMicros
		}
		span = uint64(most-base)/dayMicros + 1
	}
	if least < firstMicro || most > lastMicro {
		return 0, 0, fmt.Errorf("%w: %d to %d µs aren't in the years 1 to 9999 (%v)", ErrValue, least, most, d)
	}
	return base, span, nil
}

func (p *Splitter) placeCodes(d Dimension, v *Vector) error {
	for row, code := range v.Codes {
		if int64(code) >= int64(len(v.Dict)) && (v.Valid == nil || v.Valid[row]) {
			return fmt.Errorf("%w: row %d of %v has the code %d in a dictionary of %d", ErrValue, row, d, code, len(v.Dict))
		}
		p.places[row] = uint64(code)
	}
	return nil
}

// bounds gives the least and the greatest integer; the least is above the
// greatest where all are null.
func (v *Vector) bounds() (least, most int64) {
	least, most = math.MaxInt64, math.MinInt64
	for row, n := range v.Ints {
		if v.Valid == nil || v.Valid[row] {
			least, most = min(least, n), max(most, n)
		}
	}
	return least, most
}

// floor gives the greatest multiple of unit that isn't above n.
func floor(n, unit int64) int64 { return n - (n%unit+unit)%unit }

// placed gives the text of a place, not escaped yet.
func (d Dimension) placed(v *Vector, base int64, place uint64) string {
	switch {
	case len(v.Codes) > 0 && d.rule == byHash:
		return strconv.Itoa(bucket(String(v.Dict[place]), d.buckets))
	case len(v.Codes) > 0:
		return v.Dict[place]
	case d.rule == byHash:
		return strconv.FormatUint(place, 10)
	case d.rule == byValue:
		return strconv.FormatInt(base+int64(place), 10)
	case d.rule == byHour:
		return time.UnixMicro(base + int64(place)*hourMicros).UTC().Format(layouts[d.rule])
	}
	return time.UnixMicro(base + int64(place)*dayMicros).UTC().Format(layouts[d.rule])
}
