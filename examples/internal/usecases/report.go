package usecases

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/anabranch-go/anabranch/lambda"
)

// ErrWrong says that an answer differs from what the raw lines say.
var ErrWrong = errors.New("the report differs from a naive fold of the events")

// Report is a registered question; L is a raw line.
type Report[L any] struct {
	// Ask asks the views. Those over rows answer for what the last batch run saw.
	Ask func(context.Context) (Result, lambda.Provenance, error)
	// Naive answers from the raw lines alone.
	Naive func([]L) Result
}

// Check compares an answer with a naive one, row by row, and shows the first
// differences.
func Check(got, want Result, stderr io.Writer) error {
	wrong := 0
	for i := range max(len(got.Rows), len(want.Rows)) {
		var answered, expected any
		if i < len(got.Rows) {
			answered = got.Rows[i]
		}
		if i < len(want.Rows) {
			expected = want.Rows[i]
		}
		if answered == expected {
			continue
		}
		if wrong++; wrong <= 10 {
			fmt.Fprintf(stderr, "WRONG: row %d: answered %+v, and the events say %+v\n", i+1, answered, expected)
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%w: %d of %d rows", ErrWrong, wrong, max(len(got.Rows), len(want.Rows)))
	}
	return nil
}
