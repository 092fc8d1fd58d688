package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/anabranch-go/anabranch/internal/kafkatest"
	"github.com/anabranch-go/anabranch/internal/servers"
	"github.com/anabranch-go/anabranch/lambda/archive"
)

// newPlace makes a topic and a bucket on the servers that all tests share.
func newPlace(t testing.TB, partitions int32) (place, *kgo.Client) {
	p := place{
		Kafka: servers.Need(t, "ANABRANCH_KAFKA"),
		Redis: strings.Split(servers.Need(t, "ANABRANCH_REDIS_CLUSTER"), ","),
		S3:    servers.Need(t, "ANABRANCH_S3"),
	}
	return p.made(t, partitions)
}

// made makes the topic and the bucket of a place.
func (p place) made(t testing.TB, partitions int32) (place, *kgo.Client) {
	client, name := kafkatest.Topic(t, p.Kafka, partitions, nil)
	p.Topic, p.Bucket = name, "faults-"+strings.ToLower(archive.NewNonce())
	_, err := p.objects(nil).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &p.Bucket})
	require.NoError(t, err)
	return p, client
}

// produce appends events, and makes sure that they are where the reference has
// them.
func produce(t testing.TB, client *kgo.Client, r *reference, events int) {
	t.Helper()
	require.NoError(t, tryProduce(t.Context(), client, r, events))
}

func tryProduce(ctx context.Context, client *kgo.Client, r *reference, events int) error {
	records := make([]*kgo.Record, events)
	offsets := map[*kgo.Record]int64{}
	for i := range records {
		partition, offset, value := r.add()
		records[i] = &kgo.Record{Partition: int32(partition), Value: value}
		offsets[records[i]] = offset
	}
	for _, result := range client.ProduceSync(ctx, records...) {
		if want := offsets[result.Record]; result.Err != nil || want != result.Record.Offset {
			return fmt.Errorf("an event for offset %d is at %d (%w)", want, result.Record.Offset, result.Err)
		}
	}
	return nil
}

// TestKilledAtEveryStep kills a speed process with -9 at each step that it takes,
// before the step and after it, the first time and the third. Whatever that leaves
// on the servers, the next process goes on, and every answer is right.
func TestKilledAtEveryStep(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	p, client := newPlace(t, 2)
	r := newReference(seed, 2)
	produce(t, client, r, 3000)

	names := stepsOf(t, p, r)
	t.Logf("steps: %s", strings.Join(names, ", "))
	require.Greater(t, len(names), 5)
	killed := 0
	for _, name := range names {
		for _, after := range []bool{false, true} {
			for _, count := range []int{1, 3} {
				p := p
				p.Prefix = "run-" + archive.NewNonce()
				p.Kill, p.After, p.Count = name, after, count
				first := launch(t, p)
				f := follow(t, r, p.reader(t))
				require.Eventually(t, func() bool {
					offsets, err := f.look()
					return first.hasEnded() || err == nil && offsets == r.events()
				}, timeout, pause, "%s", first.said)
				if first.hasEnded() {
					killed++
					p.Kill = ""
					second := launch(t, p)
					f.until(r.events())
					require.Eventually(t, func() bool { return second.said.count("msg=claimed") == 2 }, timeout, pause, "it owns nothing: %s", second.said)
					require.NoError(t, second.end(), "%s", second.said)
				} else {
					first.kill() // the step isn't taken so often
				}
				require.Positive(t, f.complete, fmt.Sprint(name, after, count))
			}
		}
	}
	t.Logf("killed %d times", killed)
	require.GreaterOrEqual(t, killed, 2*len(names))
}

// stepsOf runs a process through the log, and gives the names of its steps.
func stepsOf(t *testing.T, p place, r *reference) []string {
	p.Prefix, p.Steps = "run-"+archive.NewNonce(), filepath.Join(t.TempDir(), "steps")
	w := launch(t, p)
	follow(t, r, p.reader(t)).until(r.events())
	require.NoError(t, w.end(), "%s", w.said)
	text, err := os.ReadFile(p.Steps)
	require.NoError(t, err)
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}
