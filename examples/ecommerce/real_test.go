package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/ch-go"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/anabranch-go/anabranch/internal/servers"
	"github.com/anabranch-go/anabranch/lambda/archive"
)

// programVariable makes a process of the test's own executable the program.
const programVariable = "ECOMMERCE_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(programVariable) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// process is a run of the program, as a process of its own.
type process struct {
	command        *exec.Cmd
	stdout, stderr bytes.Buffer
	wait           func() error
}

func start(t *testing.T, environment []string, arguments ...string) *process {
	t.Helper()
	executable, err := os.Executable()
	require.NoError(t, err)
	p := &process{command: exec.Command(executable, arguments...)}
	p.command.Env = append(append(os.Environ(), programVariable+"=yes"), environment...)
	p.command.Stdout, p.command.Stderr = &p.stdout, &p.stderr
	require.NoError(t, p.command.Start())
	p.wait = sync.OnceValue(p.command.Wait)
	t.Cleanup(func() {
		_ = p.command.Process.Kill()
		_ = p.wait()
		if t.Failed() {
			t.Logf("%s\nsaid: %s", strings.Join(arguments, " "), &p.stderr)
		}
	})
	return p
}

// onServers says where the four systems are. Redis is one of the test's own, whose
// keys aren't those of another run; so is the bucket, the database and the topic.
func onServers(t *testing.T) (environment, arguments []string) {
	t.Helper()
	cluster := servers.Start(t, "ANABRANCH_REDIS_CLUSTER")
	bucket := makeBucket(t, servers.Need(t, "ANABRANCH_S3"))
	address, database := servers.Need(t, "ANABRANCH_CLICKHOUSE"), fmt.Sprintf("ecommerce_%d", rand.Uint64())
	query(t, address, "CREATE DATABASE "+database)
	t.Cleanup(func() { query(t, address, "DROP DATABASE "+database) })
	return []string{"CLICKHOUSE_DATABASE=" + database}, []string{"-json", "-clickhouse", address, "-redis", strings.Join(cluster.Addresses, ","),
		"-archive", "s3://" + bucket + "/shop?path_style=true", "-kafka", servers.Need(t, "ANABRANCH_KAFKA"), "-topic", bucket}
}

// makeBucket makes a bucket, and sets the environment so that this process and its
// children find the server.
func makeBucket(t *testing.T, endpoint string) string {
	t.Helper()
	for name, value := range map[string]string{"AWS_ENDPOINT_URL_S3": endpoint, "AWS_REGION": "us-east-1",
		"AWS_ACCESS_KEY_ID": "testkey", "AWS_SECRET_ACCESS_KEY": "testsecret"} {
		t.Setenv(name, value)
	}
	loaded, err := config.LoadDefaultConfig(t.Context())
	require.NoError(t, err)
	name := "ecommerce-" + strings.ToLower(archive.NewNonce())
	_, err = s3.NewFromConfig(loaded, func(o *s3.Options) { o.UsePathStyle = true }).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name})
	require.NoError(t, err)
	return name
}

func query(t *testing.T, address, statement string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // it cleans up, too
	client, err := ch.Dial(ctx, ch.Options{Address: address})
	if err == nil {
		err = client.Do(ctx, ch.Query{Body: statement})
		_ = client.Close()
	}
	require.NoError(t, err)
}

// dailyOrders adds up the daily table that a run has printed.
func dailyOrders(t *testing.T, printed string) (n int64) {
	t.Helper()
	for line := range strings.Lines(printed) {
		var row dailyRow
		require.NoError(t, json.Unmarshal([]byte(line), &row))
		n += row.OrdenesTotal
	}
	return n
}

func TestOnAllFourSystemsAtOnce(t *testing.T) {
	environment, arguments := onServers(t)
	orders := int64(0)
	for run := range 2 { // the second goes on where the first has ended
		p := start(t, environment, append(arguments, "-events", "60000")...)
		require.NoError(t, p.wait())
		require.Contains(t, p.stderr.String(), "Log kafka/")
		require.Contains(t, p.stderr.String(), fmt.Sprintf("naive fold of %s events", thousands(int64(run+1)*60_000)))
		require.Contains(t, p.stderr.String(), "all equal")
		more := dailyOrders(t, p.stdout.String())
		require.Greater(t, more, orders)
		orders = more
	}

	// Results of more than this archive has come to aren't taken for its own.
	other := start(t, environment, append(arguments, "-events", "1000", "-topic", "other-"+arguments[len(arguments)-1], "-archive", t.TempDir())...)
	require.Error(t, other.wait())
	require.Contains(t, other.stderr.String(), "another log")
}

// appended waits until the topic has so many events.
func appended(t *testing.T, arguments []string, events int64) {
	t.Helper()
	broker, topic := arguments[slices.Index(arguments, "-kafka")+1], arguments[slices.Index(arguments, "-topic")+1]
	client, err := kgo.NewClient(kgo.SeedBrokers(broker))
	require.NoError(t, err)
	defer client.Close()
	require.Eventually(t, func() bool {
		ends, err := kadm.NewClient(client).ListEndOffsets(t.Context(), topic)
		total := int64(0)
		ends.Each(func(end kadm.ListedOffset) { total += end.Offset })
		return err == nil && total >= events
	}, time.Minute, 50*time.Millisecond)
}

// TestProcessesThatAreKilled: three speed processes share the topic with a batch and
// a serving one, and one of them is killed every few seconds.
func TestProcessesThatAreKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	environment, arguments := onServers(t)
	run := func(role string, more ...string) *process {
		return start(t, environment, append(append(arguments, "-role", role), more...)...)
	}
	const events = 150_000
	require.NoError(t, run("generate", "-events", "1000").wait()) // makes the topic
	speed := []*process{run("speed"), run("speed"), run("speed")}
	batch := run("batch")
	serve := run("serve", "-until", fmt.Sprint(events))
	interrupted := run("serve")
	generate := run("generate", "-events", fmt.Sprint(events-1000), "-rate", "10000")
	for killed := range 4 {
		appended(t, arguments, int64(1+killed)*events/5)
		victim := rand.IntN(len(speed))
		require.NoError(t, speed[victim].command.Process.Kill())
		require.ErrorContains(t, speed[victim].wait(), "killed", killed)
		speed[victim] = run("speed")
	}
	require.NoError(t, generate.wait())
	require.NoError(t, serve.wait())
	require.Contains(t, serve.stderr.String(), "naive fold of 150,000 events")
	require.Contains(t, serve.stderr.String(), "all equal")
	require.Contains(t, serve.stderr.String(), "None of ")
	require.Positive(t, dailyOrders(t, serve.stdout.String()))
	require.NoError(t, interrupted.command.Process.Signal(os.Interrupt))
	require.NoError(t, interrupted.wait())
	require.Contains(t, interrupted.stderr.String(), "all equal", "interrupting is how it ends")
	for _, p := range append(speed, batch) {
		require.NoError(t, p.command.Process.Signal(syscall.SIGTERM))
		require.NoError(t, p.wait())
	}
}

// TestOverTLS also makes sure that no password is in what the program says, right or
// wrong.
func TestOverTLS(t *testing.T) {
	servers.TLS(t)
	bucket := makeBucket(t, servers.Need(t, "ANABRANCH_S3"))
	authority := servers.Need(t, "ANABRANCH_TLS_CA")
	environment := []string{"SSL_CERT_FILE=" + authority, "AWS_CA_BUNDLE=" + authority, "AWS_ENDPOINT_URL_S3=" + servers.Need(t, "ANABRANCH_S3_TLS"),
		"KAFKA_USERNAME=bob", "KAFKA_PASSWORD=bob-pw", "REDIS_USERNAME=tester", "REDIS_PASSWORD=tester-pw"}
	arguments := []string{"-tls", "-kafka", servers.Need(t, "ANABRANCH_KAFKA_TLS"), "-topic", bucket, "-events", "30000",
		"-archive", "s3://" + bucket + "/shop?path_style=true"}
	p := start(t, environment, arguments...)
	require.NoError(t, p.wait())
	require.Contains(t, p.stderr.String(), "all equal")
	arguments = append(arguments, "-redis", servers.Need(t, "ANABRANCH_REDIS_TLS"))
	for _, wrong := range []string{"KAFKA_PASSWORD", "REDIS_PASSWORD", "AWS_SECRET_ACCESS_KEY"} {
		const secret = "sentinel-4711"
		p := start(t, append(environment, wrong+"="+secret), arguments...)
		require.Error(t, p.wait(), wrong)
		require.NotEmpty(t, p.stderr.String())
		require.NotContains(t, p.stderr.String()+p.stdout.String(), secret)
		for _, right := range []string{"bob-pw", "tester-pw", "testsecret"} {
			require.NotContains(t, p.stderr.String()+p.stdout.String(), right)
		}
		t.Log(p.stderr.String())
	}
}
