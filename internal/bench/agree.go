package main

import (
	"fmt"
	"math"
)

// check is what a worker says of its answer: the number of rows, and the sum over
// them of the first aggregate. Totals are whole numbers below 2^53, exact in a
// float64.
type check struct {
	rows  int
	total float64
}

func (c check) String() string { return fmt.Sprintf("%d %.0f", c.rows, c.total) }

// tolerance is how far a sketch may be from the truth.
const tolerance = 0.03

// agree is an error where an answer's check isn't the expected one: for a sketch,
// where it's further away than the tolerance.
func (c check) agree(want check, approximate bool) error {
	far := c.total != want.total
	if approximate {
		far = math.Abs(c.total-want.total) > tolerance*want.total
	}
	if c.rows != want.rows || far {
		return fmt.Errorf("says %s, expected %s", c, want)
	}
	return nil
}
