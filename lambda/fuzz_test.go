package lambda

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda/delta"
	"github.com/anabranch-go/anabranch/source"
)

// FuzzStates merges whatever bytes a store may have into tables by session and by
// window, whose keys have nulls. What's taken is encoded again and taken again.
func FuzzStates(f *testing.F) {
	views := []View[simEvent, simTriple, int64]{tripleView("visit"), tripleView("5m")}
	for i := range views {
		views[i].Aggregate = aggregate.Count[simEvent]()
		table := newTestTable(f, views[i])
		foldSome(f, table)
		for _, s := range table.encode() {
			f.Add(s.Key, s.Window, s.State)
		}
	}
	f.Add([]byte{0, 0, 0}, int64(1)<<62, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2})
	f.Fuzz(func(t *testing.T, key []byte, start int64, state []byte) {
		for _, view := range views {
			table := newTestTable(t, view)
			if table.mergeState(start, &delta.State{Key: key, Window: start, State: state}) != nil {
				continue
			}
			again := newTestTable(t, view)
			encoded := table.encode()
			require.Len(t, encoded, 1)
			require.NoError(t, again.mergeStates(encoded), "%+v", encoded)
			require.Equal(t, encoded, again.encode())
		}
	})
}

// foldSome folds events whose keys have values and nulls.
func foldSome(t testing.TB, into *table[simEvent]) {
	schema, err := source.SchemaOf[simEvent]()
	require.NoError(t, err)
	place := "norte\x00"
	b := source.NewBuilder[simEvent](schema, nil)
	for i, e := range []simEvent{{At: simStart, Place: &place}, {At: simStart.Add(time.Second)}, {At: simStart.Add(time.Hour), User: -1}} {
		b.Append(&e, int64(i), nil)
	}
	_, err = into.fold(b.Chunk(0, 0, 3))
	require.NoError(t, err)
}
