package window

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// Fingerprint gives String and, for calendar windows, a short digest of the
// location's offsets from UTC between 1970 and 2100. Two programs whose tz
// tables differ there have different fingerprints, so a change of a country's
// rules makes a new version of every view that depends on them. Offsets before
// 1970, which some tables leave out, don't count.
func (s Spec) Fingerprint() string {
	if !s.isCalendar() || s.loc == nil {
		return s.String()
	}
	return s.String() + "#" + s.zone.digest()
}

// digest is the first eight bytes, in hex, of the SHA-256 of the offset at the
// epoch and then every change's instant and offset, as big-endian int64
// microseconds.
func (z *zone) digest() string {
	to := time.Date(2101, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	text := binary.BigEndian.AppendUint64(nil, uint64(z.segmentAt(0).offset))
	for _, start := range z.changes(0, to) {
		text = binary.BigEndian.AppendUint64(text, uint64(start))
		text = binary.BigEndian.AppendUint64(text, uint64(z.segmentAt(start).offset))
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
