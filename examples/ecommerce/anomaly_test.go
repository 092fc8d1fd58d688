package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestVerdicts(t *testing.T) {
	// Two hours of 90 and 110 in turn: mean 100, standard deviation 10.
	before := make([]int64, compared)
	for i := range before {
		before[i] = 90 + int64(i%2)*20
	}
	for _, test := range []struct {
		cents      int64
		deviations float64
		anomalous  bool
	}{
		{100, 0, false}, {140, 4, false}, {141, 4.1, true}, {60, -4, false}, {59, -4.1, true},
	} {
		v := verdict{start: opening.Add(compared * pulse), cents: test.cents}
		v.compare(before)
		require.InDelta(t, 100, v.mean, 1e-9)
		require.InDelta(t, test.deviations, v.deviations, 1e-9)
		require.Equal(t, test.anomalous, v.anomalous(), "%d", test.cents)
	}

	early := verdict{start: opening.Add((compared - 1) * pulse), cents: 1000}
	early.compare(before)
	require.False(t, early.anomalous(), "there is too little to compare with")
	require.Contains(t, early.String(), "too early")

	flat := verdict{start: opening.Add(compared * pulse), cents: 5}
	flat.compare(make([]int64, compared))
	require.False(t, flat.anomalous(), "without any variation nothing can be said")
}
