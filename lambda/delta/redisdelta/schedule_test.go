package redisdelta_test

import (
	"slices"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/lambda/delta"
	"github.com/anabranch-go/anabranch/lambda/delta/redisdelta"
)

// TestAnyScheduleIsAsInMemory lets two owners work, on a wire that loses requests
// and answers, and delays requests, and a server that loses keys, falls back and
// forgets. Whatever comes out is what the memory store says at that moment, or an
// error.
func TestAnyScheduleIsAsInMemory(t *testing.T) {
	server := miniredis.RunT(t)
	raw := client(t, redis.UniversalOptions{Addrs: []string{server.Addr()}})
	wired := client(t, redis.UniversalOptions{Addrs: []string{server.Addr()}, MaxRetries: -1})
	hook := &wire{raw: raw}
	wired.AddHook(hook)
	rapid.Check(t, func(t *rapid.T) {
		server.FlushAll()
		hook.next, hook.held = func() fault { return pass }, nil
		w := &world{t: t, server: server, wire: hook, reference: delta.Memory()}
		hook.ran = func() func(any) { return w.effect }
		var err error
		w.store, err = redisdelta.New(t.Context(), wired, redisdelta.Options{Prefix: "test:"})
		require.NoError(t, err)
		w.store.SetChunk(rapid.SampledFrom([]int{1, 70, 1000}).Draw(t, "chunk"))
		w.faulty = rapid.Bool().Draw(t, "faulty wire")
		hook.next = w.next
		for i := range w.owners {
			w.terms++
			w.owners[i].term = w.terms
			w.begin(&w.owners[i], 100)
		}
		some := func(t *rapid.T) *owner {
			o := &w.owners[rapid.IntRange(0, 1).Draw(t, "owner")]
			if o.term == 0 {
				t.Skip("it has lost the partition")
			}
			return o
		}
		step := func(act func(t *rapid.T)) func(*rapid.T) {
			return func(t *rapid.T) { w.t = t; act(t) }
		}
		t.Repeat(map[string]func(*rapid.T){
			"claim": step(func(t *rapid.T) {
				o := &w.owners[rapid.IntRange(0, 1).Draw(t, "owner")]
				w.terms++
				o.term = w.terms
				w.begin(o, 100+rapid.Int64Range(0, 2).Draw(t, "from"))
				w.raise(o)
			}),
			"raise":  step(func(t *rapid.T) { w.raise(some(t)) }),
			"flush":  step(func(t *rapid.T) { w.flush(some(t)) }),
			"flush2": step(func(t *rapid.T) { w.flush(some(t)) }),
			"swap":   step(func(t *rapid.T) { w.swap(some(t)) }),
			"fresh":  step(func(t *rapid.T) { o := some(t); w.begin(o, o.through) }),
			"drop": step(func(t *rapid.T) {
				if o := some(t); len(o.unused) > 0 {
					w.drop(o.unused[0])
					o.unused = o.unused[1:]
				}
			}),
			"late": step(func(t *rapid.T) {
				if len(hook.held) > 0 {
					i := rapid.IntRange(0, len(hook.held)-1).Draw(t, "which")
					request := hook.held[i]
					hook.held = slices.Delete(hook.held, i, i+1)
					w.lossy = w.lossy || request.script // a header may come after its chunks were freed
					request.send()
				}
			}),
			"evict": step(func(t *rapid.T) {
				chunks := slices.DeleteFunc(server.Keys(), func(key string) bool { return server.Type(key) == "hash" })
				if len(chunks) > 0 && rapid.IntRange(0, 3).Draw(t, "evict") == 0 {
					w.lossy = true
					server.Del(rapid.SampledFrom(chunks).Draw(t, "chunk"))
				}
			}),
			"wipe": step(func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "wipe") == 0 {
					server.FlushAll()
					w.reference, w.journal, w.old, w.lossy = delta.Memory(), nil, nil, true
				}
			}),
			"fail over":      step(func(*rapid.T) { w.failOver() }),
			"forget scripts": step(func(t *rapid.T) { require.NoError(t, raw.ScriptFlush(t.Context()).Err()) }),
			"":               step(func(*rapid.T) { w.read() }),
		})
	})
}
