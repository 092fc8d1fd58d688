package s3archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/anabranch-go/anabranch/lambda/archive"
)

// Store is an archive.Store in a bucket.
type Store struct {
	client   *s3.Client
	uploader *transfermanager.Client
	bucket   string
	prefix   string // of every object's key: empty, or with a slash at its end
}

// abortTimeout bounds how long a large put that fails, or whose context has ended,
// waits to have its parts removed.
const abortTimeout = time.Second

// New gives the store in a bucket, under a prefix, by a client of the caller's. It
// asks the server nothing yet: [Store.Ping] does.
func New(client *s3.Client, bucket, prefix string) *Store {
	if prefix = strings.Trim(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	uploader := transfermanager.New(client, func(o *transfermanager.Options) { o.FailTimeout = abortTimeout })
	return &Store{client: client, uploader: uploader, bucket: bucket, prefix: prefix}
}

// Ping says whether the bucket can be read.
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &s.prefix, MaxKeys: aws.Int32(1)})
	return s.explain(ctx, "open", "", err)
}

// Put implements [archive.Store].
func (s *Store) Put(ctx context.Context, name string, body []byte) error {
	if err := archive.CheckName(name); err != nil {
		return err
	}
	_, err := s.uploader.UploadObject(ctx, &transfermanager.UploadObjectInput{
		Bucket: &s.bucket, Key: aws.String(s.prefix + name), Body: bytes.NewReader(body), IfNoneMatch: aws.String("*"),
	})
	if err != nil && code(err) == "" && s.holds(ctx, name) {
		// Who loses is often cut off before he has sent all of a large body, and so
		// gets no answer.
		return fmt.Errorf("%w: %s", archive.ErrExists, name)
	}
	err = s.explain(ctx, "put", name, err)
	if errors.Is(err, ErrAccess) {
		return fmt.Errorf("%w: %w", archive.ErrUnwritable, err)
	}
	return err
}

// holds says whether an object is certain to be there.
func (s *Store) holds(ctx context.Context, name string) bool {
	_, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: aws.String(s.prefix + name)})
	return err == nil
}

// Get implements [archive.Store].
func (s *Store) Get(ctx context.Context, name string, offset, length int64) ([]byte, error) {
	if err := archive.CheckRead(name, offset); err != nil {
		return nil, err
	}
	wanted := fmt.Sprintf("bytes=%d-", offset)
	switch {
	case length > 0 && offset <= maxOffset-length:
		wanted = fmt.Sprintf("bytes=%d-%d", offset, offset+length-1)
	case length == 0: // no range is empty: the object must be there all the same
		wanted = fmt.Sprintf("bytes=%d-%d", offset, offset)
	}
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: aws.String(s.prefix + name), Range: &wanted})
	if code(err) == "InvalidRange" { // it ends before
		return []byte{}, nil
	}
	if err != nil {
		return nil, s.explain(ctx, "get", name, err)
	}
	defer out.Body.Close()
	var from io.Reader = out.Body
	if length >= 0 { // whatever the server sends
		from = io.LimitReader(out.Body, length)
	}
	var body bytes.Buffer
	if size := aws.ToInt64(out.ContentLength); 0 < size && size <= maxAhead {
		body.Grow(int(size) + bytes.MinRead)
	}
	if _, err := body.ReadFrom(from); err != nil {
		return nil, s.explain(ctx, "get", name, err)
	}
	return body.Bytes(), nil
}

const (
	maxOffset = 1<<63 - 1
	// maxAhead is how much memory is made for a body before it has come.
	maxAhead = 64 << 20
)

// List implements [archive.Store].
func (s *Store) List(ctx context.Context, prefix, after string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if err := archive.CheckPrefix(prefix); err != nil {
			yield("", err)
			return
		}
		input := &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: aws.String(s.prefix + prefix)}
		if after != "" {
			input.StartAfter = aws.String(s.prefix + after)
		}
		for pages := s3.NewListObjectsV2Paginator(s.client, input); pages.HasMorePages(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield("", s.explain(ctx, "list", prefix, err))
				return
			}
			for _, object := range page.Contents {
				name := strings.TrimPrefix(aws.ToString(object.Key), s.prefix)
				// Folders that a file-backed server shows are no objects of ours.
				if archive.CheckName(name) == nil && name > after && !yield(name, nil) {
					return
				}
			}
		}
	}
}
