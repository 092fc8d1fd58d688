package aggregate

import "github.com/anabranch-go/anabranch/source"

// Min keeps a field's least value: of numbers and decimals the smallest, of times
// the earliest, of texts the first by bytes, and false before true. Nulls are
// skipped, and so is NaN, which is in no order with the rest. The least of no
// values is nothing. Errors of the field come from Bind.
func Min[E, T any](f source.Field[E, T]) Aggregate[E, source.Null[T]] {
	return extreme[E, T]{"min", f, 0}
}
