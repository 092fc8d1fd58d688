package s3archive_test

import (
	"bytes"
	"crypto/rand"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/internal/servers"
	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/archive/s3archive"
)

// BenchmarkPut puts 64 MiB by the store and by the SDK's own uploader, in turns.
func BenchmarkPut(b *testing.B) {
	c := client(b, servers.Need(b, "ANABRANCH_S3"), nil)
	name := bucket(b, c)
	store, peer := s3archive.New(c, name, "store"), transfermanager.New(c)
	body := make([]byte, 64<<20)
	_, _ = rand.Read(body)
	var ours, theirs time.Duration
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		began := time.Now()
		require.NoError(b, store.Put(b.Context(), archive.NewNonce(), body))
		ours += time.Since(began)
		began = time.Now()
		key := "peer/" + archive.NewNonce()
		_, err := peer.UploadObject(b.Context(), &transfermanager.UploadObjectInput{Bucket: &name, Key: &key, Body: bytes.NewReader(body)})
		require.NoError(b, err)
		theirs += time.Since(began)
	}
	b.ReportMetric(theirs.Seconds()/ours.Seconds(), "of-the-uploader")
}
