package aggregate

import (
	"time"

	"github.com/anabranch-go/anabranch/source"
)

// First keeps a field's value in the earliest event, by the field at. Among
// events of one time the one of the lowest partition is first, and in that the
// one of the lowest offset, so that every replay gives the same. Events in which
// either field is null are skipped; with none left, the result is nothing. The
// field may be of any kind; a NaN is a value. Errors of the fields come from
// Bind.
func First[E, T any](value source.Field[E, T], at source.Field[E, time.Time]) Aggregate[E, source.Null[T]] {
	return pick[E, T, time.Time]{name: "first", value: value, at: at}
}
