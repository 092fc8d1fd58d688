package archive

import (
	"encoding/json"
	"errors"
	"fmt"
)

// maxFile bounds the size and the rows that an entry may give a file.
const maxFile = 1 << 40

// MaxFiles is how many files of events a segment may have: what a hostile entry
// can make a reader open, and few enough for an entry to name them all.
const MaxFiles = 1 << 14

// decodeEntry decodes the body of an entry and checks all that can be checked
// without its neighbours: it should be partition's entry number sequence,
// written with nonce. Its errors don't name the object.
func decodeEntry(body []byte, nonce string, partition int, sequence int64) (Entry, error) {
	// The format first and leniently: what a newer release added must not look
	// like damage.
	var version struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(body, &version); err != nil {
		return Entry{}, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if version.Format > Format {
		return Entry{}, fmt.Errorf("%w: %d, and this release reads up to %d", ErrFormat, version.Format, Format)
	}
	var entry Entry
	if err := decodeStrict(body, &entry); err != nil {
		return Entry{}, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if entry.Partition != partition || entry.Sequence != sequence || entry.Nonce != nonce {
		return Entry{}, fmt.Errorf("%w: it says it is entry %d of partition %d", ErrCorrupt, entry.Sequence, entry.Partition)
	}
	if err := entry.check(); err != nil {
		return Entry{}, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return entry, nil
}

// check checks what stands in one entry alone.
func (e Entry) check() error {
	if e.Format < 1 || e.Partition < 0 || e.Sequence < 0 || e.Sequence > maxNumber ||
		e.Term < 0 || e.Term > e.Sequence || !validNonce(e.Nonce) {
		return fmt.Errorf("format %d, sequence %d, term %d", e.Format, e.Sequence, e.Term)
	}
	if e.From < 0 || e.To < e.From {
		return fmt.Errorf("offsets [%d, %d)", e.From, e.To)
	}
	switch e.Kind {
	case KindClaim:
		return e.checkClaim()
	case KindSegment:
		return e.checkSegment()
	case KindGap:
		if e.To == e.From || e.Reason == "" || e.Log != "" || e.hasFiles() {
			return errors.New("a gap covers offsets, has a reason, and nothing else")
		}
		return nil
	default:
		return fmt.Errorf("kind %q", e.Kind)
	}
}

func (e Entry) hasFiles() bool {
	return len(e.Events) > 0 || e.Quarantine != nil || len(e.Deltas) > 0
}

func (e Entry) checkClaim() error {
	if e.From != e.To || e.Term != e.Sequence || e.Log == "" || e.Reason != "" || e.hasFiles() {
		return errors.New("a claim has one offset, its own term and a log, and nothing else")
	}
	return nil
}

func (e Entry) checkSegment() error {
	if e.To == e.From || e.Log != "" || e.Reason != "" {
		return errors.New("a segment covers offsets, and has neither a log nor a reason")
	}
	rows, err := e.checkEvents()
	if err != nil {
		return err
	}
	if e.Quarantine != nil {
		if err := e.Quarantine.check(); err != nil {
			return err
		}
		rows += e.Quarantine.Rows
	}
	if rows > e.To-e.From {
		return fmt.Errorf("%d rows at %d offsets", rows, e.To-e.From)
	}
	for fingerprint, delta := range e.Deltas {
		if !validNonce(fingerprint) {
			return fmt.Errorf("%q can't be a view's fingerprint", fingerprint)
		}
		if err := delta.check(); err != nil {
			return fmt.Errorf("delta of %s: %w", fingerprint, err)
		}
	}
	return nil
}

// checkEvents counts the rows of the files of events, which are distinct.
func (e Entry) checkEvents() (rows int64, err error) {
	if len(e.Events) > MaxFiles {
		return 0, fmt.Errorf("%d files of events, and a segment has %d at most", len(e.Events), MaxFiles)
	}
	names := make(map[string]bool, len(e.Events))
	for _, file := range e.Events {
		if err := file.check(); err != nil {
			return 0, err
		}
		if names[file.Name] {
			return 0, fmt.Errorf("%s holds the segment's events twice", file.Name)
		}
		names[file.Name] = true
		rows += file.Rows
	}
	return rows, nil
}

func (d Delta) check() error {
	if d.Late < 0 || d.Rows < 0 || d.Rows > 0 && d.MinTime > d.MaxTime {
		return fmt.Errorf("%d late, %d rows, times from %d to %d", d.Late, d.Rows, d.MinTime, d.MaxTime)
	}
	if d.File == nil {
		return nil
	}
	return d.File.check()
}

// check says whether an entry may name such a file. Names come from objects
// that anybody may have written, so they are checked like a caller's.
func (f File) check() error {
	if err := CheckName(f.Name); err != nil {
		return err
	}
	if f.Size < 1 || f.Size > maxFile || f.Rows < 0 || f.Rows > maxFile {
		return fmt.Errorf("%w: %s with %d bytes and %d rows", ErrCorrupt, f.Name, f.Size, f.Rows)
	}
	if len(f.SHA256) != sumSize || !lowerHex(f.SHA256) {
		return fmt.Errorf("%w: %s with checksum %q", ErrCorrupt, f.Name, f.SHA256)
	}
	return nil
}

func lowerHex(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
