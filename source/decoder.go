package source

import (
	"fmt"
	"slices"
)

// Decoder turns records of a log into events. It's safe for concurrent use.
type Decoder[E any] interface {
	// Decode reads one record and sets the cells of the builder's current event,
	// by Set, SetText and SetJSON. It neither commits nor rejects: [Builder.Decode] does.
	// A record that it can't read is an error that says why; the cells that were
	// set by then are forgotten. It must not keep the record.
	Decode(record []byte, b *Builder[E]) error
}

// Decode adds the event that a record holds. A record that can't be decoded or
// normalised goes to quarantine, with a copy of its bytes: so does one on which
// the decoder panics.
func (b *Builder[E]) Decode(d Decoder[E], record []byte, offset int64) {
	b.take(b.callDecoder(d, record), offset, record)
}

func (b *Builder[E]) callDecoder(d Decoder[E], record []byte) (err error) {
	done := false // recover isn't free
	defer func() {
		if done {
			return
		}
		if p := recover(); p != nil {
			err = fmt.Errorf("the decoder panicked: %v", p)
		}
	}()
	err = d.Decode(record, b)
	done = true
	return err
}

// take ends an event whose cells were set, or failed to be with err. It gives
// the quarantined event if it is one, with a copy of raw.
func (b *Builder[E]) take(err error, offset int64, raw []byte) *Quarantined {
	rejected := len(b.quarantine)
	if err != nil {
		b.Reject(offset, raw, err)
	} else {
		b.Commit(offset, raw)
	}
	if len(b.quarantine) == rejected {
		return nil
	}
	q := &b.quarantine[rejected]
	q.Raw = slices.Clone(q.Raw)
	return q
}
