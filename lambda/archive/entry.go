package archive

// Format is the version of the entries that this release writes. It reads
// these and older ones.
const Format = 1

// Kind says what an entry does.
type Kind string

// The kinds of entries.
const (
	// KindClaim makes its writer the owner of the partition.
	KindClaim Kind = "claim"
	// KindSegment commits the files that hold [From, To).
	KindSegment Kind = "segment"
	// KindGap says that the log lost [From, To) before it was archived, and
	// that an operator accepts that.
	KindGap Kind = "gap"
)

// Log says which log an archive is of.
type Log struct {
	// Identity is the source's own name for the log: for Kafka cluster and
	// topic id, so that a recreated topic is another log.
	Identity string `json:"identity"`
	// Partitions is how many partitions it has, numbered from 0.
	Partitions int `json:"partitions"`
	// ID tells this archive from all others, those of the same log too. Declare
	// makes it up with the first declaration and keeps it.
	ID string `json:"id"`
}

// File is a stored data file, as an entry names it.
type File struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`   // bytes
	Rows   int64  `json:"rows"`   // as the writer said
	SHA256 string `json:"sha256"` // of the whole file, in lower-case hex
}

// Delta describes a view's sealed delta in a segment.
type Delta struct {
	// File holds the states; nil where there are none.
	File *File `json:"file,omitempty"`
	// Late is how many of the view's events came after their watermark.
	Late int64 `json:"late,omitempty"`
	// Rows is how many of the segment's events the view took in.
	Rows int64 `json:"rows,omitempty"`
	// MinTime and MaxTime are the view's event times, in microseconds since
	// 1970 UTC, both inclusive. They mean something only where Rows > 0.
	MinTime int64 `json:"minTime,omitempty"`
	MaxTime int64 `json:"maxTime,omitempty"`
	// Watermark is the view's watermark at the segment's end, in microseconds;
	// nil where it has none yet.
	Watermark *int64 `json:"watermark,omitempty"`
}

// Entry is one link of a partition's chain.
type Entry struct {
	Format    int   `json:"format"`
	Kind      Kind  `json:"kind"`
	Partition int   `json:"partition"`
	Sequence  int64 `json:"sequence"` // from 0, without holes
	// Term is the number of the owner's claim; a claim's is its own Sequence.
	Term int64 `json:"term"`
	// Nonce is unique to the attempt to write this entry.
	Nonce string `json:"nonce"`
	// Log is the log's identity, in claims.
	Log string `json:"log,omitempty"`
	// From and To are offsets: a segment or gap covers [From, To). A claim has
	// From = To: where its owner goes on.
	From int64 `json:"from"`
	To   int64 `json:"to"`
	// Events are the files that hold the segment's events, each of them in one
	// file, with rising offsets in each: none where the range holds none, and one
	// where events aren't split into parts.
	Events []File `json:"events,omitempty"`
	// Quarantine holds the segment's records that couldn't be decoded.
	Quarantine *File `json:"quarantine,omitempty"`
	// Deltas are the views' sealed deltas, by view fingerprint.
	Deltas map[string]Delta `json:"deltas,omitempty"`
	// Reason is why the operator accepts a gap.
	Reason string `json:"reason,omitempty"`
	// At is when the owner stored a segment, by its own clock, in microseconds
	// since 1970 UTC. It's information: nothing is decided by it.
	At int64 `json:"at,omitempty"`
}
