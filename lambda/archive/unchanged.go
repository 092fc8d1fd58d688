package archive

import "context"

// stamper is a Store that can tell for less than a listing costs that a folder is
// as it was.
type stamper interface {
	// stamp gives what changes whenever a name is put into folder itself, not into
	// folders below. It's not ok where there's no such thing.
	stamp(folder string) (s stamp, ok bool)
	// isSettled says whether the next change will surely give another stamp.
	isSettled(s stamp) bool
}

// stamp is a state of a directory.
type stamp struct {
	device, inode  uint64
	mtime, changed int64 // ns
}

// listed is what a listing of a folder found, and the stamp from before it.
type listed struct {
	stamp  stamp
	newest int64
}

// listOnce gives the greatest number in a folder, as list does, which isn't called
// where the folder is as it was at an earlier listing: queries ask every time
// whether there's anything new, and mostly there isn't.
//
// The stamp is older than the listing. So what is put in between may be in the
// listing, and changes the stamp all the same: the next call lists again.
func (a *Archive) listOnce(ctx context.Context, folder string, list func() (int64, error)) (int64, error) {
	store, ok := a.store.(stamper)
	if !ok {
		return list()
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	now, ok := store.stamp(folder)
	if !ok {
		return list()
	}
	a.mu.Lock()
	before, known := a.listings[folder]
	a.mu.Unlock()
	if known && before.stamp == now {
		return before.newest, nil
	}
	sure := store.isSettled(now)
	n, err := list()
	if err == nil && sure {
		a.mu.Lock()
		a.listings[folder] = listed{now, n}
		a.mu.Unlock()
	}
	return n, err
}
