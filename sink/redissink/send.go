package redissink

import (
	"context"
	_ "embed"

	"github.com/redis/go-redis/v9"
)

//go:embed write.lua
var source string

var script = redis.NewScript(source)

// send has the script write rows, in one pipeline. A node that doesn't know the
// script refuses its rows, and they go again with the whole script as the first:
// that teaches it to one node at a time, and does one row at least.
func (s *Sink[K, R]) send(ctx context.Context, writes []write) error {
	for unknown := false; len(writes) > 0; unknown = true {
		pipe := s.client.Pipeline()
		commands := make([]*redis.Cmd, len(writes))
		for i := range writes {
			run := script.EvalSha
			if unknown && i == 0 {
				run = script.Eval
			}
			commands[i] = run(ctx, pipe, writes[i].keys(), writes[i].args...)
		}
		_, err := pipe.Exec(ctx)
		var refused []write
		for i, command := range commands {
			written, err := command.Int64()
			switch {
			case err == nil:
				s.written.Add(written)
				s.older.Add(1 - written)
			case redis.HasErrorPrefix(err, "NOSCRIPT"):
				refused = append(refused, writes[i])
			default:
				return err
			}
		}
		if err != nil && len(refused) == 0 {
			return err
		}
		writes = refused
	}
	return nil
}
