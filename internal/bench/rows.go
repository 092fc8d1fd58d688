package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// rowSet is an engine's answer, for millions of rows: keys by their hash, values
// as numbers.
type rowSet struct {
	keys   []uint64
	values [][]float64        // by aggregate; NaN is null
	lists  map[int][][]string // of a top-k, by aggregate
	order  []int32            // of the keys, by their hash
}

var seed = maphash.MakeSeed()

// readRows reads one JSON object for each row, with the question's keys and
// aggregates in any order.
func readRows(r io.Reader, q question) (*rowSet, error) {
	places := map[string]int{}
	keys := splitKeys(q.by)
	for i, key := range keys {
		places[key] = i
	}
	aggregates := q.aggregates()
	for i, a := range aggregates {
		places[a] = len(keys) + i
	}
	set := &rowSet{values: make([][]float64, len(aggregates)), lists: map[int][][]string{}}
	decoder := jsontext.NewDecoder(r)
	cells := make([]string, len(places))
	for {
		err := readRow(decoder, places, cells)
		if errors.Is(err, io.EOF) {
			return set, set.sort()
		}
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", len(set.keys), err)
		}
		var hash maphash.Hash
		hash.SetSeed(seed)
		for _, key := range cells[:len(keys)] {
			_, _ = hash.WriteString(key)
			_ = hash.WriteByte(0)
		}
		set.keys = append(set.keys, hash.Sum64())
		for i, cell := range cells[len(keys):] {
			if err := set.take(i, aggregates[i], cell); err != nil {
				return nil, fmt.Errorf("row %d: %s is %s: %w", len(set.keys)-1, aggregates[i], cell, err)
			}
		}
	}
}

// readRow reads one object's cells as JSON, each to its place.
func readRow(decoder *jsontext.Decoder, places map[string]int, cells []string) error {
	token, err := decoder.ReadToken()
	if err != nil {
		return err
	}
	if token.Kind() != '{' {
		return fmt.Errorf("%s isn't an object", token)
	}
	seen := 0
	for decoder.PeekKind() != '}' {
		name, err := decoder.ReadToken()
		if err != nil {
			return fmt.Errorf("cut off: %v", err) // no end, whatever err is
		}
		place, ok := places[name.String()]
		if !ok {
			return fmt.Errorf("a column that wasn't asked for: %q", name.String())
		}
		value, err := decoder.ReadValue()
		if err != nil {
			return fmt.Errorf("cut off: %v", err) // no end, whatever err is
		}
		if err := value.Compact(); err != nil {
			return err
		}
		cells[place] = string(value)
		seen++
	}
	if seen != len(cells) {
		return fmt.Errorf("%d columns of %d", seen, len(cells))
	}
	_, err = decoder.ReadToken()
	return err
}

// take keeps a row's value. No value is NaN, but 0 for a sum, where engines differ
// and both are right.
func (s *rowSet) take(i int, aggregate, cell string) error {
	if isTop(aggregate) {
		var list []json.RawMessage
		if err := json.Unmarshal([]byte(cell), &list); err != nil {
			return err
		}
		texts := make([]string, len(list))
		for j, entry := range list {
			texts[j] = string(entry)
		}
		s.lists[i] = append(s.lists[i], texts)
		return nil
	}
	if cell == "null" {
		none := math.NaN()
		if strings.HasPrefix(aggregate, "sum:") {
			none = 0
		}
		s.values[i] = append(s.values[i], none)
		return nil
	}
	n, err := strconv.ParseFloat(cell, 64)
	s.values[i] = append(s.values[i], n)
	return err
}

func (s *rowSet) sort() error {
	s.order = make([]int32, len(s.keys))
	for i := range s.order {
		s.order[i] = int32(i)
	}
	slices.SortFunc(s.order, func(a, b int32) int { return cmp.Compare(s.keys[a], s.keys[b]) })
	for i := 1; i < len(s.order); i++ {
		if s.keys[s.order[i]] == s.keys[s.order[i-1]] {
			return fmt.Errorf("rows %d and %d have the same key", s.order[i-1], s.order[i])
		}
	}
	return nil
}

// compare compares an answer with the truth, row by row: a sketch's values by
// their relative error, whose root mean square over all rows it gives (the worst
// of the question's sketches), others exactly. Means may differ in the last digits
// of a float. A top-k's error is the share of the true values that it lacks, since
// several may be as frequent.
func (s *rowSet) compare(truth *rowSet, aggregates []string) (float64, error) {
	if len(s.keys) != len(truth.keys) {
		return 0, fmt.Errorf("%d rows, expected %d", len(s.keys), len(truth.keys))
	}
	worst := 0.0
	for a, aggregate := range aggregates {
		squares := 0.0
		for i, at := range s.order {
			other := truth.order[i]
			if s.keys[at] != truth.keys[other] {
				return 0, fmt.Errorf("row %d has a key that isn't expected", at)
			}
			if isTop(aggregate) {
				off := lacking(s.lists[a][at], truth.lists[a][other])
				squares += off * off
				continue
			}
			got, want := s.values[a][at], truth.values[a][other]
			off := relative(got, want)
			squares += off * off
			if !isSketch(aggregate) && off > allowed(aggregate) {
				return 0, fmt.Errorf("row %d: %s is %v, expected %v", at, aggregate, got, want)
			}
		}
		if isSketch(aggregate) && len(s.keys) > 0 {
			worst = max(worst, math.Sqrt(squares/float64(len(s.keys))))
		}
	}
	return worst, nil
}

func allowed(aggregate string) float64 {
	if strings.HasPrefix(aggregate, "mean:") {
		return 1e-9
	}
	return 0
}

func lacking(got, want []string) float64 {
	if len(got) != len(want) {
		return 1
	}
	missing := 0
	for _, value := range want {
		if !slices.Contains(got, value) {
			missing++
		}
	}
	return float64(missing) / float64(max(1, len(want)))
}

func relative(got, want float64) float64 {
	if got == want || math.IsNaN(got) && math.IsNaN(want) {
		return 0
	}
	if math.IsNaN(got) || math.IsNaN(want) || want == 0 {
		return math.Inf(1)
	}
	return math.Abs(got-want) / math.Abs(want)
}
