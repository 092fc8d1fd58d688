package aggregatetest

import (
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/source"
)

// columns folds events one by one and as one chunk. The zero event is among
// them: its optional fields are null, so that columns without nulls, with some
// and with nothing else all meet.
func columns[E, R any](t *rapid.T, k *kit[E, R], records []record[E]) error {
	var zero E
	if len(k.accepted([]E{zero})) > 0 {
		records = insert(records, rapid.IntRange(0, len(records)).Draw(t, "zero event at"), zero)
	}
	whole := k.folded(records)

	fresh := k.states(1) // a dictionary for each event
	shared := k.states(1)
	builder := source.NewBuilder[E](k.schema, nil) // one for all
	for i := range records {
		k.fold(fresh, 0, records[i:i+1])
		k.frame.Load(k.chunk(builder, records[i:i+1]))
		shared.Add([]uint32{0}, []int32{0}, k.frame)
	}
	if err := k.differs("the chunk", whole, 0, "event by event", fresh, 0); err != nil {
		return err
	}
	if err := k.differs("the chunk", whole, 0, "event by event, with one dictionary,", shared, 0); err != nil {
		return err
	}
	k.frame.Load(k.chunk(builder, records[:min(1, len(records))]))
	shared.Add(nil, nil, k.frame)
	return k.differs("the chunk", whole, 0, "after a chunk without rows for us", shared, 0)
}
