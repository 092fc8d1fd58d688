package archive_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/archive/archivetest"
	"github.com/stretchr/testify/require"
)

func declared(t *testing.T, store archive.Store, partitions int) *archive.Archive {
	t.Helper()
	a := archive.New(store)
	require.NoError(t, a.Declare(t.Context(), archive.Log{Identity: "log", Partitions: partitions}))
	return a
}

func entryName(partition int, sequence int64) string {
	return fmt.Sprintf("_log/%d/%020d.json", partition, sequence)
}

// putEntry puts an entry as a foreign writer might.
func putEntry(t *testing.T, store archive.Store, entry archive.Entry) {
	t.Helper()
	sealed, err := archive.Seal(entry.Nonce, entry)
	require.NoError(t, err)
	require.NoError(t, store.Put(t.Context(), entryName(entry.Partition, entry.Sequence), sealed))
}

func claimAt(offset int64) archive.Entry {
	return archive.Entry{Format: 1, Kind: archive.KindClaim, Nonce: "n0", Log: "log", From: offset, To: offset}
}

func segmentOf(sequence, term, from, to int64) archive.Entry {
	return archive.Entry{Format: 1, Kind: archive.KindSegment, Sequence: sequence, Term: term, Nonce: "n", From: from, To: to}
}

func TestDeclare(t *testing.T) {
	store := archive.Memory()
	a := archive.New(store)
	_, err := a.Log(t.Context())
	require.ErrorIs(t, err, archive.ErrEmpty)
	_, err = a.Chains(t.Context())
	require.ErrorIs(t, err, archive.ErrEmpty)
	_, err = a.Claim(t.Context(), 0, 0)
	require.ErrorIs(t, err, archive.ErrEmpty)
	for _, bad := range []archive.Log{{}, {Identity: "log"}, {Partitions: 1}, {Identity: "log", Partitions: -1}, {Identity: "log", Partitions: 1 << 30}} {
		require.ErrorIs(t, a.Declare(t.Context(), bad), archive.ErrInvalid)
	}

	require.NoError(t, a.Declare(t.Context(), archive.Log{Identity: "log", Partitions: 2}))
	require.NoError(t, archive.New(store).Declare(t.Context(), archive.Log{Identity: "log", Partitions: 2}), "again, by another")
	err = a.Declare(t.Context(), archive.Log{Identity: "other", Partitions: 2})
	require.ErrorIs(t, err, archive.ErrLogIdentity)
	require.ErrorContains(t, err, `"log"`)
	require.ErrorContains(t, err, `"other"`)
	require.ErrorIs(t, a.Declare(t.Context(), archive.Log{Identity: "log", Partitions: 1}), archive.ErrPartitions)

	old := archive.New(store)
	before, err := old.Log(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, before.ID)
	require.NoError(t, a.Declare(t.Context(), archive.Log{Identity: "log", Partitions: 3}))
	log, err := old.Log(t.Context())
	require.NoError(t, err)
	require.Equal(t, archive.Log{Identity: "log", Partitions: 3, ID: before.ID}, log, "who read before sees the log grow")
	_, err = a.Claim(t.Context(), 3, 0)
	require.ErrorIs(t, err, archive.ErrPartitions)
	_, err = a.Claim(t.Context(), 0, -1)
	require.ErrorIs(t, err, archive.ErrInvalid)
}

func TestOwnerAndChain(t *testing.T) {
	a := declared(t, archive.Memory(), 2)
	owner, err := a.Claim(t.Context(), 1, 40)
	require.NoError(t, err)
	require.Equal(t, []int64{1, 0, 40, 1}, []int64{int64(owner.Partition()), owner.Term(), owner.End(), owner.NextSequence()})

	events, err := a.PutFile(t.Context(), archive.EventsName(time.UnixMicro(0), 1, owner.NextSequence(), archive.NewNonce()), []byte("events"), 8)
	require.NoError(t, err)
	watermark := int64(7)
	deltas := map[string]archive.Delta{"view": {File: &events, Late: 1, Rows: 2, MinTime: -5, MaxTime: 5, Watermark: &watermark}, "empty": {}}
	require.NoError(t, owner.Commit(t.Context(), archive.Entry{From: 40, To: 50, Events: []archive.File{events}, Deltas: deltas}))
	require.NoError(t, owner.Gap(t.Context(), 60, "retention was shorter than the outage"))

	second, err := a.Claim(t.Context(), 1, 0)
	require.NoError(t, err)
	require.Equal(t, []int64{3, 60}, []int64{second.Term(), second.End()}, "a later owner goes on at the end, whatever start it gives")
	for range 2 {
		require.ErrorIs(t, owner.Commit(t.Context(), archive.Entry{From: 60, To: 61}), archive.ErrLost)
	}
	require.NoError(t, second.Commit(t.Context(), archive.Entry{From: 60, To: 61}))

	chains, err := a.Chains(t.Context())
	require.NoError(t, err)
	require.Len(t, chains, 2)
	_, ok := chains[0].End()
	require.False(t, ok, "nobody has claimed partition 0")
	_, ok = chains[0].Term()
	require.False(t, ok)
	_, ok = chains[0].Start()
	require.False(t, ok)
	chain := chains[1]
	start, _ := chain.Start()
	end, _ := chain.End()
	term, _ := chain.Term()
	require.Equal(t, []int64{1, 40, 61, 3}, []int64{int64(chain.Partition), start, end, term})
	require.Equal(t, deltas, chain.Entries[1].Deltas)
	for offset, want := range map[int64][]int64{0: {1, 2, 4}, 40: {1, 2, 4}, 49: {1, 2, 4}, 50: {2, 4}, 60: {4}, 61: nil} {
		var got []int64
		for entry := range chain.After(offset) {
			got = append(got, entry.Sequence)
		}
		require.Equal(t, want, got, "after %d", offset)
	}
	for range chain.After(0) {
		break // leaving early is no error
	}
}

// manyFiles are files of an event each.
func manyFiles(n int) []archive.File {
	files := make([]archive.File, n)
	for i := range files {
		files[i] = archive.File{Name: fmt.Sprint("events/", i), Size: 1, Rows: 1, SHA256: strings.Repeat("a", 64)}
	}
	return files
}

// TestASegmentOfTheMostFilesFits: an entry can name them all, with long names.
func TestASegmentOfTheMostFilesFits(t *testing.T) {
	store := archive.Memory()
	owner, err := declared(t, store, 1).Claim(t.Context(), 0, 0)
	require.NoError(t, err)
	files := manyFiles(archive.MaxFiles)
	for i := range files {
		files[i].Name = "events/" + strings.Repeat("n", 200) + fmt.Sprint(i)
	}
	require.NoError(t, owner.Commit(t.Context(), archive.Entry{From: 0, To: archive.MaxFiles, Events: files}))
	chain, err := archive.New(store).Chain(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, files, chain.Entries[1].Events)
}

func TestCommitRefuses(t *testing.T) {
	a := declared(t, archive.Memory(), 1)
	owner, err := a.Claim(t.Context(), 0, 10)
	require.NoError(t, err)
	good := archive.File{Name: "events/x", Size: 1, Rows: 1, SHA256: strings.Repeat("a", 64)}
	evil := good
	evil.Name = "../../etc/passwd"
	many := good
	many.Rows = 6
	for name, c := range map[string]struct {
		entry archive.Entry
		err   error
	}{
		"overlap":       {archive.Entry{From: 9, To: 12}, archive.ErrTiling},
		"gap":           {archive.Entry{From: 11, To: 12}, archive.ErrTiling},
		"empty":         {archive.Entry{From: 10, To: 10}, archive.ErrInvalid},
		"backwards":     {archive.Entry{From: 10, To: 9}, archive.ErrInvalid},
		"escape":        {archive.Entry{From: 10, To: 15, Events: []archive.File{evil}}, archive.ErrInvalid},
		"too many":      {archive.Entry{From: 10, To: 15, Events: []archive.File{many}}, archive.ErrInvalid},
		"both":          {archive.Entry{From: 10, To: 11, Events: []archive.File{good}, Quarantine: &good}, archive.ErrInvalid},
		"reason":        {archive.Entry{From: 10, To: 15, Reason: "why"}, archive.ErrInvalid},
		"twice":         {archive.Entry{From: 10, To: 15, Events: []archive.File{good, good}}, archive.ErrInvalid},
		"one too many":  {archive.Entry{From: 10, To: 1 << 20, Events: manyFiles(archive.MaxFiles + 1)}, archive.ErrInvalid},
		"too many rows": {archive.Entry{From: 10, To: 14, Events: manyFiles(5)}, archive.ErrInvalid},
		"one escapes":   {archive.Entry{From: 10, To: 15, Events: []archive.File{good, evil}}, archive.ErrInvalid},
		"no sum":        {archive.Entry{From: 10, To: 15, Events: []archive.File{{Name: "x", Size: 1}}}, archive.ErrInvalid},
		"fingerprint":   {archive.Entry{From: 10, To: 15, Deltas: map[string]archive.Delta{"../x": {}}}, archive.ErrInvalid},
		"delta times":   {archive.Entry{From: 10, To: 15, Deltas: map[string]archive.Delta{"x": {Rows: 1, MinTime: 2, MaxTime: 1}}}, archive.ErrInvalid},
		"delta's file":  {archive.Entry{From: 10, To: 15, Deltas: map[string]archive.Delta{"x": {File: &evil}}}, archive.ErrInvalid},
	} {
		require.ErrorIs(t, owner.Commit(t.Context(), c.entry), c.err, name)
	}
	require.ErrorIs(t, owner.Gap(t.Context(), 20, ""), archive.ErrInvalid, "a gap needs a reason")
	require.NoError(t, owner.Commit(t.Context(), archive.Entry{From: 10, To: 15, Events: []archive.File{good}}), "a refusal leaves the owner as it was")
}

// TestHostileChains has chains that no owner would write.
func TestHostileChains(t *testing.T) {
	for name, c := range map[string]struct {
		entries []archive.Entry
		err     error
		text    string
	}{
		"hole":          {[]archive.Entry{claimAt(0), segmentOf(2, 0, 0, 5)}, archive.ErrMissing, entryName(0, 1)},
		"far away":      {[]archive.Entry{claimAt(0), segmentOf(1<<50, 0, 0, 5)}, archive.ErrMissing, entryName(0, 1)},
		"no beginning":  {[]archive.Entry{segmentOf(1, 0, 0, 5)}, archive.ErrMissing, entryName(0, 0)},
		"no claim":      {[]archive.Entry{segmentOf(0, 0, 0, 5)}, archive.ErrCorrupt, entryName(0, 0)},
		"gap":           {[]archive.Entry{claimAt(0), segmentOf(1, 0, 0, 5), segmentOf(2, 0, 6, 9)}, archive.ErrTiling, entryName(0, 2)},
		"overlap":       {[]archive.Entry{claimAt(0), segmentOf(1, 0, 0, 5), segmentOf(2, 0, 4, 9)}, archive.ErrTiling, entryName(0, 2)},
		"backwards":     {[]archive.Entry{claimAt(7), segmentOf(1, 0, 7, 5)}, archive.ErrCorrupt, entryName(0, 1)},
		"negative":      {[]archive.Entry{claimAt(-1)}, archive.ErrCorrupt, entryName(0, 0)},
		"future term":   {[]archive.Entry{claimAt(0), segmentOf(1, 1, 0, 5)}, archive.ErrCorrupt, entryName(0, 1)},
		"negative term": {[]archive.Entry{claimAt(0), segmentOf(1, -1, 0, 5)}, archive.ErrCorrupt, entryName(0, 1)},
		"zombie": {[]archive.Entry{claimAt(0), {Format: 1, Kind: archive.KindClaim, Sequence: 1, Term: 1, Nonce: "n", Log: "log"}, segmentOf(2, 0, 0, 5)},
			archive.ErrCorrupt, entryName(0, 2)},
		"other log": {[]archive.Entry{{Format: 1, Kind: archive.KindClaim, Nonce: "n", Log: "other"}}, archive.ErrLogIdentity, entryName(0, 0)},
		"newer":     {[]archive.Entry{claimAt(0), {Format: 2, Kind: "snapshot", Sequence: 1, Nonce: "n"}}, archive.ErrFormat, entryName(0, 1)},
		"kind":      {[]archive.Entry{{Format: 1, Kind: "what", Nonce: "n"}}, archive.ErrCorrupt, entryName(0, 0)},
		"format":    {[]archive.Entry{{Format: 0, Kind: archive.KindClaim, Nonce: "n", Log: "log"}}, archive.ErrCorrupt, entryName(0, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			store := archive.Memory()
			a := declared(t, store, 1)
			for _, entry := range c.entries {
				putEntry(t, store, entry)
			}
			chains, err := a.Chains(t.Context())
			require.ErrorIs(t, err, c.err)
			require.ErrorContains(t, err, c.text)
			require.Nil(t, chains)
			_, err = a.Claim(t.Context(), 0, 0)
			require.ErrorIs(t, err, c.err, "nobody builds on a broken chain")
		})
	}
}

func TestForeignNamesInAChain(t *testing.T) {
	store := archive.Memory()
	a := declared(t, store, 1)
	owner, err := a.Claim(t.Context(), 0, 0)
	require.NoError(t, err)
	for _, name := range []string{"_log/0/notes.txt", "_log/0/99999999999999999999.json", "_log/0/7.json", "_log/0/00000000000000000009.json.bak", "_log/0/00000000000000000009.json/x"} {
		require.NoError(t, store.Put(t.Context(), name, []byte("x")))
	}
	require.NoError(t, owner.Commit(t.Context(), archive.Entry{From: 0, To: 1}))
	chains, err := a.Chains(t.Context())
	require.NoError(t, err)
	require.Len(t, chains[0].Entries, 2)
}

// TestEveryByteCounts flips, drops and adds each byte of an entry.
func TestEveryByteCounts(t *testing.T) {
	store := archive.Memory()
	a := declared(t, store, 1)
	_, err := a.Claim(t.Context(), 0, 3)
	require.NoError(t, err)
	sealed, err := store.Get(t.Context(), entryName(0, 0), 0, -1)
	require.NoError(t, err)
	damage := map[string][]byte{"empty": {}, "twice": slices.Concat(sealed, sealed), "newline": append(slices.Clone(sealed), '\n')}
	for i := range sealed {
		for bit := range 8 {
			flipped := slices.Clone(sealed)
			flipped[i] ^= 1 << bit
			damage[fmt.Sprintf("bit %d of byte %d", bit, i)] = flipped
		}
		damage[fmt.Sprintf("cut at %d", i)] = sealed[:i]
	}
	for what, body := range damage {
		for name, read := range map[string]func(*archive.Archive) error{
			entryName(0, 0): func(a *archive.Archive) error { _, err := a.Chains(t.Context()); return err },
		} {
			damaged := archivetest.Copy(t, store, func(object string, was []byte) ([]byte, bool) {
				if object == name {
					return body, true
				}
				return was, true
			})
			err := read(archive.New(damaged))
			require.ErrorIs(t, err, archive.ErrCorrupt, what)
			require.ErrorContains(t, err, name, what)
		}
	}
}

func TestChainsReadsOnlyWhatIsNew(t *testing.T) {
	store := archive.Memory()
	owner, err := declared(t, store, 1).Claim(t.Context(), 0, 0)
	require.NoError(t, err)
	var mu sync.Mutex
	gets := 0
	reader := archive.New(archivetest.NewFaults(store, func(_ int, op, _ string) archivetest.Fault {
		mu.Lock()
		defer mu.Unlock()
		if op == "get" {
			gets++
		}
		return archivetest.Fault{}
	}))
	before, err := reader.Chains(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, gets, "the log and the claim")
	require.NoError(t, owner.Commit(t.Context(), archive.Entry{From: 0, To: 5}))
	for range 3 {
		after, err := reader.Chains(t.Context())
		require.NoError(t, err)
		require.Len(t, after[0].Entries, 2)
	}
	require.Equal(t, 3, gets, "each entry is read once")
	require.Len(t, before[0].Entries, 1, "a chain is a value")
}

func TestChainsConcurrently(t *testing.T) {
	a := declared(t, archive.Memory(), 20)
	var group sync.WaitGroup
	for partition := range 20 {
		group.Go(func() {
			for range 5 {
				owner, err := a.Claim(t.Context(), partition, 0)
				if err == nil {
					_ = owner.Commit(t.Context(), archive.Entry{From: owner.End(), To: owner.End() + 1})
				}
				if _, err := a.Chains(t.Context()); err != nil {
					t.Errorf("cannot read chains: %v", err)
				}
			}
		})
	}
	group.Wait()
	chains, err := a.Chains(t.Context())
	require.NoError(t, err)
	for _, chain := range chains {
		end, ok := chain.End()
		require.True(t, ok)
		require.Equal(t, int64(5), end)
	}
}

func TestChainsCancelled(t *testing.T) {
	a := declared(t, archive.Memory(), 3)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := a.Chains(ctx)
	require.ErrorIs(t, err, context.Canceled)
	_, err = a.Claim(ctx, 0, 0)
	require.ErrorIs(t, err, context.Canceled)
}

func TestFiles(t *testing.T) {
	store := archive.Memory()
	a := archive.New(store)
	body := []byte("some bytes")
	file, err := a.PutFile(t.Context(), archive.DeltaName("view", 3, 4, archive.NewNonce()), body, 2)
	require.NoError(t, err)
	require.Equal(t, []int64{10, 2}, []int64{file.Size, file.Rows})
	again, err := a.PutFile(t.Context(), file.Name, body, 2)
	require.NoError(t, err, "our own earlier attempt")
	require.Equal(t, file, again)
	_, err = a.PutFile(t.Context(), file.Name, []byte("other bytes"), 2)
	require.ErrorIs(t, err, archive.ErrTaken)
	_, err = a.PutFile(t.Context(), "../x", body, 2)
	require.ErrorIs(t, err, archive.ErrName)
	_, err = a.PutFile(t.Context(), "x", nil, 0)
	require.ErrorIs(t, err, archive.ErrInvalid)

	got, err := a.ReadFile(t.Context(), file)
	require.NoError(t, err)
	require.Equal(t, body, got)
	for name, change := range map[string]func([]byte) []byte{
		"shorter": func(b []byte) []byte { return b[:len(b)-1] },
		"longer":  func(b []byte) []byte { return append(b, 'x') },
		"other":   func(b []byte) []byte { b[3] ^= 1; return b },
	} {
		damaged := archivetest.Copy(t, store, func(_ string, b []byte) ([]byte, bool) { return change(b), true })
		_, err := archive.New(damaged).ReadFile(t.Context(), file)
		require.ErrorIs(t, err, archive.ErrCorrupt, name)
		require.ErrorContains(t, err, file.Name, name)
	}
	_, err = archive.New(archive.Memory()).ReadFile(t.Context(), file)
	require.ErrorIs(t, err, archive.ErrMissing)
	require.ErrorContains(t, err, file.Name)
	huge := file
	huge.Size = 1 << 39
	_, err = a.ReadFile(t.Context(), huge)
	require.ErrorIs(t, err, archive.ErrCorrupt, "a size is no reason to allocate")
	huge.Size = 1 << 62
	_, err = a.ReadFile(t.Context(), huge)
	require.ErrorIs(t, err, archive.ErrCorrupt)
}

func TestNames(t *testing.T) {
	day := time.Date(2026, 3, 1, 23, 30, 0, 0, time.FixedZone("", -3600))
	require.Equal(t, "events/2026-03-02/3-00000000000000000012-n.parquet", archive.EventsName(day, 3, 12, "n"), "days are UTC")
	require.Equal(t, "events/region=norte/at_day=2026-03-02/3-00000000000000000012-n.parquet", archive.PartName("region=norte/at_day=2026-03-02", 3, 12, "n"))
	for name, want := range map[string]string{archive.PartName("region=norte/user=7", 3, 12, "n"): "region=norte/user=7", archive.EventsName(day, 3, 12, "n"): "2026-03-02",
		"events/x": "", "events//x": "", "deltas/a/x": "", "events": "", "events/a/": "a"} {
		part, ok := archive.EventsPart(name)
		require.Equal(t, want, part, name)
		require.Equal(t, want != "", ok, name)
	}
	require.Equal(t, "deltas/f/3-00000000000000000012-n.parquet", archive.DeltaName("f", 3, 12, "n"))
	require.Equal(t, "quarantine/3-00000000000000000012-n.parquet", archive.QuarantineName(3, 12, "n"))
	require.NotEqual(t, archive.NewNonce(), archive.NewNonce())
	require.Len(t, archive.NewNonce(), 32)
}

// TestDoubt walks through one ambiguous commit after another.
func TestDoubt(t *testing.T) {
	down := false
	store := archive.Memory()
	faults := archivetest.NewFaults(store, func(_ int, op, name string) archivetest.Fault {
		if down {
			return archivetest.Fault{Outcome: archivetest.FailLate}
		}
		return archivetest.Fault{}
	})
	owner, err := declared(t, faults, 1).Claim(t.Context(), 0, 0)
	require.NoError(t, err)
	down = true
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // so that nothing is tried twice
	require.ErrorIs(t, owner.Commit(ctx, archive.Entry{From: 0, To: 5}), archive.ErrUnsettled)
	require.Equal(t, []int64{0, 1}, []int64{owner.End(), owner.NextSequence()}, "a doubt moves nothing")
	require.ErrorIs(t, owner.Commit(ctx, archive.Entry{From: 0, To: 6}), archive.ErrInvalid, "not before the first is settled")
	require.NoError(t, faults.Land(t.Context()), "it arrives after all")
	down = false
	require.NoError(t, owner.Commit(t.Context(), archive.Entry{From: 0, To: 5}))
	require.NoError(t, owner.Commit(t.Context(), archive.Entry{From: 5, To: 6}))
	chains, err := archive.New(store).Chains(t.Context())
	require.NoError(t, err)
	require.Len(t, chains[0].Entries, 3)
}

// TestCorruptInOurPlace finds damage where our own entry should be: nobody
// knows whose it was, so it's neither success nor loss.
func TestCorruptInOurPlace(t *testing.T) {
	store := archive.Memory()
	owner, err := declared(t, store, 1).Claim(t.Context(), 0, 0)
	require.NoError(t, err)
	require.NoError(t, store.Put(t.Context(), entryName(0, 1), []byte("rubbish")))
	err = owner.Commit(t.Context(), archive.Entry{From: 0, To: 5})
	require.ErrorIs(t, err, archive.ErrCorrupt)
	require.ErrorContains(t, err, entryName(0, 1))
	require.False(t, errors.Is(err, archive.ErrLost))
}
