package faults

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// objects is an S3 server in front of another, which for a while answers some
// requests as servers and networks do in trouble.
type objects struct {
	behind http.Handler

	mu     sync.Mutex // guards what follows
	random *rand.Rand
	bad    bool
	counts map[string]int // of what was done to requests, by kind
}

// troubles are what may happen to a request.
var troubles = []string{"500", "503", "timeout", "lost request", "lost answer"}

func newObjects(t testing.TB, seed uint64, address string) (o *objects, endpoint string) {
	behind, err := url.Parse("http://" + address)
	require.NoError(t, err)
	proxy := &httputil.ReverseProxy{
		// The signature is of the host's name as the client knows it.
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(behind); r.Out.Host = r.In.Host },
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	o = &objects{behind: proxy, random: rand.New(rand.NewPCG(seed, 2)), counts: map[string]int{}}
	server := httptest.NewServer(o)
	t.Cleanup(server.Close)
	return o, server.URL
}

func (o *objects) set(bad bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bad = bad
}

// trouble draws what happens to a request; nothing, mostly.
func (o *objects) trouble() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.bad || o.random.IntN(3) > 0 {
		return ""
	}
	kind := troubles[o.random.IntN(len(troubles))]
	o.counts[kind]++
	return kind
}

func (o *objects) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch o.trouble() {
	case "500":
		http.Error(w, "<Error><Code>InternalError</Code></Error>", http.StatusInternalServerError)
	case "503":
		http.Error(w, "<Error><Code>SlowDown</Code></Error>", http.StatusServiceUnavailable)
	case "timeout":
		select {
		case <-r.Context().Done():
		case <-time.After(2 * answerTime):
		}
		panic(http.ErrAbortHandler)
	case "lost request":
		panic(http.ErrAbortHandler)
	case "lost answer":
		o.behind.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	default:
		o.behind.ServeHTTP(w, r)
	}
}
