package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/ClickHouse/ch-go"
	"github.com/ClickHouse/ch-go/proto"
)

// Errors that callers branch on. The adapters show them as their own.
var (
	ErrServer = errors.New("clickhouse: no server answers")
	ErrAccess = errors.New("clickhouse: access denied")
	ErrTable  = errors.New("clickhouse: not this table")
	ErrClosed = errors.New("clickhouse: the table is closed")
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
		var network net.Error
		if errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return fmt.Errorf("%w: %w", ErrServer, err)
		}
		return err
	}
	words, _, _ := strings.Cut(strings.TrimSpace(said.Message), "\n")
	if len(words) > 400 {
		words = strings.ToValidUTF8(words[:400], "") + "…"
	}
	switch said.Code {
	case proto.ErrAuthenticationFailed, proto.ErrUnknownUser, proto.ErrWrongPassword, proto.ErrRequiredPassword, proto.ErrAccessDenied:
		return fmt.Errorf("%w: %s", ErrAccess, words)
	case proto.ErrUnknownDatabase, proto.ErrUnknownTable, proto.ErrNoSuchColumnInTable:
		return fmt.Errorf("%w: %s", ErrTable, words)
	}
	return fmt.Errorf("the server says %v: %s", said.Code, words)
}
