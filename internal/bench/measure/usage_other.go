//go:build !unix || solaris || illumos || aix

package measure

import (
	"errors"
	"fmt"
	"time"
)

// CPUTime isn't told here.
func CPUTime() (time.Duration, error) {
	return 0, fmt.Errorf("measure: the process's CPU time on this system: %w", errors.ErrUnsupported)
}

// PeakMiB isn't told here: 0.
func PeakMiB() float64 { return 0 }
