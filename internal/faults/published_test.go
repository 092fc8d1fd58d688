package faults

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/sink/clickhousesink"
)

// published is the view in a table of ClickHouse, which is kept up to date.
type published struct {
	table    *clickhousesink.Table[int64, seen]
	failures atomic.Int64 // of turns of the publisher
}

// Observe implements lambda.Observer.
func (p *published) Observe(o lambda.Observation) {
	if o.Kind == lambda.PublishFailed {
		p.failures.Add(1)
	}
}

// publish keeps the table up to date until the test ends.
func publish(t *testing.T, at place, address string) *published {
	table, err := clickhousesink.Open[int64, seen](t.Context(), clickhousesink.Options{Addresses: []string{address}, Table: "seen", Create: true})
	require.NoError(t, err)
	p := &published{table: table}
	_, h, closeClient, err := at.pipeline(t.Context(), nil, p)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() {
		if err := lambda.Publish(ctx, h, table, lambda.PublishOptions{Interval: time.Second / 4}); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		cancel()
		group.Wait()
		closeClient()
		_ = table.Close()
	})
	return p
}

// until waits until the table has what an answer has, each row once.
func (p *published) until(t *testing.T, a *lambda.Answer[int64, seen]) {
	want := map[group]seen{}
	for row := range a.Rows() {
		want[group{row.Window.Start.Unix(), row.Key}] = row.Value
	}
	require.NotEmpty(t, want)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		rows, err := p.table.Rows(t.Context())
		require.NoError(c, err)
		require.Len(c, rows, len(want))
		for _, row := range rows {
			require.Equal(c, want[group{row.Window.Start.Unix(), row.Key}], row.Value)
		}
	}, timeout, 10*pause)
}
