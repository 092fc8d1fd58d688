package clickhousesink

import (
	"errors"

	"github.com/anabranch-go/anabranch/internal/clickhouse"
)

// Errors that callers branch on, besides those of package sink.
var (
	// ErrOptions says that options don't fit the columns, or each other.
	ErrOptions = errors.New("clickhousesink: unusable options")
	// ErrServer says that no server answers, or that one broke off.
	ErrServer = clickhouse.ErrServer
	// ErrAccess says that the server doesn't take the user or the password, or
	// that the user may not do this.
	ErrAccess = clickhouse.ErrAccess
	// ErrTable says that there's no such database or table, or that it's one of
	// other columns, keys or engine.
	ErrTable = clickhouse.ErrTable
	// ErrClosed says that the table was closed.
	ErrClosed = clickhouse.ErrClosed
)
