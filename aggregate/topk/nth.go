package topk

import "slices"

// nth gives what a would have in place n if it were sorted, and changes its order:
// Hoare, "Algorithm 65: find" (1961). Counts that split badly time and again are
// sorted instead.
func nth(a []int64, n int) int64 {
	const (
		short  = 32
		rounds = 64
	)
	lo, hi := 0, len(a)-1
	for round := 0; hi-lo > short && round < rounds; round++ {
		x, y, z := a[lo], a[lo+(hi-lo)/2], a[hi]
		pivot := max(min(x, y), min(max(x, y), z))
		i, j := lo, hi
		for i <= j {
			for a[i] < pivot {
				i++
			}
			for a[j] > pivot {
				j--
			}
			if i <= j {
				a[i], a[j] = a[j], a[i]
				i++
				j--
			}
		}
		switch {
		case n <= j:
			hi = j
		case n >= i:
			lo = i
		default:
			return a[n]
		}
	}
	slices.Sort(a[lo : hi+1])
	return a[n]
}
