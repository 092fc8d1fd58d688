package redissink_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/sink/redissink"
	"github.com/anabranch-go/anabranch/sink/sinktest"
	"github.com/anabranch-go/anabranch/window"
)

// Place and Metrics have columns of each kind.
type Place struct {
	Category string  `anabranch:"categoria"`
	Region   *string `anabranch:"region"`
}

type Metrics struct {
	Sales     int64     `anabranch:"ventas_total,decimal=2"`
	Customers int       `anabranch:"clientes_unicos"`
	Rate      *float64  `anabranch:"conversion_rate"`
	Last      time.Time `anabranch:"ultima"`
	Note      string    `anabranch:"nota"`
	Open      bool      `anabranch:"abierta"`
	Top       []string  `anabranch:"top"`
}

func ptr[T any](v T) *T { return &v }

func metrics(category string, region *string, at window.Span, version int64) sink.Row[Place, Metrics] {
	return sink.Row[Place, Metrics]{View: "ventas", Window: at, Key: Place{category, region}, Version: version, Timing: sink.OnTime,
		Value: Metrics{Sales: 149_50, Customers: 3, Rate: ptr(0.25), Last: time.Date(2026, 11, 1, 10, 4, 0, 500_000_000, time.UTC), Top: []string{"a,b", `"c"`}}}
}

// TestAPlainClientReadsTheLayout is the documentation of the layout, as bytes.
func TestAPlainClientReadsTheLayout(t *testing.T) {
	everywhere(t, func(t *testing.T, client redis.UniversalClient) {
		prefix, ctx := newPrefix(t, client), t.Context()
		s := open[Place, Metrics](t, client, prefix, redissink.Options{})
		older, newer := metrics("libros", ptr("norte"), at(0), 17), metrics("libros", ptr("norte"), at(5), 18)
		newer.Value, newer.Final = Metrics{Sales: -5, Last: time.Unix(0, 0)}, true
		gone := metrics("libros", ptr("norte"), at(10), 19)
		gone.Removed = true
		require.NoError(t, s.Write(ctx, []sink.Row[Place, Metrics]{older, newer, gone}))

		tag := prefix + ":{ventas:categoria=libros:region=norte}:"
		require.ElementsMatch(t, []string{tag + "latest", tag + "windows", tag + "2026-11-01T10:00:00Z/2026-11-01T10:05:00Z",
			tag + "2026-11-01T10:05:00Z/2026-11-01T10:10:00Z", tag + "2026-11-01T10:10:00Z/2026-11-01T10:15:00Z:removed"}, names(t, client, prefix))
		require.Equal(t, map[string]string{
			"view": "ventas", "window_start": "2026-11-01T10:00:00Z", "window_end": "2026-11-01T10:05:00Z", "categoria": "libros", "region": "norte",
			"ventas_total": "149.50", "clientes_unicos": "3", "conversion_rate": "0.25", "ultima": "2026-11-01T10:04:00.5Z", "nota": "", "abierta": "false",
			"top": `["a,b","\"c\""]`, "version": "17", "timing": "on-time", "final": "false",
		}, client.HGetAll(ctx, tag+"2026-11-01T10:00:00Z/2026-11-01T10:05:00Z").Val())
		require.Equal(t, map[string]string{
			"view": "ventas", "window_start": "2026-11-01T10:05:00Z", "window_end": "2026-11-01T10:10:00Z", "categoria": "libros", "region": "norte",
			"ventas_total": "-0.05", "clientes_unicos": "0", "ultima": "1970-01-01T00:00:00Z", "nota": "", "abierta": "false",
			"version": "18", "timing": "on-time", "final": "true",
		}, client.HGetAll(ctx, tag+"latest").Val(), "nulls have no field, and so has an empty list")
		require.Equal(t, "19", client.Get(ctx, tag+"2026-11-01T10:10:00Z/2026-11-01T10:15:00Z:removed").Val())
		scores, err := client.ZRangeWithScores(ctx, tag+"windows", 0, -1).Result()
		require.NoError(t, err)
		require.Equal(t, []redis.Z{{Score: float64(at(0).Start.UnixMicro()), Member: "2026-11-01T10:00:00Z/2026-11-01T10:05:00Z"},
			{Score: float64(at(5).Start.UnixMicro()), Member: "2026-11-01T10:05:00Z/2026-11-01T10:10:00Z"}}, scores)
		require.Equal(t, redissink.Stats{Written: 3}, s.Stats())

		newer.Version, newer.Value.Rate, newer.Value.Note = 20, ptr(1.), "x"
		require.NoError(t, s.Write(ctx, []sink.Row[Place, Metrics]{newer}))
		require.Equal(t, []any{"1", "x"}, client.HMGet(ctx, tag+"latest", "conversion_rate", "nota").Val())
		newer.Version, newer.Value.Rate = 21, nil
		require.NoError(t, s.Write(ctx, []sink.Row[Place, Metrics]{newer}))
		require.Equal(t, []any{nil, "21"}, client.HMGet(ctx, tag+"latest", "conversion_rate", "version").Val(), "a value that's null by now")
	})
}

func TestNamesOfKeys(t *testing.T) {
	client := fake(t)
	places := open[Place, Metrics](t, client, "shop", redissink.Options{})
	totals := open[struct{}, int64](t, client, "shop", redissink.Options{})
	users := open[int64, int64](t, client, "shop.eu:v-2", redissink.Options{Schema: sink.SchemaOptions{Rename: map[string]string{"key": "user_id", "version": "v"}}})
	name := func(name string, err error) string {
		require.NoError(t, err)
		return name
	}
	require.Equal(t, "shop:{ventas:categoria=:region}:latest", name(places.LatestKey("ventas", Place{})), "an empty text, and a null")
	require.Equal(t, "shop:{ventas:categoria=niños y niñas:region=}:all", name(places.RowKey("ventas", window.Span{}, Place{"niños y niñas", ptr("")})))
	require.Equal(t, "shop:{a%3Ab%7D:categoria=100%25%7Bx%7D:region=k%3Dv\x00}:latest", name(places.LatestKey("a:b}", Place{"100%{x}", ptr("k=v\x00")})))
	require.Equal(t, "shop:{total}:latest", name(totals.LatestKey("total", struct{}{})))
	require.Equal(t, "shop.eu:v-2:{activos:user_id=-42}:2026-11-01T10:00:00Z/2026-11-01T10:05:00Z", name(users.RowKey("activos", at(0), -42)))
	_, err := totals.LatestKey("", struct{}{})
	require.ErrorIs(t, err, sink.ErrValue, "an empty tag would be none")

	require.NoError(t, users.Write(t.Context(), []sink.Row[int64, int64]{{View: "activos", Key: 1, Value: 2, Version: 10}, {View: "activos", Key: 1, Value: 1, Version: 9}}))
	require.NoError(t, users.Write(t.Context(), []sink.Row[int64, int64]{{View: "activos", Key: 1, Value: 1, Version: 9}}))
	require.Equal(t, map[string]string{"view": "activos", "user_id": "1", "value": "2", "v": "10", "timing": "early", "final": "false"},
		client.HGetAll(t.Context(), name(users.LatestKey("activos", 1))).Val())
	require.Equal(t, redissink.Stats{Written: 1, Older: 1}, users.Stats())

	for _, prefix := range []string{"", "a{b", "a}b", "a b", "ñ", "a\n", "a*"} {
		_, err := redissink.Open[int64, int64](t.Context(), client, prefix, redissink.Options{})
		require.ErrorIs(t, err, redissink.ErrOptions, prefix)
	}
	for _, options := range []redissink.Options{{Retention: -1}, {PipelineBytes: -1}} {
		_, err := redissink.Open[int64, int64](t.Context(), client, "shop", options)
		require.ErrorIs(t, err, redissink.ErrOptions)
	}
	_, err = redissink.Open[int64, int64](t.Context(), nil, "shop", redissink.Options{})
	require.ErrorIs(t, err, redissink.ErrOptions)
	_, err = redissink.Open[int64, func()](t.Context(), client, "shop", redissink.Options{})
	require.ErrorIs(t, err, sink.ErrType)
}

// TestNamesSayTheirParts takes names apart again, so that no two keys have one.
func TestNamesSayTheirParts(t *testing.T) {
	s := open[Place, Metrics](t, fake(t), "shop", redissink.Options{})
	text := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("{}:%=ab ,\"\n\r\x00é"))))
	rapid.Check(t, func(t *rapid.T) {
		view, key := text.Filter(func(s string) bool { return s != "" }).Draw(t, "view"), Place{Category: text.Draw(t, "category")}
		if rapid.Bool().Draw(t, "region?") {
			key.Region = ptr(text.Draw(t, "region"))
		}
		name, err := s.LatestKey(view, key)
		require.NoError(t, err)
		inner, ok := strings.CutPrefix(name, "shop:{")
		require.True(t, ok)
		tag, suffix, _ := strings.Cut(inner, "}") // as Redis finds it
		require.Equal(t, ":latest", suffix)
		parts := strings.Split(tag, ":")
		require.Len(t, parts, 3)
		value := func(part string) (name string, text *string) {
			name, escaped, found := strings.Cut(part, "=")
			if found {
				plain, err := url.PathUnescape(escaped)
				require.NoError(t, err)
				text = &plain
			}
			return name, text
		}
		plain, err := url.PathUnescape(parts[0])
		require.NoError(t, err)
		require.Equal(t, view, plain)
		name, category := value(parts[1])
		require.Equal(t, "categoria", name)
		require.Equal(t, &key.Category, category)
		name, region := value(parts[2])
		require.Equal(t, "region", name)
		require.Equal(t, key.Region, region)
	})
}

// TestWeirdKeysStayApart writes keys that would collide if separators weren't
// escaped, and finds each by its name.
func TestWeirdKeysStayApart(t *testing.T) {
	texts := []string{"", "a", "{", "}", "{}", "}:latest", "a:region=b", ":", "=", "%", "%7D", "%%", " ", " a ", "ñ", "n\u0303", "日本 🎈", "\x00", "a\x00", "\r\n", `"`, `""`, `\.`, ",", "null", "*"}
	everywhere(t, func(t *testing.T, client redis.UniversalClient) {
		prefix, ctx := newPrefix(t, client), t.Context()
		s := open[sinktest.Key, sinktest.Value](t, client, prefix, redissink.Options{})
		var rows []sinktest.Row
		for _, category := range texts {
			for _, region := range texts {
				rows = append(rows, sinktest.Row{View: "ventas}", Window: at(0), Key: sinktest.Key{Category: category, Region: region}, Version: int64(len(rows))})
			}
		}
		require.NoError(t, s.Write(ctx, rows))
		for _, row := range rows[:2*len(texts)] {
			for _, find := range []func() (string, error){
				func() (string, error) { return s.LatestKey(row.View, row.Key) },
				func() (string, error) { return s.RowKey(row.View, row.Window, row.Key) },
			} {
				name, err := find()
				require.NoError(t, err)
				got, err := rowOf(client.HGetAll(ctx, name).Val())
				require.NoError(t, err)
				require.Equal(t, row, got, name)
			}
		}
		got, err := held(ctx, t, client, prefix)
		require.NoError(t, err)
		slices.SortFunc(got, func(a, b sinktest.Row) int { return int(a.Version - b.Version) })
		require.Equal(t, rows, got)
	})
}

// TestAKeyOfAnotherTypeIsAnError: the names are this sink's, and what else it finds
// there it doesn't overwrite.
func TestAKeyOfAnotherTypeIsAnError(t *testing.T) {
	client := fake(t)
	s := open[struct{}, int64](t, client, "shop", redissink.Options{})
	name, err := s.RowKey("total", window.Span{}, struct{}{})
	require.NoError(t, err)
	require.NoError(t, client.Set(context.Background(), name, "mine", 0).Err())
	require.ErrorContains(t, s.Write(t.Context(), []sink.Row[struct{}, int64]{{View: "total"}}), "WRONGTYPE")
}
