package lambda

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/anabranch-go/anabranch/lambda/archive"
)

// live is the publication that says which version of a view is live.
type live struct {
	Version     int    `json:"version"`
	Fingerprint string `json:"fingerprint"`
	Definition  string `json:"definition"` // for people
}

func (r *registration[E]) liveDir() string { return r.dir() + "/live" }

// checkLive compares a view with the archive's live version of it, until the two
// agree. Another definition of the same version, and an older version than the
// live one, are errors. A first or a newer version isn't: it may be asked for,
// and becomes live when a layer that writes begins. Next is the number to publish
// it under.
func (p *Pipeline[E]) checkLive(ctx context.Context, view *registration[E]) (isLive bool, next int64, err error) {
	view.mu.Lock()
	isLive = view.checked
	view.mu.Unlock()
	if isLive {
		return true, 0, nil
	}
	var known live
	n, found, err := archive.Latest(ctx, p.config.Archive, view.liveDir(), &known)
	switch {
	case err != nil:
		return false, 0, fmt.Errorf("cannot read the live version of view %s: %w", view.name, err)
	case !found:
		return false, 0, nil
	case known.Fingerprint == view.fingerprint:
		view.mu.Lock()
		defer view.mu.Unlock()
		view.checked = true
		return true, 0, nil
	case known.Version == view.version:
		return false, 0, fmt.Errorf("%w: view %s, version %d: %s; raise View.Version, or restore the definition",
			ErrDefinition, view.name, view.version, differences(known.Definition, view.text))
	case known.Version > view.version:
		return false, 0, fmt.Errorf("%w: view %s is at version %d, and this program has version %d: end it and start one with the newer definition, or, to go back to the old one, declare it as version %d",
			ErrVersion, view.name, known.Version, view.version, known.Version+1)
	}
	return false, n + 1, nil
}

// goLive makes a view's first or newer version the live one.
func (p *Pipeline[E]) goLive(ctx context.Context, view *registration[E]) error {
	ours := live{Version: view.version, Fingerprint: view.fingerprint, Definition: view.text}
	for {
		isLive, next, err := p.checkLive(ctx, view)
		if err != nil || isLive {
			return err
		}
		err = archive.Publish(ctx, p.config.Archive, view.liveDir(), next, archive.NewNonce(), ours)
		if err != nil && !errors.Is(err, archive.ErrTaken) {
			return fmt.Errorf("cannot publish version %d of view %s: %w", ours.Version, view.name, err)
		}
		// Ours or another's: what is published decides, so it is read again.
	}
}

// maxShown bounds how much of a definition an error shows.
const maxShown = 120

// differences names the parts in which two definitions differ, line by line.
func differences(was, is string) string {
	old, now := strings.Split(was, "\n"), strings.Split(is, "\n")
	var out []string
	for i := range max(len(old), len(now)) {
		a, b := lineAt(old, i), lineAt(now, i)
		if a == b {
			continue
		}
		name, rest, ok := strings.Cut(b, "=")
		if before, found := strings.CutPrefix(a, name+"="); ok && found {
			a, b = before, rest
		} else {
			name = "it"
		}
		out = append(out, fmt.Sprintf("%s was %s and is %s", name, shorten(a), shorten(b)))
	}
	return strings.Join(out, "; ")
}

func lineAt(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}

func shorten(text string) string {
	if len(text) <= maxShown {
		return text
	}
	return strings.ToValidUTF8(text[:maxShown], "") + "…"
}
