package redisdelta_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/redis/go-redis/v9"
)

// fault is what goes wrong with one request. A pipeline is one request.
type fault int

const (
	pass        fault = iota
	lostRequest       // it never arrives
	lostAnswer        // it takes effect
	half              // a part of a pipeline takes effect
	late              // it takes effect when it's released
)

var errWire = errors.New("the wire is cut")

type request struct {
	script bool
	send   func()
}

// wire stands between a client and a server, and tells of every script that the
// server has run, when it has.
type wire struct {
	raw  redis.UniversalClient // of the same server, without faults
	next func() fault
	ran  func() func(answer any) // asked when a script is sent, called when it has run

	held []request // late ones
}

func (w *wire) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		return next(ctx, network, address)
	}
}

func (w *wire) ProcessHook(redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if !strings.HasPrefix(cmd.Name(), "eval") && !strings.HasPrefix(cmd.Name(), "h") {
			return w.raw.Process(ctx, cmd) // the connection's own
		}
		ctx, ran := context.WithoutCancel(ctx), w.ran()
		err := w.request(strings.HasPrefix(cmd.Name(), "eval"), func(answered bool) error {
			c := cmd
			if !answered {
				c = redis.NewCmd(ctx, cmd.Args()...)
			}
			err := w.raw.Process(ctx, c)
			if script, ok := c.(*redis.Cmd); ok && err == nil && strings.HasPrefix(cmd.Name(), "eval") && ran != nil {
				ran(script.Val())
			}
			return err
		})
		if errors.Is(err, errWire) {
			cmd.SetErr(err)
		}
		return err
	}
}

func (w *wire) ProcessPipelineHook(redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		ctx = context.WithoutCancel(ctx)
		send := func(part []redis.Cmder, answered bool) error {
			p := w.raw.Pipeline()
			for _, c := range part {
				if !answered {
					c = redis.NewCmd(ctx, c.Args()...)
				}
				_ = p.Process(ctx, c)
			}
			_, err := p.Exec(ctx)
			return err
		}
		err := w.request(false, func(answered bool) error { return send(cmds, answered) })
		if errors.Is(err, errHalf) {
			_ = send(cmds[:len(cmds)/2], false)
		}
		if errors.Is(err, errWire) {
			for _, c := range cmds {
				c.SetErr(err)
			}
		}
		return err
	}
}

var errHalf = fmt.Errorf("%w: half of it arrived", errWire)

// request sends, or doesn't, as the fault says.
func (w *wire) request(script bool, send func(answered bool) error) error {
	switch w.next() {
	case pass:
		return send(true)
	case lostAnswer:
		_ = send(false)
	case half:
		return errHalf
	case late:
		w.held = append(w.held, request{script, func() { _ = send(false) }})
	}
	return errWire
}
