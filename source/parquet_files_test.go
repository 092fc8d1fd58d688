package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// visit is small, and has a field that doesn't fit every foreign value.
type visit struct {
	Page string `anabranch:"page"`
	Age  int8   `anabranch:"age"`
}

type foreignVisit struct {
	Page string `parquet:"page,dict"`
	Age  int64  `parquet:"age"`
}

// visits writes files of so many rows each; every row's age is its number over
// all, so that they fit up to 127.
func visits(t require.TestingT, dir string, rows ...int) {
	n := int64(0)
	for i, count := range rows {
		var all []foreignVisit
		for range count {
			all = append(all, foreignVisit{fmt.Sprint("page ", n%3), n})
			n++
		}
		path := filepath.Join(dir, fmt.Sprintf("%02d", i), "visits.parquet")
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, parquet.WriteFile(path, all, parquet.MaxRowsPerRowGroup(5)))
	}
}

// readLog gives the ages by offset, from an offset to the end, and checks that
// the chunks tile.
func readLog(t require.TestingT, log Source[visit], from int64) (ages map[int64]int64, quarantine []Quarantined) {
	r, err := log.Open(context.Background(), 0, from)
	require.NoError(t, err)
	ages, next := map[int64]int64{}, from
	for {
		c, err := r.Next(context.Background())
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		require.NoError(t, c.Check())
		require.Equal(t, next, c.From)
		next = c.Next
		for i, offset := range c.Offsets {
			ages[offset] = c.Columns[1].Ints[i]
		}
		quarantine = append(quarantine, c.Quarantine...)
	}
	require.NoError(t, r.Close())
	end, err := log.(Ender).End(context.Background(), 0)
	require.NoError(t, err)
	require.Equal(t, end, next)
	return ages, quarantine
}

func TestParquetFilesReadsFromAnyOffset(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "visits")
		require.NoError(t, err)
		defer os.RemoveAll(dir)
		rows := rapid.SliceOfN(rapid.IntRange(0, 13), 1, 5).Draw(t, "rows")
		visits(t, dir, rows...)
		log, err := NewParquetFiles(os.DirFS(dir), "*/*.parquet", TablesOptions[visit]{ChunkRows: rapid.IntRange(1, 7).Draw(t, "chunk")})
		require.NoError(t, err)
		total := 0
		for _, n := range rows {
			total += n
		}
		from := rapid.IntRange(0, total).Draw(t, "from")
		ages, quarantine := readLog(t, log, int64(from))
		require.Empty(t, quarantine)
		require.Len(t, ages, total-from)
		for offset, age := range ages {
			require.Equal(t, offset, age)
		}
		for _, offset := range []int64{-1, int64(total) + 1} {
			_, err = log.Open(context.Background(), 0, offset)
			require.ErrorIs(t, err, ErrOffset)
		}
		_, err = log.Open(context.Background(), 1, 0)
		require.ErrorIs(t, err, ErrOffset)
	})
}

func TestParquetFilesQuarantinesAndTransforms(t *testing.T) {
	dir := t.TempDir()
	visits(t, dir, 100, 35) // offsets 128 to 134 don't fit an int8
	log, err := NewParquetFiles(os.DirFS(dir), "*/*", TablesOptions[visit]{ChunkRows: 64})
	require.NoError(t, err)
	ages, quarantine := readLog(t, log, 50)
	require.Len(t, ages, 128-50)
	require.Len(t, quarantine, 7)
	require.Equal(t, int64(134), quarantine[6].Offset)
	require.Contains(t, quarantine[6].Reason, "01/visits.parquet: row 34: column age: 134 doesn't fit a int8")

	log, err = NewParquetFiles(os.DirFS(dir), "*/*", TablesOptions[visit]{Transform: func(v *visit) error {
		if v.Age == 60 {
			return errors.New("not sixty")
		}
		v.Age = -v.Age
		return nil
	}})
	require.NoError(t, err)
	ages, quarantine = readLog(t, log, 50)
	require.Equal(t, int64(-127), ages[127])
	require.Len(t, ages, 127-50)
	require.Len(t, quarantine, 8)
	require.Equal(t, int64(60), quarantine[0].Offset)
	require.Equal(t, "the transform: not sixty", quarantine[0].Reason)
}

func TestParquetFilesIdentityIsNamesAndSizes(t *testing.T) {
	identity := func(dir, pattern string) string {
		log, err := NewParquetFiles(os.DirFS(dir), pattern, TablesOptions[visit]{})
		require.NoError(t, err)
		id, err := log.Identity(context.Background())
		require.NoError(t, err)
		n, err := log.Partitions(context.Background())
		require.NoError(t, err)
		require.Equal(t, 1, n)
		return id
	}
	here, there, more := t.TempDir(), t.TempDir(), t.TempDir()
	visits(t, here, 3, 4)
	visits(t, there, 3, 4)
	visits(t, more, 3, 40)
	require.Equal(t, identity(here, "*/*"), identity(there, "*/*"))
	require.NotEqual(t, identity(here, "*/*"), identity(more, "*/*"))
	require.NotEqual(t, identity(here, "00/*"), identity(here, "*/*"))
}

func TestParquetFilesSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	_, err := NewParquetFiles(os.DirFS(dir), "*", TablesOptions[visit]{})
	require.ErrorIs(t, err, ErrOptions)
	_, err = NewParquetFiles(os.DirFS(dir), "[", TablesOptions[visit]{})
	require.ErrorIs(t, err, ErrOptions)
	_, err = NewParquetFiles(os.DirFS(dir), ".", TablesOptions[visit]{ChunkRows: -1})
	require.ErrorIs(t, err, ErrOptions)
	_, err = NewParquetFiles(os.DirFS(dir), ".", TablesOptions[visit]{})
	require.ErrorIs(t, err, ErrOptions)
	_, err = NewParquetFiles(os.DirFS(dir), ".", TablesOptions[int]{})
	require.ErrorIs(t, err, ErrSchema)

	visits(t, dir, 3, 3)
	log, err := NewParquetFiles(os.DirFS(dir), "*/*", TablesOptions[visit]{})
	require.NoError(t, err)
	path := filepath.Join(dir, "01", "visits.parquet")
	body, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, append(body, 0), 0o644))
	_, err = log.Open(context.Background(), 0, 0)
	require.ErrorContains(t, err, "01/visits.parquet: it has changed")

	body[len(body)-1] = 'X'
	require.NoError(t, os.WriteFile(path, body, 0o644))
	_, err = log.Open(context.Background(), 0, 0)
	require.ErrorContains(t, err, "01/visits.parquet")

	other, err := NewParquetFiles(os.DirFS(dir), "00/*", TablesOptions[struct {
		Page time.Time `anabranch:"page"`
	}]{})
	require.NoError(t, err)
	_, err = other.Open(context.Background(), 0, 0)
	require.ErrorIs(t, err, ErrColumn)
}

func TestParquetFilesStopsWithItsContext(t *testing.T) {
	dir := t.TempDir()
	visits(t, dir, 3)
	log, err := NewParquetFiles(os.DirFS(dir), "*/*", TablesOptions[visit]{})
	require.NoError(t, err)
	r, err := log.Open(context.Background(), 0, 0)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = r.Next(ctx)
	require.ErrorIs(t, err, context.Canceled)
	c, err := r.Next(context.Background())
	require.NoError(t, err)
	require.Equal(t, 3, c.Len())
	require.NoError(t, r.Close())
}

// sequential is a file system whose files can't be read at an offset.
type sequential struct{ fs.FS }

func (s sequential) Open(name string) (fs.File, error) {
	f, err := s.FS.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || info.IsDir() {
		return f, err
	}
	return struct{ fs.File }{f}, nil
}

func TestParquetFilesReadFilesThatCannotSeek(t *testing.T) {
	dir := t.TempDir()
	visits(t, dir, 8, 9)
	log, err := NewParquetFiles(sequential{os.DirFS(dir)}, "0[01]/visits.parquet", TablesOptions[visit]{Identity: "visits"})
	require.NoError(t, err)
	f, err := log.fsys.Open("00/visits.parquet")
	require.NoError(t, err)
	require.NotImplements(t, (*io.ReaderAt)(nil), f)
	require.NoError(t, f.Close())
	ages, _ := readLog(t, log, 3)
	require.Len(t, ages, 14)
	id, err := log.Identity(context.Background())
	require.NoError(t, err)
	require.Equal(t, "visits", id)
}
