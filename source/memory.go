package source

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
)

// Memory is a log in memory: partitioned, offset-addressed, and appended to
// while it's read. It keeps every event until Trim, already normalised and in
// columns, so that readers get its own memory and nothing is copied.
type Memory[E any] struct {
	identity   string
	partitions []memoryPartition[E]
}

// MemoryOptions are the options of [NewMemory].
type MemoryOptions[E any] struct {
	// Transform changes each event as it's appended.
	Transform Transform[E]
	// ChunkRows is the number of offsets that a chunk holds at most; 4096 if 0.
	// A reader never waits for a chunk to fill up.
	ChunkRows int
}

// DefaultChunkRows is the number of events in a chunk where the options don't
// say: enough to spread the work of a chunk over many, few enough that its
// columns stay in the processor's cache.
const DefaultChunkRows = 4096

// NewMemory makes an empty log. identity names it in archives; partitions is
// their number. An archive goes on by offsets: a process that starts again must append
// the same events from offset 0. Errors are ErrSchema and those of options that can't be.
func NewMemory[E any](identity string, partitions int, opts MemoryOptions[E]) (*Memory[E], error) {
	schema, err := SchemaOf[E]()
	switch {
	case err != nil:
		return nil, err
	case identity == "":
		return nil, fmt.Errorf("%w: a log needs an identity", ErrOptions)
	case partitions < 1:
		return nil, fmt.Errorf("%w: a log of %d partitions", ErrOptions, partitions)
	case opts.ChunkRows < 0:
		return nil, fmt.Errorf("%w: chunks of %d rows", ErrOptions, opts.ChunkRows)
	}
	rows := opts.ChunkRows
	if rows == 0 {
		rows = DefaultChunkRows
	}
	m := &Memory[E]{identity: identity, partitions: make([]memoryPartition[E], partitions)}
	for i := range m.partitions {
		m.partitions[i] = memoryPartition[E]{number: i, rows: int64(rows),
			builder: NewBuilder(schema, opts.Transform), grown: make(chan struct{})}
	}
	return m, nil
}

// Identity implements [Source].
func (m *Memory[E]) Identity(context.Context) (string, error) { return m.identity, nil }

// Partitions implements [Source].
func (m *Memory[E]) Partitions(context.Context) (int, error) { return len(m.partitions), nil }

// Append adds events to a partition, in order, and gives the offset that the
// next one will get. Each takes one offset, an event that can't be normalised
// too: that goes to quarantine. The events are copied, but what they point to is
// the transform's to leave alone. After Close it's ErrClosed. Append is safe for
// concurrent use.
func (m *Memory[E]) Append(partition int, events ...E) (next int64, err error) {
	p, err := m.partition(partition)
	if err != nil {
		return 0, err
	}
	var e E // a transform changes this, not the caller's
	return p.take(len(events), func(i int, offset int64) {
		e = events[i]
		p.builder.Append(&e, offset, nil)
	})
}

// Reject adds a record that the caller couldn't make an event of, and gives the
// offset that the next one will get: it goes to quarantine, and takes an offset
// like an event. raw is copied. After Close it's ErrClosed. Reject is safe for
// concurrent use.
func (m *Memory[E]) Reject(partition int, raw []byte, reason error) (next int64, err error) {
	p, err := m.partition(partition)
	if err != nil {
		return 0, err
	}
	return p.take(1, func(_ int, offset int64) { p.builder.Reject(offset, bytes.Clone(raw), reason) })
}

// Trim forgets events of a partition before an offset, in whole chunks: it may
// keep some. Readers that still need them get ErrOffset.
func (m *Memory[E]) Trim(partition int, before int64) error {
	p, err := m.partition(partition)
	if err != nil {
		return err
	}
	p.trim(before)
	return nil
}

// Close ends the log: it takes no more events, and its readers come to io.EOF.
// The log can still be read.
func (m *Memory[E]) Close() error {
	for i := range m.partitions {
		m.partitions[i].close()
	}
	return nil
}

// Start implements [Starter]. It's 0 until Trim.
func (m *Memory[E]) Start(_ context.Context, partition int) (int64, error) {
	p, err := m.partition(partition)
	if err != nil {
		return 0, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.start(), nil
}

// End implements [Ender].
func (m *Memory[E]) End(_ context.Context, partition int) (int64, error) {
	p, err := m.partition(partition)
	if err != nil {
		return 0, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.end, nil
}

// Open implements [Source].
func (m *Memory[E]) Open(_ context.Context, partition int, offset int64) (Reader[E], error) {
	p, err := m.partition(partition)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.check(offset); err != nil {
		return nil, err
	}
	return &memoryReader[E]{partition: p, next: offset}, nil
}

func (m *Memory[E]) partition(i int) (*memoryPartition[E], error) {
	if i < 0 || i >= len(m.partitions) {
		return nil, fmt.Errorf("%w: there is no partition %d among %d", ErrOffset, i, len(m.partitions))
	}
	return &m.partitions[i], nil
}

// memoryReader is at an offset of a partition.
type memoryReader[E any] struct {
	partition *memoryPartition[E]
	next      int64
}

// Next implements [Reader]. What the chunk holds is the log's own memory, which
// never changes; the chunk itself is the reader's.
func (r *memoryReader[E]) Next(ctx context.Context) (*Chunk[E], error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		chunk, grown, err := r.partition.read(r.next)
		if err != nil {
			return nil, err
		}
		if chunk != nil {
			r.next = chunk.Next
			return chunk, nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
		}
	}
}

// Close implements [Reader].
func (r *memoryReader[E]) Close() error { return nil }

// memoryPartition is a partition's events: blocks of exactly rows offsets each,
// then those in the builder. A block never changes. Nor does what a chunk of the
// builder showed: the builder only writes after it.
type memoryPartition[E any] struct {
	number int
	rows   int64

	mu      sync.Mutex
	first   int64       // number of blocks[0]; block i begins at offset i*rows
	blocks  []*Chunk[E] // full
	open    *Chunk[E]   // the builder's events as last read; nil if it took more since
	builder *Builder[E]
	end     int64
	closed  bool
	grown   chan struct{} // closed, and replaced, when the partition grows or ends
}

// take gives the next n offsets to add, which puts something into the builder for
// each.
func (p *memoryPartition[E]) take(n int, add func(i int, offset int64)) (int64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return p.end, ErrClosed
	}
	if n == 0 {
		return p.end, nil
	}
	for i := range n {
		add(i, p.end)
		p.end++
		if p.end%p.rows == 0 {
			p.blocks = append(p.blocks, p.builder.Chunk(p.number, p.end-p.rows, p.end))
			p.builder.Reset()
		}
	}
	p.open = nil
	p.wake()
	return p.end, nil
}

func (p *memoryPartition[E]) wake() {
	close(p.grown)
	p.grown = make(chan struct{})
}

func (p *memoryPartition[E]) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.closed = true
		p.wake()
	}
}

func (p *memoryPartition[E]) trim(before int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := min(before/p.rows-p.first, int64(len(p.blocks)))
	if n <= 0 {
		return
	}
	clear(p.blocks[:n])
	p.blocks = p.blocks[n:]
	p.first += n
}

func (p *memoryPartition[E]) start() int64 { return p.first * p.rows }

func (p *memoryPartition[E]) check(offset int64) error {
	if offset < p.start() || offset > p.end {
		return fmt.Errorf("%w: partition %d has [%d, %d), not %d", ErrOffset, p.number, p.start(), p.end, offset)
	}
	return nil
}

// read gives the events from an offset to the end of its block, or, where there
// are none yet, a channel that is closed when there's something new.
func (p *memoryPartition[E]) read(offset int64) (*Chunk[E], <-chan struct{}, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.check(offset); err != nil {
		return nil, nil, err
	}
	switch block := offset/p.rows - p.first; {
	case block < int64(len(p.blocks)):
		return p.blocks[block].Slice(offset, p.end), nil, nil
	case offset < p.end:
		if p.open == nil {
			p.open = p.builder.Chunk(p.number, offset/p.rows*p.rows, p.end)
		}
		return p.open.Slice(offset, p.end), nil, nil
	case p.closed:
		return nil, nil, io.EOF
	}
	return nil, p.grown, nil
}
