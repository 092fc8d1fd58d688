package source

// minute is the last minute, in UTC, that a member's times had: as text, and its
// first microsecond. The next time is often in it too.
type minute struct {
	lo, hi uint64
	us     int64
}

func (m *minute) learn(text []byte, us int64) {
	if text[len(text)-1] == 'Z' {
		const length = 60e6
		m.lo, m.hi, m.us = wordOf(text, 0), wordOf(text, 8), us-(us%length+length)%length
	}
}

// shortTime adds a time in RFC 3339 of the last minute, with up to six digits
// after the point.
func (m *member) shortTime(s []byte, at int) int {
	const longest = len(`"2006-01-02T15:04:05.999999Z"`)
	if at+longest+1 > len(s) || s[at] != '"' || wordOf(s, at+1) != m.minute.lo || wordOf(s, at+9) != m.minute.hi || s[at+17] != ':' {
		return -1
	}
	second := pair(s, at+18)
	if second > 59 {
		return -1
	}
	us, end := m.minute.us+int64(second)*1e6, at+20
	if s[end] == '.' {
		fraction, digits := leadingDigits(wordOf(s, end+1))
		if digits-1 > 5 {
			return -1
		}
		us, end = us+int64(fraction)*powers[6-digits], end+1+int(digits)
	}
	if s[end] != 'Z' || s[end+1] != '"' {
		return -1
	}
	m.cells.int(us)
	return end + 2
}

// parseTime reads a time as nearly all are: RFC 3339 in capitals, with up to nine
// digits after the point, of which the microseconds count. What it doesn't take is
// time.Time's to judge.
func parseTime(s []byte) (int64, bool) {
	const shortest = len("2006-01-02T15:04:05Z")
	if len(s) < shortest || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return 0, false
	}
	century, years, month, day := pair(s, 0), pair(s, 2), pair(s, 5), pair(s, 8)
	hour, minute, second := pair(s, 11), pair(s, 14), pair(s, 17)
	if century > 99 || years > 99 || month-1 > 11 || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	year := century*100 + years
	if year == 0 || day-1 >= daysIn(year, month) {
		return 0, false
	}
	us, at := int64(0), shortest-1
	if s[at] == '.' {
		end := digitsEnd(s, at+1)
		digits := end - at - 1
		if digits < 1 || digits > 9 {
			return 0, false
		}
		for i := range 6 {
			us *= 10
			if i < digits {
				us += int64(s[at+1+i] - '0')
			}
		}
		at = end
	}
	zone, ok := parseZone(s[at:])
	us += (daysSince1970(year, month, day)*86400 + int64(hour*3600+minute*60+second) - zone) * 1e6
	return us, ok && us >= minTime && us <= maxTime
}

// pair reads two digits; more than 99 is something else.
func pair(s []byte, at int) uint {
	tens, ones := uint(s[at]-'0'), uint(s[at+1]-'0')
	if tens > 9 || ones > 9 {
		return 1 << 20
	}
	return tens*10 + ones
}

// parseZone gives the seconds east of UTC.
func parseZone(s []byte) (int64, bool) {
	switch {
	case len(s) == 1 && s[0] == 'Z':
		return 0, true
	case len(s) != len("+00:00") || s[3] != ':' || s[0] != '+' && s[0] != '-':
		return 0, false
	}
	hours, minutes := pair(s, 1), pair(s, 4)
	seconds := int64(hours*3600 + minutes*60)
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, hours < 24 && minutes < 60
}

func daysIn(year, month uint) uint {
	switch {
	case month == 2 && (year%4 != 0 || year%100 == 0 && year%400 != 0):
		return 28
	case month == 2:
		return 29
	}
	return 30 + (month+month>>3)&1
}

// daysSince1970 counts the days of the Gregorian calendar, with years that begin
// in March, so that the leap day is the last of them (H. Hinnant, "chrono-Compatible
// Low-Level Date Algorithms").
func daysSince1970(year, month, day uint) int64 {
	if month <= 2 {
		year, month = year-1, month+12
	}
	return int64(year*365+year/4-year/100+year/400+(153*(month-3)+2)/5+day-1) - 719468
}
