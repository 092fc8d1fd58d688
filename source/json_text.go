package source

// shortText adds a string of up to 16 bytes of ASCII, without escapes. It's found
// and compared as two words.
func (c *columnBuilder) shortText(s []byte, at int) int {
	if s[at] != '"' {
		return -1
	}
	var k textKey
	if at+1+shortText <= len(s) {
		k.lo, k.hi = wordOf(s, at+1), wordOf(s, at+9)
	} else {
		k.lo, k.hi = wordNear(s, at+1), wordNear(s, at+9)
	}
	n, whole := wordLength(textEnds(k.lo))
	m, _ := wordLength(textEnds(k.hi))
	k.lo &= lowBytes[n]
	k.hi &= lowBytes[m] & whole
	n += m & int(whole)
	k.length = uint32(n)
	end := at + 1 + n
	if end >= len(s) || s[end] != '"' || !k.ascii() {
		return -1
	}
	c.key(k)
	c.count(true)
	return end + 1
}
