package sourcetest_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/source/sourcetest"
)

type event struct {
	N    uint64
	Name *string
}

// events are numbered; those whose number is a multiple of 7 can't be decoded.
func events(n int) (good []event, lines string) {
	var text strings.Builder
	for i := range n {
		if i%7 == 0 {
			text.WriteString("{\"N\": -1}\n")
			continue
		}
		e := event{N: uint64(i)}
		fmt.Fprintf(&text, "{\"N\": %d", i)
		if i%2 == 0 {
			e.Name = new(fmt.Sprint("name ", i%5))
			fmt.Fprintf(&text, ", \"Name\": %q", *e.Name)
		}
		text.WriteString("}\n")
		good = append(good, e)
	}
	return good, text.String()
}

func memory(t *testing.T, partitions, n, chunkRows int) (*source.Memory[event], []event) {
	log, err := source.NewMemory("numbers", partitions, source.MemoryOptions[event]{ChunkRows: chunkRows})
	require.NoError(t, err)
	good, _ := events(n)
	for i := range n {
		e := event{N: 1 << 63}
		if i%7 != 0 {
			e = good[i-i/7-1]
		}
		_, err := log.Append(partitions-1, e)
		require.NoError(t, err)
	}
	return log, good
}

func TestMemoryConforms(t *testing.T) {
	for _, rows := range []int{1, 8, 0} {
		t.Run(fmt.Sprint("chunks of ", rows), func(t *testing.T) {
			sourcetest.TestSource(t, func(t *testing.T) sourcetest.Log[event] {
				log, good := memory(t, 2, 50, rows)
				return sourcetest.Log[event]{Source: log, Ends: []int64{0, 50}, Events: [][]event{nil, good},
					Append: func(p int) error {
						_, err := log.Append(p, event{N: 1})
						return err
					}}
			})
		})
	}
}

func TestTrimmedMemoryConforms(t *testing.T) {
	sourcetest.TestSource(t, func(t *testing.T) sourcetest.Log[event] {
		log, _ := memory(t, 1, 50, 8)
		require.NoError(t, log.Trim(0, 20))
		return sourcetest.Log[event]{Source: log, Ends: []int64{50}, Append: func(p int) error {
			_, err := log.Append(p, event{N: 1})
			return err
		}}
	})
}

func TestClosedMemoryConforms(t *testing.T) {
	sourcetest.TestSource(t, func(t *testing.T) sourcetest.Log[event] {
		log, good := memory(t, 2, 50, 8)
		require.NoError(t, log.Close())
		return sourcetest.Log[event]{Source: log, Ends: []int64{0, 50}, Events: [][]event{nil, good}}
	})
}

func TestFilesConform(t *testing.T) {
	for _, rows := range []int{3, 0} {
		sourcetest.TestSource(t, func(t *testing.T) sourcetest.Log[event] {
			good, text := events(50)
			half := strings.Index(text, "{\"N\": 25")
			log, err := source.NewFiles(fstest.MapFS{"1": {Data: []byte(text[:half])}, "2": {Data: []byte(text[half:])}},
				"*", source.Lines(source.JSON[event]()), source.FilesOptions[event]{ChunkRows: rows})
			require.NoError(t, err)
			return sourcetest.Log[event]{Source: log, Ends: []int64{50}, Events: [][]event{good}}
		})
	}
}

// A harness fills a log, and says what is in it.
func ExampleTestSource() {
	harness := func(t *testing.T) sourcetest.Log[event] {
		log, err := source.NewMemory("numbers", 1, source.MemoryOptions[event]{})
		require.NoError(t, err)
		events := []event{{N: 0}, {N: 1}, {N: 2}, {N: 3}, {N: 4}}
		end, err := log.Append(0, events...)
		require.NoError(t, err)
		return sourcetest.Log[event]{Source: log, Ends: []int64{end}, Events: [][]event{events},
			Append: func(partition int) error {
				_, err := log.Append(partition, event{N: 5})
				return err
			}}
	}
	test := func(t *testing.T) { sourcetest.TestSource(t, harness) }
	fmt.Println(testing.RunTests(func(string, string) (bool, error) { return true, nil },
		[]testing.InternalTest{{Name: "TestMemory", F: test}}))
	// Output: true
}
