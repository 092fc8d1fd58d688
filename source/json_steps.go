package source

import "math"

// step is a text that stood between two values, such as `,"price": ` or
// `},"at":`, and the member whose value followed. The same text at such a spot
// leads to the same member again, so it's only compared: its first eight bytes and
// its last, which may overlap, and are the same eight where it's shorter than
// that.
type step struct {
	text           string
	to             *member // nil at the end of the record
	length         int
	head, tail     uint64
	mask           uint64 // of the bytes that aren't before it
	headAt, tailAt int    // from the step's place
}

// nowhere is the step of a spot that none has been taken from. No record has it.
var nowhere = &step{length: math.MaxInt >> 1}

// maxStep is the longest text that is remembered.
const maxStep = 256

func newStep(text []byte, to *member) *step {
	n := len(text)
	s := &step{text: string(text), to: to, length: n, mask: math.MaxUint64, headAt: min(0, n-8), tailAt: n - 8}
	if n < 8 {
		s.mask <<= 8 * (8 - n)
	}
	var padded [8 + maxStep]byte
	copy(padded[8:], text)
	s.head, s.tail = wordOf(padded[:], 8+s.headAt), wordOf(padded[:], 8+s.tailAt)
	return s
}

// isAt says whether a record has the text at a place.
func (s *step) isAt(record []byte, at int) bool {
	end := at + s.length
	if end > len(record) {
		return false
	}
	if start := at + s.headAt; start >= 0 && s.length <= 16 {
		return ((wordOf(record, start)^s.head)|(wordOf(record, at+s.tailAt)^s.tail))&s.mask == 0
	}
	return string(record[at:end]) == s.text
}

// steps are those that were taken from spots that are alike, for records whose
// members have more than one order.
type steps struct {
	table []keyedStep // by key; a power of two
	n     int
}

type keyedStep struct {
	key  uint32
	step *step // nil if it's free
}

const fewestSteps, mostSteps = 32, 1 << 10

func (t *steps) find(record []byte, at int) *step {
	if t.n == 0 {
		return nil
	}
	last := len(t.table) - 1
	key := stepKey(record, at)
	for i := int(key) & last; t.table[i].step != nil; i = (i + 1) & last {
		if t.table[i].key == key && t.table[i].step.isAt(record, at) {
			return t.table[i].step
		}
	}
	return nil
}

func (t *steps) add(key uint32, s *step) {
	if 2*t.n >= len(t.table) {
		t.spread()
	}
	t.n++
	t.place(keyedStep{key, s})
}

// spread doubles the table, or begins it again.
func (t *steps) spread() {
	old := t.table
	if len(old) >= mostSteps {
		old, t.n = nil, 0
	}
	t.table = make([]keyedStep, max(fewestSteps, 2*len(old)))
	for _, k := range old {
		if k.step != nil {
			t.place(k)
		}
	}
}

func (t *steps) place(k keyedStep) {
	last := len(t.table) - 1
	i := int(k.key) & last
	for t.table[i].step != nil {
		i = (i + 1) & last
	}
	t.table[i] = k
}

// stepKey is a hash of a step's text up to its colon, or of 16 bytes of it.
func stepKey(record []byte, at int) uint32 {
	var lo, hi uint64
	if at+16 <= len(record) {
		lo, hi = wordOf(record, at), wordOf(record, at+8)
	} else {
		lo, hi = wordNear(record, at), wordNear(record, at+8)
	}
	first, second := masks(zeroBytes(lo^':'*ones), zeroBytes(hi^':'*ones))
	return textKey{lo: lo & first, hi: hi & second}.hash()
}
