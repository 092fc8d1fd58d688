package aggregate

import (
	"time"

	"github.com/anabranch-go/anabranch/source"
)

// ArgMax keeps a field's value in the event where the field by is greatest. Among
// events where it's the same the earliest counts, the first that reached the
// record, in the order of [First]. It skips what [ArgMin] skips. Errors of the
// fields come from Bind.
func ArgMax[E, T, B any](value source.Field[E, T], by source.Field[E, B], at source.Field[E, time.Time]) Aggregate[E, source.Null[T]] {
	return pick[E, T, B]{name: "argmax", value: value, by: &by, at: at, flipBy: -1}
}
