package deltatest

import (
	"context"
	"fmt"
	"maps"
	"math"

	"github.com/anabranch-go/anabranch/lambda/delta"
)

// tearable is a store whose copies can be torn, and which finds that out as a
// real one does: by a header that doesn't fit the batches, or batches that don't
// fit the header.
type tearable struct {
	delta.Store
	headers map[delta.Copy]bool           // the copies whose header lags behind
	batches map[delta.Copy]map[int64]bool // the flushes of each copy that lost states
}

func newTearable(s delta.Store) *tearable {
	return &tearable{s, make(map[delta.Copy]bool), make(map[delta.Copy]map[int64]bool)}
}

// flush flushes, and tears what it flushed if fault says so.
func (s *tearable) flush(ctx context.Context, c delta.Copy, f delta.Flush, fault Fault) error {
	if s.headers[c] {
		// No copy is that far, so this asks whether c is stale and changes nothing.
		end := delta.Flush{Number: math.MaxInt64, Replaces: math.MaxInt64, Through: math.MaxInt64}
		if err := s.Flush(ctx, c, end); err != nil {
			return fmt.Errorf("the header lags: %w", err)
		}
	}
	if err := s.Flush(ctx, c, f); err != nil {
		return err
	}
	// A flush that carries lost states again mends the copy. A retry of the torn
	// flush itself doesn't: the store finds its header in order and does nothing.
	maps.DeleteFunc(s.batches[c], func(torn int64, _ bool) bool { return f.Replaces <= torn && torn < f.Number })
	switch fault {
	case TearHeader:
		s.headers[c] = true
	case TearBatch:
		if s.batches[c] == nil {
			s.batches[c] = make(map[int64]bool)
		}
		s.batches[c][f.Number] = true
	}
	return nil
}

// Read returns a copy only if it isn't torn.
func (s *tearable) Read(ctx context.Context, view string, partition int) (*delta.Open, error) {
	o, err := s.Store.Read(ctx, view, partition)
	if o != nil && (s.headers[o.Copy] || len(s.batches[o.Copy]) > 0) {
		return nil, fmt.Errorf("%w: copy %+v", delta.ErrTorn, o.Copy)
	}
	return o, err
}

// Drop drops the tears too.
func (s *tearable) Drop(ctx context.Context, c delta.Copy) error {
	err := s.Store.Drop(ctx, c)
	if err == nil {
		delete(s.headers, c)
		delete(s.batches, c)
	}
	return err
}
