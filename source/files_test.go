package source_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/source"
)

func jsonTicks() source.Format[tick] { return source.Lines(source.JSON[tick]()) }

func zipped(t testing.TB, content string) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := io.WriteString(w, content)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

// tickFiles are 10 records in the order of the files' names, the third and the
// last of them bad; one file is empty and one holds blank lines only.
func tickFiles(t testing.TB) fstest.MapFS {
	return fstest.MapFS{
		"b.jsonl":       {Data: []byte("{\"N\":3}\n\n{\"N\":4}\r\n  {\"N\":5}")},
		"a/x.jsonl":     {Data: []byte(`{"N":99}`)},
		"a.jsonl":       {Data: []byte("\ufeff{\"N\":0}\n{\"N\":1}\n{\"N\":-2}\n")},
		"b2.jsonl":      {Data: nil},
		"b3.jsonl":      {Data: []byte("\n \n\n")},
		"c.jsonl.gz":    {Data: zipped(t, "{\"N\":6}\n{\"N\":7}\n")},
		"d.jsonl":       {Data: []byte("{\"N\":8}\n{\"N\":9\n")},
		"e.csv":         {Data: []byte("N\n1")},
		"not a log.txt": {Data: []byte("?")},
	}
}

func newTickFiles(t testing.TB, opts source.FilesOptions[tick]) *source.Files[tick] {
	log, err := source.NewFiles(tickFiles(t), "*.jsonl*", jsonTicks(), opts)
	require.NoError(t, err)
	return log
}

func readAll(t testing.TB, log source.Source[tick], from int64) (events []uint64, quarantine []source.Quarantined, end int64) {
	t.Helper()
	reader, err := log.Open(t.Context(), 0, from)
	require.NoError(t, err)
	defer reader.Close()
	for end = from; ; {
		c, err := reader.Next(t.Context())
		if errors.Is(err, io.EOF) {
			_, again := reader.Next(t.Context())
			require.ErrorIs(t, again, io.EOF)
			return events, quarantine, end
		}
		require.NoError(t, err)
		require.NoError(t, c.Check())
		require.Equal(t, end, c.From)
		for _, e := range c.Rows() {
			events = append(events, e.N)
		}
		quarantine = append(quarantine, c.Quarantine...)
		end = c.Next
	}
}

func TestFilesAreOneLog(t *testing.T) {
	for _, rows := range []int{0, 1, 2, 3, 7} {
		events, quarantine, end := readAll(t, newTickFiles(t, source.FilesOptions[tick]{ChunkRows: rows}), 0)
		require.Equal(t, []uint64{0, 1, 3, 4, 5, 6, 7, 8}, events)
		require.EqualValues(t, 10, end)
		require.Len(t, quarantine, 2)
		require.EqualValues(t, 2, quarantine[0].Offset)
		require.Equal(t, `{"N":-2}`, string(quarantine[0].Raw))
		require.Equal(t, "a.jsonl:3: column N: source: unfit value: -2 in a uint64", quarantine[0].Reason)
		require.EqualValues(t, 9, quarantine[1].Offset)
		require.Contains(t, quarantine[1].Reason, "d.jsonl:2: source: unfit value: ")
	}
}

// Opened twice: the second time the log knows how many records its files have.
func TestFilesOpenAnywhere(t *testing.T) {
	all := []uint64{0, 1, 3, 4, 5, 6, 7, 8}
	log := newTickFiles(t, source.FilesOptions[tick]{ChunkRows: 2})
	for range 2 {
		for offset := range int64(11) {
			events, _, end := readAll(t, log, offset)
			require.EqualValues(t, 10, end)
			skip := offset // the events at 2 and 9 are in quarantine
			if offset > 2 {
				skip--
			}
			require.Equal(t, all[min(skip, 8):], append([]uint64{}, events...), "from %d", offset)
		}
		for _, offset := range []int64{-1, 11, 1000} {
			_, err := log.Open(t.Context(), 0, offset)
			require.ErrorIs(t, err, source.ErrOffset)
		}
	}
	_, err := log.Open(t.Context(), 1, 0)
	require.ErrorIs(t, err, source.ErrOffset)
}

func TestFilesSkipWhatTheyRead(t *testing.T) {
	files := tickFiles(t)
	opened := map[string]int{}
	log, err := source.NewFiles(countingFS{files, opened}, "*.jsonl*", jsonTicks(), source.FilesOptions[tick]{})
	require.NoError(t, err)
	clear(opened)
	readAll(t, log, 0)
	clear(opened)
	readAll(t, log, 8)
	require.Equal(t, map[string]int{"d.jsonl": 1}, opened)
}

type countingFS struct {
	fstest.MapFS
	opened map[string]int
}

func (f countingFS) Open(name string) (fs.File, error) {
	f.opened[name]++
	return f.MapFS.Open(name)
}

func TestFilesOfCSV(t *testing.T) {
	log, err := source.NewFiles(fstest.MapFS{
		"1.csv":    {Data: []byte("N,Name\n1,a\n,b\n2,\"c")},
		"2.csv.gz": {Data: zipped(t, "Name,N\nd,3\n")},
		"3.csv":    {Data: []byte("N,Name\n")},
	}, "*.csv*", source.CSV[tick](source.CSVOptions{}), source.FilesOptions[tick]{})
	require.NoError(t, err)
	// The second row has no N, the third no end.
	for offset, want := range [][]uint64{{1, 3}, {3}, {3}, {3}, nil} {
		events, quarantine, end := readAll(t, log, int64(offset))
		require.EqualValues(t, 4, end)
		require.Equal(t, want, events)
		require.Len(t, quarantine, max(0, min(2, 3-offset)))
	}
}

func TestFilesTransform(t *testing.T) {
	log := newTickFiles(t, source.FilesOptions[tick]{Transform: func(e *tick) error {
		if e.N == 4 {
			return errors.New("unlucky")
		}
		e.N *= 10
		return nil
	}})
	events, quarantine, _ := readAll(t, log, 0)
	require.Equal(t, []uint64{0, 10, 30, 50, 60, 70, 80}, events)
	require.Equal(t, source.Quarantined{Offset: 4, Raw: []byte(`{"N":4}`), Reason: "b.jsonl:3: the transform: unlucky"}, quarantine[1])
}

func TestFilesIdentity(t *testing.T) {
	identity := func(files fstest.MapFS, opts source.FilesOptions[tick]) string {
		log, err := source.NewFiles(files, "*.jsonl", jsonTicks(), opts)
		require.NoError(t, err)
		id, err := log.Identity(t.Context())
		require.NoError(t, err)
		return id
	}
	first := identity(tickFiles(t), source.FilesOptions[tick]{})
	require.Equal(t, first, identity(tickFiles(t), source.FilesOptions[tick]{ChunkRows: 3}))
	more := tickFiles(t)
	more["f.jsonl"] = &fstest.MapFile{}
	require.NotEqual(t, first, identity(more, source.FilesOptions[tick]{}))
	longer := tickFiles(t)
	longer["a.jsonl"].Data = append(longer["a.jsonl"].Data, '\n')
	require.NotEqual(t, first, identity(longer, source.FilesOptions[tick]{}))
	require.Equal(t, "mine", identity(more, source.FilesOptions[tick]{Identity: "mine"}))
}

func TestFilesThatCannotBeRead(t *testing.T) {
	half := zipped(t, strings.Repeat("{\"N\":6}\n", 10_000))
	half = half[:len(half)-9]
	for _, test := range []struct {
		what, file string
		content    []byte
		part       string
		want       error
	}{
		{"a truncated gzip", "b.jsonl.gz", half, "cannot read b.jsonl.gz:10001: unexpected EOF", io.ErrUnexpectedEOF},
		{"a gzip without content", "b.jsonl.gz", nil, "cannot open b.jsonl.gz: EOF", io.ErrUnexpectedEOF},
		{"no gzip", "b.jsonl.gz", []byte("{\"N\":6}\n{\"N\":6}\n"), "cannot open b.jsonl.gz: gzip: invalid header", gzip.ErrHeader},
		{"a line without end", "b.jsonl", bytes.Repeat([]byte("x"), 17<<20), "cannot read b.jsonl:1: a record of more than 16 MiB", nil},
	} {
		files := fstest.MapFS{"a.jsonl": {Data: []byte("{\"N\":1}\n")}, test.file: {Data: test.content}}
		log, err := source.NewFiles(files, "*.jsonl*", jsonTicks(), source.FilesOptions[tick]{})
		require.NoError(t, err)
		reader, err := log.Open(t.Context(), 0, 0)
		require.NoError(t, err)
		for err == nil {
			_, err = reader.Next(t.Context())
		}
		require.ErrorContains(t, err, test.part, test.what)
		require.NotErrorIs(t, err, io.EOF, test.what)
		if test.want != nil {
			require.ErrorIs(t, err, test.want, test.what)
		}
		_, again := reader.Next(t.Context())
		require.Equal(t, err, again)
		require.NoError(t, reader.Close())
		_, err = log.Open(t.Context(), 0, 20_000)
		require.ErrorContains(t, err, test.part, test.what)
	}
}

func TestFilesThatCannotBeCSV(t *testing.T) {
	for content, part := range map[string]string{
		"":              "cannot read x.csv: no header",
		"Name\na":       `cannot read x.csv: source: not an event type: the header doesn't name the column "N"`,
		"N,Name,N\n":    `the header names "N" twice`,
		"\"N,Name\na\n": "cannot read x.csv: cannot read the header: ",
		"N,Name\n1,\"" + strings.Repeat("x", 17<<20): "cannot read x.csv:2: a record of more than 16 MiB",
	} {
		log, err := source.NewFiles(fstest.MapFS{"x.csv": {Data: []byte(content)}}, "*", source.CSV[tick](source.CSVOptions{}), source.FilesOptions[tick]{})
		require.NoError(t, err)
		reader, err := log.Open(t.Context(), 0, 0)
		require.NoError(t, err)
		_, err = reader.Next(t.Context())
		require.ErrorContains(t, err, part)
		require.NoError(t, reader.Close())
	}
}

func TestFilesThatChange(t *testing.T) {
	files := tickFiles(t)
	log, err := source.NewFiles(files, "*.jsonl*", jsonTicks(), source.FilesOptions[tick]{})
	require.NoError(t, err)
	files["b.jsonl"].Data = append(files["b.jsonl"].Data, '\n')
	_, err = log.Open(t.Context(), 0, 5)
	require.ErrorContains(t, err, "cannot open b.jsonl: it had 27 bytes when the log was made, and has 28 now")
	delete(files, "b.jsonl")
	_, err = log.Open(t.Context(), 0, 5)
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestNewFilesRefuses(t *testing.T) {
	files := fstest.MapFS{"dir/x": {}}
	for _, pattern := range []string{"*.none", "[", "dir"} {
		_, err := source.NewFiles(files, pattern, jsonTicks(), source.FilesOptions[tick]{})
		require.ErrorIs(t, err, source.ErrOptions, pattern)
	}
	_, err := source.NewFiles(files, "dir/x", jsonTicks(), source.FilesOptions[tick]{ChunkRows: -1})
	require.ErrorIs(t, err, source.ErrOptions)
	_, err = source.NewFiles(files, "dir/x", source.Lines(source.JSON[int]()), source.FilesOptions[int]{})
	require.ErrorIs(t, err, source.ErrSchema)
}

func TestFilesStopWithTheContext(t *testing.T) {
	log := newTickFiles(t, source.FilesOptions[tick]{})
	ended, cancel := context.WithCancel(t.Context())
	reader, err := log.Open(ended, 0, 0)
	require.NoError(t, err)
	cancel()
	_, err = reader.Next(ended)
	require.ErrorIs(t, err, context.Canceled)
	c, err := reader.Next(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 0, c.From, "it goes on where it was")
	require.NoError(t, reader.Close())
	_, err = log.Open(ended, 0, 5)
	require.ErrorIs(t, err, context.Canceled)
}

// broken fails after some bytes.
type broken struct{ fstest.MapFS }

func (b broken) Open(name string) (fs.File, error) {
	f, err := b.MapFS.Open(name)
	return brokenFile{f}, err
}

type brokenFile struct{ fs.File }

func (f brokenFile) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("the disk is on fire")
	}
	return n, err
}

func TestFilesWhoseDiskFails(t *testing.T) {
	for _, format := range []source.Format[tick]{jsonTicks(), source.CSV[tick](source.CSVOptions{})} {
		log, err := source.NewFiles(broken{fstest.MapFS{"x": {Data: []byte("N,Name\n1,a\n2,b")}}}, "x", format, source.FilesOptions[tick]{})
		require.NoError(t, err)
		reader, err := log.Open(t.Context(), 0, 0)
		require.NoError(t, err)
		c, err := reader.Next(t.Context())
		require.NoError(t, err)
		require.Less(t, c.Next, int64(3), "the last line may be half of one")
		_, err = reader.Next(t.Context())
		require.ErrorContains(t, err, "the disk is on fire")
		require.ErrorContains(t, err, "cannot read x:3: ")
		require.NoError(t, reader.Close())
	}
}
