package clickhousesource_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/sink/clickhousesink"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/source/clickhousesource"
	"github.com/anabranch-go/anabranch/window"
)

type wide struct {
	N      int64 `anabranch:"n"`
	Narrow int8
	Large  uint64
	Yes    bool
	Ratio  float64
	Price  float64 // from a decimal
	Single float32
	Text   string
	Few    string
	Kind   string
	Odd    string                 `anabranch:"a-b c\\'d"`
	Tags   []string               `anabranch:"tags"`
	Money  int64                  `anabranch:"money,decimal=4"`
	Day    time.Time              `anabranch:"day"`
	Far    time.Time              `anabranch:"far"`
	At     time.Time              `anabranch:"at"`
	Fine   time.Time              `anabranch:"fine"`
	Maybe  source.Null[time.Time] `anabranch:"maybe"`
	Note   *string                `anabranch:"note"`
	Absent source.Null[float64]   `anabranch:"absent"`
	Place  struct {
		Code int32 `anabranch:"code"`
	} `anabranch:"place"`
}

const wideTable = "CREATE TABLE t (n UInt8, Narrow Nullable(Int32), Large UInt64, Yes Bool, Ratio Float64, Price Nullable(Decimal(38, 3)), Single Float32," +
	" Text String, Few LowCardinality(Nullable(String)), Kind Enum8('click' = -1, 'view' = 2), `a-b c\\\\'d` String, tags String, money Decimal(9, 2), day Date, far Date32," +
	" at DateTime('America/Lima'), fine DateTime64(9), maybe Nullable(DateTime64(3)), note Nullable(String), `place.code` Int16, other Array(String)) ENGINE = MergeTree ORDER BY n"

func TestValuesOfEveryType(t *testing.T) {
	client := database(t, wideTable,
		`INSERT INTO t VALUES (1, 7, 9223372036854775807, true, nan, 1.125, 0.1, 'día', 'few', 'view', 'odd', '["a","b"]', -12.34, '2026-11-24', '1950-01-02', '2026-11-24 07:00:00', '2026-11-24 12:00:00.123456789', '2026-11-24 12:00:00.123', '', -5, ['x'])`,
		`INSERT INTO t VALUES (2, NULL, 0, false, -inf, NULL, 0, '', NULL, 'click', '', '', 0, '1970-01-01', '2299-12-31', '1970-01-01 00:00:00', '1970-01-01 00:00:00', NULL, NULL, 0, [])`,
		`INSERT INTO t VALUES (3, 300, 0, false, 0, 0, 0, '', '', 'view', '', '[]', 0, 0, 0, 0, 0, NULL, NULL, 0, [])`,
		`INSERT INTO t VALUES (4, 3, 18446744073709551615, false, 0, 0, 0, '', '', 'view', '', '[]', 0, 0, 0, 0, 0, NULL, NULL, 0, [])`)
	client.Settings = append(client.Settings, chSetting("session_timezone", "Asia/Tokyo"))
	events, quarantine := read(t, open(t, client, clickhousesource.Options[wide]{}))
	empty := ""
	want := wide{N: 1, Narrow: 7, Large: math.MaxInt64, Yes: true, Price: 1.125, Single: 0.1, Text: "día", Few: "few", Kind: "view", Odd: "odd", Tags: []string{"a", "b"}, Money: -12_3400,
		Day: utc("2026-11-24T00:00:00Z"), Far: utc("1950-01-02T00:00:00Z"), At: utc("2026-11-24T12:00:00Z"), Fine: utc("2026-11-24T12:00:00.123456Z"),
		Maybe: source.Some(utc("2026-11-24T12:00:00.123Z")), Note: &empty}
	want.Place.Code = -5
	require.Len(t, events, 1)
	require.True(t, math.IsNaN(events[0].Ratio))
	events[0].Ratio = 0
	require.Equal(t, want, events[0])
	var reasons []string
	for _, q := range quarantine {
		reasons = append(reasons, q.Reason)
	}
	require.Len(t, reasons, 3)
	require.Contains(t, reasons[0], "t: row 1: column tags")
	require.Contains(t, reasons[1], "t: row 2: column Narrow: source: unfit value: 300 in a int8")
	require.Contains(t, reasons[2], "t: row 3: column Large: source: unfit value: 18446744073709551615")
}

func TestNullsWhereNoneBelong(t *testing.T) {
	type event struct {
		N    int64 `anabranch:"n,required"`
		Text string
		At   time.Time
	}
	client := database(t, "CREATE TABLE t (n Nullable(Int64), Text Nullable(String), At Nullable(DateTime)) ENGINE = MergeTree ORDER BY tuple()",
		"INSERT INTO t VALUES (1, NULL, 0), (NULL, 'a', 0), (2, 'b', NULL)")
	events, quarantine := read(t, open(t, client, clickhousesource.Options[event]{}))
	require.Equal(t, []event{{N: 1, At: time.Unix(0, 0).UTC()}}, events)
	require.Len(t, quarantine, 2)
	for _, q := range quarantine {
		require.Contains(t, q.Reason, "required")
	}
}

func TestTransforms(t *testing.T) {
	client := sales(t, "ReplacingMergeTree(version)", "(at, category)")
	events, quarantine := read(t, open(t, client, clickhousesource.Options[sale]{Transform: func(e *sale) error {
		if e.Category == "2" {
			return errors.New("no such category")
		}
		e.Category = "category " + e.Category
		return nil
	}}))
	require.Len(t, events, 27)
	require.Len(t, quarantine, 13)
	require.Equal(t, "category 1", events[1].Category)
}

// TestASinksRowsComeBack: what a view has exported is another pipeline's events.
func TestASinksRowsComeBack(t *testing.T) {
	type key struct {
		Category string `anabranch:"category"`
	}
	type value struct {
		Cents int64 `anabranch:"cents,decimal=2"`
	}
	client := database(t)
	table, err := clickhousesink.Open[key, value](t.Context(), clickhousesink.Options{Client: client, Table: "metrics", Create: true})
	require.NoError(t, err)
	defer table.Close()
	day := window.Day(time.UTC).At(utc("2026-11-24T12:00:00Z"))
	var want []sink.Record[key, value]
	for _, version := range []int64{2, 1} {
		for _, category := range []string{"hogar", "libros", "moda"} {
			row := sink.Row[key, value]{View: "ventas", Window: day, Key: key{category}, Value: value{100 * version}, Version: version, Timing: sink.Late, Final: true}
			if row.Removed = category == "moda" && version == 2; row.Removed {
				row.Value = value{}
			}
			require.NoError(t, table.Write(t.Context(), []sink.Row[key, value]{row}))
			if version == 2 && !row.Removed {
				want = append(want, sink.RecordOf(&row))
			}
		}
	}
	type fromView struct {
		Day      time.Time `anabranch:"window_start"`
		Category string    `anabranch:"category"`
		Cents    int64     `anabranch:"cents,decimal=2"`
	}
	events, _ := read(t, open(t, client, clickhousesource.Options[fromView]{Table: "metrics_current"}))
	require.Equal(t, []fromView{{day.Start, "hogar", 200}, {day.Start, "libros", 200}}, events)
	records, _ := read(t, open(t, client, clickhousesource.Options[sink.Record[key, value]]{Table: "metrics"}))
	require.Equal(t, want, records[:2], "and from the table itself, with what was removed")
	require.True(t, records[2].Removed)
}

func utc(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return at
}
