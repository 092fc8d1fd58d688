package window

// Mark is what one partition has to say about event time: its watermark in
// microseconds since the Unix epoch, whether it has one yet, and whether it has
// been without events for too long to be waited for.
type Mark struct {
	Micros      int64
	Known, Idle bool
}

// Min combines partitions: it gives the smallest watermark of those that aren't
// idle, or false while one of these has none yet. When all are idle nobody is
// left to wait for, and it gives the largest known. An idle partition that wakes
// up can make the result fall back; a caller who reports windows as final keeps
// the largest that Min gave.
func Min(marks []Mark) (int64, bool) {
	var least, most int64
	active, known := false, false
	for _, m := range marks {
		switch {
		case m.Idle && m.Known:
			if !known || m.Micros > most {
				most, known = m.Micros, true
			}
		case !m.Idle && !m.Known:
			return 0, false
		case !m.Idle:
			if !active || m.Micros < least {
				least, active = m.Micros, true
			}
		}
	}
	if active {
		return least, true
	}
	return most, known
}
