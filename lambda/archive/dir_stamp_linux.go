package archive

import (
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

// stamp implements stamper. The time of change can't be set by anybody, so copying
// tools don't confuse it.
func (d *dir) stamp(folder string) (s stamp, ok bool) {
	path := d.path(folder)
	now := time.Now().UnixNano()
	var info syscall.Stat_t
	if syscall.Stat(path, &info) != nil || info.Mode&syscall.S_IFMT != syscall.S_IFDIR {
		return s, false // a listing will say why
	}
	s = stamp{uint64(info.Dev), uint64(info.Ino), info.Mtim.Nano(), info.Ctim.Nano()}
	return s, now-s.changed > int64(d.settled) && d.isLocal(path, s.device)
}

// isLocal says whether the device that path is on is this machine's.
func (d *dir) isLocal(path string, device uint64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	local, known := d.local[device]
	if !known {
		var system syscall.Statfs_t
		local = syscall.Statfs(path, &system) == nil && localSystems[int64(system.Type)]
		if d.local == nil {
			d.local = map[uint64]bool{}
		}
		d.local[device] = local
	}
	return local
}
