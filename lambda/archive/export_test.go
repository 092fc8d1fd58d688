package archive

import (
	"os"
	"time"
)

// What tests outside the package need of its inside.
var (
	Seal         = seal
	OpenEnvelope = open
	DecodeEntry  = decodeEntry
)

// DirWriting returns a Dir whose files are written by write.
func DirWriting(path string, write func(*os.File, []byte) error) Store {
	store := Dir(path).(*dir)
	store.write = write
	return store
}

// DirSettling returns a Dir that trusts a directory's time of change so much later.
func DirSettling(path string, after time.Duration) Store {
	store := Dir(path).(*dir)
	store.settled = after
	return store
}
