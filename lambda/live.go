package lambda

import (
	"context"
	"errors"
	"fmt"

	"github.com/anabranch-go/anabranch/lambda/archive"
)

// live is the publication that says which version of a view is live.
type live struct {
	Version     int    `json:"version"`
	Fingerprint string `json:"fingerprint"`
	Definition  string `json:"definition"` // for people
}

// checkLive compares a view with the archive's live version of it, once. A first
// or a newer version becomes the live one.
func (p *Pipeline[E]) checkLive(ctx context.Context, view *registration[E]) error {
	view.mu.Lock()
	defer view.mu.Unlock()
	if view.checked {
		return nil
	}
	dir := view.dir() + "/live"
	ours := live{Version: view.version, Fingerprint: view.fingerprint, Definition: view.text}
	for nonce := archive.NewNonce(); ; nonce = archive.NewNonce() {
		var known live
		n, found, err := archive.Latest(ctx, p.config.Archive, dir, &known)
		switch {
		case err != nil:
			return fmt.Errorf("cannot read the live version of view %s: %w", view.name, err)
		case found && known.Fingerprint == ours.Fingerprint:
			view.checked = true
			return nil
		case found && known.Version == ours.Version:
			return fmt.Errorf("%w: view %s version %d; raise View.Version, or restore the definition, which was:\n%s",
				ErrDefinition, view.name, ours.Version, known.Definition)
		case found && known.Version > ours.Version:
			return fmt.Errorf("%w: view %s is at version %d, and this program has version %d",
				ErrVersion, view.name, known.Version, ours.Version)
		case found:
			n++
		}
		err = archive.Publish(ctx, p.config.Archive, dir, n, nonce, ours)
		if err != nil && !errors.Is(err, archive.ErrTaken) {
			return fmt.Errorf("cannot publish version %d of view %s: %w", ours.Version, view.name, err)
		}
		// Ours or another's: what is published decides, so it is read again.
	}
}
