package clickhousesink

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/ClickHouse/ch-go"
)

// answerTimeout bounds how long opening a connection waits, unless the client's
// options say so.
const answerTimeout = 10 * time.Second

// maxIdle is how many connections wait for the next query.
const maxIdle = 4

// server runs queries on the first of the addresses that answers. A connection
// takes one query at a time, so there may be several.
type server struct {
	addresses []string
	options   ch.Options

	mu     sync.Mutex // guards what follows
	idle   []*conn
	closed bool
}

// conn is a connection, and what it runs on: closing that ends every wait at once,
// where the client would look at its context every few seconds.
type conn struct {
	*ch.Client
	raw net.Conn
}

func newServer(options Options) (*server, error) {
	s := &server{addresses: options.Addresses, options: options.Client}
	if len(s.addresses) == 0 && s.options.Address != "" {
		s.addresses = []string{s.options.Address}
	}
	if len(s.addresses) == 0 {
		return nil, fmt.Errorf("%w: there's no address", ErrOptions)
	}
	for i, address := range s.addresses {
		// What isn't an address may have a password in it, and isn't shown.
		if host, port, err := net.SplitHostPort(address); err != nil || host == "" || port == "" || strings.ContainsAny(address, "@/?") {
			return nil, fmt.Errorf("%w: address %d isn't host:port; user and password belong to Client", ErrOptions, i)
		}
	}
	if s.options.HandshakeTimeout == 0 {
		s.options.HandshakeTimeout = answerTimeout
	}
	if s.options.Dialer == nil {
		timeout := s.options.DialTimeout
		if timeout == 0 {
			timeout = answerTimeout
		}
		s.options.Dialer = &net.Dialer{Timeout: timeout}
	}
	return s, nil
}

// do runs a query. A connection on which one has failed isn't used again.
func (s *server) do(ctx context.Context, query ch.Query) error {
	c, err := s.take(ctx)
	if err != nil {
		return err
	}
	unwatch := c.watch(ctx)
	err = c.Do(ctx, query)
	if !unwatch() || err != nil {
		c.close()
	} else {
		s.give(c)
	}
	return explain(ctx, err)
}

// take gives a connection that works: one that waited may be of a server that's gone.
func (s *server) take(ctx context.Context) (*conn, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			return nil, ErrClosed
		}
		last := len(s.idle) - 1
		if last < 0 {
			s.mu.Unlock()
			return s.connect(ctx)
		}
		c := s.idle[last]
		s.idle = s.idle[:last]
		s.mu.Unlock()
		unwatch := c.watch(ctx)
		if err := c.Ping(ctx); unwatch() && err == nil {
			return c, nil
		}
		c.close()
	}
}

func (s *server) give(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.idle) >= maxIdle {
		c.close()
		return
	}
	s.idle = append(s.idle, c)
}

func (s *server) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, c := range s.idle {
		c.close()
	}
	s.idle = nil
}

// connect tries the addresses in turn.
func (s *server) connect(ctx context.Context) (*conn, error) {
	var failed []error
	for _, address := range s.addresses {
		c, err := s.dial(ctx, address)
		if err == nil {
			return c, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err = explain(ctx, err); !errors.Is(err, ErrAccess) {
			err = fmt.Errorf("%w: %w", ErrServer, err)
		}
		failed = append(failed, fmt.Errorf("%s: %w", address, err))
	}
	return nil, errors.Join(failed...)
}

func (s *server) dial(ctx context.Context, address string) (*conn, error) {
	raw, err := s.options.Dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if s.options.TLS != nil {
		config := s.options.TLS.Clone()
		if config.ServerName == "" {
			config.ServerName, _, _ = net.SplitHostPort(address)
		}
		within, cancel := context.WithTimeout(ctx, s.options.HandshakeTimeout)
		defer cancel()
		secured := tls.Client(raw, config)
		if err := secured.HandshakeContext(within); err != nil {
			return nil, errors.Join(err, raw.Close())
		}
		raw = secured
	}
	c := &conn{raw: raw}
	unwatch := c.watch(ctx)
	c.Client, err = ch.Connect(ctx, raw, s.options)
	if !unwatch() || err != nil {
		_ = raw.Close()
		return nil, errors.Join(err, ctx.Err())
	}
	return c, nil
}

// watch ends the connection with the context, until what it returns is called; that
// says whether the context hasn't ended.
func (c *conn) watch(ctx context.Context) (unwatch func() bool) {
	return context.AfterFunc(ctx, func() { _ = c.raw.Close() })
}

func (c *conn) close() { _ = c.raw.Close() }
