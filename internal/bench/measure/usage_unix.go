//go:build unix && !solaris && !illumos && !aix

package measure

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// CPUTime is what the process has used so far, in user and kernel mode.
func CPUTime() (time.Duration, error) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, fmt.Errorf("measure: the process's CPU time: %w", err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), nil
}

// PeakMiB is the peak of the process's resident memory. On Linux it's read from
// /proc, since getrusage's peak starts at that of the program that started this
// one.
func PeakMiB() float64 {
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		if kib, ok := peakKiB(string(status)); ok {
			return kib / 1024
		}
	}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return float64(usage.Maxrss) / (1 << 20) // bytes there
	}
	return float64(usage.Maxrss) / (1 << 10)
}

func peakKiB(status string) (float64, bool) {
	_, rest, found := strings.Cut(status, "\nVmHWM:")
	if !found {
		return 0, false
	}
	fields := strings.Fields(rest)
	kib, err := strconv.ParseFloat(fields[0], 64)
	return kib, err == nil
}
