package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/archive/s3archive"
	"github.com/anabranch-go/anabranch/lambda/delta"
	"github.com/anabranch-go/anabranch/source"
)

// credentials is what the command's usage says of them.
const credentials = `
Credentials come from the environment alone:
  Kafka       KAFKA_USERNAME, KAFKA_PASSWORD (SCRAM-SHA-512, or KAFKA_MECHANISM=PLAIN)
  Redis       REDIS_USERNAME, REDIS_PASSWORD
  S3          what the AWS SDK reads, such as AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
              AWS_REGION and, for other servers, AWS_ENDPOINT_URL_S3
  ClickHouse  CLICKHOUSE_USERNAME, CLICKHOUSE_PASSWORD, CLICKHOUSE_DATABASE
`

// systems are what a run works on: parts embedded in this program, and real
// systems in place of those that the command line names.
type systems struct {
	store archive.Store
	place string // of the archive, for messages

	deltas delta.Store // nil for those of this process
	published

	shop  shop
	log   source.Source[Event]
	topic *topic // nil where the log is generated as it's read

	// What this run appends to each partition: the offsets [from, to).
	from, to []int64

	closers []func()
}

func openSystems(ctx context.Context, o options) (*systems, error) {
	s := &systems{}
	if err := s.open(ctx, o); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *systems) open(ctx context.Context, o options) error {
	if o.role == "generate" {
		return s.openTopic(ctx, o)
	}
	if err := s.openArchive(ctx, o); err != nil {
		return err
	}
	if o.redis != "" {
		if err := s.openRedis(ctx, o); err != nil {
			return err
		}
	}
	if o.clickhouse != "" && roles[o.role].serve {
		if err := s.openClickHouse(ctx, o); err != nil {
			return err
		}
	}
	if o.kafka != "" {
		return s.openTopic(ctx, o)
	}
	return s.openGenerated(ctx, o)
}

func (s *systems) close() {
	for _, end := range s.closers {
		defer end()
	}
}

func (s *systems) openArchive(ctx context.Context, o options) (err error) {
	s.place = o.archive
	if s.place == "" {
		if s.place, err = os.MkdirTemp("", "ecommerce-"); err != nil {
			return fmt.Errorf("cannot make a temporary folder (choose a place by -archive): %w", err)
		}
		s.closers = append(s.closers, func() { _ = os.RemoveAll(s.place) })
	}
	s.store, err = archive.Open(ctx, s.place, s3archive.Opener())
	return err
}

// openGenerated opens the log that is generated as it's read. Every partition goes
// on from where the archive's chain of it ends.
func (s *systems) openGenerated(ctx context.Context, o options) error {
	s.shop = shop{seed: o.seed, partitions: o.partitions, small: o.report != ""}
	chains := archive.New(s.store)
	if err := chains.Declare(ctx, archive.Log{Identity: s.shop.identity(), Partitions: o.partitions}); err != nil {
		return err
	}
	known, err := chains.Chains(ctx)
	if err != nil {
		return err
	}
	s.from = make([]int64, o.partitions)
	for _, chain := range known {
		s.from[chain.Partition], _ = chain.End() // 0 where nobody has begun yet
	}
	s.to = grown(s.from, o.events)
	s.log, err = newShopLog(s.shop, s.to, o.rate)
	return err
}

// announce says what a run works on.
func (s *systems) announce(ctx context.Context, stderr io.Writer) error {
	identity, err := s.log.Identity(ctx)
	if err != nil {
		return err
	}
	more := ""
	if len(s.to) > 0 {
		more = fmt.Sprintf(", and %s to come", thousands(total(s.to)-total(s.from)))
	}
	fmt.Fprintf(stderr, "Log %s: %s events so far%s. Archive: %s\n", identity, thousands(total(s.from)), more, s.place)
	return nil
}

// end is how many events the log has now.
func (s *systems) end(ctx context.Context) (n int64, err error) {
	if s.topic == nil {
		return total(s.to), nil
	}
	for p := range s.from {
		end, err := s.topic.End(ctx, p)
		if err != nil {
			return 0, err
		}
		n += end
	}
	return n, nil
}

// grown shares out so many more events over partitions.
func grown(from []int64, events int64) []int64 {
	to, n := make([]int64, len(from)), int64(len(from))
	for p := range to {
		to[p] = from[p] + events/n
		if int64(p) < events%n {
			to[p]++
		}
	}
	return to
}

func total(offsets []int64) (n int64) {
	for _, offset := range offsets {
		n += offset
	}
	return n
}

// addresses splits HOST:PORT,….
func addresses(list string) []string { return strings.Split(list, ",") }

// tlsConfig is what -tls asks for: nil without it.
func (o options) tlsConfig() *tls.Config {
	if !o.tls {
		return nil
	}
	return &tls.Config{MinVersion: tls.VersionTLS12}
}
