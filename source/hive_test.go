package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/partition"
)

// placed has a column of its own in each file, and all else in paths.
type placed struct {
	N     int64      `anabranch:"n"`
	Day   *time.Time `anabranch:"day"`
	Text  string     `anabranch:"text"`
	Maybe *string    `anabranch:"maybe"`
	Small int8       `anabranch:"small"`
	Big   *int64     `anabranch:"big"`
	Flag  bool       `anabranch:"flag"`
	Cents int64      `anabranch:"cents,decimal=2"`
	Ratio float32    `anabranch:"ratio"`
	List  []string   `anabranch:"list"`
}

type onlyN struct {
	N int64 `parquet:"n"`
}

func parquetOf[E any](t require.TestingT, rows []E, options ...parquet.WriterOption) *fstest.MapFile {
	var b bytes.Buffer
	require.NoError(t, parquet.Write(&b, rows, options...))
	return &fstest.MapFile{Data: b.Bytes()}
}

// readTables gives the events of files, and checks that the chunks tile.
func readTables[E any](fsys fs.FS, pattern string, opts TablesOptions[E]) (events []E, err error) {
	log, err := NewParquetFiles(fsys, pattern, opts)
	if err != nil {
		return nil, err
	}
	r, err := log.Open(context.Background(), 0, 0)
	if err != nil {
		return nil, err
	}
	for next := int64(0); ; {
		c, err := r.Next(context.Background())
		if errors.Is(err, io.EOF) {
			return events, r.Close()
		}
		if err != nil {
			return nil, errors.Join(err, r.Close())
		}
		if c.From != next || c.Check() != nil {
			return nil, fmt.Errorf("a chunk from %d after %d: %w", c.From, next, c.Check())
		}
		next = c.Next
		events = append(events, c.Rows()...)
	}
}

func TestPathsFillColumns(t *testing.T) {
	files := fstest.MapFS{
		"v/day=2026-11-24/text=a%2Fb %25/maybe=uno/small=-7/big=9007199254740993/flag=true/cents=12.5/ratio=0.1/x.parquet":                                                                             parquetOf(t, []onlyN{{1}, {2}}, parquet.MaxRowsPerRowGroup(1)),
		"v/day=2026-11-24 13%3A30%3A15.25/text=__HIVE_DEFAULT_PARTITION__/maybe=__HIVE_DEFAULT_PARTITION__/small=__HIVE_DEFAULT_PARTITION__/big=__HIVE_DEFAULT_PARTITION__/flag=0/other=x=y/x.parquet": parquetOf(t, []onlyN{{3}}),
		"v/z.parquet": parquetOf(t, []onlyN{{4}}),
	}
	got, err := readTables(files, "v/**/*.parquet", TablesOptions[placed]{Transform: asItIs})
	require.NoError(t, err)
	uno, big := "uno", int64(9007199254740993)
	first := placed{Day: new(time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)), Text: "a/b %", Maybe: &uno, Small: -7, Big: &big,
		Flag: true, Cents: 1250, Ratio: 0.1}
	second := first
	first.N, second.N = 1, 2
	noon := placed{N: 3, Day: new(time.Date(2026, 11, 24, 13, 30, 15, 250e6, time.UTC))}
	require.Equal(t, []placed{noon, first, second, {N: 4}}, got) // a space sorts before a slash
}

func TestPathTimesAreWhatEnginesAndSchemesWrite(t *testing.T) {
	for text, want := range map[string]time.Time{
		"2026-11-24":                 time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC),
		"2026-11-24 01:02:03.000004": time.Date(2026, 11, 24, 1, 2, 3, 4000, time.UTC),
		"2026-11-24T01:02:03Z":       time.Date(2026, 11, 24, 1, 2, 3, 0, time.UTC),
		"2026-11-24T01:02:03":        time.Date(2026, 11, 24, 1, 2, 3, 0, time.UTC),
		"2026-11-24 01:02:03+02":     time.Date(2026, 11, 23, 23, 2, 3, 0, time.UTC),
		"2026-11-24 01:02:03-03:30":  time.Date(2026, 11, 24, 4, 32, 3, 0, time.UTC),
		"2026-11-24-21":              time.Date(2026, 11, 24, 21, 0, 0, 0, time.UTC),
		"2026-11":                    time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
		"2026":                       time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		got, err := parsePathTime(text)
		require.NoError(t, err, text)
		require.True(t, want.Equal(got), "%s: %s", text, got)
	}
}

func TestAColumnOfTheFileIsTheFiles(t *testing.T) {
	type sold struct {
		Day time.Time `anabranch:"day" parquet:"day,timestamp(microsecond)"`
		ID  int64     `anabranch:"id" parquet:"id"`
	}
	at := time.Date(2026, 11, 24, 13, 0, 0, 0, time.UTC)
	files := fstest.MapFS{"day=2026-11/id=nobody/x.parquet": parquetOf(t, []sold{{at, 7}})}
	got, err := readTables(files, "**", TablesOptions[sold]{})
	require.NoError(t, err)
	require.Equal(t, []sold{{at, 7}}, got)
}

func TestPathsThatCannotBeReadSaySo(t *testing.T) {
	for path, want := range map[string]string{
		"day=tomorrow/x":  `cannot read day=tomorrow/x: column day, from the path: source: unfit value: "tomorrow" is no date or time`,
		"day=0000/x":      "column day, from the path: source: unfit value: time in the year 0",
		"small=128/x":     "column small, from the path: source: unfit value: 128 in a int8",
		"big=1.5/x":       "column big, from the path",
		"flag=si/x":       `column flag, from the path: source: unfit value: "si" is no bool`,
		"cents=1.234/x":   "column cents, from the path",
		"ratio=1e99/x":    "column ratio, from the path",
		"list=[1]/x":      "column list, from the path: source: unfit value: a path holds no list",
		"n=1/small=x/x":   "small",
		"text=100%/x":     "source: unusable options: text=100%/x: partition: bad escape",
		"te%xt=1/x":       "bad escape",
		"text=1/text=1/x": "its path gives text twice",
	} {
		_, err := readTables(fstest.MapFS{path: parquetOf(t, []onlyN{{1}})}, "**", TablesOptions[placed]{})
		require.ErrorContains(t, err, want, path)
		require.ErrorContains(t, err, path)
		require.True(t, errors.Is(err, ErrValue) || errors.Is(err, ErrOptions), path)
	}
}

// once notes which files were opened, by several goroutines at once.
type once struct {
	fstest.MapFS
	mu     sync.Mutex
	opened map[string]bool
}

func (o *once) Open(name string) (fs.File, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.opened[name] = true
	return o.MapFS.Open(name)
}

func TestFilesThatAreNotKeptAreNotOpened(t *testing.T) {
	files := &once{MapFS: fstest.MapFS{}, opened: map[string]bool{}}
	for day := 20; day < 25; day++ {
		for _, region := range []string{"norte", "sur"} {
			files.MapFS[fmt.Sprintf("day=2026-11-%d/text=%s/x.parquet", day, region)] = parquetOf(t, []onlyN{{int64(day)}})
		}
	}
	keep := func(path string, values map[string]string) bool {
		require.Contains(t, path, "text="+values["text"])
		return values["day"] >= "2026-11-23" && values["text"] == "sur"
	}
	got, err := readTables(files, "day=*/**/*.parquet", TablesOptions[placed]{Keep: keep, Transform: asItIs})
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.Equal(t, int64(23), got[0].N)
	for name := range files.MapFS {
		kept := name == "day=2026-11-23/text=sur/x.parquet" || name == "day=2026-11-24/text=sur/x.parquet"
		require.Equal(t, kept, files.opened[name], name)
	}
	identity := func(opts TablesOptions[placed]) string {
		log, err := NewParquetFiles(files, "**", opts)
		require.NoError(t, err)
		id, err := log.Identity(context.Background())
		require.NoError(t, err)
		return id
	}
	require.NotEqual(t, identity(TablesOptions[placed]{}), identity(TablesOptions[placed]{Keep: keep}))
	_, err = readTables(files, "**", TablesOptions[placed]{Keep: func(string, map[string]string) bool { return false }})
	require.ErrorIs(t, err, ErrOptions)
}

// Any text that a scheme writes as a directory is read from it.
func TestPathsOfSchemesAreRead(t *testing.T) {
	scheme, err := partition.New(partition.ByValue("text"), partition.ByValue("maybe"))
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 20, 40).Draw(t, "text")
		maybe := rapid.StringN(0, 20, 40).Draw(t, "maybe")
		dir, err := scheme.Path(partition.String(text), partition.String(maybe))
		require.NoError(t, err)
		got, err := readTables(fstest.MapFS{dir + "/x": parquetOf(t, []onlyN{{1}})}, "*/*/*", TablesOptions[placed]{Transform: asItIs})
		require.NoError(t, err)
		require.Len(t, got, 1)
		require.Equal(t, CanonicalText(text), got[0].Text)
		require.Equal(t, maybe == "", got[0].Maybe == nil)
		if maybe != "" {
			require.Equal(t, CanonicalText(maybe), *got[0].Maybe)
		}
	})
}

// asItIs is a transform that changes nothing: with one, no file need have a
// column, since it may fill that.
func asItIs(*placed) error { return nil }

// TestAColumnThatNoFileHasIsAnError: a mistyped tag would read as zero.
func TestAColumnThatNoFileHasIsAnError(t *testing.T) {
	type mistyped struct {
		N int64 `anabranch:"m"`
	}
	files := fstest.MapFS{"x": parquetOf(t, []onlyN{{1}})}
	_, err := readTables(files, "*", TablesOptions[mistyped]{})
	require.ErrorIs(t, err, ErrColumn)
	require.ErrorContains(t, err, "no file has the column m")
	type optional struct {
		N *int64 `anabranch:"m"`
	}
	got, err := readTables(files, "*", TablesOptions[optional]{})
	require.NoError(t, err)
	require.Equal(t, []optional{{}}, got)
}
