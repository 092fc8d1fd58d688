package archive

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Publish puts body, as JSON in an envelope, under number n of dir (the object
// <dir>/<n, twenty digits>.json), if nobody has published under that number:
// else it is ErrTaken, and the caller reads [Latest] and decides again. Nonce
// is unique to the attempt; publishing again with the same nonce finds what
// was published first and succeeds.
//
// After ErrUnsettled the publication may be there or not, and may yet appear.
// Publish may be called concurrently and doesn't retain body.
func Publish(ctx context.Context, store Store, dir string, n int64, nonce string, body any) error {
	if n < 0 || n > maxNumber {
		return fmt.Errorf("%w: cannot publish under number %d", ErrInvalid, n)
	}
	name := numbered(dir, n)
	sealed, err := seal(nonce, body)
	if err != nil {
		return fmt.Errorf("cannot publish %s: %w", name, err)
	}
	err = settle(ctx, store, name, sealed, ours(nonce))
	if errors.Is(err, errOthers) {
		return fmt.Errorf("%w: %s", ErrTaken, name)
	}
	return err
}

// Latest decodes the publication of dir with the greatest number into into, a
// pointer, and returns its number; found is false where there is none. Objects
// in folders below dir aren't publications and are passed over.
//
// A publication with a field that into doesn't have is ErrFormat; one that was
// changed since it was put is ErrCorrupt.
func Latest(ctx context.Context, store Store, dir string, into any) (n int64, found bool, err error) {
	n, err = newest(ctx, store, dir, -1)
	if err != nil || n < 0 {
		return 0, false, err
	}
	if err := readNumbered(ctx, store, dir, n, into); err != nil {
		return 0, false, err
	}
	return n, true, nil
}

// Latest is the function Latest for who asks again and again: n is -1 where there
// is no publication, and where it's known, which an earlier call gave, into stays as
// it is: a publication never changes, and isn't read again.
func (a *Archive) Latest(ctx context.Context, dir string, known int64, into any) (n int64, err error) {
	n, err = a.listOnce(ctx, dir, func() (int64, error) { return newest(ctx, a.store, dir, -1) })
	if err != nil || n < 0 || n == known {
		return n, err
	}
	return n, readNumbered(ctx, a.store, dir, n, into)
}

// readNumbered decodes publication n of dir into into.
func readNumbered(ctx context.Context, store Store, dir string, n int64, into any) error {
	name := numbered(dir, n)
	_, body, err := getSealed(ctx, store, name)
	if err != nil {
		return err
	}
	if err := decodeStrict(body, into); err != nil {
		kind := ErrCorrupt
		if errors.Is(err, errUnknownField) {
			kind = ErrFormat
		}
		return fmt.Errorf("%s: %w: %w", name, kind, err)
	}
	return nil
}

// newest is the greatest number published in dir, at least known, which is a
// number that was seen there or -1.
//
// A base's files lie beside its publication, so listing all of dir would be
// listing every file of every base. Young directories are done within one
// page. In others the search doubles its step, and then halves it: a listing
// that starts behind number x and ends without a publication says that there
// is none above x.
func newest(ctx context.Context, store Store, dir string, known int64) (int64, error) {
	const unknown = 4 * maxNumber
	low, high := known, int64(unknown) // the newest is in [low, high)
	for step, above := int64(1), known; high-low > 1; {
		n, found, done, err := firstPage(ctx, store, dir, above)
		if err != nil {
			return 0, fmt.Errorf("cannot list %s: %w", dir, err)
		}
		if found {
			low = n
		} else {
			high = above + 1
		}
		if found && done {
			return low, nil
		}
		if high == unknown {
			step *= 2
			above = low + step
		} else {
			above = low + (high-low-1)/2
		}
	}
	return low, nil
}

// pageSize is how many names one look at a directory takes in.
const pageSize = 512

// firstPage looks through the names behind number above until it has seen a
// page of them and at least one publication, and returns the last publication
// it saw. Done says that the listing ended.
func firstPage(ctx context.Context, store Store, dir string, above int64) (n int64, found, done bool, err error) {
	// '0' follows '/', so this passes over the number's own folder.
	after := ""
	if above >= 0 {
		after = fmt.Sprintf("%s/%020d0", dir, above)
	}
	for seen := 0; ; {
		skip := ""
		for name, err := range store.List(ctx, dir+"/", after) {
			if err != nil {
				return 0, false, false, err
			}
			if number, ok := numberOf(dir, name); ok {
				n, found = number, true
			}
			if seen++; seen >= pageSize && found {
				return n, true, false, nil
			}
			if folder, ok := folderOf(dir, name); ok && seen >= pageSize {
				skip = folder + "0"
				break
			}
		}
		if skip == "" {
			return n, found, true, nil
		}
		after = skip
	}
}

// folderOf is the folder of dir that name lies in, if it lies in one.
func folderOf(dir, name string) (string, bool) {
	rest := strings.TrimPrefix(name, dir+"/")
	folder, _, ok := strings.Cut(rest, "/")
	return dir + "/" + folder, ok
}
