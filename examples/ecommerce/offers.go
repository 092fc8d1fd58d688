package main

import (
	"math"
	"time"
)

// Each week every product has one of these prices, in percent of its list price.
var offers = [...]int64{80, 90, 100, 110, 125}

const week = 7 * 24 * time.Hour

// offerOf is a product's offer in the week of a time.
func offerOf(product int, at time.Time) int {
	r := random(mix(uint64(product)<<16 + uint64(at.Sub(opening)/week)))
	return r.below(len(offers))
}

func priceAt(product, offer int) int64 { return priceOf(product) * offers[offer] / 100 }

// elasticityOf is by how many percent the units of an order change where the price
// is one percent higher: from -0.4 to -2.3, by category. It's what the report of
// elasticity is to find.
func elasticityOf(category int) float64 { return -float64(4+category*7%20) / 10 }

// response is what a price makes of a quantity, in thousandths: a table, so that
// events are integers' work and the same on any machine.
var response = func() (table [len(categories)][len(offers)]int64) {
	for category := range table {
		for offer, percent := range offers {
			table[category][offer] = int64(math.Round(1000 * math.Pow(float64(percent)/100, elasticityOf(category))))
		}
	}
	return table
}()

// ordered is how many units are ordered of what would be so many at the list
// price: on average exactly as many as the elasticity says, but at least one.
func ordered(visitor *random, units int64, category, offer int) int64 {
	return max(1, (units*response[category][offer]+int64(visitor.below(1000)))/1000)
}

// companion is what is bought with a product: four times of five one of its three
// companions, the first of these most often.
func (s shop) companion(product int, r *random) int {
	n := s.sized(products)
	other := skewed(r, n)
	if r.below(5) < 4 {
		own := random(mix(uint64(product)<<2 + uint64(skewed(r, 3)) + 1<<34))
		other = skewed(&own, n)
	}
	if other == product {
		return (product + 1) % n
	}
	return other
}
