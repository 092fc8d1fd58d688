package aggregate

import (
	"cmp"
	"encoding/binary"
)

// moment is where an event stands in the order of event time, and of partition
// and offset where times are the same. No two events share one.
type moment struct{ at, partition, offset int64 }

func (m moment) compare(o moment) int {
	switch {
	case m.at != o.at:
		return cmp.Compare(m.at, o.at)
	case m.partition != o.partition:
		return cmp.Compare(m.partition, o.partition)
	}
	return cmp.Compare(m.offset, o.offset)
}

// flip turns the order around where the mask is -1, and back; it does nothing
// where the mask is 0.
func (m moment) flip(mask int64) moment {
	return moment{m.at ^ mask, m.partition ^ mask, m.offset ^ mask}
}

// appendTo encodes the moment as three zigzag varints.
func (m moment) appendTo(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, zigzag(m.at))
	dst = binary.AppendUvarint(dst, zigzag(m.partition))
	return binary.AppendUvarint(dst, zigzag(m.offset))
}

func takeMoment(b []byte) (m moment, rest []byte, ok bool) {
	rest = b
	for _, into := range []*int64{&m.at, &m.partition, &m.offset} {
		var u uint64
		if u, rest, ok = takeUvarint(rest); !ok {
			return m, b, false
		}
		*into = unzigzag(u)
	}
	return m, rest, isTime(m.at)
}
