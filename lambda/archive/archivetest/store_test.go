package archivetest_test

import (
	"path/filepath"
	"testing"

	"github.com/anabranch-go/anabranch/lambda/archive"
	"github.com/anabranch-go/anabranch/lambda/archive/archivetest"
)

func TestMemory(t *testing.T) {
	archivetest.TestStore(t, func(*testing.T) archive.Store { return archive.Memory() })
}

func TestDir(t *testing.T) {
	archivetest.TestStore(t, func(t *testing.T) archive.Store {
		return archive.Dir(filepath.Join(t.TempDir(), "not", "yet", "made"))
	})
}

func TestFaultlessFaults(t *testing.T) {
	archivetest.TestStore(t, func(*testing.T) archive.Store {
		return archivetest.NewFaults(archive.Memory(), nil)
	})
}
