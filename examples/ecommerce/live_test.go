package main

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/lambda"
)

// An answer that went back would break the library's promise: the run must fail.
func TestAnswersMustNotGoBack(t *testing.T) {
	w := newWatcher(handles{}, nil, 0, 100)
	answer := func(view string, low ...int64) lambda.Provenance {
		p := lambda.Provenance{View: view}
		for partition, low := range low {
			p.Partitions = append(p.Partitions, lambda.Coverage{Partition: partition, Low: low})
		}
		return p
	}
	require.NoError(t, w.follow(answer("a", 10, 20)))
	require.NoError(t, w.follow(answer("b", 0, 5)), "each view goes at its own pace")
	require.NoError(t, w.follow(answer("a", 10, 30)))
	require.ErrorContains(t, w.follow(answer("a", 50, 29)), "view a went back in partition 1: from offset 30 to 29")
}

// On a terminal the lines are drawn over those before, and must not wrap.
func TestTheDisplayRedraws(t *testing.T) {
	var b bytes.Buffer
	d := newDisplay(&b, 1000)
	d.width = func() int { return 30 }
	s := snapshot{start: 0, end: 1000, now: opening, activeFrom: lambda.Provenance{Partitions: []lambda.Coverage{{Cut: 500, Sealed: 500, Low: 500, End: 1000}}}}
	d.show(s, false)
	first := b.String()
	require.Contains(t, first, "\r50% |")
	require.NotContains(t, first, "A\r", "there is nothing to draw over yet")
	lines := strings.Split(strings.TrimSuffix(first, "\n"), "\n")
	for _, line := range lines {
		shown := strings.TrimSuffix(strings.TrimPrefix(line, "\r"), "\x1b[K")
		require.Less(t, utf8.RuneCountInString(shown), 30, "%q", shown)
	}

	b.Reset()
	d.show(s, true)
	require.True(t, strings.HasPrefix(b.String(), "\x1b["+string(rune('0'+len(lines)))+"A"), "%q", b.String())
}
