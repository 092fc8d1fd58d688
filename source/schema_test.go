package source_test

import (
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/source"
)

func TestSchemaOfEveryKind(t *testing.T) {
	var got []string
	for i, c := range schemaOf[wide](t).Columns {
		text := fmt.Sprintf("%s %s", c.Name, c.Kind)
		if c.Kind == source.Decimal {
			text += fmt.Sprint(" ", c.Scale)
		}
		if c.Nullable {
			text += " null"
		}
		got = append(got, text)
		number, ok := schemaOf[wide](t).Lookup(c.Name)
		require.True(t, ok)
		require.Equal(t, i, number)
	}
	require.Equal(t, []string{
		"id int", "at time", "seen time null", "Stamp time", "OK bool", "Level int", "Small int", "Word int", "Count int",
		"price decimal 2", "discount decimal 3 null", "score float", "Region string", "Note string null",
		"inner.Weight float", "inner.deep.Flag bool null", "tags opaque", "props opaque", "Pair opaque",
	}, got)
	_, ok := schemaOf[wide](t).Lookup("Hidden")
	require.False(t, ok)
}

func TestSchemaNamesEmbeddedStructs(t *testing.T) {
	type named struct {
		base `json:"who"`
		Base base
	}
	var names []string
	for _, c := range schemaOf[named](t).Columns {
		names = append(names, c.Name)
	}
	require.Equal(t, []string{"who.id", "Base.id"}, names)
}

func refuse[E any](t *testing.T, part string) {
	t.Helper()
	_, err := source.SchemaOf[E]()
	require.ErrorIs(t, err, source.ErrSchema)
	require.ErrorContains(t, err, part)
}

func TestSchemaRefuses(t *testing.T) {
	type empty struct{ hidden int }
	_ = empty{hidden: 1}
	refuse[int](t, "not a struct")
	refuse[*wide](t, "not a struct")
	refuse[time.Time](t, "not a struct")
	refuse[stamp](t, "not a struct")
	refuse[empty](t, "no exported field")
	refuse[struct{ X chan int }](t, "field X: a chan int can't be stored")
	refuse[struct{ X any }](t, "can't be stored")
	refuse[struct{ X complex128 }](t, "can't be stored")
	refuse[struct{ X *[]int }](t, "can't be stored")
	refuse[struct{ X **int }](t, "can't be stored")
	refuse[struct{ X *inner }](t, "can't be stored")
	refuse[struct{ X big.Int }](t, "shows no fields")
	refuse[struct {
		X int `anabranch:"_partition"`
	}](t, "begin with _")
	refuse[struct {
		X int `anabranch:"a.b"`
	}](t, "a dot separates")
	refuse[struct {
		X int `anabranch:"a"`
		Y int `json:"a"`
	}](t, `column "a" and column "a" have one name`)
	refuse[struct {
		X int  `anabranch:"a"`
		Y base `anabranch:"a"`
	}](t, `column "a" and column "a.id" have one name`)
	refuse[struct {
		X int `anabranch:"a,decimal=2"`
	}](t, "a decimal is an int64")
	refuse[struct {
		X base `anabranch:"a,decimal=2"`
	}](t, "a decimal is an int64")
	refuse[struct {
		X int64 `anabranch:"a,decimal=19"`
	}](t, "the scale is 0 to 18")
	refuse[struct {
		X int64 `anabranch:"a,decimal="`
	}](t, "the scale is 0 to 18")
	refuse[struct {
		X int64 `anabranch:"a,decimal=-1"`
	}](t, "the scale is 0 to 18")
	refuse[struct {
		X int64 `anabranch:"a,key"`
	}](t, `"key" isn't known`)
}

func TestKindsHaveNames(t *testing.T) {
	require.Equal(t, "invalid bool int float string time decimal opaque invalid",
		fmt.Sprintf("%s %s %s %s %s %s %s %s %s", source.Invalid, source.Bool, source.Int, source.Float, source.String,
			source.Time, source.Decimal, source.Opaque, source.Kind(200)))
}
