package lambda

import (
	"math"
	"reflect"
)

// sameDepth is how deep results are compared. What lies deeper, as in a ring of
// pointers, counts as different.
const sameDepth = 64

// same says whether two results are the same. It's reflect.DeepEqual but for
// NaN, which is the same as NaN: a ratio of nothing to nothing doesn't change.
func same[R any](a, b R) bool {
	return sameValue(reflect.ValueOf(&a).Elem(), reflect.ValueOf(&b).Elem(), sameDepth)
}

func sameValue(a, b reflect.Value, depth int) bool {
	if !a.IsValid() || !b.IsValid() {
		return a.IsValid() == b.IsValid() // nil interfaces
	}
	if a.Type() != b.Type() || depth == 0 {
		return false
	}
	depth--
	switch a.Kind() {
	case reflect.Float32, reflect.Float64:
		return sameFloat(a.Float(), b.Float())
	case reflect.Complex64, reflect.Complex128:
		x, y := a.Complex(), b.Complex()
		return sameFloat(real(x), real(y)) && sameFloat(imag(x), imag(y))
	case reflect.Struct:
		for i := range a.NumField() {
			if !sameValue(a.Field(i), b.Field(i), depth) {
				return false
			}
		}
		return true
	case reflect.Slice:
		return a.IsNil() == b.IsNil() && sameElements(a, b, depth)
	case reflect.Array:
		return sameElements(a, b, depth)
	case reflect.Map:
		return a.IsNil() == b.IsNil() && sameMap(a, b, depth)
	case reflect.Pointer:
		return a.Pointer() == b.Pointer() || sameValue(a.Elem(), b.Elem(), depth)
	case reflect.Interface:
		return sameValue(a.Elem(), b.Elem(), depth)
	case reflect.Func:
		return a.IsNil() && b.IsNil()
	}
	return a.Equal(b)
}

func sameFloat(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }

func sameElements(a, b reflect.Value, depth int) bool {
	if a.Len() != b.Len() {
		return false
	}
	for i := range a.Len() {
		if !sameValue(a.Index(i), b.Index(i), depth) {
			return false
		}
	}
	return true
}

func sameMap(a, b reflect.Value, depth int) bool {
	if a.Len() != b.Len() {
		return false
	}
	for entries := a.MapRange(); entries.Next(); {
		if other := b.MapIndex(entries.Key()); !other.IsValid() || !sameValue(entries.Value(), other, depth) {
			return false
		}
	}
	return true
}
