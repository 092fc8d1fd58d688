package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMain is also a worker, so that the suite's side of the protocol is tested
// without any engine.
func TestMain(m *testing.M) {
	if os.Getenv("ANABRANCH_BENCH_WORKER") == "" {
		os.Exit(m.Run())
	}
	play(os.Args[1:])
}

// play answers as its first argument says.
func play(args []string) {
	if args[0] == "rows" {
		fmt.Println(args[1])
		return
	}
	if args[0] == "dies" {
		fmt.Fprintln(os.Stderr, "ImportError: nothing here")
		os.Exit(3)
	}
	fmt.Println("a banner\nready 1.2")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan() && lines.Text() != ""; {
		if lines.Text() == "die" {
			fmt.Fprintln(os.Stderr, "out of memory")
			os.Exit(3)
		}
		fmt.Println(args[0])
	}
}

func playing(t *testing.T, who, answer, rows string) engine {
	t.Helper()
	t.Setenv("ANABRANCH_BENCH_WORKER", "1")
	self, err := os.Executable()
	require.NoError(t, err)
	return engine{who: who, command: []string{self, answer}, query: []string{self, "rows", rows}}
}

func TestAWorkerAnswersAndEnds(t *testing.T) {
	w, err := start(t.Context(), playing(t, "a", "0.5 0.6 7 2 30", ""), "dir")
	require.NoError(t, err)
	require.Equal(t, "1.2", w.version)
	r, err := w.ask("seed")
	require.NoError(t, err)
	require.Equal(t, reply{0.5, 0.6, 7, check{2, 30}}, r)
	w.stop()
	require.True(t, w.process.ProcessState.Success())
}

func TestAWorkerThatDiesSaysWhy(t *testing.T) {
	_, err := start(t.Context(), playing(t, "a", "dies", ""), "dir")
	require.ErrorContains(t, err, "a didn't get ready")
	require.ErrorContains(t, err, "ImportError: nothing here")
	w, err := start(t.Context(), playing(t, "a", "0.5 0.6 7 2 30", ""), "dir")
	require.NoError(t, err)
	_, err = w.ask("die")
	require.ErrorContains(t, err, `a, asked "die": no answer`)
	w.stop()
}

const oneRow = `{"day":1,"count":30}`

func suiteOf(engines ...engine) *suite {
	return &suite{rounds: 3, verifies: true, data: "data", only: regexp.MustCompile(""), engines: engines, progress: io.Discard}
}

var days = question{name: "days", data: "zstd", by: "day", agg: "count", goal: 0.5}

func TestEnginesThatAgreeAreMeasured(t *testing.T) {
	s := suiteOf(
		playing(t, "DuckDB", "0.5 0.6 7 1 30", oneRow), playing(t, "Odd", "ERR can't: no counts", ""), playing(t, ours, "0.1 0.2 5 1 30", oneRow))
	r := &report{}
	require.NoError(t, s.question(t.Context(), r.section("Batch"), days))
	require.Zero(t, s.missed)
	require.Contains(t, r.table(), "| days | s | 0.100 (0.100–0.100) | **0.20** (goal 0.50) | 0.500 (0.500–0.500) | – |")
	require.Contains(t, r.table(), "Odd: not measured: can't: no counts")
}

func TestAPartOfTheWorkStandsAside(t *testing.T) {
	part := playing(t, ours+", decode only", "0.05 0.2 5 1000 0", "")
	part.part = "decode"
	s := suiteOf(playing(t, "DuckDB", "0.5 0.6 7 1 30", oneRow), playing(t, ours, "0.1 0.2 5 1 30", oneRow), part)
	r := &report{}
	require.NoError(t, s.question(t.Context(), r.section("Batch"), days))
	require.NotContains(t, r.table(), "decode only") // it has no name for that question
	named := days
	named.named = "seed"
	require.NoError(t, s.question(t.Context(), r.section("Named"), named))
	require.Contains(t, r.table(), "**0.20** (goal 0.50) | 0.500 (0.500–0.500) | 0.0500 (0.0500–0.0500)† |")
}

func TestADisagreementIsAnError(t *testing.T) {
	good := playing(t, "DuckDB", "0.5 0.6 7 1 30", oneRow)
	into := (&report{}).section("Batch")
	err := suiteOf(good, playing(t, ours, "0.1 0.2 5 1 31", oneRow)).question(t.Context(), into, days)
	require.ErrorContains(t, err, "days: anabranch says 1 31, expected 1 30")
	err = suiteOf(good, playing(t, ours, "0.1 0.2 5 1 30", `{"day":2,"count":30}`)).question(t.Context(), into, days)
	require.ErrorContains(t, err, "days: anabranch's rows: row 0 has a key that isn't expected")
	require.Empty(t, into.Works)
}

func TestACoarseSketchIsNoPeerAndOursIsAnError(t *testing.T) {
	users := question{name: "users", data: "zstd", by: "day", agg: "count,approx:user", goal: 1}
	row := func(users int) string { return fmt.Sprintf(`{"day":1,"count":30,"approx:user":%d}`, users) }
	truth := playing(t, "DuckDB", "0.5 0.6 7 1 30", row(100))
	into := (&report{}).section("Batch")
	err := suiteOf(truth, playing(t, "Coarse", "0.1 0.2 5 1 30", row(110)), playing(t, ours, "0.2 0.2 5 1 30", row(101))).question(t.Context(), into, users)
	require.NoError(t, err)
	best, found := into.Works[0].best()
	require.True(t, found)
	require.Equal(t, "DuckDB", best.Who)
	err = suiteOf(truth, playing(t, ours, "0.2 0.2 5 1 30", row(110))).question(t.Context(), into, users)
	require.ErrorContains(t, err, "anabranch's sketch is 10.0 % off")
}

func TestWhatFailsIsALineAndCounts(t *testing.T) {
	s := suiteOf(playing(t, "DuckDB", "0.5 0.6 7 1 30", oneRow), playing(t, "Ill", "ERR no column", oneRow), playing(t, "Dead", "dies", oneRow))
	r := &report{}
	require.NoError(t, s.question(t.Context(), r.section("Batch"), days))
	require.Equal(t, 2, s.missed)
	require.Contains(t, r.table(), "Ill: not measured")
	require.Contains(t, r.table(), "ImportError: nothing here")
}

func TestWhatIsMadeOnceIsMadeAgainWhenItBrokeOff(t *testing.T) {
	s := suiteOf()
	dir := filepath.Join(t.TempDir(), "made")
	require.Error(t, s.once(dir, func(dir string) error {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "half"), nil, 0o600))
		return io.ErrUnexpectedEOF
	}))
	calls := 0
	for range 2 {
		require.NoError(t, s.once(dir, func(dir string) error {
			calls++
			require.NoFileExists(t, filepath.Join(dir, "half"))
			return nil
		}))
	}
	require.Equal(t, 1, calls)
}

func TestDaysAreLinkedOverAndOver(t *testing.T) {
	s := suiteOf()
	s.data, s.cache = t.TempDir(), t.TempDir()
	for _, day := range []string{"fecha=2025-05-01", "fecha=2025-05-02"} {
		require.NoError(t, os.MkdirAll(filepath.Join(s.data, "zstd", day), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(s.data, "zstd", day, "part-0.parquet"), []byte(day), 0o600))
	}
	dir, err := s.days(3)
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	require.NoError(t, err)
	require.Len(t, files, 3)
	third, err := os.ReadFile(files[2])
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(string(third), "05-01"))
}

func TestARunThatIsEndedSaysNothingOfWhatItHasntDone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := suiteOf(playing(t, "DuckDB", "0.5 0.6 7 1 30", oneRow))
	r := &report{}
	require.ErrorIs(t, s.measure(ctx, r), context.Canceled)
	require.Zero(t, s.missed)
	for _, section := range r.Sections {
		require.Empty(t, section.Works)
	}
}
