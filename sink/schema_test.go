package sink_test

import (
	"bytes"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

type ratio float64

// requireColumns checks the columns of a key and a value, without the row's own.
func requireColumns[K, R any](t *testing.T, identity int, want ...string) {
	t.Helper()
	schema, err := sink.SchemaOf[K, R](sink.SchemaOptions{})
	require.NoError(t, err)
	var names []string
	for _, c := range schema.Columns {
		name := c.Name + " " + c.Kind.String()
		if c.Nullable {
			name += " null"
		}
		names = append(names, name)
	}
	require.Equal(t, []string{"view string", "window_start time null", "window_end time null"}, names[:3])
	require.Equal(t, []string{"version int", "timing string", "final bool", "removed bool"}, names[len(names)-4:])
	require.Equal(t, want, names[3:len(names)-4])
	require.Equal(t, 3+identity, schema.Identity)
}

func TestSchemaColumns(t *testing.T) {
	type tagged struct {
		A int64    `json:"a,omitzero"`
		B int64    `anabranch:"b,decimal=2" json:"other"`
		C *float64 `json:"c"`
		D int      `json:"-"`
		E struct{ F []int }
		G map[string]int
	}
	requireColumns[string, int](t, 1, "key string", "value int")
	requireColumns[struct{}, ratio](t, 0, "value float")
	requireColumns[source.Null[string], source.Null[int64]](t, 1, "key string null", "value int null")
	requireColumns[time.Time, []string](t, 1, "key time", "value opaque")
	requireColumns[[2]int, map[string]float64](t, 1, "key opaque", "value opaque")
	requireColumns[int, tagged](t, 1, "key int", "a int", "b decimal", "c float null", "E.F opaque", "G opaque")
	requireColumns[tagged, *int](t, 5, "a int", "b decimal", "c float null", "E.F opaque", "G opaque", "value int null")
	requireColumns[struct{ Value int }, int](t, 1, "Value int", "value int")
	requireColumns[struct {
		Key int `json:"value"`
	}, struct {
		Value int `json:"key"`
	}](t, 1, "value int", "key int")
}

func requireRefused[K, R any](t *testing.T, want error, options sink.SchemaOptions, parts ...string) {
	t.Helper()
	_, err := sink.SchemaOf[K, R](options)
	require.ErrorIs(t, err, want)
	for _, part := range parts {
		require.ErrorContains(t, err, part)
	}
	lines, err := sink.JSONLines[K, R](&bytes.Buffer{}, options)
	require.ErrorIs(t, err, want)
	require.Nil(t, lines)
	csv, err := sink.CSV[K, R](&bytes.Buffer{}, sink.CSVOptions{Schema: options})
	require.ErrorIs(t, err, want)
	require.Nil(t, csv)
}

func TestSchemaRefuses(t *testing.T) {
	type withView struct {
		View int `json:"view"`
	}
	type withKey struct {
		Key int `json:"key"`
	}
	type withGroup struct {
		In struct{ X int } `json:"in"`
	}
	type alsoGroup struct {
		Other int
		In    struct{ Y int } `json:"in"`
	}
	none := sink.SchemaOptions{}
	requireRefused[withView, int](t, sink.ErrNames, none, `"view"`, "key sink_test.withView, value int")
	requireRefused[int, withView](t, sink.ErrNames, none, `"view"`)
	requireRefused[int, struct{ withView }](t, sink.ErrNames, none, `"view"`)
	requireRefused[int, withKey](t, sink.ErrNames, none, `"key"`)
	requireRefused[withKey, withKey](t, sink.ErrNames, none, `"key"`)
	requireRefused[withGroup, withGroup](t, sink.ErrNames, none, `"in.X"`)
	requireRefused[withGroup, alsoGroup](t, sink.ErrNames, none, `in`, "group")
	requireRefused[struct {
		A int `json:"final"`
	}, int](t, sink.ErrNames, none, `"final"`)
	requireRefused[struct {
		A int `json:"timing"`
	}, int](t, sink.ErrNames, none, `"timing"`)
	requireRefused[int, struct {
		A int `json:"removed"`
	}](t, sink.ErrNames, none, `"removed"`)
	requireRefused[int, int](t, sink.ErrNames, sink.SchemaOptions{Rename: map[string]string{"value": "removed"}}, `"removed"`)
	requireRefused[int, int](t, sink.ErrNames, sink.SchemaOptions{Rename: map[string]string{"value": "version"}}, `"version"`)
	requireRefused[int, int](t, sink.ErrNames, sink.SchemaOptions{Rename: map[string]string{"values": "x"}}, `no column "values"`)
	requireRefused[int, int](t, sink.ErrNames, sink.SchemaOptions{Decimals: map[string]int{"values": 2}}, `no column "values"`)

	requireRefused[int, any](t, sink.ErrType, none, "interface")
	requireRefused[int, chan int](t, sink.ErrType, none, "chan int can't be stored")
	requireRefused[int, struct{ F func() }](t, sink.ErrType, none, "field F")
	requireRefused[int, *withView](t, sink.ErrType, none)
	requireRefused[struct{ hidden int }, int](t, sink.ErrType, none, "shows no fields")
	requireRefused[big.Int, int](t, sink.ErrType, none, "shows no fields")
	requireRefused[int, complex64](t, sink.ErrType, sink.SchemaOptions{Rename: map[string]string{"key": "x"}}, "complex64")
}

func TestGroupsMayBeNestedAndFollowEachOther(t *testing.T) {
	type leaf struct{ X, Y int }
	type value struct {
		A struct {
			B leaf
			C leaf
			Z int
		}
		D leaf
	}
	var out bytes.Buffer
	s, err := sink.JSONLines[leaf, value](&out, sink.SchemaOptions{Rename: map[string]string{"A": "a", "view": "vista"}})
	require.NoError(t, err)
	lima := time.FixedZone("", -5*3600)
	require.NoError(t, s.Write(t.Context(), []sink.Row[leaf, value]{{View: "v", Window: window.Hour(lima).At(noon)}}))
	schema, err := sink.SchemaOf[leaf, value](sink.SchemaOptions{Rename: map[string]string{"version": "v"}})
	require.NoError(t, err)
	require.Equal(t, "v", schema.Columns[schema.Version].Name)
	require.Equal(t, `{"vista":"v","window_start":"2026-11-01T12:00:00Z","window_end":"2026-11-01T13:00:00Z","X":0,"Y":0,`+
		`"a":{"B":{"X":0,"Y":0},"C":{"X":0,"Y":0},"Z":0},"D":{"X":0,"Y":0},"version":0,"timing":"early","final":false,"removed":false}`+"\n", out.String())
}

func TestRecordsAreRows(t *testing.T) {
	for _, span := range []window.Span{{}, window.Hour(time.UTC).At(noon), {Start: time.Time{}, End: noon}} {
		row := sink.Row[string, int]{View: "v", Window: span, Key: "k", Value: 3, Version: 4, Final: true}
		record := sink.RecordOf(&row)
		require.Equal(t, span != window.Span{}, record.Start.Valid && record.End.Valid)
		require.Equal(t, row, record.Row())
	}
	for timing, name := range map[sink.Timing]string{sink.Early: "early", sink.OnTime: "on-time", sink.Late: "late"} {
		row := sink.Row[string, int]{View: "v", Timing: timing, Removed: timing == sink.Late, Previous: new(5)}
		record := sink.RecordOf(&row)
		require.Equal(t, name, record.Timing)
		row.Previous = nil
		require.Equal(t, row, record.Row(), "all but the value before comes back")
	}
	unknown := sink.Record[string, int]{Timing: "some other text"}
	require.Equal(t, sink.Early, unknown.Row().Timing)
}

func TestEncoderNormalises(t *testing.T) {
	schema, err := sink.SchemaOf[string, float64](sink.SchemaOptions{})
	require.NoError(t, err)
	encoder := schema.Encoder()
	first, err := encoder.Encode([]sink.Row[string, float64]{{Key: "a\xff", Value: 1}, {Key: "b", Value: 2}})
	require.NoError(t, err)
	require.NoError(t, first.Check())
	_, err = encoder.Encode([]sink.Row[string, float64]{{Key: "c", Window: window.Span{End: time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)}}})
	require.ErrorIs(t, err, sink.ErrValue)
	second, err := encoder.Encode([]sink.Row[string, float64]{{Key: "d", Value: 3}})
	require.NoError(t, err)
	require.Equal(t, []sink.Record[string, float64]{{Key: "d", Value: 3, Timing: "early"}}, second.Rows(), "the row that was refused is forgotten")
	require.Equal(t, []sink.Record[string, float64]{{Key: "a\ufffd", Value: 1, Timing: "early"}, {Key: "b", Value: 2, Timing: "early"}}, first.Rows(), "an earlier chunk stays as it was")
	none, err := encoder.Encode(nil)
	require.NoError(t, err)
	require.Zero(t, none.Len())
}
