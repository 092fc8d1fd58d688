package partition

import "fmt"

// rule is how a dimension turns values into parts. The zero rule is invalid.
type rule uint8

const (
	noRule rule = iota
	byHour
	byDay
	byMonth
	byYear
	byHash
	byValue
)

var ruleNames = [...]string{"invalid", "hour", "day", "month", "year", "hash", "value"}

// Dimension is one level of a Scheme: a name and a rule. The zero Dimension is
// invalid.
type Dimension struct {
	name    string
	rule    rule
	buckets int // byHash only
}

// ByHour splits by hour, in UTC: "2026-11-24-21".
func ByHour(name string) Dimension { return Dimension{name: name, rule: byHour} }

// ByDay splits by date, in UTC: "2026-11-24".
func ByDay(name string) Dimension { return Dimension{name: name, rule: byDay} }

// ByMonth splits by calendar month, in UTC: "2026-11".
func ByMonth(name string) Dimension { return Dimension{name: name, rule: byMonth} }

// ByYear splits by calendar year, in UTC: "2026".
func ByYear(name string) Dimension { return Dimension{name: name, rule: byYear} }

// ByHash splits into buckets numbered from 0, at most 2^31-1 of them. The bucket
// is the one that Kafka's Java client picks as the partition of a record whose
// key is the value: an integer as LongSerializer writes it (8 bytes, big
// endian), a string as its bytes.
func ByHash(name string, buckets int) Dimension {
	return Dimension{name: name, rule: byHash, buckets: buckets}
}

// ByValue splits by the value itself: integers in decimal, strings escaped.
func ByValue(name string) Dimension { return Dimension{name: name, rule: byValue} }

// Named gives the same dimension under another name.
func (d Dimension) Named(name string) Dimension {
	d.name = name
	return d
}

// Rule gives the rule in one word: "hour", "day", "month", "year", "hash" or
// "value"; "invalid" for the zero Dimension.
func (d Dimension) Rule() string { return ruleNames[d.rule] }

// Buckets is how many buckets ByHash has; 0 for other rules.
func (d Dimension) Buckets() int { return d.buckets }

// Name gives the name that stands before the equals sign in paths.
func (d Dimension) Name() string { return d.name }

// String gives the dimension in one word, such as "day(fecha)" or
// "hash(user_id,16)".
func (d Dimension) String() string {
	if d.rule == byHash {
		return fmt.Sprintf("%s(%s,%d)", ruleNames[d.rule], d.name, d.buckets)
	}
	return fmt.Sprintf("%s(%s)", ruleNames[d.rule], d.name)
}
