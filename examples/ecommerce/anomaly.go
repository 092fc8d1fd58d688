package main

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/anabranch-go/anabranch/lambda"
)

// The anomaly flag compares the sales of a window of five minutes with those of
// the 24 before it, two hours: it's raised where they differ from their mean by
// more than four standard deviations. It takes a window that the watermark has
// passed, since one that still fills up would always look low.
const (
	pulse     = 5 * time.Minute
	compared  = 24
	threshold = 4
)

// verdict is the flag of one window.
type verdict struct {
	start      time.Time
	cents      int64
	mean       float64
	deviations float64 // from the mean, in standard deviations
	known      bool    // false while too few windows came before
}

func (v verdict) anomalous() bool { return v.known && math.Abs(v.deviations) > threshold }

func (v verdict) String() string {
	text := fmt.Sprintf("%s–%s: ", v.start.Format("01-02 15:04"), v.start.Add(pulse).Format("15:04"))
	if !v.known {
		return text + "too early to judge"
	}
	return text + fmt.Sprintf("%+.1f sd from the mean of %s", v.deviations, money(int64(math.Round(v.mean))))
}

// judge gives the verdicts on all windows in [from, mark), oldest first.
func judge(ctx context.Context, h *lambda.Handle[Event, all, Takings], from, mark time.Time) ([]verdict, lambda.Provenance, error) {
	from, mark = from.Truncate(pulse), mark.Truncate(pulse)
	first := from.Add(-compared * pulse)
	answer, err := h.Query(ctx, lambda.Between(first, mark))
	if err != nil {
		return nil, lambda.Provenance{}, err
	}
	// A window without a sale has no row.
	cents := make([]int64, mark.Sub(first)/pulse)
	for row := range answer.Rows() {
		cents[row.Window.Start.Sub(first)/pulse] = row.Value.Cents
	}
	var verdicts []verdict
	for i := compared; i < len(cents); i++ {
		v := verdict{start: first.Add(time.Duration(i) * pulse), cents: cents[i]}
		v.compare(cents[i-compared : i])
		verdicts = append(verdicts, v)
	}
	return verdicts, answer.Provenance(), nil
}

func (v *verdict) compare(before []int64) {
	v.known = !v.start.Add(-compared * pulse).Before(opening)
	var sum, squares float64
	for _, cents := range before {
		sum += float64(cents)
	}
	v.mean = sum / float64(len(before))
	for _, cents := range before {
		squares += (float64(cents) - v.mean) * (float64(cents) - v.mean)
	}
	if deviation := math.Sqrt(squares / float64(len(before))); deviation > 0 {
		v.deviations = (float64(v.cents) - v.mean) / deviation
	}
}
