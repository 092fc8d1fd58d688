package deltatest

import (
	"context"
	"sync"

	"github.com/anabranch-go/anabranch/lambda/delta"
)

// server is the store behind all processes. It keeps a journal of the calls that
// took effect, so that it can make the store that never saw one of them: one that
// lost an acknowledged write must differ from it in nothing else.
type server struct {
	fresh func() delta.Store

	mu      sync.Mutex
	store   *tearable
	journal []func(*tearable)
	late    []func(*tearable)
	held    int
	gate    chan struct{} // closed at the next release
	changed *sync.Cond    // held has changed
}

func newServer(fresh func() delta.Store) *server {
	s := &server{fresh: fresh, store: newTearable(fresh()), gate: make(chan struct{})}
	s.changed = sync.NewCond(&s.mu)
	return s
}

// run makes a call, and either notes its effect, if it has one, or undoes it.
func (s *server) run(effect func(*tearable), undo bool, call func(*tearable)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	call(s.store)
	if effect != nil {
		s.journal = append(s.journal, effect)
	}
	if !undo {
		return
	}
	s.store = newTearable(s.fresh())
	for _, again := range s.journal {
		again(s.store)
	}
}

func (s *server) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.store, s.journal = newTearable(s.fresh()), nil
}

func (s *server) delay(effect func(*tearable)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late = append(s.late, effect)
}

func (s *server) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, effect := range s.late {
		effect(s.store)
	}
	s.journal, s.late = append(s.journal, s.late...), nil
	close(s.gate)
	s.gate = make(chan struct{})
}

// hold blocks until the next release.
func (s *server) hold(ctx context.Context) error {
	s.mu.Lock()
	gate := s.gate
	s.held++
	s.changed.Broadcast()
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.held--
		s.mu.Unlock()
	}()
	select {
	case <-gate:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *server) awaitHeld(ctx context.Context, n int) error {
	stop := context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.changed.Broadcast()
	})
	defer stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.held < n {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.changed.Wait()
	}
	return nil
}
