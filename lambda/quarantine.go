package lambda

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/parquet-go/parquet-go"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/source"
)

// QuarantinedRecord is a record of the log that couldn't be decoded or normalised.
type QuarantinedRecord struct {
	Partition int
	source.Quarantined
}

// Quarantine gives every record that the archive holds instead of an event, by
// partition and offset. An error ends the sequence.
func (p *Pipeline[E]) Quarantine(ctx context.Context) iter.Seq2[QuarantinedRecord, error] {
	return func(yield func(QuarantinedRecord, error) bool) {
		if p.err != nil {
			yield(QuarantinedRecord{}, p.err)
			return
		}
		chains, err := p.chains(ctx)
		if err != nil {
			yield(QuarantinedRecord{}, err)
			return
		}
		for _, chain := range chains {
			for _, entry := range chain.Entries {
				if entry.Quarantine == nil {
					continue
				}
				records, err := p.readQuarantine(ctx, *entry.Quarantine)
				if err != nil {
					yield(QuarantinedRecord{}, err)
					return
				}
				for _, record := range records {
					if !yield(QuarantinedRecord{chain.Partition, record}, nil) {
						return
					}
				}
			}
		}
	}
}

// quarantinedRow is a row of a quarantine file.
type quarantinedRow struct {
	Offset int64  `parquet:"_offset"`
	Raw    []byte `parquet:"raw"`
	Reason string `parquet:"reason"`
}

func encodeQuarantine(quarantine []source.Quarantined) ([]byte, error) {
	var buffer bytes.Buffer
	writer := parquet.NewGenericWriter[quarantinedRow](&buffer, parquet.Compression(&parquet.Zstd))
	for _, q := range quarantine {
		if _, err := writer.Write([]quarantinedRow{{q.Offset, q.Raw, q.Reason}}); err != nil {
			return nil, err
		}
	}
	err := writer.Close()
	return buffer.Bytes(), err
}

func (p *Pipeline[E]) readQuarantine(ctx context.Context, file archive.File) (_ []source.Quarantined, err error) {
	body, err := p.archive.ReadFile(ctx, file)
	if err != nil {
		return nil, err
	}
	defer func() { // the checksum was right, so this would be a bug of the writer's
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%w: %s: %v", archive.ErrCorrupt, file.Name, cause)
		}
	}()
	reader := parquet.NewGenericReader[quarantinedRow](bytes.NewReader(body))
	defer reader.Close()
	if reader.NumRows() != file.Rows {
		return nil, fmt.Errorf("%w: %s holds %d records, and its entry says %d", archive.ErrCorrupt, file.Name, reader.NumRows(), file.Rows)
	}
	rows := make([]quarantinedRow, file.Rows)
	n, err := reader.Read(rows)
	if err != nil && !errors.Is(err, io.EOF) || int64(n) != file.Rows {
		return nil, fmt.Errorf("%w: %s holds %d records, and its entry says %d: %w", archive.ErrCorrupt, file.Name, n, file.Rows, err)
	}
	out := make([]source.Quarantined, n)
	for i, row := range rows {
		out[i] = source.Quarantined(row)
	}
	return out, nil
}
