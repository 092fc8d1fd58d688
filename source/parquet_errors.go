package source

import "errors"

// ErrColumn says that a file's column can't be read as the field that has its
// name: a text where an integer belongs, a decimal of another scale.
var ErrColumn = errors.New("source: column of another type")
