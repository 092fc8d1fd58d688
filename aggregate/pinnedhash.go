package aggregate

// The hash that samples are drawn by. States depend on it, so it never changes;
// another would be another codec.

// hashWord is the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable
// pseudorandom number generators", 2014), after its increment: a permutation of
// 64 bits, so no two words have one hash.
func hashWord(word int64) uint64 {
	h := uint64(word) + 0x9e3779b97f4a7c15
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// hashText is FNV-1a of 64 bits (Fowler, Noll and Vo), and hashWord of that, since
// FNV's high bits hardly depend on a text's last bytes.
func hashText(text string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 0x100000001b3
	}
	return hashWord(int64(h))
}
