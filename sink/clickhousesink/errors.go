package clickhousesink

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"
)

// Errors that callers branch on, besides those of package sink.
var (
	// ErrOptions says that options don't fit the columns, or each other.
	ErrOptions = errors.New("clickhousesink: unusable options")
	// ErrServer says that no server answers.
	ErrServer = errors.New("clickhousesink: no server answers")
	// ErrAccess says that the server doesn't take the user or the password, or
	// that the user may not do this.
	ErrAccess = errors.New("clickhousesink: access denied")
	// ErrTable says that there's no such table, or that it's one of other columns,
	// keys or engine.
	ErrTable = errors.New("clickhousesink: not this table")
	// ErrClosed says that the table was closed.
	ErrClosed = errors.New("clickhousesink: the table is closed")
)

// explain gives an error its meaning. Of the server's own words it keeps one line;
// the client's say nothing of passwords.
func explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	said, ok := ch.AsException(err)
	if !ok {
		return err
	}
	words, _, _ := strings.Cut(strings.TrimSpace(said.Message), "\n")
	if len(words) > 400 {
		words = strings.ToValidUTF8(words[:400], "") + "…"
	}
	switch said.Code {
	case proto.ErrAuthenticationFailed, proto.ErrUnknownUser, proto.ErrWrongPassword, proto.ErrRequiredPassword, proto.ErrAccessDenied:
		return fmt.Errorf("%w: %s", ErrAccess, words)
	case proto.ErrUnknownTable, proto.ErrNoSuchColumnInTable:
		return fmt.Errorf("%w: %s", ErrTable, words)
	}
	return fmt.Errorf("the server says %v: %s", said.Code, words)
}
