package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/lambda/archive"
)

// small is a run that takes in few events, with batches as fast as they go.
func small(dir string, seed uint64) options {
	return options{events: 21_000, role: "all", seed: seed, partitions: 3, archive: dir, json: true, batchEvery: time.Millisecond}
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
	require.Contains(t, stderr, "naive fold of 21,000 events")
	require.Contains(t, stderr, "all equal")

	second, stderr := rows(t, small(dir, 1))
	require.Contains(t, stderr, "21,000 events so far")
	require.Contains(t, stderr, "naive fold of 42,000 events")
	require.Contains(t, stderr, "(recomputed)", "the batch layer had the first run's events from the start")
	require.Greater(t, orders(second), orders(first))

	// How the log is cut into runs doesn't show.
	whole := small("", 1)
	whole.events *= 2
	atOnce, _ := rows(t, whole)
	require.Equal(t, atOnce, second)

	// Nothing of another log may come into the archive.
	err := run(t.Context(), small(dir, 2), io.Discard, io.Discard)
	require.ErrorIs(t, err, archive.ErrLogIdentity)
	require.ErrorContains(t, err, dir)
	require.ErrorContains(t, err, "-seed")
	third, _ := rows(t, small(dir, 1))
	require.Greater(t, orders(third), orders(second), "the archive is as good as before")
}

func TestAnInterruptedRunLeavesAWholeArchive(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	endless := small(dir, 1)
	endless.events = maxEvents
	var stdout, stderr bytes.Buffer
	ended := make(chan error)
	go func() { ended <- run(ctx, endless, &stdout, &stderr) }()
	require.Eventually(t, func() bool {
		committed, err := filepath.Glob(filepath.Join(dir, "_log", "*", "*1.json")) // 0 is a claim
		return err == nil && len(committed) > 0
	}, time.Minute, time.Millisecond)
	cancel()
	require.ErrorIs(t, <-ended, errInterrupted)
	require.Empty(t, stdout.String(), "rows of half a log help nobody")
	require.Contains(t, stderr.String(), "run again with the same -archive")

	_, log := rows(t, small(dir, 1))
	require.NotContains(t, log, " 0 events so far")
	require.Contains(t, log, "all equal")
}

func TestTheReadableReport(t *testing.T) {
	o := small("", 1)
	o.json = false
	var stdout, stderr bytes.Buffer
	require.NoError(t, run(t.Context(), o, &stdout, &stderr))
	for _, text := range []string{"fecha ", "2026-03-02 ", "total ", "categoria (top 10 of 30)", "electrónica ", "region ", "-json prints all rows"} {
		require.Contains(t, stdout.String(), text)
	}
	require.Contains(t, stderr.String(), "answers hold 100 % of 21,000 events")
	requireColumnsToAddUp(t, stdout.String())
	require.NotContains(t, stderr.String(), "\x1b", "what isn't a terminal gets no control codes")
}

// requireColumnsToAddUp adds up the days of the first table.
func requireColumnsToAddUp(t *testing.T, printed string) {
	t.Helper()
	var sum [2]int64
	for line := range strings.Lines(printed) {
		fields := strings.Fields(strings.NewReplacer(",", "", ".", "").Replace(line))
		if len(fields) < 3 || fields[0] == "fecha" {
			continue
		}
		for i := range sum {
			n, err := strconv.ParseInt(fields[1+i], 10, 64)
			require.NoError(t, err)
			if fields[0] == "total" {
				require.Equal(t, sum[i], n, "column %d", 1+i)
				continue
			}
			sum[i] += n
		}
		if fields[0] == "total" {
			require.Positive(t, sum[1])
			return
		}
	}
	require.Fail(t, "there's no total")
}

func TestATemporaryArchiveIsRemoved(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	rows(t, small("", 1))
	left, err := os.ReadDir(os.TempDir())
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestAnswersAreReallyCompared(t *testing.T) {
	o := small(t.TempDir(), 1)
	s, err := openSystems(t.Context(), o)
	require.NoError(t, err)
	defer s.close()
	var stdout, stderr bytes.Buffer
	layers, err := newLayers(o, s, &stderr)
	require.NoError(t, err)
	require.NoError(t, layers.run(t.Context(), o))

	answer, err := layers.handles.sales.Query(t.Context(), lambda.Ever().By(days))
	require.NoError(t, err)
	c := check{stderr: &stderr, shop: s.shop}
	require.NoError(t, c.samples(t.Context(), []*lambda.Answer[Place, Sales]{answer, answer}))
	require.EqualValues(t, 2*answer.Len(), c.checked)
	require.Zero(t, c.wrong, "%s", &stderr)

	compare(&c, "ventas", answer, map[cell[Place]]Sales{})
	require.EqualValues(t, answer.Len(), c.wrong, "rows that mustn't be")
	require.Contains(t, stderr.String(), "WRONG: ventas, 2026-03-02 ")
	missing := c
	compare(&missing, "ventas", &lambda.Answer[Place, Sales]{}, map[cell[Place]]Sales{{opening.Unix(), Place{"no such", "place"}}: {}})
	require.EqualValues(t, c.wrong+1, missing.wrong, "a row that is missing")

	s.shop.seed++ // as if other events had been counted
	require.ErrorIs(t, layers.finish(t.Context(), true, &stdout, &stderr), errWrong)
	require.Contains(t, stderr.String(), "WRONG: usuarios_activos, 2026-03-02 ")
}

func TestTheCommandLine(t *testing.T) {
	for _, test := range []struct{ args, says string }{
		{"-events 0", "-events 0: it must be 1 to 1,000,000,000"},
		{"-events many", "invalid value"},
		{"-rate -1", "-rate -1: it must not be negative"},
		{"-partitions 0", "-partitions 0: it must be 1 to 1,024"},
		{"-report cohort", "-report cohort: it must be one of monthly, cohorts"},
		{"-seed -1", "invalid value"},
		{"-role cook", "-role cook: it must be one of all, speed"},
		{"-role speed", "share a log: name its brokers by -kafka"},
		{"-role batch -kafka a:1", "share an archive: name it by -archive"},
		{"-kafka a:1 -topic=", "-topic: it has no name"},
		{"-until 5", "for -role serve"},
		{"-report rfm -kafka a:1", "a log of its own"},
		{"extra", `unexpected argument "extra"`},
		{"-nothing", "not defined"},
	} {
		var stderr bytes.Buffer
		_, err := parse(strings.Fields(test.args), &stderr)
		require.ErrorIs(t, err, errUsage, test.args)
		require.Contains(t, stderr.String(), test.says)
		require.Contains(t, stderr.String(), "-archive PLACE", "how to call it")
	}
	o, err := parse([]string{"-events", "5", "-json"}, io.Discard)
	require.NoError(t, err)
	require.Equal(t, options{events: 5, seed: 1, partitions: 4, json: true, batchEvery: time.Second / 2, topic: "user_events", role: "all"}, o)
}

// A folder that can't be made is the user's to mend: the message names it.
func TestAFolderThatCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	err := run(t.Context(), small(filepath.Join(file, "archive"), 1), io.Discard, io.Discard)
	require.ErrorContains(t, err, file)
	require.ErrorContains(t, err, "not a directory")
}
