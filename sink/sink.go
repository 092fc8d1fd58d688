package sink

import (
	"context"
	"slices"

	"github.com/anabranch-go/anabranch/window"
)

// Row is a finished result of a view. Its identity is View, Window and Key. Its
// Version only grows: of all rows of one identity the one of the highest version
// holds, so that writing a row again, or too late, is harmless.
type Row[K, R any] struct {
	View    string
	Window  window.Span // the zero Span where the window is all of time
	Key     K
	Value   R
	Version int64
	// Timing says when the row was made, by the view's watermark.
	Timing Timing
	// Final says that the watermark has passed the window's end by the lateness
	// that the publisher allows. Later events still count, so a final row may be
	// revised by a higher version.
	Final bool
	// Removed says that there's no such row any more: a late event has made one
	// session of two, or a session longer. The value is the zero value. A sink
	// keeps it like any other, lest an older version bring the row back, and its
	// readers leave it out.
	Removed bool
	// Previous is the value that the same publisher has written last for this
	// identity; nil where it hasn't written any. It's for functions that want the
	// change: sinks that keep rows don't keep it.
	Previous *R
}

// Timing is when a row was made, in the event time of its view.
type Timing uint8

// The timings, in the order in which a window's rows have them.
const (
	Early  Timing = iota // before the watermark has passed the window's end
	OnTime               // the first row after that
	Late                 // a revision of it
)

var timingNames = [...]string{"early", "on-time", "late"}

// timingOf is the timing of a name; a name that is none is early.
func timingOf(name string) Timing {
	return Timing(max(0, slices.Index(timingNames[:], name)))
}

func (t Timing) String() string {
	if int(t) < len(timingNames) {
		return timingNames[t]
	}
	return "invalid"
}

// Sink takes finished rows.
type Sink[K, R any] interface {
	// Write keeps, of each identity, the row of the highest version, and of rows
	// of one version the one that was written last; inside one call that's the
	// one that stands further back. It returns once the rows are as durable as
	// the sink makes them. A call without rows does nothing.
	//
	// After an error all of the rows may have been written, or a part, or none:
	// the caller writes them again. Write gives up, with ctx's error, when ctx
	// ends.
	//
	// The slice is the caller's: a sink neither changes it nor keeps it. What the
	// rows point to (a Value's slices and maps) nobody changes any more, so a sink
	// may keep copies of the rows.
	//
	// Write may be called by many goroutines at once.
	Write(ctx context.Context, rows []Row[K, R]) error
}

// Func is a sink that calls a function, which has to keep Sink's contract.
type Func[K, R any] func(ctx context.Context, rows []Row[K, R]) error

// Write implements [Sink].
func (f Func[K, R]) Write(ctx context.Context, rows []Row[K, R]) error { return f(ctx, rows) }
