package window

import "time"

// String shows a window: its start and its end, at the seconds or finer where
// they need it, or "all of time".
func (s Span) String() string {
	if s == (Span{}) {
		return "all of time"
	}
	return s.Start.Format(time.RFC3339Nano) + "/" + s.End.Format(time.RFC3339Nano)
}
