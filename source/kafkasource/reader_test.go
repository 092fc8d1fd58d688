package kafkasource

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/anabranch-go/anabranch/source"
)

// The client reports a loss, and goes on in what replaced the lost records. It may
// give both at once.
func TestRecordsThatComeWithALossAreNotTaken(t *testing.T) {
	type event struct{ User int64 }
	schema, err := source.SchemaOf[event]()
	require.NoError(t, err)
	log := &Log[event]{options: Options[event]{Topic: "t", Decoder: source.JSON[event]()}}
	r := &reader[event]{log: log, next: 5, builder: source.NewBuilder[event](schema, nil)}
	poll := func(failure error) kgo.Fetches {
		records := []*kgo.Record{{Offset: 4, Value: []byte(`{"User":1}`)}, {Offset: 5, Value: []byte(`{"User":2}`)}}
		return kgo.Fetches{{Topics: []kgo.FetchTopic{{Topic: "t", Partitions: []kgo.FetchPartition{{Err: failure, Records: records}}}}}}
	}
	_, err = r.chunk(t.Context(), poll(&kgo.ErrDataLoss{Topic: "t", ConsumedTo: 5, ResetTo: 4}))
	require.ErrorIs(t, err, source.ErrOffset)
	require.EqualValues(t, 5, r.next)

	chunk, err := r.chunk(t.Context(), poll(nil))
	require.NoError(t, err)
	require.Equal(t, []event{{User: 2}}, chunk.Rows())
	require.EqualValues(t, 6, chunk.Next)
}
