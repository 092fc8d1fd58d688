package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/source"
)

// Log is a log under test, and what is known of it.
type Log[E any] struct {
	Source source.Source[E]
	// Ends are the offsets at which the partitions end. There is at least one
	// partition of five offsets or more.
	Ends []int64
	// Events are what the partitions hold, normalised, without those in
	// quarantine. Nil leaves it to the suite to compare the log with itself.
	Events [][]E
	// Append adds an event to a partition. It's nil where the log can't grow: its
	// readers come to io.EOF then, and wait for more otherwise.
	Append func(partition int) error
}

// largest gives the partition with the most offsets, which most tests use.
func (l Log[E]) largest() int {
	largest := 0
	for p, end := range l.Ends {
		if end > l.Ends[largest] {
			largest = p
		}
	}
	return largest
}

// start is where a partition begins.
func (l Log[E]) start(ctx context.Context, t require.TestingT, partition int) int64 {
	starter, ok := l.Source.(source.Starter)
	if !ok {
		return 0
	}
	start, err := starter.Start(ctx, partition)
	require.NoError(t, err, "Start")
	return start
}

// record is one event or quarantined event, for comparing: everything that an
// archive would keep of it.
type record struct {
	offset     int64
	quarantine bool
	text       string
}

// read reads a partition from an offset to the end, checking that every chunk is
// one and that they tile. It's for goroutines: it doesn't end the test.
func read[E any](ctx context.Context, log source.Source[E], partition int, from, end int64) (records []record, events []E, err error) {
	reader, err := log.Open(ctx, partition, from)
	if err != nil {
		return nil, nil, fmt.Errorf("Open(%d, %d): %w", partition, from, err)
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	for next := from; next < end; {
		c, err := reader.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil, nil, fmt.Errorf("partition %d ended at %d, before %d", partition, next, end)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("cannot read on at %d of partition %d: %w", next, partition, err)
		}
		if err := checkChunk(c, partition, next); err != nil {
			return nil, nil, err
		}
		records = append(records, recordsOf(c)...)
		events = append(events, c.Rows()...)
		next = c.Next
	}
	return records, events, nil
}

func checkChunk[E any](c *source.Chunk[E], partition int, from int64) error {
	if err := c.Check(); err != nil {
		return fmt.Errorf("the chunk at %d of partition %d: %w", from, partition, err)
	}
	if c.Partition != partition || c.From != from {
		return fmt.Errorf("a chunk of partition %d from %d where partition %d goes on at %d", c.Partition, c.From, partition, from)
	}
	if c.Next == c.From {
		return fmt.Errorf("an empty chunk at %d of partition %d", from, partition)
	}
	for i := range c.Columns {
		if c.Columns[i].Kind == source.Invalid {
			return fmt.Errorf("column %s wasn't read", c.Schema.Columns[i].Name)
		}
	}
	return nil
}

// recordsOf copies what a chunk holds, since its memory is only lent.
func recordsOf[E any](c *source.Chunk[E]) []record {
	records := make([]record, 0, c.Len()+len(c.Quarantine))
	for row, offset := range c.Offsets {
		text := ""
		for i := range c.Columns {
			text += c.Schema.Columns[i].Name + "=" + c.Columns[i].Value(int32(row)).String() + " "
		}
		records = append(records, record{offset: offset, text: text})
	}
	for _, q := range c.Quarantine {
		records = append(records, record{offset: q.Offset, quarantine: true, text: fmt.Sprintf("%q %s", q.Raw, q.Reason)})
	}
	return records
}

// from gives the records at or past an offset, by offset.
func from(records []record, offset int64) []record {
	out := []record{}
	for _, r := range records {
		if r.offset >= offset {
			out = append(out, r)
		}
	}
	return out
}

// open makes a log for one test.
func open[E any](ctx context.Context, t *testing.T, harness func(*testing.T) Log[E]) Log[E] {
	log := harness(t)
	require.NotEmpty(t, log.Ends, "the harness must say where the partitions end")
	require.GreaterOrEqual(t, log.Ends[log.largest()]-log.start(ctx, t, log.largest()), int64(5), "the harness makes too short a log")
	return log
}
