package source

import "context"

// wrapper is a log that stands before others. It's a Starter and a Committer even
// where these aren't, since there's an answer that means the same: partitions begin
// at 0, and nobody is told how far they have been read. To know no end, or not to
// share, has no such answer.
type wrapper[E any] interface {
	Source[E]
	Starter
	Committer
}

// passOn gives a wrapper the optional interfaces that aren't nil.
func passOn[E any](w wrapper[E], ender Ender, sharer Sharer) Source[E] {
	switch {
	case ender != nil && sharer != nil:
		return struct {
			wrapper[E]
			Ender
			Sharer
		}{w, ender, sharer}
	case ender != nil:
		return struct {
			wrapper[E]
			Ender
		}{w, ender}
	case sharer != nil:
		return struct {
			wrapper[E]
			Sharer
		}{w, sharer}
	}
	return w
}

// startOf is where a partition of a log begins.
func startOf[E any](ctx context.Context, log Source[E], partition int) (int64, error) {
	if starter, ok := log.(Starter); ok {
		return starter.Start(ctx, partition)
	}
	return 0, nil
}

// commitTo tells a log, if it wants to know, how far a partition has been read.
func commitTo[E any](ctx context.Context, log Source[E], partition int, offset int64) error {
	if committer, ok := log.(Committer); ok {
		return committer.Commit(ctx, partition, offset)
	}
	return nil
}
