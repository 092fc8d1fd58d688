package aggregatetest

import (
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/aggregate"
)

// Laws checks that an aggregate keeps the laws, each in a subtest of its own:
//
//   - identity: a group without events changes nothing that it's merged with.
//   - associative, commutative: merging is.
//   - merge: merging vectors is merging encoded states, several into one too, and
//     leaves the other as it was.
//   - codec: a state read back encodes to the same bytes, with the same result.
//   - split: events in any chunks, parts, groups and merge tree, in any order,
//     give the same bytes. An event keeps its partition and offset, by which an
//     aggregate may break ties.
//   - columns: events one by one, each in a chunk of its own, give the same bytes
//     as a chunk of them, among them the zero event, whose optional fields are
//     null.
//   - vector: Reset forgets, Grow neither shrinks nor changes, reading changes
//     nothing.
//   - read: results of several groups, in any order and with repeats, are those of
//     each alone, up to the first that has none.
//   - inverse: where states can be inverted (aggregate.Inverter), a state and its
//     inverse cancel to the identity, the inverse of the inverse is the state, and
//     the inverse of a sum is the sum of the inverses.
//   - hostile: damaged states are aggregate.ErrState or states, never a panic nor
//     memory that the bytes don't account for.
//
// events draws events to fold; those that a builder refuses are left out, and a
// few dozen at a time are enough. Draw values that meet often, and the extremes.
// equal compares results; nil is reflect.DeepEqual, but a NaN equals a NaN. A
// failure says what was broken, and lists the events, as few as rapid finds.
func Laws[E, R any](t *testing.T, a aggregate.Aggregate[E, R], events func(*rapid.T) []E, equal func(R, R) bool) {
	t.Helper()
	for _, l := range laws[E, R]() {
		t.Run(l.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				if err := l.run(t, a, events, equal); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// law is one of them. check gives an error that says how it's broken.
type law[E, R any] struct {
	name, says string
	check      func(t *rapid.T, k *kit[E, R], records []record[E]) error
}

func laws[E, R any]() []law[E, R] {
	return []law[E, R]{
		{"identity", "a group without events changes nothing", identity[E, R]},
		{"associative", "(x+y)+z is x+(y+z)", associative[E, R]},
		{"commutative", "x+y is y+x", commutative[E, R]},
		{"merge", "merging a vector is merging its encoded states", mergeIsMergeState[E, R]},
		{"codec", "a state read back is the same", roundTrip[E, R]},
		{"split", "no split of the events shows", split[E, R]},
		{"columns", "a chunk is its events", columns[E, R]},
		{"vector", "Reset forgets, and nothing else does", vector[E, R]},
		{"read", "results of several groups are those of each", several[E, R]},
		{"inverse", "a state and its inverse cancel", inverse[E, R]},
		{"hostile", "damaged bytes are refused, or are a state", hostile[E, R]},
	}
}

// run draws events and checks the law on them.
func (l law[E, R]) run(t *rapid.T, a aggregate.Aggregate[E, R], events func(*rapid.T) []E, equal func(R, R) bool) error {
	if equal == nil {
		equal = same[R]
	}
	k, err := newKit(a, equal)
	if err != nil {
		return fmt.Errorf("cannot bind %s: %w", a, err)
	}
	drawn := place(t, k.accepted(events(t)))
	if err := l.check(t, k, drawn); err != nil {
		return fmt.Errorf("%s breaks the law of %s (%s): %w\nevents:\n%s", a, l.name, l.says, err, k.describe(drawn))
	}
	return nil
}

// same is reflect.DeepEqual, or the same text in Go's syntax, in which one NaN is
// as another wherever in the value it is.
func same[R any](a, b R) bool {
	return reflect.DeepEqual(a, b) || fmt.Sprintf("%#v", a) == fmt.Sprintf("%#v", b)
}
