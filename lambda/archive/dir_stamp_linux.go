package archive

import (
	"os"
	"runtime"
	"syscall"
	"time"
)

// localSystems are file systems, by their numbers, whose directories change on this
// machine alone: no server's, whose times may be a while old here, and no other's
// clock.
var localSystems = map[int64]bool{
	0xEF53:     true, // ext4
	0x58465342: true, // XFS
	0x9123683E: true, // Btrfs
	0x2FC12FC1: true, // ZFS
	0xF2F52010: true, // F2FS
	0x01021994: true, // tmpfs
}

// watched is a directory that stays open: to ask that for its times costs less than
// half of going its path. The file is closed when the store is forgotten.
type watched struct {
	file *os.File // nil where times can't be trusted
	fd   int
}

// maxWatched bounds how many directories stay open.
const maxWatched = 128

// stamp implements stamper. The time of change can't be set by anybody, so copying
// tools don't confuse it.
func (d *dir) stamp(folder string) (s stamp, ok bool) {
	w := d.watch(folder)
	if w.file == nil {
		return s, false
	}
	var info syscall.Stat_t
	err := syscall.Fstat(w.fd, &info)
	runtime.KeepAlive(w.file)
	if err != nil || info.Nlink == 0 { // it was removed, and there may be another
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.watched, folder)
		return s, false
	}
	return stamp{uint64(info.Dev), uint64(info.Ino), info.Mtim.Nano(), info.Ctim.Nano()}, true
}

// isSettled implements stamper.
func (d *dir) isSettled(s stamp) bool { return time.Now().UnixNano()-s.changed > int64(d.settled) }

// watch opens a directory, or gives it where it's open.
func (d *dir) watch(folder string) watched {
	d.mu.Lock()
	defer d.mu.Unlock()
	w, ok := d.watched[folder]
	if ok || len(d.watched) >= maxWatched {
		return w
	}
	file, err := os.OpenFile(d.path(folder), os.O_RDONLY|syscall.O_DIRECTORY, 0)
	if err != nil {
		return w // a listing will say why
	}
	var system syscall.Statfs_t
	if syscall.Fstatfs(int(file.Fd()), &system) == nil && localSystems[int64(system.Type)] {
		w = watched{file, int(file.Fd())}
	} else {
		file.Close()
	}
	if d.watched == nil {
		d.watched = map[string]watched{}
	}
	d.watched[folder] = w
	return w
}
