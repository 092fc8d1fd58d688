package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxObject bounds the JSON objects, written and read, so that a hostile one
// can't ask for much memory.
const maxObject = 16 << 20

const (
	sumStart   = `{"sha256":"`
	sumEnd     = `",`
	nonceStart = `"nonce":"`
	bodyStart  = `","body":`
	bodyEnd    = "}"
	sumSize    = 2 * sha256.Size
)

// seal wraps body in an envelope. The form is fixed to the byte, so that
// reading it back needs no leniency that a flipped byte could slip through.
func seal(nonce string, body any) ([]byte, error) {
	if !validNonce(nonce) {
		return nil, fmt.Errorf("%w: %q can't be a nonce", ErrInvalid, nonce)
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("%w: cannot encode: %w", ErrInvalid, err)
	}
	rest := nonceStart + nonce + bodyStart + string(raw) + bodyEnd
	sealed := []byte(sumStart + digest([]byte(rest)) + sumEnd + rest)
	if len(sealed) > maxObject {
		return nil, fmt.Errorf("%w: %d bytes of JSON are more than the %d that one object may have", ErrInvalid, len(sealed), maxObject)
	}
	return sealed, nil
}

// open undoes seal. Its errors are ErrCorrupt and don't name the object.
func open(sealed []byte) (nonce string, body []byte, err error) {
	head := len(sumStart) + sumSize + len(sumEnd)
	if len(sealed) < head || len(sealed) > maxObject {
		return "", nil, fmt.Errorf("%w: %d bytes", ErrCorrupt, len(sealed))
	}
	rest := sealed[head:]
	if string(sealed[:head]) != sumStart+digest(rest)+sumEnd {
		return "", nil, fmt.Errorf("%w: wrong checksum", ErrCorrupt)
	}
	rest, ok := bytes.CutPrefix(rest, []byte(nonceStart))
	raw, body, found := bytes.Cut(rest, []byte(bodyStart))
	body, closed := bytes.CutSuffix(body, []byte(bodyEnd))
	if !ok || !found || !closed || !validNonce(string(raw)) {
		return "", nil, fmt.Errorf("%w: not an envelope", ErrCorrupt)
	}
	return string(raw), body, nil
}

// nonceOf returns whose a stored envelope is.
func nonceOf(sealed []byte) (string, error) {
	nonce, _, err := open(sealed)
	return nonce, err
}

// getSealed reads and opens the envelope called name.
func getSealed(ctx context.Context, store Store, name string) (nonce string, body []byte, err error) {
	sealed, err := store.Get(ctx, name, 0, maxObject+1)
	if errors.Is(err, ErrNotFound) {
		return "", nil, fmt.Errorf("%w: %s", ErrMissing, name)
	}
	if err != nil {
		return "", nil, fmt.Errorf("cannot read %s: %w", name, err)
	}
	nonce, body, err = open(sealed)
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", name, err)
	}
	return nonce, body, nil
}

// errUnknownField marks JSON that says more than this release understands.
var errUnknownField = errors.New("unknown field")

// decodeStrict decodes exactly one JSON value, all of whose fields into knows.
func decodeStrict(raw []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		// encoding/json has no type for this error: decoding once more without
		// the rule tells it from the others.
		if json.Unmarshal(raw, into) == nil {
			return fmt.Errorf("%w: %w", errUnknownField, err)
		}
		return err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return errors.New("more than one JSON value")
	}
	return nil
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
