package archive

import "os"

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
