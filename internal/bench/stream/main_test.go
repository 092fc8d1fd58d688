package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/internal/bench/measure"
	"github.com/anabranch-go/anabranch/internal/bench/samples"
)

// TestRunMeasuresAndChecks: each run compares what it measures with another way.
func TestRunMeasuresAndChecks(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, samples.WriteColumns(dir, 5000))
	var out bytes.Buffer
	require.NoError(t, run([]string{"-rounds", "1", "-json", dir}, &out))
	lines, err := measure.Read(&out)
	require.NoError(t, err)
	var works []string
	for _, line := range lines {
		works = append(works, line.Work)
	}
	require.Contains(t, works, "stream, all events")
}
