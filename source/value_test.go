package source_test

import (
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/source"
)

func TestSetValueIsTheInverseOfValueOf(t *testing.T) {
	for _, want := range []any{true, false, 5, int8(-3), uint64(math.MaxInt64), uint16(9), level(4), money(12), 1.5, float32(0.1),
		"text", region("norte"), time.Date(2024, 1, 2, 3, 4, 5, 6000, time.UTC), stamp(time.Date(2024, 1, 2, 3, 4, 5, 6000, time.UTC)), time.Time{}} {
		v, err := source.ValueOf(want)
		require.NoError(t, err)
		got := reflect.New(reflect.TypeOf(want))
		require.NoError(t, source.SetValue(got.Interface(), v))
		require.Equal(t, want, got.Elem().Interface())
		require.NoError(t, source.SetValue(got.Interface(), source.Value{Null: true}))
		require.True(t, got.Elem().IsZero())
	}
}

func TestValueOfRefuses(t *testing.T) {
	for _, v := range []any{nil, []int{1}, struct{}{}, new(int), 1i} {
		_, err := source.ValueOf(v)
		require.ErrorIs(t, err, source.ErrField)
	}
	for _, v := range []any{uint64(math.MaxUint64), time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)} {
		_, err := source.ValueOf(v)
		require.ErrorIs(t, err, source.ErrValue)
	}
}

func TestSetValueRefuses(t *testing.T) {
	for _, dst := range []any{nil, 5, (*int)(nil), new([]int)} {
		require.ErrorIs(t, source.SetValue(dst, source.Value{Kind: source.Int}), source.ErrField)
	}
	for _, test := range []struct {
		dst any
		v   int64
	}{{new(int8), 128}, {new(uint8), -1}, {new(uint8), 256}, {new(uint64), -1}} {
		require.ErrorIs(t, source.SetValue(test.dst, source.Value{Kind: source.Int, Int: test.v}), source.ErrValue)
	}
}

func TestMicrosAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := rawTime.Draw(t, "at")
		us, err := source.Micros(at)
		require.NoError(t, err)
		back := source.FromMicros(us)
		require.Equal(t, time.UTC, back.Location())
		require.False(t, back.After(at))
		require.Less(t, at.Sub(back), time.Microsecond)
	})
}

func TestValuesShowThemselves(t *testing.T) {
	for want, v := range map[string]source.Value{
		"null": {Kind: source.Int, Null: true}, "12": {Kind: source.Int, Int: 12}, "1.5": {Kind: source.Float, Float: 1.5},
		`"a"`: {Kind: source.String, Text: "a"}, "true": {Kind: source.Bool, Int: 1}, "1970-01-01T00:00:01Z": {Kind: source.Time, Int: 1e6},
		"1234": {Kind: source.Decimal, Int: 1234},
	} {
		require.Equal(t, want, v.String())
	}
}

func TestInternerGivesEachTextOneCode(t *testing.T) {
	d := source.NewInterner()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		code := d.Code(text)
		before := d.Dictionary()
		require.Equal(t, code, d.CodeBytes([]byte(text)))
		require.Equal(t, text, before.Values[code])
		require.Equal(t, d.Len(), len(before.Values))
		other := d.CodeBytes([]byte(text + "+"))
		require.NotEqual(t, code, other)
		require.Equal(t, before.ID, d.Dictionary().ID)
		require.Equal(t, text, before.Values[code])
	})
}
