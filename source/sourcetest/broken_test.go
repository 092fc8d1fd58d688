package sourcetest

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/source"
)

type number struct{ N int }

// broken is a log in memory that is wrong in one way. The suite must notice.
type broken struct {
	*source.Memory[number]
	identity   func() string
	partitions int
	end        int64
	open       func(ctx context.Context, partition int, offset int64) (source.Reader[number], error)
	next       func(ctx context.Context, r source.Reader[number]) (*source.Chunk[number], error)
}

func (b *broken) Identity(ctx context.Context) (string, error) {
	if b.identity != nil {
		return b.identity(), nil
	}
	return b.Memory.Identity(ctx)
}

func (b *broken) Partitions(context.Context) (int, error) { return 1 + b.partitions, nil }

func (b *broken) End(ctx context.Context, partition int) (int64, error) {
	end, err := b.Memory.End(ctx, partition)
	return end + b.end, err
}

func (b *broken) Open(ctx context.Context, partition int, offset int64) (source.Reader[number], error) {
	if b.open != nil {
		return b.open(ctx, partition, offset)
	}
	r, err := b.Memory.Open(ctx, partition, offset)
	return brokenReader{r, b}, err
}

type brokenReader struct {
	source.Reader[number]
	log *broken
}

func (r brokenReader) Next(ctx context.Context) (*source.Chunk[number], error) {
	if r.log.next != nil {
		return r.log.next(ctx, r.Reader)
	}
	return r.Reader.Next(ctx)
}

// changed gives readers whose chunks go through a function.
func changed(change func(*source.Chunk[number])) func(*broken) {
	return func(b *broken) {
		b.next = func(ctx context.Context, r source.Reader[number]) (*source.Chunk[number], error) {
			c, err := r.Next(ctx)
			if err == nil {
				change(c)
			}
			return c, err
		}
	}
}

// failure takes what the suite finds wrong.
type failure struct{ found string }

func (f *failure) Errorf(format string, args ...any) { f.found += fmt.Sprintf(format, args...) }
func (f *failure) FailNow()                          { panic(f) }

// findings runs the whole suite on a log and gives the names of the checks that
// it fails.
func findings(ctx context.Context, t *testing.T, spoil func(*broken), finite bool) (failed []string) {
	for _, c := range checks[number]() {
		memory, err := source.NewMemory("numbers", 1, source.MemoryOptions[number]{ChunkRows: 4})
		require.NoError(t, err)
		log := &broken{Memory: memory}
		spoil(log)
		under := Log[number]{Source: log, Ends: []int64{10}, Events: [][]number{nil}}
		for i := range 10 {
			_, err := memory.Append(0, number{i})
			require.NoError(t, err)
			under.Events[0] = append(under.Events[0], number{i})
		}
		if finite {
			require.NoError(t, memory.Close())
		} else {
			under.Append = func(int) error {
				_, err := memory.Append(0, number{})
				return err
			}
		}
		func() {
			ctx, cancel := context.WithTimeout(ctx, time.Minute)
			defer cancel()
			defer func() {
				if p := recover(); p != nil {
					_, ours := p.(*failure)
					require.True(t, ours, "%v", p)
					failed = append(failed, c.name)
				}
			}()
			c.run(ctx, &failure{}, under)
		}()
		require.NoError(t, memory.Close()) // whoever is still reading comes back
	}
	return failed
}

func TestTheSuiteNoticesWhatIsWrong(t *testing.T) {
	var calls atomic.Int64
	for _, test := range []struct {
		what   string
		finite bool
		spoil  func(*broken)
		check  string
	}{
		{"nothing", false, func(*broken) {}, ""},
		{"nothing, and it ends", true, func(*broken) {}, ""},
		{"no identity", false, func(b *broken) { b.identity = func() string { return "" } }, "it describes itself"},
		{"an identity that changes", false, func(b *broken) { b.identity = func() string { return fmt.Sprint(calls.Add(1)) } }, "it describes itself"},
		{"a partition too many", false, func(b *broken) { b.partitions = 1 }, "it describes itself"},
		{"the wrong end", false, func(b *broken) { b.end = -1 }, "it describes itself"},
		{"other events", false, changed(func(c *source.Chunk[number]) { c.Columns[0].Ints = make([]int64, c.Len()) }),
			"the same offset gives the same events"},
		{"events that change", false, changed(func(c *source.Chunk[number]) {

			c.Columns[0].Ints = append([]int64{calls.Add(1)}, c.Columns[0].Ints[1:]...)
		}), "the same offset gives the same events"},
		{"an event lost between chunks", false, changed(func(c *source.Chunk[number]) { *c = *c.Slice(c.From+1, c.Next) }),
			"the same offset gives the same events"},
		{"a column that isn't read", false, changed(func(c *source.Chunk[number]) { c.Columns[0] = source.Vector{} }),
			"the same offset gives the same events"},
		{"empty chunks", false, changed(func(c *source.Chunk[number]) { *c = *c.Slice(c.From, c.From) }),
			"the same offset gives the same events"},
		{"reading on from the nearest chunk", false, func(b *broken) {
			b.open = func(ctx context.Context, partition int, offset int64) (source.Reader[number], error) {
				return b.Memory.Open(ctx, partition, offset/4*4)
			}
		}, "it opens at every offset"},
		{"offsets brought into range", false, func(b *broken) {
			b.open = func(ctx context.Context, partition int, offset int64) (source.Reader[number], error) {
				return b.Memory.Open(ctx, partition, min(max(offset, 0), 10))
			}
		}, "offsets that aren't there are ErrOffset"},
		{"deaf to contexts", false, func(b *broken) {
			b.next = func(ctx context.Context, r source.Reader[number]) (*source.Chunk[number], error) {
				later, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Hour)
				defer cancel()
				return r.Next(later)
			}
		}, "it ends or waits"},
		{"an event lost with a context", false, func(b *broken) {
			b.next = func(ctx context.Context, r source.Reader[number]) (*source.Chunk[number], error) {
				c, err := r.Next(ctx)
				if err != nil {
					soon, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Millisecond)
					defer cancel()
					_, _ = r.Next(soon)
				}
				return c, err
			}
		}, "readers stop with their context and go on"},
		{"an end where it grows", false, func(b *broken) {
			b.next = func(ctx context.Context, r source.Reader[number]) (*source.Chunk[number], error) {
				waiting, cancel := context.WithTimeout(ctx, time.Millisecond)
				defer cancel()
				c, err := r.Next(waiting)
				if err != nil {
					return nil, io.EOF
				}
				return c, nil
			}
		}, "it ends or waits"},
		{"waiting at the end", true, func(b *broken) {
			b.next = func(ctx context.Context, r source.Reader[number]) (*source.Chunk[number], error) {
				c, err := r.Next(ctx)
				if err != nil {
					<-ctx.Done()
					return nil, ctx.Err()
				}
				return c, nil
			}
		}, "it ends or waits"},
	} {
		t.Run(test.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				failed := findings(t.Context(), t, test.spoil, test.finite)
				if test.check == "" {
					require.Empty(t, failed)
					return
				}
				require.Contains(t, failed, test.check)
			})
		})
	}
}
