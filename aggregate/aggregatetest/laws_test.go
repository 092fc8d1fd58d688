package aggregatetest

import (
	"encoding/binary"
	"errors"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/aggregate"
)

type event struct {
	Name  string
	Value float64
	Maybe *int64
}

func events(t *rapid.T) []event {
	one := rapid.Custom(func(t *rapid.T) event {
		e := event{
			Name:  rapid.SampledFrom([]string{"", "a", "b", "norte"}).Draw(t, "name"),
			Value: rapid.SampledFrom([]float64{0, 1, -1, 0.1, 1e16, -1e16}).Draw(t, "value"),
		}
		if rapid.Bool().Draw(t, "maybe") {
			e.Maybe = new(int64)
		}
		return e
	})
	return rapid.SliceOfN(one, 0, 10).Draw(t, "events")
}

// set is a sound monoid: the names. Broken ones embed it and spoil one method.
type set struct{}

func (set) Codec() string         { return "set/1" }
func (set) Zero() map[string]bool { return map[string]bool{} }
func (set) Add(s map[string]bool, e *event) map[string]bool {
	s[e.Name] = true
	return s
}
func (set) Merge(a, b map[string]bool) map[string]bool {
	maps.Copy(a, b)
	return a
}
func (set) Result(s map[string]bool) int { return len(s) }
func (set) AppendState(dst []byte, s map[string]bool) []byte {
	for _, name := range slices.Sorted(maps.Keys(s)) {
		dst = append(append(dst, byte(len(name))), name...)
	}
	return dst
}
func (set) DecodeState(b []byte) (map[string]bool, error) {
	s := map[string]bool{}
	for len(b) > 0 {
		n := int(b[0])
		if n > len(b)-1 {
			return nil, errors.New("it ends early")
		}
		s[string(b[1:n+1])] = true
		b = b[n+1:]
	}
	return s, nil
}

// The zero event's optional field is null: an event without one doesn't count.
type countsNulls struct{ set }

func (countsNulls) Add(s map[string]bool, e *event) map[string]bool {
	if e.Maybe == nil && len(s) == 0 {
		return s // and what came before decides
	}
	s[e.Name] = true
	return s
}

type sharesMemory struct{ set }

func (sharesMemory) Merge(a, b map[string]bool) map[string]bool {
	if len(a) == 0 {
		return b
	}
	maps.Copy(a, b)
	return a
}

type changesOther struct{ set }

func (changesOther) Merge(a, b map[string]bool) map[string]bool {
	maps.Copy(b, a)
	maps.Copy(a, b)
	return a
}

type sharedZero struct {
	set
	zero map[string]bool
}

func (z sharedZero) Zero() map[string]bool { return z.zero }

type countsMerges struct{ set }

func (countsMerges) Merge(a, b map[string]bool) map[string]bool {
	maps.Copy(a, b)
	a["merged"] = true
	return a
}

type keepsTheFirst struct{ set }

func (keepsTheFirst) Merge(a, b map[string]bool) map[string]bool {
	if len(a) == 0 {
		maps.Copy(a, b)
	}
	return a
}

type unsorted struct{ set }

func (unsorted) AppendState(dst []byte, s map[string]bool) []byte {
	for name := range s {
		dst = append(append(dst, byte(len(name))), name...)
	}
	return dst
}

type forgetful struct{ set }

func (forgetful) AppendState(dst []byte, s map[string]bool) []byte {
	return set{}.AppendState(dst, map[string]bool{"a": s["a"]})
}

type overwrites struct{ set }

func (overwrites) AppendState(dst []byte, s map[string]bool) []byte {
	return set{}.AppendState(dst[:0], s)
}

type changedByReading struct{ set }

func (changedByReading) Result(s map[string]bool) int {
	s["read"] = true
	return len(s)
}

type gullible struct{ set }

func (gullible) DecodeState(b []byte) (map[string]bool, error) {
	if n, size := binary.Uvarint(b); size > 0 && n > 1<<20 {
		return make(map[string]bool, min(n, 1<<22)), nil
	}
	return set{}.DecodeState(b)
}

// naiveSum adds floats as they come.
type naiveSum struct{}

func (naiveSum) Codec() string                   { return "naive/1" }
func (naiveSum) Zero() float64                   { return 0 }
func (naiveSum) Add(s float64, e *event) float64 { return s + e.Value }
func (naiveSum) Merge(a, b float64) float64      { return a + b }
func (naiveSum) Result(s float64) float64        { return s }
func (naiveSum) AppendState(d []byte, s float64) []byte {
	return binary.BigEndian.AppendUint64(d, math.Float64bits(s))
}
func (naiveSum) DecodeState(b []byte) (float64, error) {
	if len(b) != 8 {
		return 0, errors.New("not eight bytes")
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b)), nil
}

// tally counts events, and can take them away.
type tally struct{}

func (tally) Codec() string                        { return "tally/1" }
func (tally) Zero() int64                          { return 0 }
func (tally) Add(s int64, _ *event) int64          { return s + 1 }
func (tally) Merge(a, b int64) int64               { return a + b }
func (tally) Invert(s int64) int64                 { return -s }
func (tally) Result(s int64) int64                 { return s }
func (tally) AppendState(d []byte, s int64) []byte { return binary.AppendVarint(d, s) }
func (tally) DecodeState(b []byte) (int64, error) {
	s, n := binary.Varint(b)
	if n != len(b) || n <= 0 || n > 1 && b[n-1] == 0 {
		return 0, errors.New("not one varint")
	}
	return s, nil
}

// zeroes forgets instead of taking away.
type zeroes struct{ tally }

func (zeroes) Invert(int64) int64 { return 0 }

func TestSoundAggregatesPass(t *testing.T) {
	Laws(t, aggregate.Of(tally{}), events, nil)
	Laws(t, aggregate.Of(set{}), events, nil)
	Laws(t, aggregate.Join2(aggregate.Of(set{}), aggregate.Count[event](), func(names int, n int64) float64 {
		return float64(names) / float64(n) // NaN for no events
	}), events, nil)
	Laws(t, aggregate.Count[event](), events, func(a, b int64) bool { return a == b })
}

// Each law catches those that break it, and says so.
func TestBrokenAggregatesAreCaught(t *testing.T) {
	caught(t, "identity", aggregate.Of(countsMerges{}))
	caught(t, "associative", aggregate.Of(naiveSum{}))
	caught(t, "commutative", aggregate.Of(keepsTheFirst{}))
	caught(t, "merge", aggregate.Of(sharesMemory{}))
	caught(t, "merge", aggregate.Of(changesOther{}))
	caught(t, "merge", spoiled(func(v *spoiledStates) { v.mergesFirst = true }))
	caught(t, "codec", aggregate.Of(unsorted{}))
	caught(t, "codec", aggregate.Of(forgetful{}))
	caught(t, "codec", aggregate.Of(overwrites{}))
	caught(t, "split", aggregate.Of(naiveSum{}))
	caught(t, "split", aggregate.Of(countsNulls{}))
	caught(t, "split", aggregate.Of(keepsTheFirst{}))
	caught(t, "vector", aggregate.Of(changedByReading{}))
	caught(t, "read", spoiled(func(v *spoiledStates) { v.readsBehind = true }))
	caught(t, "vector", aggregate.Of(sharedZero{zero: map[string]bool{}}))
	caught(t, "hostile", aggregate.Of(gullible{}))
	caught(t, "hostile", spoiled(func(v *spoiledStates) { v.decode = func() error { return errors.New("not the sentinel") } }))
	caught(t, "hostile", spoiled(func(v *spoiledStates) { v.decode = func() error { panic("index out of range") } }))
	caught(t, "inverse", spoiled(func(v *spoiledStates) { v.inverts = func(aggregate.Inverter, uint32) bool { return true } }))
	caught(t, "inverse", spoiled(func(v *spoiledStates) {
		v.inverts = func(i aggregate.Inverter, g uint32) bool { return !i.Invert(g) }
	}))
	caught(t, "inverse", spoiled(func(v *spoiledStates) {
		n := 0
		v.inverts = func(i aggregate.Inverter, g uint32) bool { n++; return n == 1 && i.Invert(g) }
	}))
	caught(t, "inverse", spoiled(func(v *spoiledStates) {
		v.inverts = func(i aggregate.Inverter, g uint32) bool { return i.Invert(0) }
	}))
	caught(t, "inverse", aggregate.Of(zeroes{}))
	caught(t, "columns", spoiled(func(v *spoiledStates) { v.ignoresRows = true }))
	caught(t, "split", spoiled(func(v *spoiledStates) { v.ignoresRows = true }))
	caught(t, "vector", spoiled(func(v *spoiledStates) { v.keepsOnReset = true }))
}

// caught runs a law on some draws, and fails if none of them breaks it.
func caught[R any](t *testing.T, name string, a aggregate.Aggregate[event, R]) {
	t.Helper()
	for _, l := range laws[event, R]() {
		if l.name != name {
			continue
		}
		broken := rapid.Custom(func(t *rapid.T) (err error) { return l.run(t, a, events, nil) })
		for seed := range 200 {
			if err := broken.Example(seed); err != nil {
				require.ErrorContains(t, err, "breaks the law of "+name)
				require.ErrorContains(t, err, "events:")
				return
			}
		}
		t.Errorf("the law of %s lets %s pass", name, a)
		return
	}
	t.Fatalf("there is no law %s", name)
}
