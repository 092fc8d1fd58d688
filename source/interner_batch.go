package source

// internBatch is how many texts are looked up together: first each of their places in
// memory is read, so that the processor waits for all of them at once.
const internBatch = 64

// Codes is Code for many texts. It puts their codes into codes, which has room for
// them; in a large dictionary that takes half the time.
func (d *Interner) Codes(codes []uint32, texts []string) {
	var keys [internBatch]textKey
	var hashes [internBatch]uint32
	for len(texts) > 0 {
		some := texts[:min(len(texts), internBatch)]
		for i, text := range some {
			keys[i] = keyOf(text)
			hashes[i] = keys[i].hash()
		}
		d.touch(hashes[:len(some)])
		for i, text := range some {
			at, found := d.find(keys[i], hashes[i], text)
			if found {
				codes[i] = d.slots[at].next - 1
			} else {
				codes[i] = d.add(keys[i], hashes[i], at, d.arena.own(text))
			}
		}
		texts, codes = texts[len(some):], codes[len(some):]
	}
}

// touch reads what some hashes lead to: slots, then keys, then long texts.
func (d *Interner) touch(hashes []uint32) {
	var next [internBatch]uint32
	last, n := uint32(len(d.slots)-1), 0
	for _, hash := range hashes {
		s := d.slots[hash&last]
		next[n&(internBatch-1)] = s.next
		if s.next != 0 && s.hash == hash {
			n++
		}
	}
	long := 0
	for _, code := range next[:n] {
		next[long&(internBatch-1)] = code
		if d.keys[code-1].length > shortText {
			long++
		}
	}
	for _, code := range next[:long] {
		text := d.values[code-1]
		d.touched += text[0]
	}
}
