package lambda

import (
	"context"
	"time"
)

// provenance says what an assembly is made of.
func (h *Handle[E, K, R]) provenance(ctx context.Context, a *assembly, missing []string) Provenance {
	out := Provenance{View: h.reg.name, Version: h.reg.version, Fingerprint: h.reg.fingerprint,
		Base: a.number, Complete: len(missing) == 0, Missing: missing}
	if a.base != nil {
		out.Made = a.base.Made
	}
	ends := make([]int64, len(a.parts))
	h.pipeline.askEach(len(a.parts), func(i int) {
		ends[i] = -1
		if end, ok := h.pipeline.end(ctx, a.parts[i].partition); ok {
			ends[i] = end
		}
	})
	marked := len(a.parts) > 0
	for i := range a.parts {
		t := &a.parts[i]
		c := Coverage{Partition: t.partition, From: t.from, Cut: t.cut, Sealed: t.sealed, End: ends[i]}
		c.Low, c.High = t.through()
		counts := t.counts(a.base, h.reg.fingerprint)
		c.At = t.at
		if t.open != nil {
			c.At = t.open.At
		}
		out.Rows += counts.rows
		out.Late += counts.late
		out.Quarantined += t.quarantined
		if counts.watermark == nil {
			marked = false
		} else if at := time.UnixMicro(*counts.watermark).UTC(); out.Watermark.IsZero() || at.Before(out.Watermark) {
			out.Watermark = at
		}
		out.Partitions = append(out.Partitions, c)
	}
	if !marked {
		out.Watermark = time.Time{}
	}
	return out
}

// counts sums what the speed layer counted over a partition's tiles.
type counts struct {
	rows, late int64
	watermark  *int64
}

func (t *tiles) counts(b *base, fingerprint string) counts {
	var n counts
	add := func(rows, late int64, watermark *int64) {
		n.rows += rows
		n.late += late
		if watermark != nil && (n.watermark == nil || *watermark > *n.watermark) {
			n.watermark = watermark
		}
	}
	if c, ok := b.at(t.partition); ok {
		add(c.Rows, c.Late, c.Watermark)
	}
	for _, segment := range t.segments {
		if sealed, ok := segment.Deltas[fingerprint]; ok {
			add(sealed.Rows, sealed.Late, sealed.Watermark)
		}
	}
	if t.open != nil {
		add(t.open.Rows, t.open.Late, t.open.Watermark)
	}
	return n
}
