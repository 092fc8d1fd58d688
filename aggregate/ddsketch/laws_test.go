package ddsketch_test

import (
	"testing"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/aggregate/aggregatetest"
	"github.com/anabranch-go/anabranch/aggregate/ddsketch"
	. "github.com/anabranch-go/anabranch/aggregate/internal/statetest"
)

// With 16 bins most draws are collapsed.
func TestLaws(t *testing.T) {
	few := ddsketch.Options{MaxBins: 16}
	laws(t, "integers", ddsketch.Quantiles(Int, ddsketch.Options{}, 0, 0.5, 1))
	laws(t, "collapsed integers", ddsketch.Quantiles(Int, few, 0, 0.5, 1))
	laws(t, "small integers", ddsketch.Quantiles(Small, few, 0.25))
	laws(t, "unsigned integers", ddsketch.Quantiles(Size, few, 0.9, 0.1))
	laws(t, "integers with nulls", ddsketch.Quantile(Maybe, ddsketch.Options{}, 0.99))
	laws(t, "derived integers", ddsketch.Quantile(Odd, few, 0.99))
	laws(t, "floats", ddsketch.Quantiles(Float, ddsketch.Options{RelativeAccuracy: 0.0001}, 0, 0.1, 0.5, 0.9, 1))
	laws(t, "collapsed floats", ddsketch.Quantiles(Float, ddsketch.Options{RelativeAccuracy: 0.001, MaxBins: 16}, 0, 0.1, 0.5, 0.9, 1))
	laws(t, "floats with nulls", ddsketch.Quantiles(Level, few, 0.5, 0.25))
	laws(t, "small floats", ddsketch.Quantile(Half, ddsketch.Options{RelativeAccuracy: 0.5}, 0.5))
	t.Run("many", func(t *testing.T) { // more bins than a group may have for a while
		aggregatetest.Laws(t, ddsketch.Quantiles(Int, ddsketch.Options{RelativeAccuracy: 0.0001, MaxBins: 16}, 0, 0.5), DrawUpTo(200), nil)
	})
}

func laws[R any](t *testing.T, name string, a aggregate.Aggregate[Event, R]) {
	t.Run(name, func(t *testing.T) { aggregatetest.Laws(t, a, Draw, nil) })
}
