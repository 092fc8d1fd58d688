package source

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go/format"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/internal/columnar"
)

// written is a row of testdata/writers/write.py.
type written struct {
	ID     int64     `anabranch:"id"`
	I8     int8      `anabranch:"i8"`
	I16    int16     `anabranch:"i16"`
	I32    int32     `anabranch:"i32"`
	I64    int64     `anabranch:"i64"`
	U8     uint8     `anabranch:"u8"`
	U16    uint16    `anabranch:"u16"`
	U32    uint32    `anabranch:"u32"`
	U64    uint64    `anabranch:"u64"`
	F32    float32   `anabranch:"f32"`
	F64    float64   `anabranch:"f64"`
	Text   string    `anabranch:"text"`
	Unique string    `anabranch:"unique"`
	Flag   bool      `anabranch:"flag"`
	Day    time.Time `anabranch:"day"`
	Millis time.Time `anabranch:"millis"`
	Micros time.Time `anabranch:"micros"`
	Local  time.Time `anabranch:"local"`
	D9     int64     `anabranch:"d9,decimal=2"`
	D18    int64     `anabranch:"d18,decimal=4"`
	D38    int64     `anabranch:"d38,decimal=4"`
	Whole  int64     `anabranch:"whole"`

	Pair struct {
		A int64  `anabranch:"a"`
		B string `anabranch:"b"`
	} `anabranch:"pair"`

	NInt    *int64     `anabranch:"n_i64"`
	NFloat  *float64   `anabranch:"n_f64"`
	NText   *string    `anabranch:"n_text"`
	NFlag   *bool      `anabranch:"n_flag"`
	NMicros *time.Time `anabranch:"n_micros"`
	ND18    *int64     `anabranch:"n_d18,decimal=4"`
	NDay    *time.Time `anabranch:"n_day"`
}

// widened is the same row as other fields can hold it.
type widened struct {
	I8    int64     `anabranch:"i8"`
	U32   int       `anabranch:"u32"`
	U64   int64     `anabranch:"u64"`
	F32   float64   `anabranch:"f32"`
	D9    float64   `anabranch:"d9"`
	D18   float64   `anabranch:"d18"`
	D38   int64     `anabranch:"d38,decimal=6"`
	Whole int64     `anabranch:"whole,decimal=3"`
	NInt  int64     `anabranch:"n_i64"`
	NText string    `anabranch:"n_text"`
	NDay  time.Time `anabranch:"n_day"`
	ND18  *float64  `anabranch:"n_d18"`
}

func writtenRow(n int) (written, widened) {
	i := int64(n)
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC).Add(time.Duration(i-30) * 86_399_123_456 * time.Microsecond)
	day := at.Truncate(24 * time.Hour)
	if i == 0 {
		day = day.AddDate(0, 0, -30000)
	}
	w := written{ID: i, I8: int8(i - 30), I16: int16(i-30) * 1000, I32: int32(i-30) * 70_000_000, I64: (i - 30) * 300_000_000_000_000_000,
		U8: uint8(255 - i), U16: uint16(65535 - i), U32: uint32(4294967295 - i), U64: uint64(math.MaxInt64 - i),
		F32: float32(i) / 4, F64: float64(i) / 7, Text: []string{"uno", "dos", "tres ñ", ""}[i%4], Unique: fmt.Sprint("text number ", i),
		Flag: i%3 == 0, Day: day, Millis: at.Truncate(time.Millisecond), Micros: at, Local: at, D9: (i - 30) * 12345,
		D18: (i - 30) * 123456789012345, D38: (i - 30) * 123456789012345, Whole: i * 1000003}
	w.Pair.A, w.Pair.B = i, fmt.Sprint(i)
	wide := widened{I8: i - 30, U32: int(w.U32), U64: int64(w.U64), F32: float64(w.F32), D9: float64(w.D9) / 100, D18: float64(w.D18) / 1e4,
		D38: w.D38 * 100, Whole: w.Whole * 1000}
	if i%5 != 0 {
		w.NInt, w.NFloat, w.NText, w.NFlag, w.NMicros, w.ND18, w.NDay = &w.I64, &w.F64, &w.Text, &w.Flag, &w.Micros, &w.D18, &w.Day
		wide.NInt, wide.NText, wide.NDay, wide.ND18 = w.I64, w.Text, w.Day, &wide.D18
	}
	return w, wide
}

// checkWriters reads what write.py left in a directory, by writer.
func checkWriters(t *testing.T, dir string, writer string, atLeast int) {
	paths, err := filepath.Glob(filepath.Join(dir, writer, "*.parquet"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(paths), atLeast, writer)
	for _, path := range paths {
		name := writer + "/" + filepath.Base(path)
		body, err := os.ReadFile(path)
		require.NoError(t, err)
		rows := rowsOf[written](t, name, body)
		if filepath.Base(path) == "empty.parquet" {
			require.Empty(t, rows, name)
			continue
		}
		if filepath.Base(path) == "int96.parquet" {
			file, err := columnar.Open(name, body)
			require.NoError(t, err)
			leaf, _ := file.Find([]string{"micros"})
			require.Equal(t, format.Int96, file.Leaves[leaf].Element.Type.V, name)
		}
		wide := rowsOf[widened](t, name, body)
		require.NotEmpty(t, rows, name)
		require.Len(t, wide, len(rows))
		for i := range rows {
			want, other := writtenRow(i)
			if strings.HasSuffix(name, "spark/millis.parquet") {
				want.Micros = want.Millis
				if want.NMicros != nil {
					want.NMicros = &want.Millis
				}
			}
			require.Equal(t, want, rows[i], "%s: row %d", name, i)
			require.Equal(t, other, wide[i], "%s: row %d", name, i)
		}
	}
}

// rowsOf reads a file that must have all of E's columns.
func rowsOf[E any](t *testing.T, name string, body []byte) (rows []E) {
	r, err := OpenParquet[E](name, body, ParquetOptions{ChunkRows: 17})
	require.NoError(t, err)
	for i := range r.columns {
		require.GreaterOrEqual(t, r.columns[i].leaf, 0, "%s has no column %s", name, r.columns[i].Name)
	}
	for {
		c, err := r.Next()
		if err != nil {
			require.ErrorContains(t, err, "EOF", name)
			return rows
		}
		rows = append(rows, c.Rows()...)
	}
}

// checkHive reads a data set in directories.
func checkHive(t *testing.T, dir string, writer string) {
	type row struct {
		ID     int64     `anabranch:"id"`
		Fecha  time.Time `anabranch:"fecha"`
		Region *string   `anabranch:"region"`
	}
	got, err := readTables(os.DirFS(filepath.Join(dir, writer)), "hive/fecha=*/**/*.parquet", TablesOptions[row]{})
	require.NoError(t, err, writer)
	require.Len(t, got, 18, writer)
	slices.SortFunc(got, func(a, b row) int { return cmp.Compare(a.ID, b.ID) })
	for i, r := range got {
		require.Equal(t, int64(i), r.ID)
		require.Equal(t, time.Date(2026, 11, 20+i%3, 0, 0, 0, 0, time.UTC), r.Fecha, writer)
		want := []string{"norte", "sur/este", "null"}[i/3%3]
		if want == "null" {
			require.Nil(t, r.Region, writer)
			continue
		}
		require.Equal(t, want, *r.Region, writer)
	}
}

// writers are the programs, and how many files each writes at least.
var writers = map[string]int{"pyarrow": 21, "duckdb": 14, "polars": 9, "chdb": 15, "spark": 12}

// TestParquetWriters has the real writers write, all types in all codecs, and
// reads that.
func TestParquetWriters(t *testing.T) {
	python := pythonForTests(t)
	for writer, files := range writers {
		t.Run(writer, func(t *testing.T) {
			if testing.Short() && writer == "spark" {
				t.Skip("Spark takes half a minute to start")
			}
			dir := t.TempDir()
			out, err := exec.Command(python, filepath.Join("testdata", "writers", "write.py"), dir, writer).CombinedOutput()
			require.NoError(t, err, string(out))
			checkWriters(t, dir, writer, files)
			checkHive(t, dir, writer)
		})
	}
}

// pythonForTests gives the path of a Python that has the writers.
func pythonForTests(t *testing.T) string {
	python := os.Getenv("ANABRANCH_PYTHON")
	if python == "" && os.Getenv("CI") == "true" {
		t.Fatal("ANABRANCH_PYTHON isn't set: .ci/run sets it to what .ci/python.sh prints")
	}
	if python == "" {
		t.Skip("no Python with the writers: run with ANABRANCH_PYTHON=$(.ci/python.sh)")
	}
	return python
}

// TestParquetOfTheWritersAsKept reads files that the writers made once.
func TestParquetOfTheWritersAsKept(t *testing.T) {
	for writer := range writers {
		t.Run(writer, func(t *testing.T) {
			dir := filepath.Join("testdata", "writers", "kept")
			checkWriters(t, dir, writer, 2)
			if writer == "duckdb" || writer == "spark" {
				checkHive(t, dir, writer)
			}
		})
	}
}
