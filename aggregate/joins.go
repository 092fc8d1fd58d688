package aggregate

// Join2 folds events into two aggregates at once, and makes one result of
// theirs, such as a struct, or a ratio: ratios are made here, from their parts,
// and never merged.
//
// result is called with one group's results at a time, each time a result is
// read. What it computes isn't stored, so changing it rebuilds nothing, and
// HasCode stays false: states are the parts' alone. A panic in it is an ErrPanic
// from Read; a part's error is Read's. It must not be nil, nor may a part:
// that is ErrDefinition from Bind. [Join] takes any number of parts.
func Join2[E, A, B, R any](a Aggregate[E, A], b Aggregate[E, B], result func(A, B) R) Aggregate[E, R] {
	type row struct {
		a A
		b B
	}
	if result == nil {
		return unusable[E, R]{"nil result function in a join"}
	}
	return Map(Join(
		To(a, func(r *row) *A { return &r.a }),
		To(b, func(r *row) *B { return &r.b }),
	), func(r row) R { return result(r.a, r.b) })
}

// Join3 is [Join2] for three aggregates.
func Join3[E, A, B, C, R any](a Aggregate[E, A], b Aggregate[E, B], c Aggregate[E, C],
	result func(A, B, C) R) Aggregate[E, R] {
	type row struct {
		a A
		b B
		c C
	}
	if result == nil {
		return unusable[E, R]{"nil result function in a join"}
	}
	return Map(Join(
		To(a, func(r *row) *A { return &r.a }),
		To(b, func(r *row) *B { return &r.b }),
		To(c, func(r *row) *C { return &r.c }),
	), func(r row) R { return result(r.a, r.b, r.c) })
}

// Join4 is [Join2] for four aggregates.
func Join4[E, A, B, C, D, R any](a Aggregate[E, A], b Aggregate[E, B], c Aggregate[E, C], d Aggregate[E, D],
	result func(A, B, C, D) R) Aggregate[E, R] {
	type row struct {
		a A
		b B
		c C
		d D
	}
	if result == nil {
		return unusable[E, R]{"nil result function in a join"}
	}
	return Map(Join(
		To(a, func(r *row) *A { return &r.a }),
		To(b, func(r *row) *B { return &r.b }),
		To(c, func(r *row) *C { return &r.c }),
		To(d, func(r *row) *D { return &r.d }),
	), func(r row) R { return result(r.a, r.b, r.c, r.d) })
}

// Join5 is [Join2] for five aggregates.
func Join5[E, A, B, C, D, F, R any](a Aggregate[E, A], b Aggregate[E, B], c Aggregate[E, C], d Aggregate[E, D],
	f Aggregate[E, F], result func(A, B, C, D, F) R) Aggregate[E, R] {
	type row struct {
		a A
		b B
		c C
		d D
		f F
	}
	if result == nil {
		return unusable[E, R]{"nil result function in a join"}
	}
	return Map(Join(
		To(a, func(r *row) *A { return &r.a }),
		To(b, func(r *row) *B { return &r.b }),
		To(c, func(r *row) *C { return &r.c }),
		To(d, func(r *row) *D { return &r.d }),
		To(f, func(r *row) *F { return &r.f }),
	), func(r row) R { return result(r.a, r.b, r.c, r.d, r.f) })
}

// Join6 is [Join2] for six aggregates.
func Join6[E, A, B, C, D, F, G, R any](a Aggregate[E, A], b Aggregate[E, B], c Aggregate[E, C], d Aggregate[E, D],
	f Aggregate[E, F], g Aggregate[E, G], result func(A, B, C, D, F, G) R) Aggregate[E, R] {
	type row struct {
		a A
		b B
		c C
		d D
		f F
		g G
	}
	if result == nil {
		return unusable[E, R]{"nil result function in a join"}
	}
	return Map(Join(
		To(a, func(r *row) *A { return &r.a }),
		To(b, func(r *row) *B { return &r.b }),
		To(c, func(r *row) *C { return &r.c }),
		To(d, func(r *row) *D { return &r.d }),
		To(f, func(r *row) *F { return &r.f }),
		To(g, func(r *row) *G { return &r.g }),
	), func(r row) R { return result(r.a, r.b, r.c, r.d, r.f, r.g) })
}

// Join7 is [Join2] for seven aggregates.
func Join7[E, A, B, C, D, F, G, H, R any](a Aggregate[E, A], b Aggregate[E, B], c Aggregate[E, C], d Aggregate[E, D],
	f Aggregate[E, F], g Aggregate[E, G], h Aggregate[E, H], result func(A, B, C, D, F, G, H) R) Aggregate[E, R] {
	type row struct {
		a A
		b B
		c C
		d D
		f F
		g G
		h H
	}
	if result == nil {
		return unusable[E, R]{"nil result function in a join"}
	}
	return Map(Join(
		To(a, func(r *row) *A { return &r.a }),
		To(b, func(r *row) *B { return &r.b }),
		To(c, func(r *row) *C { return &r.c }),
		To(d, func(r *row) *D { return &r.d }),
		To(f, func(r *row) *F { return &r.f }),
		To(g, func(r *row) *G { return &r.g }),
		To(h, func(r *row) *H { return &r.h }),
	), func(r row) R { return result(r.a, r.b, r.c, r.d, r.f, r.g, r.h) })
}

// Join8 is [Join2] for eight aggregates.
func Join8[E, A, B, C, D, F, G, H, I, R any](a Aggregate[E, A], b Aggregate[E, B], c Aggregate[E, C], d Aggregate[E, D],
	f Aggregate[E, F], g Aggregate[E, G], h Aggregate[E, H], i Aggregate[E, I],
	result func(A, B, C, D, F, G, H, I) R) Aggregate[E, R] {
	type row struct {
		a A
		b B
		c C
		d D
		f F
		g G
		h H
		i I
	}
	if result == nil {
		return unusable[E, R]{"nil result function in a join"}
	}
	return Map(Join(
		To(a, func(r *row) *A { return &r.a }),
		To(b, func(r *row) *B { return &r.b }),
		To(c, func(r *row) *C { return &r.c }),
		To(d, func(r *row) *D { return &r.d }),
		To(f, func(r *row) *F { return &r.f }),
		To(g, func(r *row) *G { return &r.g }),
		To(h, func(r *row) *H { return &r.h }),
		To(i, func(r *row) *I { return &r.i }),
	), func(r row) R { return result(r.a, r.b, r.c, r.d, r.f, r.g, r.h, r.i) })
}
