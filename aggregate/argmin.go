package aggregate

import (
	"time"

	"github.com/anabranch-go/anabranch/source"
)

// ArgMin keeps a field's value in the event where the field by is least, in the
// order of [Min]. Among events where it's the same the earliest counts, in the
// order of [First]. Events in which one of the three is null, or by a NaN, are
// skipped; with none left, the result is nothing. Errors of the fields come from
// Bind.
func ArgMin[E, T, B any](value source.Field[E, T], by source.Field[E, B], at source.Field[E, time.Time]) Aggregate[E, source.Null[T]] {
	return pick[E, T, B]{name: "argmin", value: value, by: &by, at: at}
}
