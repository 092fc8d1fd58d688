package sinktest

import (
	"context"
	"fmt"

	"github.com/anabranch-go/anabranch/sink"
)

// Record is a row of the suite as the columns of a file.
type Record = sink.Record[Key, Value]

// Held gives the rows that hold, of records as a file has them in the order in
// which they were written: of each identity the last of the highest version, unless
// that was removed. It's for harnesses of sinks that append.
func Held(records []Record) ([]Row, error) {
	newest := sink.NewMemory[Key, Value]()
	rows := make([]Row, len(records))
	for i := range records {
		rows[i] = records[i].Row()
	}
	if err := newest.Write(context.Background(), rows); err != nil {
		return nil, fmt.Errorf("cannot find the newest rows: %w", err)
	}
	return newest.Rows(), nil
}
