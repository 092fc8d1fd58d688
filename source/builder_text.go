package source

// maxNewest is how many short texts a column keeps before it looks up their codes,
// all at once: then the processor waits for many places of the dictionary's table
// at a time, and not for one and the next.
const maxNewest = 128

// text adds a text, made valid.
func (c *columnBuilder) text(s string) {
	if k := keyOf(s); len(s) <= shortText && k.ascii() {
		c.key(k)
	} else {
		c.settle()
		code, ok := c.dict.lookup(k, s) // what the dictionary has is valid
		if !ok {
			code = c.dict.Code(CanonicalText(s))
		}
		c.codes = append(c.codes, code)
	}
	c.count(true)
}

// key adds a short text. Those of events before may be settled, but not it, so that
// the dictionary doesn't get it if the event is refused.
func (c *columnBuilder) key(k textKey) {
	if len(c.newest) == maxNewest {
		c.settle()
	}
	c.newest = append(c.newest, k)
}

// settle looks up the codes of the newest texts.
func (c *columnBuilder) settle() {
	if len(c.newest) == 0 {
		return
	}
	d := c.dict
	var hashes [maxNewest]uint32
	var slots [maxNewest]slot
	for i := range c.newest {
		hashes[i] = c.newest[i].hash()
		slots[i] = d.slots[int(hashes[i])&(len(d.slots)-1)]
	}
	for i, k := range c.newest {
		code := slots[i].next - 1
		if slots[i].next == 0 || slots[i].hash != hashes[i] || d.keys[code] != k {
			if at, found := d.find(k, hashes[i], ""); found {
				code = d.slots[at].next - 1
			} else {
				code = d.add(k, hashes[i], at, d.arena.ownKey(k))
			}
		}
		c.codes = append(c.codes, code)
	}
	c.newest = c.newest[:0]
}

// cutTexts forgets the texts after the first n.
func (c *columnBuilder) cutTexts(n int) {
	settled := min(n, len(c.codes))
	c.codes, c.newest = c.codes[:settled], c.newest[:n-settled]
}

// textsReturn says whether some events had a text of the dictionary's older half:
// one in 16 or more.
func (c *columnBuilder) textsReturn() bool {
	old, half := 0, uint32(c.dict.Len()/2)
	for _, code := range c.codes {
		if code < half {
			old++
		}
	}
	return 16*old >= len(c.codes)
}
