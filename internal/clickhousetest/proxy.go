package clickhousetest

import (
	"crypto/tls"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Fate is what becomes of a connection through a [Proxy].
type Fate int

const (
	Pass     Fate = iota
	Stall         // nothing more passes to the server
	BreakOff      // both ends are closed
)

// Proxy listens before a server, in TLS where that is set, and gives its address.
// watch, if any, sees what a client sends before it's passed on.
func Proxy(t testing.TB, address string, secured *tls.Config, watch func(sent []byte) Fate) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	if secured != nil {
		l = tls.NewListener(l, secured)
	}
	var group sync.WaitGroup
	group.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", address)
			if err != nil {
				_ = client.Close()
				continue
			}
			group.Go(func() { // answers
				_, _ = io.Copy(client, server)
				_ = client.Close()
			})
			group.Go(func() {
				defer client.Close()
				defer server.Close()
				pass(server, client, watch)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		group.Wait()
	})
	return l.Addr().String()
}

func pass(server io.Writer, client io.Reader, watch func(sent []byte) Fate) {
	buffer := make([]byte, 1<<16)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		if watch != nil {
			switch watch(buffer[:n]) {
			case Stall:
				_, _ = io.Copy(io.Discard, client)
				return
			case BreakOff:
				return
			}
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
	}
}
