package aggregate

import "github.com/anabranch-go/anabranch/source"

// Max keeps a field's greatest value, in the order of [Min], and skips what that
// skips. The greatest of no values is nothing. Errors of the field come from
// Bind.
func Max[E, T any](f source.Field[E, T]) Aggregate[E, source.Null[T]] {
	return extreme[E, T]{"max", f, -1}
}
