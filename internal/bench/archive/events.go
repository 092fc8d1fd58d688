package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/anabranch-go/anabranch/source"
)

// event is a shop's event as the library's users declare it.
type event struct {
	At       time.Time `anabranch:"ts"`
	User     int64     `anabranch:"user_id"`
	Type     string    `anabranch:"event_type"`
	Session  string    `anabranch:"session_id"`
	Category string    `anabranch:"categoria"`
	Region   string    `anabranch:"region"`
	Product  int64     `anabranch:"product_id"`
	Revenue  int64     `anabranch:"revenue"`
	Quantity int32     `anabranch:"quantity"`
}

// row is the same event as parquet-go's users declare it.
type row struct {
	At       int64  `parquet:"ts,timestamp(microsecond)"`
	User     int64  `parquet:"user_id"`
	Type     string `parquet:"event_type,dict"`
	Session  string `parquet:"session_id"`
	Category string `parquet:"categoria,dict"`
	Region   string `parquet:"region,dict"`
	Product  int64  `parquet:"product_id"`
	Revenue  int64  `parquet:"revenue,dict"`
	Quantity int32  `parquet:"quantity,dict"`
}

// load reads the first n events of DIR/raw.
func load(dir string, n int) ([]row, error) {
	rows := make([]row, n)
	names, err := os.ReadFile(filepath.Join(dir, "raw", "names.txt"))
	if err != nil {
		return nil, err
	}
	var words [3][]string
	for i, line := range strings.Split(strings.TrimSpace(string(names)), "\n") {
		words[i] = strings.Split(line, ",")
	}
	for _, c := range []struct {
		file  string
		width int
		set   func(r *row, b []byte)
	}{
		{"ts", 8, func(r *row, b []byte) { r.At = int64(binary.LittleEndian.Uint64(b)) }},
		{"user", 8, func(r *row, b []byte) { r.User = int64(binary.LittleEndian.Uint64(b)) }},
		{"ev", 1, func(r *row, b []byte) { r.Type = words[0][b[0]] }},
		{"sid", 8, func(r *row, b []byte) { r.Session = fmt.Sprintf("%016x", binary.LittleEndian.Uint64(b)) }},
		{"cat", 1, func(r *row, b []byte) { r.Category = words[1][b[0]] }},
		{"reg", 1, func(r *row, b []byte) { r.Region = words[2][b[0]] }},
		{"prod", 8, func(r *row, b []byte) { r.Product = int64(binary.LittleEndian.Uint64(b)) }},
		{"rev", 8, func(r *row, b []byte) { r.Revenue = int64(binary.LittleEndian.Uint64(b)) }},
		{"qty", 4, func(r *row, b []byte) { r.Quantity = int32(binary.LittleEndian.Uint32(b)) }},
	} {
		b, err := head(filepath.Join(dir, "raw", c.file+".bin"), n*c.width)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			c.set(&rows[i], b[i*c.width:])
		}
	}
	return rows, nil
}

// head reads a file's first n bytes.
func head(path string, n int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, n)
	if _, err := io.ReadFull(f, b); err != nil {
		return nil, fmt.Errorf("cannot read %d bytes of %s: %w", n, path, err)
	}
	return b, nil
}

// sums are checksums of the columns: integers, then texts.
type sums [9]uint32

func (s *sums) add(r *row) {
	for i, v := range [...]int64{r.At, r.User, r.Product, r.Revenue, int64(r.Quantity)} {
		s[i] = crc32.Update(s[i], crc32.IEEETable, binary.LittleEndian.AppendUint64(nil, uint64(v)))
	}
	for i, text := range [...]string{r.Type, r.Session, r.Category, r.Region} {
		s[5+i] = crc32.Update(s[5+i], crc32.IEEETable, append([]byte(text), 0))
	}
}

// check reads a file through the library and through parquet-go, and compares
// both with the events.
func check(events []row, body []byte) error {
	var want, library, peer sums
	for i := range events {
		want.add(&events[i])
	}
	n, err := throughLibrary(body, &library)
	if err != nil {
		return fmt.Errorf("cannot read it back: %w", err)
	}
	rows, err := parquet.Read[row](bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return fmt.Errorf("parquet-go cannot read it: %w", err)
	}
	for i := range rows {
		peer.add(&rows[i])
	}
	if n != len(events) || len(rows) != n || library != want || peer != want {
		return fmt.Errorf("%d events became %d, and %d for parquet-go: checksums %x, %x and %x", len(events), n, len(rows), want, library, peer)
	}
	return nil
}

func throughLibrary(body []byte, s *sums) (n int, err error) {
	r, err := source.OpenParquet[event]("bench.parquet", body, source.ParquetOptions{})
	if err != nil {
		return 0, err
	}
	for {
		chunk, err := r.Next()
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		for _, e := range chunk.Rows() {
			s.add(&row{e.At.UnixMicro(), e.User, e.Type, e.Session, e.Category, e.Region, e.Product, e.Revenue, e.Quantity})
		}
		n += chunk.Len()
	}
}
