package aggregatetest

import (
	"fmt"

	"pgregory.net/rapid"
)

// several deals records to groups, and reads the groups' results together.
func several[E, R any](t *rapid.T, k *kit[E, R], records []record[E]) error {
	n := rapid.IntRange(1, 6).Draw(t, "groups")
	dealt := make([][]record[E], n)
	for i, to := range draw(t, "group", len(records), n) {
		dealt[to] = append(dealt[to], records[i])
	}
	s := k.states(n)
	for g, records := range dealt {
		k.fold(s, uint32(g), records)
	}
	for range 2 { // what was read before leaves nothing
		var asked []uint32
		for _, g := range draw(t, "asked", rapid.IntRange(0, 2*n).Draw(t, "how many"), n) {
			asked = append(asked, uint32(g))
		}
		into := make([]R, len(asked))
		read, err := s.Read(asked, into)
		if read < 0 || read > len(asked) || (read == len(asked)) != (err == nil) {
			return fmt.Errorf("%d of %d results are read, with the error %v", read, len(asked), err)
		}
		for i, g := range asked[:min(read+1, len(asked))] {
			want, wrong := readOne(k.folded(dealt[g]), 0)
			switch {
			case i == read && fmt.Sprint(wrong) != fmt.Sprint(err):
				return fmt.Errorf("group %d, number %d of %v, has the error %v, and alone %v", g, i, asked, err, wrong)
			case i < read && (wrong != nil || !k.equal(into[i], want)):
				return fmt.Errorf("group %d, number %d of %v, is %v, and alone %v, %v", g, i, asked, into[i], want, wrong)
			}
		}
	}
	return nil
}
