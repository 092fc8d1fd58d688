package aggregate

import (
	"time"

	"github.com/anabranch-go/anabranch/source"
)

// Last keeps a field's value in the latest event, by the field at, in the order
// of [First]: among events of one time, the one of the highest partition and
// offset. It skips what First skips. Errors of the fields come from Bind.
func Last[E, T any](value source.Field[E, T], at source.Field[E, time.Time]) Aggregate[E, source.Null[T]] {
	return pick[E, T, time.Time]{name: "last", value: value, at: at, flipEvent: -1}
}
