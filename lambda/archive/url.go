package archive

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Opener opens the stores of one URL scheme: an adapter's, such as s3archive's.
type Opener struct {
	Scheme string
	Open   func(ctx context.Context, u *url.URL) (Store, error)
}

// Open opens a store by its URL: file:///folder, or a plain path, is [Dir]; other
// schemes are those of the openers. A URL that can't be, or of another scheme, is
// ErrInvalid. Errors don't show what a URL has before its host or after its path:
// that may be secret.
func Open(ctx context.Context, rawURL string, openers ...Opener) (Store, error) {
	if !strings.Contains(rawURL, "://") {
		if rawURL == "" {
			return nil, fmt.Errorf("%w: no archive is named", ErrInvalid)
		}
		return Dir(rawURL), nil
	}
	u, err := url.Parse(rawURL)
	if err != nil {
		// The parser's reason quotes what it stumbles over: a secret key's beginning
		// for a port, where the key has a slash.
		return nil, fmt.Errorf("%w: the archive's URL isn't one (it isn't shown, as it may hold a secret); it is like s3://bucket/prefix or file:///folder", ErrInvalid)
	}
	if u.Scheme == "file" {
		if u.Host != "" || u.Path == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return nil, fmt.Errorf("%w: a folder's URL is file:///path, with nothing else", ErrInvalid)
		}
		return Dir(u.Path), nil
	}
	known := []string{"file"}
	for _, opener := range openers {
		if opener.Scheme == u.Scheme {
			return opener.Open(ctx, u)
		}
		known = append(known, opener.Scheme)
	}
	slices.Sort(known)
	return nil, fmt.Errorf("%w: there are archives by %s://, not by %s://", ErrInvalid, strings.Join(known, "://, "), u.Scheme)
}
