package partition

import "time"

// ranges tells whether the dimension is by time.
func (d Dimension) ranges() bool { return d.rule >= byHour && d.rule <= byYear }

// start gives the beginning of the part that t, in UTC, belongs to.
func (d Dimension) start(t time.Time) time.Time {
	switch d.rule {
	case byHour:
		return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), 0, 0, 0, time.UTC)
	case byDay:
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	case byMonth:
		return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	}
	return time.Date(t.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
}

// next gives the beginning of the part after the one that begins at t.
func (d Dimension) next(t time.Time) time.Time {
	switch d.rule {
	case byHour:
		return t.Add(time.Hour)
	case byDay:
		return t.AddDate(0, 0, 1)
	case byMonth:
		return t.AddDate(0, 1, 0)
	}
	return t.AddDate(1, 0, 0)
}
