package aggregatetest

import (
	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/source"
)

// spoiled is a count whose vector breaks a promise that Of keeps for its callers.
func spoiled(spoil func(*spoiledStates)) aggregate.Aggregate[event, int64] {
	return spoiledCount{aggregate.Where(aggregate.Count[event](), source.AtLeast(value, 0.0)), spoil}
}

var value = source.FieldOf(func(e *event) *float64 { return &e.Value })

type spoiledCount struct {
	aggregate.Aggregate[event, int64]
	spoil func(*spoiledStates)
}

func (a spoiledCount) Bind(b *source.Binder[event]) (aggregate.Maker[event, int64], error) {
	maker, err := a.Aggregate.Bind(b)
	return func() aggregate.Results[event, int64] {
		s := &spoiledStates{Results: maker()}
		a.spoil(s)
		return s
	}, err
}

type spoiledStates struct {
	aggregate.Results[event, int64]
	decode       func() error
	ignoresRows  bool // takes row i for group i, whatever rows says
	keepsOnReset bool
	mergesFirst  bool // of several groups into one
	readsBehind  bool // gives the first result as the last, too
	inverts      func(aggregate.Inverter, uint32) bool
}

func (s *spoiledStates) Reset() {
	if !s.keepsOnReset {
		s.Results.Reset()
	}
}

func (s *spoiledStates) Add(groups []uint32, rows []int32, f *source.Frame[event]) {
	if s.ignoresRows && len(rows) > 0 {
		first := make([]int32, len(rows))
		for i := range first {
			first[i] = int32(i)
		}
		if len(rows) > 1 { // a chunk of one event looks right
			first[0] = int32(len(rows) - 1)
			first = first[:1]
			groups = groups[:1]
		}
		rows = first
	}
	s.Results.Add(groups, rows, f)
}

func (s *spoiledStates) Merge(groups []uint32, other aggregate.States[event]) {
	if s.mergesFirst && len(groups) > 1 && groups[0] == groups[1] {
		groups = groups[:1]
	}
	s.Results.Merge(groups, other.(*spoiledStates).Results)
}

func (s *spoiledStates) MergeState(group uint32, state []byte) error {
	err := s.Results.MergeState(group, state)
	if err != nil && s.decode != nil {
		return s.decode()
	}
	return err
}

func (s *spoiledStates) Read(groups []uint32, into []int64) (int, error) {
	n, err := s.Results.Read(groups, into)
	if s.readsBehind && n > 1 {
		into[n-1] = into[0]
	}
	return n, err
}

func (s *spoiledStates) Invert(group uint32) bool {
	i := s.Results.(aggregate.Inverter)
	if s.inverts == nil {
		return i.Invert(group)
	}
	return s.inverts(i, group)
}
