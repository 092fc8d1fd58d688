package lambda

import (
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

type sameInner struct {
	hidden []int
	Any    any
}

// sameOuter has a field of every kind that a result can be made of.
type sameOuter struct {
	A bool
	B int8
	C uint64
	D string
	E [2]sameInner
	F map[string]*sameInner
	G *int
	H time.Time
	I []byte
}

func drawOuter(t *rapid.T) sameOuter {
	small := rapid.IntRange(0, 1)
	inner := func() sameInner {
		in := sameInner{}
		if small.Draw(t, "list") == 1 {
			in.hidden = make([]int, small.Draw(t, "length"))
		}
		switch rapid.IntRange(0, 3).Draw(t, "any") {
		case 1:
			in.Any = small.Draw(t, "int")
		case 2:
			in.Any = int64(small.Draw(t, "int64"))
		case 3:
			in.Any = []string{"a"}
		}
		return in
	}
	out := sameOuter{A: small.Draw(t, "A") == 1, B: int8(small.Draw(t, "B")), C: uint64(small.Draw(t, "C")),
		D: []string{"", "a"}[small.Draw(t, "D")], E: [2]sameInner{inner(), inner()}, I: make([]byte, small.Draw(t, "I"))}
	if small.Draw(t, "F") == 1 {
		in := inner()
		out.F = map[string]*sameInner{"a": &in, "b": nil}
		delete(out.F, []string{"a", "b"}[small.Draw(t, "deleted")])
	}
	if small.Draw(t, "G") == 1 {
		n := small.Draw(t, "n")
		out.G = &n
	}
	if small.Draw(t, "H") == 1 {
		out.H = time.UnixMicro(int64(small.Draw(t, "us"))).In(time.FixedZone("there", 3600))
	}
	return out
}

// TestSameIsDeepEqual compares the two, on values that differ in little or
// nothing.
func TestSameIsDeepEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawOuter(t), drawOuter(t)
		if rapid.Bool().Draw(t, "alike") {
			from, to := reflect.ValueOf(a), reflect.ValueOf(&b).Elem()
			but := rapid.IntRange(0, to.NumField()).Draw(t, "but")
			for i := range to.NumField() {
				if i != but {
					to.Field(i).Set(from.Field(i))
				}
			}
		}
		require.Equal(t, reflect.DeepEqual(a, b), same(a, b))
		require.True(t, same(a, a))
	})
}

func TestSameTakesNaNForNaN(t *testing.T) {
	type ratio struct {
		F []float32
		C complex128
		P *float64
	}
	makeRatio := func(f float64) ratio { return ratio{[]float32{float32(f)}, complex(0, f), &f} }
	require.True(t, same(makeRatio(math.NaN()), makeRatio(math.NaN())))
	require.False(t, same(makeRatio(math.NaN()), makeRatio(0)))
	require.True(t, same(math.Inf(1), math.Inf(1)))
	require.False(t, same(math.Inf(1), math.Inf(-1)))
}

func TestSameEnds(t *testing.T) {
	type ring struct{ Next *ring }
	a, b := &ring{}, &ring{}
	a.Next, b.Next = a, b
	require.False(t, same(a, b), "rings count as different")
	require.True(t, same(a, a))
	f := func() {}
	require.False(t, same(f, f))
	require.True(t, same[func()](nil, nil))
	require.True(t, same[any](nil, nil))
	require.False(t, same[any](nil, 1))
}

func BenchmarkSame(b *testing.B) {
	type sales struct {
		Orders, Cents int64
		Mean          float64
		Top           string
	}
	x, y := sales{1, 2, 3, "libros"}, sales{1, 2, 3, "libros"}
	b.ReportAllocs()
	for b.Loop() {
		if !same(x, y) {
			b.Fatal("they're the same")
		}
	}
}
