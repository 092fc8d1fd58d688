package main

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/source"
)

func TestTheLogStartsAnywhere(t *testing.T) {
	log, err := newShopLog(shop{seed: 1, partitions: 2}, []int64{10, 3*chunkEvents + 7}, 0)
	require.NoError(t, err)
	for _, from := range []int64{0, 1, chunkEvents, 3*chunkEvents + 6, 3*chunkEvents + 7} {
		reader, err := log.Open(t.Context(), 1, from)
		require.NoError(t, err)
		offset := from
		for {
			chunk, err := reader.Next(t.Context())
			if err == io.EOF {
				break
			}
			require.NoError(t, err)
			require.NoError(t, chunk.Check())
			require.Equal(t, offset, chunk.From)
			require.Empty(t, chunk.Quarantine)
			for i, e := range chunk.Rows() {
				require.Equal(t, eventAt(log.shop, 1, chunk.Offsets[i]), e, "the archived event is the generated one")
			}
			offset = chunk.Next
		}
		require.EqualValues(t, 3*chunkEvents+7, offset)
		require.NoError(t, reader.Close())
	}
}

func TestTheLogRefusesWhatItDoesNotHold(t *testing.T) {
	log, err := newShopLog(shop{seed: 1, partitions: 1}, []int64{10}, 0)
	require.NoError(t, err)
	for _, offset := range []int64{-1, 11} {
		_, err := log.Open(t.Context(), 0, offset)
		require.ErrorIs(t, err, source.ErrOffset)
	}
	for _, partition := range []int{-1, 1} {
		_, err := log.Open(t.Context(), partition, 0)
		require.ErrorContains(t, err, "partition")
		_, err = log.End(t.Context(), partition)
		require.ErrorContains(t, err, "partition")
	}
}

// A log with a rate gives its events at that rate, and waits no longer than its
// reader does.
func TestTheLogHasARate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, err := newShopLog(shop{seed: 1, partitions: 2}, []int64{10, 600}, 100)
		require.NoError(t, err)
		reader, err := log.Open(t.Context(), 1, 100)
		require.NoError(t, err)

		impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err = reader.Next(impatient)
		require.ErrorIs(t, err, context.DeadlineExceeded)

		began, events := time.Now(), 0
		for {
			chunk, err := reader.Next(t.Context())
			if err == io.EOF {
				break
			}
			require.NoError(t, err)
			events += chunk.Len()
		}
		require.Equal(t, 500, events, "none was lost while waiting")
		require.InDelta(t, 10, time.Since(began).Seconds(), 0.1, "one of two partitions, at 50 events a second")
	})
}
