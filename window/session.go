package window

import "time"

// Session gives windows that hold events which are less than a gap apart, each
// of one key: a session starts with its first event and ends a gap after its
// last. So which windows there are is decided by the events, and an event that
// comes late may make one session of two. The gap is a positive whole number of
// microseconds.
//
// The windows are those of T. Akidau et al., "The Dataflow Model" (VLDB 2015).
func Session(gap time.Duration) Spec { return Spec{kind: session, size: gap} }

// IsSession tells whether the Spec is Session's.
func (s Spec) IsSession() bool { return s.kind == session }

// Gap is how far apart a session's neighbours are at least, in microseconds; 0
// for a Spec that isn't Session's.
func (s Spec) Gap() int64 {
	if s.kind != session {
		return 0
	}
	return s.micros()
}

// SessionSpan gives the window of a session whose first and last events are at
// these times, in microseconds since the Unix epoch.
func (s Spec) SessionSpan(first, last int64) Span {
	return Span{Start: time.UnixMicro(first).UTC(), End: time.UnixMicro(last + s.Gap()).UTC()}
}
