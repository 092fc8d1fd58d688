// Package samples makes JSON records of the benchmarks' events.
package samples

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Event is what all decoders read the records into.
type Event struct {
	Timestamp  time.Time  `json:"timestamp"`
	UserID     string     `json:"user_id"`
	EventType  string     `json:"event_type"`
	SessionID  string     `json:"session_id"`
	Properties Properties `json:"properties"`
}

type Properties struct {
	ProductID int64   `json:"product_id"`
	Categoria string  `json:"categoria"`
	Region    string  `json:"region"`
	Revenue   float64 `json:"revenue"`
	Quantity  int32   `json:"quantity"`
}

// Read makes events of the first rows of the generator's raw columns.
func Read(dir string, rows int) ([]Event, error) {
	columns := map[string][]uint64{}
	for name, width := range map[string]int{"ts": 8, "user": 8, "ev": 1, "cat": 1, "rev": 8, "reg": 1, "prod": 8, "qty": 4, "sid": 8} {
		values, err := column(filepath.Join(dir, "raw", name+".bin"), width, rows)
		if err != nil {
			return nil, err
		}
		columns[name] = values
	}
	text, err := os.ReadFile(filepath.Join(dir, "raw", "names.txt"))
	if err != nil {
		return nil, err
	}
	var names [3][]string
	for i, line := range strings.SplitN(string(text), "\n", 4)[:3] {
		names[i] = strings.Split(line, ",")
	}
	events := make([]Event, rows)
	for i := range events {
		at := func(name string) uint64 { return columns[name][i] }
		events[i] = Event{
			Timestamp: time.UnixMicro(int64(at("ts"))).UTC(),
			UserID:    "u" + strconv.FormatUint(at("user"), 10),
			EventType: names[0][at("ev")],
			SessionID: fmt.Sprintf("%016x", at("sid")),
			Properties: Properties{ProductID: int64(at("prod")), Categoria: names[1][at("cat")], Region: names[2][at("reg")],
				Revenue: float64(at("rev")) / 100, Quantity: int32(at("qty"))},
		}
	}
	return events, nil
}

// column reads the first integers of a file, each of so many bytes.
func column(name string, width, rows int) ([]uint64, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	raw := make([]byte, width*rows)
	if _, err := io.ReadFull(file, raw); err != nil {
		return nil, fmt.Errorf("%d rows of %s: %w", rows, name, err)
	}
	values := make([]uint64, rows)
	for i := range values {
		var padded [8]byte
		copy(padded[:], raw[i*width:(i+1)*width])
		values[i] = binary.LittleEndian.Uint64(padded[:])
	}
	return values, nil
}

// Encode writes each event as JSON. The records are pieces of one memory, as those
// of a log's batch are; it gives how many bytes that has.
func Encode(events []Event, shuffle bool) (records [][]byte, bytes int) {
	var all []byte
	ends := make([]int, len(events))
	r := rand.New(rand.NewPCG(1, 2))
	for i, e := range events {
		inner := []string{
			`"product_id":` + strconv.FormatInt(e.Properties.ProductID, 10),
			`"categoria":"` + e.Properties.Categoria + `"`,
			`"region":"` + e.Properties.Region + `"`,
			`"revenue":` + strconv.FormatFloat(e.Properties.Revenue, 'f', 2, 64),
			`"quantity":` + strconv.Itoa(int(e.Properties.Quantity)),
		}
		outer := []string{
			`"timestamp":"` + e.Timestamp.Format("2006-01-02T15:04:05.000000Z07:00") + `"`,
			`"user_id":"` + e.UserID + `"`,
			`"event_type":"` + e.EventType + `"`,
			`"session_id":"` + e.SessionID + `"`,
			`"properties":`,
		}
		if shuffle {
			r.Shuffle(len(inner), func(i, j int) { inner[i], inner[j] = inner[j], inner[i] })
		}
		outer[4] += "{" + strings.Join(inner, ",") + "}"
		if shuffle {
			r.Shuffle(len(outer), func(i, j int) { outer[i], outer[j] = outer[j], outer[i] })
		}
		all = append(all, "{"+strings.Join(outer, ",")+"}"...)
		ends[i] = len(all)
	}
	from := 0
	for _, end := range ends {
		records = append(records, all[from:end:end])
		from = end
	}
	return records, len(all)
}
