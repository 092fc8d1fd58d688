package arrowsink

import "errors"

// ErrClosed says that a stream has ended and takes no more rows.
var ErrClosed = errors.New("arrowsink: stream closed")
