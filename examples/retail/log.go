package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

// chunkRows is how many rows the speed layer reads at a time.
const chunkRows = 1_000

// salesLog is the files' rows as a log.
type salesLog struct {
	source.Source[Sale]
	// arrive lets the rows come, and returns once all have.
	arrive func(context.Context) error

	// What was found when the rows were read before they were dealt.
	rows     int64
	days     map[int64]bool // the dates' starts
	rejected []source.Quarantined
}

// openLog gives the files as they are, a log of one partition in the order of
// time. With -partitions or -shuffle their rows are read first, and arrive in a
// log in memory while the speed layer reads that.
func openLog(ctx context.Context, o options) (*salesLog, error) {
	files, err := openFiles(o.data)
	if err != nil {
		return nil, err
	}
	if o.partitions == 1 && !o.shuffled {
		return &salesLog{Source: files, arrive: func(context.Context) error { return nil }}, nil
	}
	l := &salesLog{days: map[int64]bool{}}
	sales, err := l.readAll(ctx, files)
	if err != nil {
		return nil, err
	}
	if o.shuffled {
		rand.New(rand.NewPCG(o.seed, 0)).Shuffle(len(sales), func(i, j int) { sales[i], sales[j] = sales[j], sales[i] })
	}
	return l, l.deal(ctx, files, sales, o)
}

func openFiles(data string) (source.Source[Sale], error) {
	format := source.CSV[Sale](source.CSVOptions{TimeLayout: time.DateTime, Location: london})
	return source.NewFiles(os.DirFS(data), "*.csv*", format, source.FilesOptions[Sale]{ChunkRows: chunkRows})
}

// readAll reads the rows of all files.
func (l *salesLog) readAll(ctx context.Context, files source.Source[Sale]) (sales []Sale, err error) {
	reader, err := files.Open(ctx, 0, 0)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	for {
		c, err := reader.Next(ctx)
		if errors.Is(err, io.EOF) {
			return sales, nil
		}
		if err != nil {
			return nil, err
		}
		sales = append(sales, c.Rows()...)
		l.rows += int64(c.Len())
		l.rejected = append(l.rejected, c.Quarantine...)
		addDays(l.days, c)
	}
}

// deal makes a log in memory and the arrival of rows in it. Rows of one invoice
// go to one partition.
func (l *salesLog) deal(ctx context.Context, files source.Source[Sale], sales []Sale, o options) error {
	identity, err := files.Identity(ctx)
	if err != nil {
		return err
	}
	identity += fmt.Sprintf(" dealt to %d", o.partitions)
	if o.shuffled {
		identity += fmt.Sprintf(" shuffled by %d", o.seed)
	}
	log, err := source.NewMemory[Sale](identity, o.partitions, source.MemoryOptions[Sale]{ChunkRows: chunkRows})
	if err != nil {
		return err
	}
	l.Source = log
	l.arrive = func(ctx context.Context) error {
		defer log.Close()
		for _, q := range l.rejected {
			if _, err := log.Reject(0, q.Raw, errors.New(q.Reason)); err != nil {
				return err
			}
		}
		for rows := range slices.Chunk(sales, chunkRows) {
			dealt := make([][]Sale, o.partitions)
			for _, sale := range rows {
				p := partitionOf(sale.InvoiceNo, o.partitions)
				dealt[p] = append(dealt[p], sale)
			}
			for p, rows := range dealt {
				if _, err := log.Append(p, rows...); err != nil {
					return err
				}
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		return nil
	}
	return nil
}

func partitionOf(invoice string, partitions int) int {
	h := fnv.New32a()
	io.WriteString(h, invoice)
	return int(h.Sum32() % uint32(partitions))
}

// rowsOf is how many rows so many days have on average.
func (l *salesLog) rowsOf(days int) int64 {
	if len(l.days) == 0 {
		return 0
	}
	return l.rows * int64(days) / int64(len(l.days))
}

// addDays adds the dates of a chunk's rows, as the shop's clock has them.
func addDays(days map[int64]bool, c *source.Chunk[Sale]) {
	times := c.Columns[atColumn].Ints
	starts := make([]int64, len(times))
	window.Day(london).Assign(starts, times)
	for i, day := range starts {
		if i == 0 || day != starts[i-1] {
			days[day] = true
		}
	}
}
