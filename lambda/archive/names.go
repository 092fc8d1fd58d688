package archive

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// NewNonce returns 32 random hex digits, unique to one attempt.
func NewNonce() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(b[:])
}

// EventsName is the name of a segment's events. Day is the UTC day under which
// readers of the plain files find them; sequence is what the segment's entry
// will have ([Owner.NextSequence]).
func EventsName(day time.Time, partition int, sequence int64, nonce string) string {
	return PartName(day.UTC().Format(time.DateOnly), partition, sequence, nonce)
}

// PartName is the name of a file of events that belong to one part of a segment,
// as [EventsName] is of all. Part is the part's path, such as
// "region=norte/at_day=2026-11-24". Since a file system may take two parts for one
// (it may ignore case), each file needs a nonce of its own.
func PartName(part string, partition int, sequence int64, nonce string) string {
	return eventsDir + part + "/" + fileName(partition, sequence, nonce)
}

// EventsPart is the inverse of [PartName]: it gives the part's path, which for a
// name of [EventsName] is a day. It is false for what isn't a file of events.
func EventsPart(name string) (part string, ok bool) {
	rest, ok := strings.CutPrefix(name, eventsDir)
	end := strings.LastIndexByte(rest, '/')
	if !ok || end < 1 {
		return "", false
	}
	return rest[:end], true
}

const eventsDir = "events/"

// DeltaName is the name of a view's sealed delta over a segment.
func DeltaName(fingerprint string, partition int, sequence int64, nonce string) string {
	return "deltas/" + fingerprint + "/" + fileName(partition, sequence, nonce)
}

// QuarantineName is the name of a segment's quarantined records.
func QuarantineName(partition int, sequence int64, nonce string) string {
	return "quarantine/" + fileName(partition, sequence, nonce)
}

func fileName(partition int, sequence int64, nonce string) string {
	return fmt.Sprintf("%d-%020d-%s.parquet", partition, sequence, nonce)
}

// chainDir is where a partition's chain stands, without the last slash.
func chainDir(partition int) string {
	return "_log/" + strconv.Itoa(partition)
}

// sourceDir is where the log's identity is published.
const sourceDir = "_log/source"

// numbered is the name of the JSON object with number n in dir.
func numbered(dir string, n int64) string {
	return fmt.Sprintf("%s/%020d.json", dir, n)
}

// maxNumber bounds sequences and numbers, so that sums of them can't overflow.
const maxNumber = 1 << 53

// numberOf is the inverse of numbered. It refuses all other names, so that
// what else lies below dir is never taken for a numbered object.
func numberOf(dir, name string) (int64, bool) {
	digits, ok := strings.CutPrefix(name, dir+"/")
	if !ok {
		return 0, false
	}
	digits, ok = strings.CutSuffix(digits, ".json")
	if !ok {
		return 0, false
	}
	return parseNumber(digits)
}

func parseNumber(digits string) (int64, bool) {
	if len(digits) != 20 || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil && n <= maxNumber
}

// validNonce keeps nonces free of anything that JSON would escape or a path
// would mind.
func validNonce(nonce string) bool {
	return nonce != "" && len(nonce) <= 64 &&
		strings.Trim(nonce, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_") == ""
}
