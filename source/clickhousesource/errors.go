package clickhousesource

import (
	"errors"

	"github.com/anabranch-go/anabranch/internal/clickhouse"
)

// Errors that callers branch on, besides those of package source.
var (
	// ErrChanged says that the table's rows aren't those that the log is of.
	ErrChanged = errors.New("clickhousesource: the table has changed")
	// ErrServer says that no server answers, or that one broke off.
	ErrServer = clickhouse.ErrServer
	// ErrAccess says that the server doesn't take the user or the password, or
	// that the user may not read the table.
	ErrAccess = clickhouse.ErrAccess
	// ErrTable says that there's no such database or table.
	ErrTable = clickhouse.ErrTable
	// ErrClosed says that the table was closed.
	ErrClosed = clickhouse.ErrClosed
)
