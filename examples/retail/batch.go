package main

import (
	"context"
	"sync"

	"github.com/anabranch-go/anabranch/source"
)

// meter watches the log being read, and says when a batch run is due: each time
// another so many days of data, or rows, have come.
type meter struct {
	everyDays int   // 0 where rows decide
	everyRows int64 // 0 where days do
	due       chan struct{}

	mu      sync.Mutex
	through map[int]int64 // by partition: offsets that have been counted, once, whatever is read again
	rows    int64
	days    map[int64]bool // the dates' starts
	runs    int64          // how many were due so far
}

// maxDue is how many batch runs may wait: as many days as a century has.
const maxDue = 36525

func newMeter(everyDays int, everyRows int64) *meter {
	return &meter{everyDays: everyDays, everyRows: everyRows, due: make(chan struct{}, maxDue),
		through: map[int]int64{}, days: map[int64]bool{}}
}

// count takes in a chunk.
func (m *meter) count(c *source.Chunk[Sale]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c.Next <= m.through[c.Partition] {
		return // read again by a new owner
	}
	m.through[c.Partition] = c.Next
	m.rows += int64(c.Len())
	addDays(m.days, c)
	for m.isDue() {
		m.runs++
		select {
		case m.due <- struct{}{}:
		default: // the batch layer is that far behind; one run will do for many
		}
	}
}

// read is how many rows have been counted.
func (m *meter) read() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rows
}

func (m *meter) isDue() bool {
	if m.everyRows > 0 {
		return m.rows/m.everyRows > m.runs
	}
	return m.everyDays > 0 && int64(len(m.days)/m.everyDays) > m.runs
}

// metered is a log whose chunks a meter counts.
type metered struct {
	source.Source[Sale]
	meter *meter
}

func (m metered) Open(ctx context.Context, partition int, offset int64) (source.Reader[Sale], error) {
	reader, err := m.Source.Open(ctx, partition, offset)
	if err != nil {
		return nil, err
	}
	return meteredReader{reader, m.meter}, nil
}

type meteredReader struct {
	source.Reader[Sale]
	meter *meter
}

func (r meteredReader) Next(ctx context.Context) (*source.Chunk[Sale], error) {
	c, err := r.Reader.Next(ctx)
	if err == nil {
		r.meter.count(c)
	}
	return c, err
}
