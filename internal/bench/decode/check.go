package main

import (
	"fmt"
	"hash/maphash"
	"math"

	"github.com/anabranch-go/anabranch/internal/bench/samples"
)

// sums are a checksum of each column, which the order of values changes.
type sums struct {
	rows    uint64
	columns [9]uint64
}

var seed = maphash.MakeSeed()

func (s *sums) add(e *samples.Event) {
	s.rows++
	for i, value := range [...]uint64{
		uint64(e.Timestamp.UnixMicro()), maphash.String(seed, e.UserID), maphash.String(seed, e.EventType), maphash.String(seed, e.SessionID),
		uint64(e.Properties.ProductID), maphash.String(seed, e.Properties.Categoria), maphash.String(seed, e.Properties.Region),
		math.Float64bits(e.Properties.Revenue), uint64(e.Properties.Quantity),
	} {
		s.columns[i] += (value + 1) * (2*s.rows + 1)
	}
}

// check compares all that a decoder reads with what was written.
func check(d decoder, records [][]byte, events []samples.Event) error {
	var got, want sums
	if _, err := d.pass(records, &got); err != nil {
		return err
	}
	for i := range events {
		want.add(&events[i])
	}
	if got != want {
		return fmt.Errorf("it read %v where %v was written", got, want)
	}
	return nil
}
