package arrowsource

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/source"
)

// written is a row of ../testdata/writers/write.py.
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
	D38    int64     `anabranch:"d38,decimal=6"`
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
	ND18    *float64   `anabranch:"n_d18"`
	NDay    *time.Time `anabranch:"n_day"`
}

// checkWriters compares the Arrow files in a directory with the Parquet file of
// the same rows.
func checkWriters(t *testing.T, dir string, atLeast int) {
	body, err := os.ReadFile(filepath.Join(dir, "rows.parquet"))
	require.NoError(t, err)
	r, err := source.OpenParquet[written]("rows.parquet", body, source.ParquetOptions{})
	require.NoError(t, err)
	c, err := r.Next()
	require.NoError(t, err)
	want := c.Rows()
	require.Equal(t, "text number 6", want[6].Unique)

	paths, err := filepath.Glob(filepath.Join(dir, "*.arrow"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(paths), atLeast)
	for _, path := range paths {
		body, err := os.ReadFile(path)
		require.NoError(t, err)
		got, quarantine, err := read(fstest.MapFS{"x": {Data: body}}, 0, source.TablesOptions[written]{ChunkRows: 17})
		require.NoError(t, err, path)
		require.Empty(t, quarantine, path)
		if strings.HasPrefix(filepath.Base(path), "empty") {
			require.Empty(t, got)
			continue
		}
		require.Equal(t, want, got, path)
	}
}

// TestWriters has pyarrow and Polars write, and reads that.
func TestWriters(t *testing.T) {
	python := os.Getenv("ANABRANCH_PYTHON")
	if python == "" && os.Getenv("CI") == "true" {
		t.Fatal("ANABRANCH_PYTHON isn't set: .ci/run sets it to what .ci/python.sh prints")
	}
	if python == "" {
		t.Skip("no Python with the writers: run with ANABRANCH_PYTHON=$(.ci/python.sh)")
	}
	dir := t.TempDir()
	out, err := exec.Command(python, filepath.Join("..", "testdata", "writers", "write.py"), dir, "arrow").CombinedOutput()
	require.NoError(t, err, string(out))
	checkWriters(t, filepath.Join(dir, "arrow"), 21)
}

// TestWritersAsKept reads files that they made once.
func TestWritersAsKept(t *testing.T) {
	checkWriters(t, filepath.Join("..", "testdata", "writers", "kept", "arrow"), 4)
}
