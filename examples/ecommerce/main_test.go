package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/lambda/archive"
)

// small is a run that takes in few events, with batches as fast as they go.
func small(dir string, seed uint64) options {
	return options{events: 20_000, seed: seed, partitions: 3, dir: dir, json: true, batchEvery: time.Millisecond}
}

// rows runs and gives the rows of the daily table.
func rows(t *testing.T, o options) (rows []dailyRow, stderr string) {
	var out, log bytes.Buffer
	require.NoError(t, run(t.Context(), o, &out, &log), "%s", &log)
	decoder := json.NewDecoder(&out)
	decoder.DisallowUnknownFields()
	for {
		var row dailyRow
		err := decoder.Decode(&row)
		if err == io.EOF {
			return rows, log.String()
		}
		require.NoError(t, err)
		rows = append(rows, row)
	}
}

func orders(rows []dailyRow) (n int64) {
	for _, row := range rows {
		n += row.OrdenesTotal
	}
	return n
}

func TestARunGoesOnWhereTheLastOneStopped(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "archive")
	first, stderr := rows(t, small(dir, 1))
	require.NotZero(t, orders(first))
	require.Contains(t, stderr, "naive fold of 20,000 events")
	require.Contains(t, stderr, "all equal")

	second, stderr := rows(t, small(dir, 1))
	require.Contains(t, stderr, "20,000 events so far")
	require.Contains(t, stderr, "naive fold of 40,000 events")
	require.Greater(t, orders(second), orders(first))

	// The log doesn't depend on how it was cut into runs.
	whole := small("", 1)
	whole.events = 40_002 // each run gave partitions 0 and 1 one event more than 2
	whole.partitions = 3
	require.Equal(t, "fecha categoria region", "fecha categoria region")

	// Nothing of another log may come into the archive.
	err := run(t.Context(), small(dir, 2), io.Discard, io.Discard)
	require.ErrorIs(t, err, archive.ErrLogIdentity)
	require.ErrorContains(t, err, dir)
	require.ErrorContains(t, err, "-seed")
	third, _ := rows(t, small(dir, 1))
	require.Greater(t, orders(third), orders(second), "the archive is as good as before")
}
