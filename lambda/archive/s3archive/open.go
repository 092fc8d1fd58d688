package s3archive

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/anabranch-go/anabranch/lambda/archive"
)

// openTimeout bounds how long opening waits for the server.
const openTimeout = 10 * time.Second

// Opener opens s3:// URLs for archive.Open, as [Open] does. The options go to the
// client, after what the URL says.
func Opener(options ...func(*s3.Options)) archive.Opener {
	return archive.Opener{Scheme: "s3", Open: func(ctx context.Context, u *url.URL) (archive.Store, error) {
		store, err := Open(ctx, u, options...)
		if err != nil {
			return nil, err
		}
		return store, nil
	}}
}

// Open opens s3://bucket/prefix, whose query may say region, endpoint and
// path_style (true, where the server has no names for buckets), and asks the
// server whether it answers: a wrong address, bucket or key is an error at once.
// What isn't such a URL is archive.ErrInvalid.
func Open(ctx context.Context, u *url.URL, options ...func(*s3.Options)) (*Store, error) {
	if u.Scheme != "s3" || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("%w: an archive on S3 is s3://bucket/prefix; credentials come from the environment, not from the URL", archive.ErrInvalid)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, openTimeout, errSilent)
	defer cancel()
	load := []func(*config.LoadOptions) error{}
	set := []func(*s3.Options){}
	for name, values := range u.Query() {
		value := values[0]
		switch {
		case name == "region":
			load = append(load, config.WithRegion(value))
		case name == "endpoint":
			set = append(set, func(o *s3.Options) { o.BaseEndpoint = &value })
		case name == "path_style" && (value == "true" || value == "false"):
			set = append(set, func(o *s3.Options) { o.UsePathStyle = value == "true" })
		default:
			return nil, fmt.Errorf("%w: the URL of s3://%s has %q, and may have region, endpoint, and path_style=true", archive.ErrInvalid, u.Host, name)
		}
	}
	loaded, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, fmt.Errorf("cannot load the configuration for s3://%s: %w", u.Host, err)
	}
	store := New(s3.NewFromConfig(loaded, append(set, options...)...), u.Host, u.Path)
	if err := store.Ping(ctx); err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			err = context.Cause(ctx)
		}
		return nil, fmt.Errorf("cannot open s3://%s: %w", u.Host, err)
	}
	return store, nil
}

var errSilent = fmt.Errorf("the server doesn't answer within %v", openTimeout)
