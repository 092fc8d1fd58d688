package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/anabranch-go/anabranch/lambda"
	"github.com/anabranch-go/anabranch/lambda/archive/s3archive"
	"github.com/anabranch-go/anabranch/lambda/delta/redisdelta"
	"github.com/anabranch-go/anabranch/source/kafkasource"
)

// place says where a speed process works, and where it dies.
type place struct {
	Kafka, Topic, Group string
	Redis               []string
	S3, Bucket, Prefix  string

	Kill  string // at this step, if it isn't empty: see deadly
	Count int    // the how manyeth time
	After bool   // when the step has had its effect
	Steps string // a file to write the steps to
}

// workerVariable is how a test tells its child processes what to do.
const workerVariable = "ANABRANCH_TEST_SPEED_PROCESS"

func TestMain(m *testing.M) {
	redis.SetLogger(quiet{}) // what it says of its connections is no error
	text := os.Getenv(workerVariable)
	if text == "" {
		os.Exit(m.Run())
	}
	var p place
	err := json.Unmarshal([]byte(text), &p)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err == nil {
		err = runWorker(ctx, p)
	}
	if err != nil && ctx.Err() == nil {
		slog.Error("the speed process has ended", "error", err.Error())
		os.Exit(1)
	}
	os.Exit(0)
}

type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

// runWorker is a speed process, until SIGTERM.
func runWorker(ctx context.Context, p place) error {
	d := &deadly{place: p, seen: map[string]int{}}
	log, err := kafkasource.New(ctx, kafkasource.Options[event]{Topic: p.Topic, Group: p.Group, ChunkRows: 50,
		Client: []kgo.Opt{kgo.SeedBrokers(p.Kafka), kgo.SessionTimeout(session), kgo.HeartbeatInterval(session / 4)}})
	if err != nil {
		return err
	}
	pipeline, _, closeClient, err := p.pipeline(ctx, d, lambda.Log(slog.New(slog.NewTextHandler(os.Stderr, nil))))
	if err != nil {
		return err
	}
	defer closeClient()
	return pipeline.Run(ctx, log)
}

// answerTime is how long a process waits for an answer of S3.
const answerTime = time.Second

// session is how long the group waits for a member that says nothing.
const session = 2 * time.Second

// pipeline makes the pipeline of a process at a place. Where d isn't nil it counts
// the steps.
func (p place) pipeline(ctx context.Context, d *deadly, observer lambda.Observer) (pipeline *lambda.Pipeline[event], handle *lambda.Handle[event, int64, seen], closeClient func(), err error) {
	options := &redis.UniversalOptions{Addrs: p.Redis, ContextTimeoutEnabled: true, MaxRetries: -1, DialTimeout: time.Second,
		ReadTimeout: time.Second, WriteTimeout: time.Second}
	client := redis.NewUniversalClient(options)
	if d != nil {
		client.AddHook(d)
	}
	deltas, err := redisdelta.New(ctx, client, redisdelta.Options{})
	if err != nil {
		return nil, nil, nil, err
	}
	transport := http.RoundTripper(&http.Transport{MaxIdleConnsPerHost: 8, ResponseHeaderTimeout: answerTime})
	if d != nil {
		transport = steps{transport, d}
	}
	store := s3archive.New(p.objects(transport), p.Bucket, p.Prefix)
	pipeline = lambda.New[event](lambda.Config{Archive: store, Deltas: deltas, Observer: observer,
		FlushInterval: time.Millisecond, SegmentRows: 500, SegmentInterval: 500 * time.Millisecond})
	handle, err = lambda.Register(pipeline, view)
	return pipeline, handle, func() { _ = client.Close() }, err
}

// reader gives what queries the view at a place.
func (p place) reader(t testing.TB) *lambda.Handle[event, int64, seen] {
	_, h, closeClient, err := p.pipeline(t.Context(), nil, nil)
	require.NoError(t, err)
	t.Cleanup(closeClient)
	return h
}

func (p place) objects(transport http.RoundTripper) *s3.Client {
	return s3.New(s3.Options{Region: "us-east-1", BaseEndpoint: &p.S3, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("testkey", "testsecret", ""), HTTPClient: &http.Client{Transport: transport}})
}

// deadly kills its own process, as kill -9 does, at a step: before the process
// asks a server for something, or after the server has done it. The step's name is
// what's asked for: a Redis command or an S3 method, with where in the archive.
type deadly struct {
	place
	mu   sync.Mutex // guards what follows
	seen map[string]int
}

// step begins a step. What it gives ends it.
func (d *deadly) step(name string) (done func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seen[name]++
	if d.Steps != "" && d.seen[name] == 1 {
		file, err := os.OpenFile(d.Steps, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err == nil {
			_, _ = fmt.Fprintln(file, name)
			_ = file.Close()
		}
	}
	if name != d.Kill || d.seen[name] != d.Count {
		return func() {}
	}
	die := func() {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // the signal is on its way
	}
	if d.After {
		return die
	}
	die()
	return nil
}

func (d *deadly) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		return next(ctx, network, address)
	}
}

func (d *deadly) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, command redis.Cmder) error {
		defer d.step(commandName(command))()
		return next(ctx, command)
	}
}

func (d *deadly) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, commands []redis.Cmder) error {
		defer d.step("pipeline of " + commandName(commands[0]))()
		return next(ctx, commands)
	}
}

// commandName tells scripts apart.
func commandName(command redis.Cmder) string {
	name := command.Name()
	if arguments := command.Args(); strings.HasPrefix(name, "eval") && len(arguments) > 1 {
		script := fmt.Sprint(arguments[1])
		name += " " + script[:min(8, len(script))]
	}
	return "redis " + name
}

// steps makes a step of each request to S3.
type steps struct {
	http.RoundTripper
	*deadly
}

func (s steps) RoundTrip(r *http.Request) (*http.Response, error) {
	kind := "list"
	if name := strings.TrimPrefix(r.URL.Path, path.Join("/", s.Bucket, s.Prefix)+"/"); name != r.URL.Path && name != "" {
		kind, _, _ = strings.Cut(name, "/")
	}
	defer s.step("s3 " + r.Method + " " + kind)()
	return s.RoundTripper.RoundTrip(r)
}

// worker is a speed process as the test sees it.
type worker struct {
	process *os.Process
	said    *output
	ended   chan struct{}
	err     error // once it has ended
}

// output is what a process has written so far.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) count(text string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Count(o.text.String(), text)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// launch starts a speed process. It's killed at the end, if it's still there.
func launch(t testing.TB, p place) *worker {
	t.Helper()
	executable, err := os.Executable()
	require.NoError(t, err)
	text, err := json.Marshal(p)
	require.NoError(t, err)
	w := &worker{said: &output{}, ended: make(chan struct{})}
	command := exec.Command(executable)
	command.Env = append(os.Environ(), workerVariable+"="+string(text))
	command.Stdout, command.Stderr = w.said, w.said
	require.NoError(t, command.Start())
	w.process = command.Process
	go func() {
		defer close(w.ended)
		w.err = command.Wait()
	}()
	t.Cleanup(func() {
		w.kill()
		if t.Failed() {
			t.Logf("a process said:\n%s", w.said)
		}
	})
	return w
}

// kill kills the process at once, as kill -9 does.
func (w *worker) kill() {
	_ = w.process.Kill()
	<-w.ended
}

// end asks the process to end, and says whether it did so without an error.
func (w *worker) end() error {
	if err := w.process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	<-w.ended
	return w.err
}

func (w *worker) hasEnded() bool {
	select {
	case <-w.ended:
		return true
	default:
		return false
	}
}
