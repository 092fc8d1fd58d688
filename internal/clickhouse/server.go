package clickhouse

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
	"github.com/ClickHouse/ch-go/proto"
)

// answerTimeout bounds how long opening a connection waits, unless the client's
// options say so.
const answerTimeout = 10 * time.Second

// maxIdle is how many connections wait for the next query.
const maxIdle = 4

// Server runs queries on the first of the addresses that answers. A connection
// takes one query at a time, so there may be several. It's safe for concurrent use.
type Server struct {
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

// NewServer makes a server of addresses, or of the options' own where there are
// none. It connects with the first query.
func NewServer(addresses []string, options ch.Options) (*Server, error) {
	if len(addresses) == 0 && options.Address != "" {
		addresses = []string{options.Address}
	}
	if len(addresses) == 0 {
		return nil, errors.New("there's no address")
	}
	for i, address := range addresses {
		// What isn't an address may have a password in it, and isn't shown.
		if host, port, err := net.SplitHostPort(address); err != nil || host == "" || port == "" || strings.ContainsAny(address, "@/?") {
			return nil, fmt.Errorf("address %d isn't host:port; user and password belong to Client", i)
		}
	}
	if options.HandshakeTimeout == 0 {
		options.HandshakeTimeout = answerTimeout
	}
	if options.Dialer == nil {
		timeout := options.DialTimeout
		if timeout == 0 {
			timeout = answerTimeout
		}
		options.Dialer = &net.Dialer{Timeout: timeout}
	}
	return &Server{addresses: addresses, options: options}, nil
}

// Do runs a query. A connection on which one has failed isn't used again.
func (s *Server) Do(ctx context.Context, query ch.Query) error {
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
func (s *Server) take(ctx context.Context) (*conn, error) {
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

func (s *Server) give(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.idle) >= maxIdle {
		c.close()
		return
	}
	s.idle = append(s.idle, c)
}

// Close ends the connections once no query runs on them.
func (s *Server) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, c := range s.idle {
		c.close()
	}
	s.idle = nil
}

// connect tries the addresses in turn.
func (s *Server) connect(ctx context.Context) (*conn, error) {
	var failed []error
	for _, address := range s.addresses {
		c, err := s.dial(ctx, address)
		if err == nil {
			return c, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if _, answered := ch.AsException(err); answered {
			err = explain(ctx, err)
		} else {
			err = fmt.Errorf("%w: %w", ErrServer, err)
		}
		failed = append(failed, fmt.Errorf("%s: %w", address, err))
	}
	return nil, errors.Join(failed...)
}

func (s *Server) dial(ctx context.Context, address string) (*conn, error) {
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

// Ask runs a query that gives so many columns of texts, and gives its rows.
func (s *Server) Ask(ctx context.Context, columns int, query string) (rows [][]string, err error) {
	results := make(proto.Results, columns)
	for i := range results {
		results[i].Data = new(proto.ColStr)
	}
	err = s.Do(ctx, ch.Query{Body: query, Result: results, OnResult: func(_ context.Context, block proto.Block) error {
		for row := range block.Rows {
			texts := make([]string, columns)
			for i := range texts {
				texts[i] = results[i].Data.(*proto.ColStr).Row(row)
			}
			rows = append(rows, texts)
		}
		return nil
	}})
	return rows, err
}
