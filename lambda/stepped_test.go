package lambda

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/delta"
	"github.com/anabranch-go/anabranch/source"
)

// stepped is an owner of a partition that a test drives step by step, where Run
// would go by the clock.
type stepped struct {
	t      *testing.T
	w      *worker[simEvent]
	reader source.Reader[simEvent]
}

// own claims a partition as Run does.
func own(t *testing.T, p *Pipeline[simEvent], log source.Source[simEvent], partition int) *stepped {
	views, err := p.begin(t.Context())
	require.NoError(t, err)
	_, err = p.declare(t.Context(), log)
	require.NoError(t, err)
	p.setLog(log)
	w := &worker[simEvent]{p: p, partition: partition}
	reader, err := w.open(t.Context(), log, views)
	require.NoError(t, err)
	return &stepped{t, w, reader}
}

// take takes in what the log has before an offset.
func (s *stepped) take(before int64) {
	for s.w.through < before {
		chunk, err := s.reader.Next(s.t.Context())
		require.NoError(s.t, err)
		require.NoError(s.t, s.w.take(chunk))
	}
}

func (s *stepped) show() { require.NoError(s.t, s.w.show(s.t.Context())) }
func (s *stepped) seal() { require.NoError(s.t, s.w.seal(s.t.Context())) }

// takeAndSeal commits what the log has before an offset.
func (s *stepped) takeAndSeal(before int64) {
	s.take(before)
	s.seal()
}

// registered is a view in a pipeline of its own on shared stores.
func registered(t *testing.T, store archive.Store, deltas delta.Store) *Handle[simEvent, string, int64] {
	h, err := Register(New[simEvent](Config{Archive: store, Deltas: deltas, Workers: 1}), countView("vista", nil))
	require.NoError(t, err)
	return h
}

// appendViews appends n events to a partition of a log.
func appendViews(t *testing.T, log *source.Memory[simEvent], partition, n int) {
	for range n {
		_, err := log.Append(partition, simEvent{At: simStart, Kind: "view"})
		require.NoError(t, err)
	}
}
