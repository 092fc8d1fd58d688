package s3archive

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
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
	// A colon is no bucket's: it is what a key and its secret leave before a slash.
	if u.Scheme != "s3" || u.Host == "" || strings.Contains(u.Host, ":") || u.User != nil || u.Fragment != "" {
		return nil, fmt.Errorf("%w: an archive on S3 is s3://bucket/prefix; credentials come from the environment, not from the URL", archive.ErrInvalid)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, openTimeout, errSilent)
	defer cancel()
	load := []func(*config.LoadOptions) error{}
	set := []func(*s3.Options){}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil { // it quotes the query
		return nil, fmt.Errorf("%w: the query of the URL of s3://%s isn't one", archive.ErrInvalid, u.Host)
	}
	for name, values := range query {
		value := values[0]
		switch {
		case name == "region":
			load = append(load, config.WithRegion(value))
		case name == "endpoint" && isEndpoint(value):
			set = append(set, func(o *s3.Options) { o.BaseEndpoint = &value })
		case name == "path_style" && (value == "true" || value == "false"):
			set = append(set, func(o *s3.Options) { o.UsePathStyle = value == "true" })
		default:
			return nil, fmt.Errorf("%w: the URL of s3://%s may have region, endpoint (https://host:port, without a user) and path_style (true or false), and nothing else", archive.ErrInvalid, u.Host)
		}
	}
	loaded, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, fmt.Errorf("cannot load the configuration for s3://%s: %w", u.Host, err)
	}
	store := New(s3.NewFromConfig(loaded, append(set, options...)...), u.Host, u.Path)
	if err := store.Ping(ctx); err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return nil, fmt.Errorf("cannot open s3://%s: %w", u.Host, context.Cause(ctx))
		}
		return nil, err
	}
	return store, nil
}

// isEndpoint says whether a value is a server's address and nothing else: the
// client shows an address that it can't use in its errors, with whatever it holds.
func isEndpoint(value string) bool {
	u, err := url.Parse(value)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" &&
		u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

var errSilent = fmt.Errorf("the server doesn't answer within %v", openTimeout)
