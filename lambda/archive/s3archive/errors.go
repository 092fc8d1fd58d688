package s3archive

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/smithy-go"

	"github.com/anabranch-go/anabranch/lambda/archive"
)

var (
	// ErrAccess says that the server knows the credentials and refuses, or doesn't
	// know them: they, or the bucket's policy, must be mended.
	ErrAccess = errors.New("s3archive: access denied")
	// ErrBucket says that there's no such bucket.
	ErrBucket = errors.New("s3archive: no such bucket")
)

// code is the server's code of an error, whatever its HTTP status: a refusal may
// come under status 200.
func code(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}

// explain gives an error its meaning to an archive, and says what was done to
// which object. The server's own words stay, but what the client adds of the
// request is left out.
func (s *Store) explain(ctx context.Context, verb, name string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	where := fmt.Sprintf("cannot %s s3://%s/%s%s", verb, s.bucket, s.prefix, name)
	switch code := code(err); code {
	case "PreconditionFailed", "412":
		return fmt.Errorf("%w: %s", archive.ErrExists, name)
	case "NoSuchKey", "NotFound":
		return fmt.Errorf("%w: %s", archive.ErrNotFound, name)
	case "NoSuchBucket":
		return fmt.Errorf("%s: %w", where, ErrBucket)
	case "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "Forbidden", "AccountProblem":
		return fmt.Errorf("%s: %w: %s", where, ErrAccess, code)
	case "":
		return fmt.Errorf("%s: %w", where, err)
	default:
		api, _ := errors.AsType[smithy.APIError](err)
		return fmt.Errorf("%s: the server says %s: %s", where, code, api.ErrorMessage())
	}
}
