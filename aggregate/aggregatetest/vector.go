package aggregatetest

import (
	"fmt"

	"pgregory.net/rapid"
)

func vector[E, R any](t *rapid.T, k *kit[E, R], records []record[E]) error {
	x, y := cut(t, records)
	none := k.bytes(nil)
	s := k.folded(x)
	if err := differ("no events", none, "after another vector folded some", k.bytes(nil)); err != nil {
		return err
	}
	if err := k.differs("the state", s, 0, "read a second time", s, 0); err != nil {
		return err
	}
	s.Grow(5)
	s.Grow(1)
	if err := k.differs("the state", k.folded(x), 0, "after Grow", s, 0); err != nil {
		return err
	}
	if err := k.differs("no events", k.folded(nil), 0, "a group that Grow made", s, 4); err != nil {
		return err
	}
	for round := range 2 {
		s.Reset()
		s.Grow(3)
		for g := range uint32(3) {
			if err := k.differs("no events", k.folded(nil), 0, fmt.Sprintf("group %d after Reset", g), s, g); err != nil {
				return err
			}
		}
		k.fold(s, 1, y)
		if err := k.differs("the state", k.folded(y), 0, fmt.Sprintf("folded after Reset %d", round+1), s, 1); err != nil {
			return err
		}
		if err := k.differs("no events", k.folded(nil), 0, "the group beside it", s, 0); err != nil {
			return err
		}
	}
	return nil
}
