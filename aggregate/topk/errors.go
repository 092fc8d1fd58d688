package topk

import "errors"

// ErrWeight says that an event of the group has a negative weight. Nothing is
// known of its greatest values: what was dropped might have been among them.
var ErrWeight = errors.New("topk: negative weight")
