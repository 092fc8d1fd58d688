package aggregatetest

import (
	"cmp"
	"slices"

	"pgregory.net/rapid"
)

// record is an event in its place in the log, which it keeps however the events
// are split: an aggregate may break ties by it.
type record[E any] struct {
	event     E
	partition int
	offset    int64
	group     int // for those who fold into several
}

// place gives each event a partition and an offset. Events of one partition keep
// their order, and leave an odd offset free before each and after the last.
func place[E any](t *rapid.T, events []E) []record[E] {
	const partitions = 3
	var next [partitions]int64
	out := make([]record[E], len(events))
	for i, partition := range draw(t, "partition", len(events), partitions) {
		next[partition] += 2
		out[i] = record[E]{event: events[i], partition: partition, offset: next[partition]}
	}
	return out
}

// insert puts an event between others, at offsets that place left free: right
// after the record before it.
func insert[E any](records []record[E], at int, event E) []record[E] {
	r := record[E]{event: event, offset: 1}
	if at > 0 {
		r.partition, r.offset = records[at-1].partition, records[at-1].offset+1
	}
	return slices.Insert(slices.Clone(records), at, r)
}

// byPartition takes records apart into chunks: one of each partition, by offset,
// in the order in which the partitions first appear.
func byPartition[E any](records []record[E]) (chunks [][]record[E]) {
	places := map[int]int{}
	for _, r := range records {
		i, ok := places[r.partition]
		if !ok {
			i = len(chunks)
			places[r.partition] = i
			chunks = append(chunks, nil)
		}
		chunks[i] = append(chunks[i], r)
	}
	for _, chunk := range chunks {
		slices.SortFunc(chunk, func(a, b record[E]) int { return cmp.Compare(a.offset, b.offset) })
	}
	return chunks
}
