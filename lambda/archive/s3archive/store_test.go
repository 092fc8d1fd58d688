package s3archive_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/anabranch-go/anabranch/internal/servers"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/archive/archivetest"
	"github.com/anabranch-go/anabranch/lambda/archive/s3archive"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client is a client of an endpoint, through a transport of its own.
func client(t testing.TB, endpoint string, wrap func(http.RoundTripper) http.RoundTripper) *s3.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if strings.HasPrefix(endpoint, "https:") {
		transport.TLSClientConfig = servers.TLS(t)
	}
	t.Cleanup(transport.CloseIdleConnections)
	var through http.RoundTripper = transport
	if wrap != nil {
		through = wrap(transport)
	}
	return s3.New(s3.Options{BaseEndpoint: &endpoint, UsePathStyle: true, Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("testkey", "testsecret", ""), HTTPClient: &http.Client{Transport: through},
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			o.RateLimiter = ratelimit.None
		})})
}

// fake is the address of a server in this process.
func fake(t testing.TB) string {
	server := httptest.NewServer(gofakes3.New(s3mem.New()).Server())
	t.Cleanup(server.Close)
	return server.URL
}

var buckets atomic.Int64

// bucket makes a bucket, and empties and removes it at the end.
func bucket(t testing.TB, c *s3.Client) string {
	name := fmt.Sprintf("archive-%s-%d", strings.ToLower(archive.NewNonce()), buckets.Add(1))
	_, err := c.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name})
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx := context.Background()
		pages := s3.NewListObjectsV2Paginator(c, &s3.ListObjectsV2Input{Bucket: &name})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return
			}
			for _, object := range page.Contents {
				_, _ = c.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &name, Key: object.Key})
			}
		}
		_, _ = c.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &name})
	})
	return name
}

// endpoints are the servers that every test runs on.
func endpoints(t *testing.T, run func(t *testing.T, endpoint string)) {
	t.Run("fake", func(t *testing.T) { run(t, fake(t)) })
	t.Run("real", func(t *testing.T) { run(t, servers.Need(t, "ANABRANCH_S3")) })
	t.Run("real, TLS", func(t *testing.T) { run(t, servers.Need(t, "ANABRANCH_S3_TLS")) })
}

func TestStore(t *testing.T) {
	endpoints(t, func(t *testing.T, endpoint string) {
		archivetest.TestStore(t, func(t *testing.T) archive.Store {
			c := client(t, endpoint, nil)
			return s3archive.New(c, bucket(t, c), "data/lake")
		})
	})
}

// TestLargeBodiesArePutOnce: they go in parts, and the condition holds all the
// same. The fake ignores it there, so this needs the real server.
func TestLargeBodiesArePutOnce(t *testing.T) {
	c := client(t, servers.Need(t, "ANABRANCH_S3"), nil)
	store := s3archive.New(c, bucket(t, c), "")
	first, second := bytes.Repeat([]byte("first"), 5<<20), bytes.Repeat([]byte("other"), 5<<20)
	require.NoError(t, store.Put(t.Context(), "large", first))
	require.ErrorIs(t, store.Put(t.Context(), "large", second), archive.ErrExists)
	body, err := store.Get(t.Context(), "large", 0, -1)
	require.NoError(t, err)
	require.True(t, bytes.Equal(first, body), "the object isn't what it was")
	part, err := store.Get(t.Context(), "large", 7, 9)
	require.NoError(t, err)
	require.Equal(t, "rstfirstf", string(part))
}

// TestALargePutThatIsCancelledLeavesNoParts: they would cost storage.
func TestALargePutThatIsCancelledLeavesNoParts(t *testing.T) {
	endpoint := servers.Need(t, "ANABRANCH_S3")
	good := client(t, endpoint, nil)
	name := bucket(t, good)
	ctx, cancel := context.WithCancel(t.Context())
	cut := client(t, endpoint, func(next http.RoundTripper) http.RoundTripper {
		return cancelling{next, cancel}
	})
	err := s3archive.New(cut, name, "").Put(ctx, "large", make([]byte, 20<<20))
	require.ErrorIs(t, err, context.Canceled)
	uploads, err := good.ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &name})
	require.NoError(t, err)
	require.Empty(t, uploads.Uploads)
}

// cancelling ends the put's context when its first part is sent.
type cancelling struct {
	http.RoundTripper
	cancel context.CancelFunc
}

func (c cancelling) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Query().Has("partNumber") {
		c.cancel()
	}
	return c.RoundTripper.RoundTrip(r)
}

func TestListsOfManyPages(t *testing.T) {
	endpoints(t, func(t *testing.T, endpoint string) {
		c := client(t, endpoint, nil)
		store := s3archive.New(c, bucket(t, c), "p")
		const n = 1050 // a page has 1,000
		for i := range n {
			require.NoError(t, store.Put(t.Context(), fmt.Sprintf("many/%05d", i), nil))
		}
		i := 3
		for name, err := range store.List(t.Context(), "many/", "many/00002") {
			require.NoError(t, err)
			require.Equal(t, fmt.Sprintf("many/%05d", i), name)
			i++
		}
		require.Equal(t, n, i)
	})
}

// trouble breaks requests: before the server has them, or after it has done them.
type trouble struct {
	http.RoundTripper
	mu     sync.Mutex
	random *rand.Rand
	seen   atomic.Int64
	counts [5]atomic.Int64
}

// kind chooses what becomes of a request: 40 of 100 have some trouble.
func (tr *trouble) kind() int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.seen.Add(1)
	if tr.random.IntN(100) < 60 {
		return len(tr.counts)
	}
	kind := tr.random.IntN(len(tr.counts))
	tr.counts[kind].Add(1)
	return kind
}

var errCut = errors.New("connection reset by the test")

func (tr *trouble) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := func(status int, code string) (*http.Response, error) {
		body := "<Error><Code>" + code + "</Code><Message>by the test</Message></Error>"
		if r.Body != nil {
			_, _ = io.Copy(io.Discard, r.Body)
			_ = r.Body.Close()
		}
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r,
			ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(len(body))}, nil
	}
	switch tr.kind() {
	case 0:
		return answer(500, "InternalError")
	case 1:
		return answer(503, "SlowDown")
	case 2: // it never arrives
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, errCut
	case 3, 4: // it takes effect, and the answer is lost
		response, err := tr.RoundTripper.RoundTrip(r)
		if err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
		}
		return nil, errCut
	}
	return tr.RoundTripper.RoundTrip(r)
}

// TestCommitsOverABadConnection: whatever becomes of requests and answers, a
// chain has each segment once, and an owner who has been superseded none.
func TestCommitsOverABadConnection(t *testing.T) {
	endpoints(t, func(t *testing.T, endpoint string) {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		good := client(t, endpoint, nil)
		name := bucket(t, good)
		var tr *trouble
		bad := client(t, endpoint, func(through http.RoundTripper) http.RoundTripper {
			tr = &trouble{RoundTripper: through, random: rand.New(rand.NewPCG(seed, 0))}
			return tr
		})
		insist := func(write func() error) error {
			for {
				err := write()
				if err == nil || errors.Is(err, archive.ErrLost) || errors.Is(err, archive.ErrInvalid) || t.Context().Err() != nil {
					return err
				}
			}
		}
		lake := archive.New(s3archive.New(bad, name, ""))
		require.NoError(t, insist(func() error {
			return lake.Declare(t.Context(), archive.Log{Identity: "log", Partitions: 1})
		}))
		var before *archive.Owner
		for turn := range 10 {
			var owner *archive.Owner
			require.NoError(t, insist(func() (err error) { owner, err = lake.Claim(t.Context(), 0, 0); return err }))
			for i := range int64(4) {
				from := int64(turn)*40 + i*10
				require.Equal(t, from, owner.End())
				file := archive.File{}
				body := bytes.Repeat([]byte("x"), 1000)
				events := archive.EventsName(time.Now(), 0, owner.NextSequence(), archive.NewNonce())
				require.NoError(t, insist(func() (err error) {
					file, err = lake.PutFile(t.Context(), events, body, 10)
					return err
				}))
				entry := archive.Entry{From: from, To: from + 10, Events: []archive.File{file}}
				require.NoError(t, insist(func() error { return owner.Commit(t.Context(), entry) }))
			}
			if before != nil {
				err := insist(func() error {
					return before.Commit(t.Context(), archive.Entry{From: before.End(), To: before.End() + 1})
				})
				require.ErrorIs(t, err, archive.ErrLost)
			}
			before = owner
		}
		chain, err := archive.New(s3archive.New(good, name, "")).Chain(t.Context(), 0)
		require.NoError(t, err)
		end, _ := chain.End()
		require.EqualValues(t, 400, end)
		at := int64(0)
		for entry := range chain.After(0) {
			require.Equal(t, at, entry.From)
			at = entry.To
		}
		for kind := range tr.counts {
			require.Positive(t, tr.counts[kind].Load())
		}
		t.Logf("of %d requests: %d answered 500, %d 503, %d lost, %d answers lost", tr.seen.Load(), tr.counts[0].Load(),
			tr.counts[1].Load(), tr.counts[2].Load(), tr.counts[3].Load()+tr.counts[4].Load())
	})
}

func TestWhatSomebodyMustMend(t *testing.T) {
	endpoint := servers.Need(t, "ANABRANCH_S3")
	url := "s3://%s/p?path_style=true&region=us-east-1&endpoint=" + endpoint
	open := func(url, secret string) error {
		t.Setenv("AWS_ACCESS_KEY_ID", "testkey")
		t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
		_, err := archive.Open(t.Context(), url, s3archive.Opener())
		if err != nil {
			require.NotContains(t, err.Error(), "sentinel")
		}
		return err
	}
	name := bucket(t, client(t, endpoint, nil))
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	require.NoError(t, open(fmt.Sprintf(url, name), "testsecret"))
	require.ErrorIs(t, open(fmt.Sprintf(url, "no-such-bucket"), "testsecret"), s3archive.ErrBucket)
	require.ErrorIs(t, open(fmt.Sprintf(url, name), "sentinel"), s3archive.ErrAccess)
	require.ErrorContains(t, open("s3://bucket/?endpoint=http://127.0.0.1:1&region=x&path_style=true", "sentinel"), "connection refused")
	for _, wrong := range []string{"s3://", "s3://key:sentinel@bucket", "s3://bucket?secret_key=sentinel", "s3://bucket?path_style=yes",
		"s3://key:123/sentinel@bucket", "s3://bucket?sentinel", "s3://bucket#sentinel", "s3://bucket?region=sentinel%zz",
		"s3://bucket?endpoint=http://key:sentinel@host", "s3://bucket?endpoint=http://key:sentinel/x@host",
		"s3://bucket?endpoint=http://host/?secret=sentinel", "s3://bucket?endpoint=host"} {
		require.ErrorIs(t, open(wrong, "sentinel"), archive.ErrInvalid, wrong)
	}
	stranger := client(t, endpoint, nil)
	stranger = s3.New(stranger.Options(), func(o *s3.Options) {
		o.Credentials = credentials.NewStaticCredentialsProvider("testkey", "sentinel", "")
	})
	err := s3archive.New(stranger, name, "").Put(t.Context(), "a", []byte("x"))
	require.ErrorIs(t, err, archive.ErrUnwritable)
	require.NotContains(t, err.Error(), "sentinel")
}
