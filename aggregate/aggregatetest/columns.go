package aggregatetest

import (
	"slices"

	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/source"
)

// columns folds events one by one and as one chunk. The zero event is among
// them: its optional fields are null, so that columns without nulls, with some
// and with nothing else all meet.
func columns[E, R any](t *rapid.T, k *kit[E, R], events []E) error {
	var zero E
	at := rapid.IntRange(0, len(events)).Draw(t, "zero event at")
	events = k.accepted(slices.Insert(slices.Clone(events), at, zero))
	whole := k.folded(events)

	fresh := k.states(1) // a dictionary for each event
	shared := k.states(1)
	builder := source.NewBuilder[E](k.schema, nil) // one for all
	for i := range events {
		k.fold(fresh, 0, events[i:i+1])
		k.frame.Load(k.chunk(builder, events[i:i+1]))
		shared.Add([]uint32{0}, []int32{0}, k.frame)
	}
	if err := k.differs("the chunk", whole, 0, "event by event", fresh, 0); err != nil {
		return err
	}
	if err := k.differs("the chunk", whole, 0, "event by event, with one dictionary,", shared, 0); err != nil {
		return err
	}
	k.frame.Load(k.chunk(builder, events))
	shared.Add(nil, nil, k.frame)
	return k.differs("the chunk", whole, 0, "after a chunk without rows for us", shared, 0)
}
