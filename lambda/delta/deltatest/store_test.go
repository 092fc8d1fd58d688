package deltatest

import (
	"testing"

	"github.com/anabranch-go/anabranch/lambda/delta"
)

func TestMemory(t *testing.T) {
	TestStore(t, func(*testing.T) delta.Store { return delta.Memory() })
}
