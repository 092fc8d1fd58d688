package clickhousesink_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/partition"
	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/sink/clickhousesink"
	"github.com/anabranch-go/anabranch/source"
	"github.com/anabranch-go/anabranch/window"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 123_456_000, time.UTC)

func wideRow(plain string, version int64) sink.Row[wideKey, wideValue] {
	return sink.Row[wideKey, wideValue]{View: "v", Key: wideKey{Plain: plain, Hour: noon}, Value: wideValue{First: noon}, Version: version}
}

func TestValuesOfEveryKindComeBack(t *testing.T) {
	options := wide()
	here := real(t)
	options.Addresses, options.Client, options.Create = here.Addresses, here.Client, true
	table := open[wideKey, wideValue](t, options)
	note := "nota\x00'\n"
	full := wideRow("full", math.MaxInt64)
	full.Key = wideKey{Plain: "full", Odd: "日本 🎈", Maybe: source.Some(""), Session: "s", Ratio: -1.5, Hour: noon, Yes: true}
	full.Key.Nested.Code = math.MaxUint32
	full.Value = wideValue{Small: math.MinInt16, Large: math.MaxUint32, Money: 999_999_999_999_999_999, Rate: source.Some[int64](-99_999), Note: &note,
		Mean: source.Some(math.Inf(-1)), Last: source.Some(time.Date(2299, 12, 31, 23, 59, 59, 999_999_000, time.UTC)),
		First: time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC), Top: []string{"a", "b"}, Single: 0.1}
	maybe := wideRow("full", 1) // differs from the next in a null alone
	maybe.Key.Maybe = source.Some("")
	nan := wideRow("nan", 2)
	nan.Key.Ratio = math.NaN()
	want := []sink.Row[wideKey, wideValue]{full, wideRow("full", 1), maybe, nan}
	older := nan
	older.Version = 1
	require.NoError(t, table.Write(t.Context(), want))
	require.NoError(t, table.Write(t.Context(), []sink.Row[wideKey, wideValue]{older, wideRow("full", 0)}))
	run(t, options, "OPTIMIZE TABLE `wi\\`de` FINAL")
	got, err := table.Rows(t.Context())
	require.NoError(t, err)
	texts := func(rows []sink.Row[wideKey, wideValue]) (out []string) {
		for _, row := range rows {
			if row.Value.Note != nil {
				row.Key.Plain, row.Value.Note = row.Key.Plain+*row.Value.Note, nil
			}
			out = append(out, fmt.Sprintf("%+v", row))
		}
		return out
	}
	require.ElementsMatch(t, texts(want), texts(got))
	require.Equal(t, []string{"4"}, run(t, options, "SELECT toString(count()) FROM `wi\\`de`"), "the engine has dropped the old versions")
}

func TestValuesThatDontFitAreRefused(t *testing.T) {
	options := metricasDiarias()
	here := real(t)
	options.Addresses, options.Client, options.Create = here.Addresses, here.Client, true
	table := open[Place, Metrics](t, options)
	good := day(24, "libros", 1)
	require.NoError(t, table.Write(t.Context(), []row{good}))
	for says, change := range map[string]func(*row){
		`column "fecha": no day from 1970 to 2149 begins at 2026-11-25 00:05`: func(r *row) { r.Window.Start = r.Window.Start.Add(5 * time.Minute) },
		`column "fecha": no day from 1970 to 2149 begins at 2026-11-23 19:00`: func(r *row) { r.Window = window.Day(time.UTC).At(noon) },
		`column "fecha": no day from 1970 to 2149 begins at 1969`:             func(r *row) { r.Window = window.Day(lima).At(time.Date(1969, 1, 1, 12, 0, 0, 0, lima)) },
		`column "fecha" is null`:                             func(r *row) { r.Window = window.Span{} },
		`column "window_end": 2300-01-01 00:00:00 +0000 UTC`: func(r *row) { r.Window.End = time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC) },
		`column "ventas_total": 10000000000 units of 10^-2`:  func(r *row) { r.Value.Ventas = 1e10 },
		`column "conversion_rate": -100000 units of 10^-4`:   func(r *row) { r.Value.Conversion = source.Some[int64](-1e5) },
	} {
		bad := day(25, "libros", 1)
		change(&bad)
		err := table.Write(t.Context(), []row{good, bad})
		require.ErrorIs(t, err, sink.ErrValue, says)
		require.ErrorContains(t, err, "row 1: "+says)
	}
	got, err := table.Rows(t.Context())
	require.NoError(t, err)
	require.Equal(t, []row{good}, got, "nothing of a batch that's refused is written")
	require.Equal(t, []string{"2026-11-24"}, run(t, options, "SELECT toString(fecha) FROM metricas_diarias_current"))
}

// A removed row has the zero value, whose times no DateTime64 has.
func TestRowsWithTimesCanBeRemoved(t *testing.T) {
	options := wide()
	here := real(t)
	options.Addresses, options.Client, options.Create = here.Addresses, here.Client, true
	table := open[wideKey, wideValue](t, options)
	gone := wideRow("a", 2)
	gone.Value, gone.Removed = wideValue{}, true
	require.NoError(t, table.Write(t.Context(), []sink.Row[wideKey, wideValue]{wideRow("a", 1)}))
	require.NoError(t, table.Write(t.Context(), []sink.Row[wideKey, wideValue]{gone}))
	rows, err := table.Rows(t.Context())
	require.NoError(t, err)
	require.Empty(t, rows)
	gone.Removed = false
	require.ErrorIs(t, table.Write(t.Context(), []sink.Row[wideKey, wideValue]{gone}), sink.ErrValue)
}

// TestSchemesFitTheServersSpelling opens tables again: the server writes their keys
// in its own way.
func TestSchemesFitTheServersSpelling(t *testing.T) {
	here := real(t)
	for i, dimensions := range [][]partition.Dimension{
		{partition.ByMonth("fecha")}, {partition.ByDay("fecha")}, {partition.ByYear("fecha")}, {partition.ByDay("window_end")}, {partition.ByHour("window_end")},
		{partition.ByHash("categoria", 8)}, {partition.ByValue("region")}, {partition.ByYear("fecha"), partition.ByHash("region", 2), partition.ByValue("categoria")},
	} {
		options := metricasDiarias()
		options.Addresses, options.Client, options.Create = here.Addresses, here.Client, true
		options.Table, options.Scheme = fmt.Sprint("t", i), scheme(t, dimensions...)
		for range 2 {
			table, err := clickhousesink.Open[Place, Metrics](t.Context(), options)
			require.NoError(t, err, options.Scheme)
			require.NoError(t, table.Write(t.Context(), []row{day(24, "libros", 1)}))
			require.NoError(t, table.Close())
		}
	}
}

type row = sink.Row[Place, Metrics]

// day is a row of a day in Lima, whose values follow from its version.
func day(date int, category string, version int64) row {
	return row{View: "ventas", Window: utc(window.Day(lima).At(time.Date(2026, 11, date, 12, 0, 0, 0, lima))), Key: Place{category, "Lima"},
		Value: Metrics{Ventas: 2990 * version, Ordenes: int32(version), Clientes: 1, Conversion: source.Some[int64](5000)}, Version: version}
}

func utc(w window.Span) window.Span { return window.Span{Start: w.Start.UTC(), End: w.End.UTC()} }
