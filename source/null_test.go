package source_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/source"
)

type nullEvent struct {
	Coupon *string
	At     time.Time
}

func TestNullIsAValueOrNothing(t *testing.T) {
	for _, n := range []source.Null[int64]{{}, source.Some[int64](0), source.Some[int64](-7)} {
		v, err := source.ValueOf(n)
		require.NoError(t, err)
		require.Equal(t, !n.Valid, v.Null)
		require.Equal(t, source.Int, v.Kind)
		back := source.Some[int64](99)
		require.NoError(t, source.SetValue(&back, v))
		require.Equal(t, n, back)

		text, err := json.Marshal(n)
		require.NoError(t, err)
		back = source.Some[int64](99)
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, n, back)
	}
	require.Equal(t, "null -7", source.Null[int64]{}.String()+" "+source.Some[int64](-7).String())
	require.Error(t, json.Unmarshal([]byte(`"x"`), &source.Null[int64]{}))
	require.ErrorIs(t, source.SetValue(&source.Null[int8]{}, source.Value{Kind: source.Int, Int: 300}), source.ErrValue)

	inner, ok := source.NullType(reflect.TypeFor[source.Null[time.Time]]())
	require.True(t, ok)
	require.Equal(t, reflect.TypeFor[time.Time](), inner)
	_, ok = source.NullType(reflect.TypeFor[time.Time]())
	require.False(t, ok)
}

func TestANullableFieldCanOnlyBeGroupedBy(t *testing.T) {
	coupon := source.OptionalOf(func(e *nullEvent) **string { return &e.Coupon })
	nullable := source.Nullable(coupon)
	require.Equal(t, source.String, nullable.Kind())
	require.Equal(t, coupon.String(), nullable.String())
	b, err := source.NewBinder[nullEvent]()
	require.NoError(t, err)
	_, err = nullable.Bind(b)
	require.NoError(t, err)

	_, err = source.Map(nullable, func(n source.Null[string]) bool { return n.Valid }).Bind(b)
	require.ErrorIs(t, err, source.ErrField)
	_, err = source.Equal(nullable, source.Some("x")).Bind(b)
	require.ErrorIs(t, err, source.ErrField)
	_, err = source.Less(nullable, source.Some("x")).Bind(b)
	require.ErrorIs(t, err, source.ErrField)
}

func ExampleNullable() {
	coupon := source.OptionalOf(func(e *nullEvent) **string { return &e.Coupon })
	fmt.Println(source.Nullable(coupon).Kind(), source.Some("VERANO"), source.Null[string]{})
	// Output: string VERANO null
}
