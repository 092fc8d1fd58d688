package lambda

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/partition"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// once and now are an event type whose fields could be null once.
type once struct {
	At   time.Time
	Due  *time.Time
	User *int64
	Kind *string
}

type now struct {
	At   time.Time
	Due  time.Time
	User int64
	Kind string
}

// TestNullsThatReadAsZeroAreNotSkipped: whoever asks for zero gets what he got
// before anything was split.
func TestNullsThatReadAsZeroAreNotSkipped(t *testing.T) {
	user := source.FieldOf(func(e *now) *int64 { return &e.User })
	kind := source.FieldOf(func(e *now) *string { return &e.Kind })
	due := source.FieldOf(func(e *now) *time.Time { return &e.Due })
	for _, d := range []partition.Dimension{partition.ByDay("Due"), partition.ByValue("User"), partition.ByHash("User", 4), partition.ByValue("Kind"), partition.ByHash("Kind", 4)} {
		log, err := source.NewMemory[once]("log", 1, source.MemoryOptions[once]{})
		require.NoError(t, err)
		seven, view := int64(7), "view"
		_, err = log.Append(0, once{At: simStart}, once{simStart, &simStart, &seven, &view})
		require.NoError(t, err)
		require.NoError(t, log.Close())
		config := Config{Archive: archive.Memory(), Partition: schemeOf(t, d)}
		require.NoError(t, New[once](config).Run(t.Context(), log))
		for name, where := range map[string]source.Predicate[now]{
			"due": source.Less(due, simStart.Add(-time.Hour)), "user": source.Equal(user, 0), "users": source.Less(user, 5), "kind": source.In(kind, "", "none"),
		} {
			h, err := Register(New[now](config), View[now, struct{}, int64]{Name: "vista", Time: source.FieldOf(func(e *now) *time.Time { return &e.At }),
				Where: where, Key: All[now](), Window: window.Global(), Aggregate: aggregate.Count[now]()})
			require.NoError(t, err)
			answer, err := h.Query(t.Context(), Ever())
			require.NoError(t, err)
			n := int64(0)
			for row := range answer.Rows() {
				n += row.Value
			}
			require.EqualValues(t, 1, n, "%s, split by %v", name, d)
		}
	}
}
