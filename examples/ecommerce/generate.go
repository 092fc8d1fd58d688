package main

import (
	"math/bits"
	"strconv"
	"time"
)

// shop generates the log of an imaginary shop. An event is a pure function of the
// seed, the number of partitions, its partition and its offset: nothing comes from
// the events before it. So the log needs no storage to be replayable, any offset
// can be read at once, and the log may grow for ever.
//
// The log is keyed by user: all events of a user are in one partition.
type shop struct {
	seed       uint64
	partitions int
	small      bool // a fortieth of the size
}

// The shop's size. Its log begins on a Monday and grows by eventsPerDay for each
// day of event time, all partitions together.
const (
	eventsPerDay = 500_000
	users        = 200_000
	products     = 100_000
)

// A small shop's log of the same length spans months in place of days: what a
// batch report is about.
const smaller = 40

// sized is a number of the shop's size.
func (s shop) sized(n int) int {
	if s.small {
		return n / smaller
	}
	return n
}

var opening = time.Date(2026, time.March, 2, 0, 0, 0, 0, time.UTC)

// In each partition a number of visitors are in the shop at a time, each for so
// many events. They take turns in the log. As soon as a visit ends, the next one
// takes its slot; slots are out of step, so that visits begin at all times.
const (
	slots       = 32
	visitEvents = 8
	secondLine  = 6 // the step of an order's second line, if it has one
)

// visits are what a visit may come to, each with its share in percent.
var visits = []struct {
	percent int
	steps   [visitEvents]string
}{
	{40, [...]string{pageView, productView, pageView, productView, productView, pageView, productView, pageView}},
	{34, [...]string{productView, productView, pageView, productView, productView, productView, productView, pageView}},
	{12, [...]string{pageView, productView, productView, addToCart, productView, pageView, productView, pageView}},
	{6, [...]string{pageView, productView, productView, addToCart, checkout, pageView, productView, pageView}},
	{5, [...]string{pageView, productView, productView, addToCart, checkout, purchase, pageView, productView}},
	{1, [...]string{productView, productView, productView, addToCart, checkout, purchase, productView, review}},
	// An order of two lines: each is a purchase of the same order.
	{2, [...]string{productView, productView, productView, addToCart, checkout, purchase, purchase, review}},
}

// event writes the event at an offset of a partition.
func (s shop) event(e *Event, partition int, offset int64) {
	slot := offset % slots
	turn := offset/slots + slot%visitEvents
	visit := turn/visitEvents*slots + slot
	step := int(turn % visitEvents)

	r := s.random(partition, visit, 0)
	user := int64(skewed(&r, max(1, s.sized(users)/s.partitions)))*int64(s.partitions) + int64(partition)
	kind := visitKind(&r)

	// The product in the cart is the last one that was looked at.
	looked := s.random(partition, visit, 1+min(step, 2))
	product := skewed(&looked, s.sized(products))
	if step == secondLine && visits[kind].steps[step] == purchase {
		product = s.companion(product, &looked)
	}

	own := s.random(partition, offset, 100)
	at := s.businessTime(offset*int64(s.partitions) + int64(partition))
	*e = Event{
		At: happened(at, &own), User: 1 + user, Type: visits[kind].steps[step],
		Session: "s" + strconv.Itoa(partition) + "-" + strconv.FormatInt(visit, 10),
		Product: 1 + int64(product), Category: categories[categoryOf(product)], Region: regionOf(user),
	}
	s.buy(e, &r, visit, partition, product, at)
}

// buy fills in what is bought. At the daily flash sale people buy more at once,
// and they buy less of what is dear this week: see offers.go.
func (s shop) buy(e *Event, visitor *random, visit int64, partition, product int, at time.Time) {
	if e.Type != addToCart && e.Type != checkout && e.Type != purchase {
		return
	}
	offer := offerOf(product, at)
	quantity := ordered(visitor, 2+int64(skewed(visitor, 3)), categoryOf(product), offer)
	if flashSale(at) {
		quantity += 5
	}
	e.Quantity = quantity
	if e.Type == purchase {
		e.Revenue = quantity * priceAt(product, offer)
		e.Order = 1 + visit*int64(s.partitions) + int64(partition)
	}
}

// flashSale says whether the daily half hour of special offers is on: what the
// anomaly flag is there to find.
func flashSale(at time.Time) bool { return at.Hour() == 20 && at.Minute() < 30 }

// busyHours are the thousandths of a day's events that come in each hour.
var busyHours = [24]int64{20, 12, 8, 6, 6, 10, 20, 32, 44, 52, 56, 58, 60, 54, 46, 46, 50, 56, 64, 74, 80, 70, 48, 28}

// businessTime is the time of the log's nth event: days are alike, and within a
// day the hours are as busy as they are.
func (s shop) businessTime(n int64) time.Time {
	perDay := int64(s.sized(eventsPerDay))
	day, rest := n/perDay, n%perDay
	for hour, busy := range busyHours {
		count := busy * perDay / 1000
		if rest < count {
			into := time.Duration(rest*time.Hour.Microseconds()/count) * time.Microsecond
			return opening.AddDate(0, 0, int(day)).Add(time.Duration(hour)*time.Hour + into)
		}
		rest -= count
	}
	return opening.AddDate(0, 0, int(day+1)) // not reached: the hours make up the day
}

// happened is when an event was, that came into the log at a time: never before
// the opening.
func happened(came time.Time, r *random) time.Time {
	if at := came.Add(-delay(r)); !at.Before(opening) {
		return at
	}
	return came
}

// delay is how long an event is on its way. Most come within seconds, some within
// two minutes, and 4 of 1000, from phones that had no network, up to three days
// late.
func delay(r *random) time.Duration {
	switch n := r.below(1000); {
	case n < 4:
		return time.Hour + time.Duration(r.below(71*3600))*time.Second
	case n < 100:
		return time.Duration(r.below(120_000)) * time.Millisecond
	default:
		return time.Duration(r.below(5_000_000)) * time.Microsecond
	}
}

func visitKind(r *random) int {
	n := r.below(100)
	for kind, visit := range visits {
		if n -= visit.percent; n < 0 {
			return kind
		}
	}
	return 0
}

// A product keeps its category and list price, a user his region, whatever the seed.

func categoryOf(product int) int {
	r := random(mix(uint64(product) + 1))
	return skewed(&r, len(categories))
}

func priceOf(product int) int64 {
	r := random(mix(uint64(product) + 1<<32))
	return 195 + int64(skewed(&r, 200))*100 + int64(r.below(10))*10
}

func regionOf(user int64) string {
	r := random(mix(uint64(user) + 1<<33))
	return regions[skewed(&r, len(regions))]
}

// random is a stream of random numbers (SplitMix64: Steele, Lea and Flood, "Fast
// splittable pseudorandom number generators", 2014). It starts anywhere at no
// cost.
type random uint64

// random starts the stream of one purpose for the nth thing of a partition.
func (s shop) random(partition int, n int64, purpose int) random {
	return random(mix(mix(mix(s.seed)^uint64(partition)<<32^uint64(purpose)) ^ uint64(n)))
}

func (r *random) next() uint64 {
	*r += 0x9E3779B97F4A7C15
	return mix(uint64(*r))
}

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// below gives a number in [0, n).
func (r *random) below(n int) int {
	high, _ := bits.Mul64(r.next(), uint64(n))
	return int(high)
}

// skewed gives a number in [0, n), low ones far more often: the product of two
// fractions, so that the first hundredth of all products has 6 % of the visits.
func skewed(r *random, n int) int {
	high, _ := bits.Mul64(r.next(), r.next())
	high, _ = bits.Mul64(high, uint64(n))
	return int(high)
}
