package arrowsource

import "encoding/binary"

// The library makes room for what a description claims to hold, before it looks:
// for a vector of four billion texts, say. And parts of a description may be
// shared, so that a few bytes unfold into any number of fields or long texts.

// limits are what a description may still unfold into.
type limits struct {
	fields int
	bytes  int64 // of texts
	views
}

// views is how many counts of buffers a message must have, if it has any: one for
// each column of views. The library reads on past those that are there.
type views struct {
	batch      int // in a record batch
	dictionary int // in that of a dictionary, at most
}

func newLimits() *limits { return &limits{fields: maxFields, bytes: 4 * maxMetadata} }

// checkMessage holds a message's description to what it has. The schema comes
// first, and says what others need.
func (x *index) checkMessage(t table, m *message) (err error) {
	l := newLimits()
	if err := l.texts(t, 4); err != nil {
		return err
	}
	switch m.kind {
	case schemaMessage:
		x.views, err = checkSchema(m.header)
		return err
	case batchMessage:
		return checkBatch(m.header, x.views.batch)
	case dictionaryMessage:
		return checkBatch(m.header.table(1), x.views.dictionary)
	}
	return nil
}

// checkBatch checks a record batch's lists of columns and buffers.
func checkBatch(t table, views int) error {
	t.vector(1, 16)
	buffers := int64(len(t.vector(2, 16)))
	if _, counts := t.extent(4, 8); counts < views && t.member(4) > 0 {
		return malformed("%d counts of buffers for %d columns", counts, views)
	}
	for _, at := range t.vector(4, 8) { // how many buffers each column of views has
		n := int64(binary.LittleEndian.Uint64(t.b[at:]))
		if buffers -= n; n < 0 || buffers < 0 {
			return malformed("a column of %d buffers", n)
		}
	}
	return nil
}

func checkSchema(schema table) (views, error) {
	l := newLimits()
	err := l.schema(schema)
	return l.views, err
}

func (l *limits) schema(t table) error {
	t.vector(3, 8) // features
	if err := l.texts(t, 2); err != nil {
		return err
	}
	return l.children(t, 1, maxDepth)
}

// children checks the fields that a schema, or a field, has.
func (l *limits) children(t table, member, depth int) error {
	for _, at := range t.vector(member, 4) {
		if l.fields--; l.fields < 0 || depth == 0 {
			return malformed("a schema of more than %d fields, or nested deeper than %d", maxFields, maxDepth)
		}
		if err := l.field(t.follow(at), depth); err != nil {
			return err
		}
	}
	return nil
}

func (l *limits) field(t table, depth int) error {
	const timestamp, union, binaryView, textView = 10, 14, 23, 24
	if t.member(4) > 0 { // the type is a dictionary's, whose texts come apart
		around := l.views.batch
		l.views.batch = 0
		defer func() {
			l.views.dictionary = max(l.views.dictionary, l.views.batch)
			l.views.batch = around
		}()
	}
	typ := t.table(3)
	var err error
	switch t.byte(2) {
	case timestamp:
		err = l.text(typ, 1) // its zone
	case union:
		l.fields -= len(typ.vector(1, 4))
	case binaryView, textView:
		l.views.batch++
	}
	if err == nil {
		err = l.text(t, 0)
	}
	if err == nil {
		err = l.texts(t, 6)
	}
	if err != nil {
		return err
	}
	return l.children(t, 5, depth-1)
}

// texts checks a list of keys and values.
func (l *limits) texts(t table, member int) error {
	for _, at := range t.vector(member, 4) {
		pair := t.follow(at)
		for i := range 2 {
			if err := l.text(pair, i); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *limits) text(t table, member int) error {
	_, n := t.extent(member, 1)
	if l.bytes -= int64(n) + 32; l.bytes < 0 {
		return malformed("a description whose texts are more than %d bytes", 4*maxMetadata)
	}
	return nil
}
