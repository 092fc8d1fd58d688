package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
)

const pebbleVersion = "v2.1.7"

// pebbleStore is a Pebble with a group's state under its key: what an answer is made
// of, merged already.
type pebbleStore struct {
	db    *pebble.DB
	cache *pebble.Cache
}

// openPebble fills one, compacts it, and reads all of it into its cache.
func openPebble(dir string, folded map[int64]gasto) (*pebbleStore, error) {
	s := &pebbleStore{cache: pebble.NewCache(1 << 30)}
	options := &pebble.Options{Cache: s.cache, Logger: silent{}}
	for i := range options.Levels {
		options.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	var err error
	if s.db, err = pebble.Open(dir, options); err != nil {
		return nil, err
	}
	for user, g := range folded {
		if err := s.db.Set(key(user), binary.AppendVarint(binary.AppendVarint(nil, g.Importe), g.Eventos), pebble.NoSync); err != nil {
			return nil, err
		}
	}
	if err := s.db.Compact(context.Background(), key(0), key(1<<62), false); err != nil {
		return nil, err
	}
	for user := range folded {
		if _, err := s.get(user); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func key(user int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(user)) }

func (s *pebbleStore) get(user int64) (g gasto, err error) {
	var buffer [8]byte
	binary.BigEndian.PutUint64(buffer[:], uint64(user))
	value, closer, err := s.db.Get(buffer[:])
	if err != nil {
		return g, fmt.Errorf("user %d: %w", user, err)
	}
	n := 0
	g.Importe, n = binary.Varint(value)
	g.Eventos, _ = binary.Varint(value[n:])
	return g, closer.Close()
}

// Close closes the store.
func (s *pebbleStore) Close() error {
	defer s.cache.Unref()
	return s.db.Close()
}

// silent is a Pebble's logger that says nothing.
type silent struct{}

func (silent) Infof(string, ...any)  {}
func (silent) Errorf(string, ...any) {}
func (silent) Fatalf(format string, args ...any) {
	log.New(io.Discard, "", 0).Panicf(format, args...)
}
