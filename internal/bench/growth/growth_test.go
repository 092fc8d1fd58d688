package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryDimensionAnswersWhatWasPutIn(t *testing.T) {
	for _, d := range dimensions {
		d.to = d.to[:2]
		lines, err := d.measure(5000, 1)
		require.NoError(t, err, d.name)
		require.Len(t, lines, 2)
		require.NotEmpty(t, lines[1].Check)
	}
}
