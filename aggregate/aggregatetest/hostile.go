package aggregatetest

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"

	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/aggregate"
)

// hostile reads damaged forms of a state: cut short, with bits flipped, with more
// behind it, with a huge number before it, and bytes that never were one.
func hostile[E, R any](t *rapid.T, k *kit[E, R], records []record[E]) error {
	states := damaged(t, k.bytes(records))
	for _, state := range states {
		if err := k.read(state); err != nil {
			return fmt.Errorf("reading %x: %w", state, err)
		}
	}
	// Others may allocate meanwhile, so that only the second time is believed.
	if k.allocated(states) > maxAllocated {
		if n := k.allocated(states); n > maxAllocated {
			return fmt.Errorf("reading %d damaged states, of up to %d bytes, allocated %d bytes", len(states), len(longest(states)), n)
		}
	}
	return nil
}

// maxAllocated is far more than some damaged states of a few events account for,
// and far less than one length that is believed.
const maxAllocated = 64 << 20

func damaged(t *rapid.T, state []byte) [][]byte {
	var out [][]byte
	for range 8 {
		out = append(out, rapid.SliceOfN(rapid.Byte(), 0, 24).Draw(t, "bytes"))
		if len(state) == 0 {
			continue
		}
		out = append(out, state[:rapid.IntRange(0, len(state)-1).Draw(t, "length")])
		flipped := slices.Clone(state)
		flipped[rapid.IntRange(0, len(state)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		out = append(out, flipped)
	}
	for _, extra := range []string{"\x00", "\x01", "\x80", "\xff"} {
		out = append(out, append(slices.Clone(state), extra...))
	}
	for _, number := range []string{"\xff\xff\xff\xff\x07", "\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"} {
		out = append(out, append([]byte(number), state...))
	}
	return out
}

// read merges bytes into a group: they're refused as what isn't a state, or they
// are one. Whichever it is, the group can still be read.
func (k *kit[E, R]) read(state []byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	s := k.states(2)
	refused := s.MergeState(0, state)
	if refused != nil && !errors.Is(refused, aggregate.ErrState) {
		return fmt.Errorf("it's refused with an error that isn't ErrState: %w", refused)
	}
	again := s.AppendState(nil, 0)
	_, _ = readOne(s, 0)
	if refused != nil {
		return nil
	}
	if err := s.MergeState(1, again); err != nil {
		return fmt.Errorf("it's accepted, but the state that it gives, %x, isn't: %w", again, err)
	}
	if err := differ("it's accepted, and the state", again, "read back,", s.AppendState(nil, 1)); err != nil {
		return err
	}
	return nil
}

func (k *kit[E, R]) allocated(states [][]byte) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, state := range states {
		_ = k.states(1).MergeState(0, state)
	}
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func longest(states [][]byte) []byte {
	return slices.MaxFunc(states, func(a, b []byte) int { return len(a) - len(b) })
}
