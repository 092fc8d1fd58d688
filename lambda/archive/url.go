package archive

import (
	"context"
	"errors"
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
		if parse, ok := errors.AsType[*url.Error](err); ok {
			err = parse.Err // without the URL
		}
		scheme, _, _ := strings.Cut(rawURL, "://")
		return nil, fmt.Errorf("%w: cannot read the archive's %s URL: %w", ErrInvalid, scheme, err)
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
