// Package aggregatetest checks the laws that engines rely on when they fold
// events with an aggregate. Run it on each aggregate of your own:
//
//	func TestBasket(t *testing.T) {
//		events := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Event {
//			return Event{
//				Shop:  rapid.SampledFrom([]string{"norte", "sur"}).Draw(t, "shop"),
//				Cents: rapid.Int64Range(-500, 500).Draw(t, "cents"),
//			}
//		}), 0, 20)
//		aggregatetest.Laws(t, aggregate.Of(basket{}), func(t *rapid.T) []Event { return events.Draw(t, "events") }, nil)
//	}
//
// The files hold a kind of law each: algebra.go what merging is, split.go that no
// split of the events shows, columns.go that a chunk is its events, vector.go
// what a vector of states owes its owner, inverse.go what taking away is, read.go
// that results don't show with which others they're read, and hostile.go what a
// decoder owes bytes that somebody damaged.
package aggregatetest
