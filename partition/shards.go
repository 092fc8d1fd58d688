package partition

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"iter"
	"math/bits"
	"slices"
	"strings"
)

// Shard is one of the places that keys are spread over.
type Shard struct {
	Name string
	// Weight is its share of the keys, next to the other shards' weights, such as
	// its memory in GiB. 0 is 1.
	Weight uint32
}

// Shards picks a shard for each key by rendezvous hashing: every shard draws a
// number for the key, from a hash of its name and the key, and the highest wins
// (Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates",
// IEEE/ACM Transactions on Networking 6(1), 1998). With weights, the shard with
// the least −log(draw)/weight wins (the logarithmic method of Schindelhauer and
// Schomaker, "Weighted Distributed Hash Tables", SPAA 2005).
//
// So the pick depends on names and weights alone, not on their order, nor on
// who asks; and a change moves no key that it doesn't have to:
//
//   - a new shard only takes keys, a removed one only gives away its own; with n
//     shards of one weight after the addition, or before the removal, 1/n of the
//     keys move on average, and never from one old shard to another;
//   - a raised weight only takes keys, a lowered one only gives.
//
// That holds exactly, for every key, since all arithmetic is on integers; it's
// the same on every machine and in every version of this package. How many keys
// move is a matter of chance with a known mean, which Moves gives, for any change.
//
// Pick costs a few nanoseconds a shard, and where weights differ about a hundred
// a distinct weight: it's meant for up to some hundred shards. Hashes are FNV-1a
// without a secret, so whoever chooses keys can choose their shard.
//
// Shards is immutable and safe for concurrent use. The zero Shards has no shards
// and picks "".
type Shards struct {
	names   []string // ascending within a class
	seeds   []uint64
	classes []class // by weight
}

// class is the shards [from, to) of one weight. Among them the highest draw
// wins, so a logarithm is due for each class alone.
type class struct {
	weight   uint32
	from, to int
}

// NewShards declares the shards. ErrShards marks none at all, an empty name and
// a name that is used twice.
func NewShards(shards ...Shard) (Shards, error) {
	if len(shards) == 0 {
		return Shards{}, fmt.Errorf("%w: there must be at least one", ErrShards)
	}
	sorted := slices.Clone(shards)
	for i := range sorted {
		sorted[i].Weight = max(sorted[i].Weight, 1)
	}
	slices.SortFunc(sorted, func(a, b Shard) int { return strings.Compare(a.Name, b.Name) })
	for i, shard := range sorted {
		if shard.Name == "" {
			return Shards{}, fmt.Errorf("%w: one has no name", ErrShards)
		}
		if i > 0 && sorted[i-1].Name == shard.Name {
			return Shards{}, fmt.Errorf("%w: the name %q is used twice", ErrShards, shard.Name)
		}
	}
	slices.SortStableFunc(sorted, func(a, b Shard) int { return cmp.Compare(a.Weight, b.Weight) })
	var s Shards
	for i, shard := range sorted {
		if i == 0 || sorted[i-1].Weight != shard.Weight {
			s.classes = append(s.classes, class{weight: shard.Weight, from: i})
		}
		s.classes[len(s.classes)-1].to = i + 1
		s.names = append(s.names, shard.Name)
		s.seeds = append(s.seeds, mix(fnv1a(shard.Name)))
	}
	return s, nil
}

// Names gives the shards' names, by weight and then by name.
func (s Shards) Names() []string { return slices.Clone(s.names) }

// Pick gives the name of the key's shard. It doesn't allocate.
func (s Shards) Pick(key string) string { return s.pick(fnv1a(key)) }

// PickInt is Pick for a number: its 8 bytes, big endian, are the key.
func (s Shards) PickInt(key int64) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(key))
	return s.pick(fnv1a(b[:]))
}

// pick finds the first shard in the order of draw and weight. That is one order
// over all shards, in which each shard's place depends on itself alone; so the
// first of more shards is the first of fewer, or a new one.
//
// Within a class the order is by draw, and −log₂ is monotone, so no other shard
// of the class can come before its highest draw.
func (s Shards) pick(key uint64) string {
	winner, least := -1, candidate{}
	for _, c := range s.classes {
		at, draw := c.from, uint64(0)
		for i := c.from; i < c.to; i++ {
			if d := mix(key ^ s.seeds[i]); d > draw {
				at, draw = i, d
			}
		}
		if len(s.classes) == 1 {
			return s.names[at]
		}
		next := candidate{score: negLog2(draw), weight: c.weight, draw: draw, name: s.names[at]}
		if winner < 0 || next.before(least) {
			winner, least = at, next
		}
	}
	if winner < 0 {
		return ""
	}
	return s.names[winner]
}

// candidate is a class's best shard.
type candidate struct {
	score  uint64 // −log₂ of the draw
	weight uint32
	draw   uint64
	name   string
}

// before compares score/weight without dividing, and then breaks ties.
func (a candidate) before(b candidate) bool {
	ahi, alo := bits.Mul64(a.score, uint64(b.weight))
	bhi, blo := bits.Mul64(b.score, uint64(a.weight))
	switch {
	case ahi != bhi:
		return ahi < bhi
	case alo != blo:
		return alo < blo
	case a.draw != b.draw:
		return a.draw > b.draw
	}
	return a.name < b.name
}

// negLog2 gives −log₂(draw/2⁶⁴) in units of 2⁻⁴⁰, and 65 for a draw of zero. It
// never rises with the draw: each bit of the logarithm comes from a truncated
// square, and of two numbers the greater has the square that isn't smaller.
func negLog2(draw uint64) uint64 {
	const fraction = 40
	if draw == 0 {
		return 65 << fraction
	}
	whole := bits.Len64(draw) - 1
	m := draw << (63 - whole) // in [1, 2), with 63 bits after the point
	log := uint64(whole)
	for range fraction {
		hi, lo := bits.Mul64(m, m) // in [1, 4), with 126
		log <<= 1
		if hi>>63 != 0 {
			log |= 1
			m = hi
		} else {
			m = hi<<1 | lo>>63
		}
	}
	return 64<<fraction - log
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast Splittable
// Pseudorandom Number Generators", OOPSLA 2014; the constants are David
// Stafford's Mix13). FNV-1a needs it: its high bits hardly depend on the last
// bytes.
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// fnv1a is the 64-bit FNV-1a hash of Fowler, Noll and Vo (RFC 9923).
func fnv1a[T string | []byte](key T) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := range len(key) {
		h = (h ^ uint64(key[i])) * 0x100000001b3
	}
	return h
}

// Moves gives the share of all keys, from 0 to 1, that have another shard after
// the change from s to after: the mean over random keys. It's exact but for the
// rounding of floats; for one shard of equal weight more or less it's 1/n.
//
// In the weighted scheme the shards' scores are exponential variables with the
// weights as rates, so a key stays with shard i when no other shard's variable
// beats i's before or after, and that has the probability
// 1 / (1 + Σ max(wⱼ/wᵢ, w′ⱼ/w′ᵢ)) over the other shards j of both sides (a
// shard that isn't on a side has weight 0 there).
func (s Shards) Moves(after Shards) float64 {
	before, later := s.weights(), after.weights()
	if len(before) == 0 && len(later) == 0 {
		return 0
	}
	// In the order of names, so that equal declarations give equal floats.
	all := slices.Concat(s.names, after.names)
	slices.Sort(all)
	all = slices.Compact(all)
	stay := 0.0
	for _, i := range all {
		w, v := before[i], later[i]
		if w == 0 || v == 0 {
			continue
		}
		sum := 1.0
		for _, j := range all {
			if j != i {
				sum += max(before[j]/w, later[j]/v)
			}
		}
		stay += 1 / sum
	}
	return max(0, 1-stay)
}

func (s Shards) weights() map[string]float64 {
	out := make(map[string]float64, len(s.names))
	for _, c := range s.classes {
		for _, name := range s.names[c.from:c.to] {
			out[name] = float64(c.weight)
		}
	}
	return out
}

// Moved counts the keys that have another shard after the change than before,
// and all of them: what Moves expects, measured on keys of one's own.
func Moved(before, after Shards, keys iter.Seq[string]) (moved, of int) {
	for key := range keys {
		of++
		if before.Pick(key) != after.Pick(key) {
			moved++
		}
	}
	return moved, of
}
