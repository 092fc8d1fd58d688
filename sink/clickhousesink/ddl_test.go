package clickhousesink_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/partition"
	"github.com/anabranch-go/anabranch/sink"
	"github.com/anabranch-go/anabranch/sink/clickhousesink"
	"github.com/anabranch-go/anabranch/source"
)

var update = flag.Bool("update", false, "write the golden files")

// wideKey and wideValue have a column of every kind and name.
type wideKey struct {
	Plain   string              `anabranch:"plain"`
	Odd     string              "anabranch:\"a `b` \\\\ 'c'\""
	Maybe   source.Null[string] `anabranch:"maybe"`
	Session string              `anabranch:"session"`
	Ratio   float64             `anabranch:"ratio"`
	Hour    time.Time           `anabranch:"hour"`
	Yes     bool                `anabranch:"yes"`
	Nested  struct {
		Code uint32 `anabranch:"code"`
	} `anabranch:"nested"`
}

type wideValue struct {
	Small  int16                  `anabranch:"small"`
	Large  uint32                 `anabranch:"large"`
	Money  int64                  `anabranch:"money,decimal=2"`
	Rate   source.Null[int64]     `anabranch:"rate"`
	Note   *string                `anabranch:"note"`
	Mean   source.Null[float64]   `anabranch:"mean"`
	Last   source.Null[time.Time] `anabranch:"last"`
	First  time.Time              `anabranch:"first"`
	Top    []string               `anabranch:"top"`
	Single float32                `anabranch:"single"`
}

func wide() clickhousesink.Options {
	return clickhousesink.Options{Table: "wi`de", Schema: sink.SchemaOptions{Decimals: map[string]int{"rate": 4}},
		Columns: map[string]clickhousesink.Column{"session": {ManyValues: true}, "rate": {Precision: 5}}}
}

func scheme(t testing.TB, dimensions ...partition.Dimension) partition.Scheme {
	s, err := partition.New(dimensions...)
	require.NoError(t, err)
	return s
}

func TestDDLIsAsItWas(t *testing.T) {
	all := map[string]func() ([]string, error){
		"metricas_diarias": func() ([]string, error) { return clickhousesink.DDL[Place, Metrics](metricasDiarias()) },
		"metricas_unificadas": func() ([]string, error) {
			options := metricasDiarias()
			options.Table = "metricas_unificadas"
			return clickhousesink.DDL[Place, Metrics](options)
		},
		"wide": func() ([]string, error) { return clickhousesink.DDL[wideKey, wideValue](wide()) },
		"no_key": func() ([]string, error) {
			return clickhousesink.DDL[struct{}, int64](clickhousesink.Options{Table: "total", Scheme: scheme(t, partition.ByMonth("window_start"), partition.ByHash("view", 4)),
				Columns: map[string]clickhousesink.Column{"window_start": {NotNull: true}, "window_end": {NotNull: true}}})
		},
	}
	for name, ddl := range all {
		statements, err := ddl()
		require.NoError(t, err, name)
		got := strings.Join(statements, ";\n") + ";\n"
		path := filepath.Join("testdata", name+".sql")
		if *update {
			require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, string(want), got, name)
	}
}

func TestOptionsThatLoseRowsAreRefused(t *testing.T) {
	for says, change := range map[string]func(*clickhousesink.Options){
		`Order lacks "window_end"`:            func(o *clickhousesink.Options) { o.Order = o.Order[:4] },
		`Order has "version"`:                 func(o *clickhousesink.Options) { o.Order = append(o.Order, "version") },
		`Order has "fecha", which is there t`: func(o *clickhousesink.Options) { o.Order = append(o.Order, "fecha") },
		`"ventas_total" is none`:              func(o *clickhousesink.Options) { o.Scheme = scheme(t, partition.ByValue("ventas_total")) },
		`"dia" is none`:                       func(o *clickhousesink.Options) { o.Scheme = scheme(t, partition.ByDay("dia")) },
		`which may be null`: func(o *clickhousesink.Options) {
			o.Columns = map[string]clickhousesink.Column{"fecha": {Date: lima}}
		},
		`"sesion", and there's no such`: func(o *clickhousesink.Options) { o.Current = []string{"sesion"} },
		`speaks of "sesion"`:            func(o *clickhousesink.Options) { o.Columns["sesion"] = clickhousesink.Column{} },
		`only a time`:                   func(o *clickhousesink.Options) { o.Columns["region"] = clickhousesink.Column{Date: lima} },
		`only a decimal`:                func(o *clickhousesink.Options) { o.Columns["region"] = clickhousesink.Column{Precision: 3} },
		`2 to 18 and not 1`:             func(o *clickhousesink.Options) { o.Columns["ventas_total"] = clickhousesink.Column{Precision: 1} },
		`2 to 18 and not 19`:            func(o *clickhousesink.Options) { o.Columns["ventas_total"] = clickhousesink.Column{Precision: 19} },
		`an empty name`:                 func(o *clickhousesink.Options) { o.Table = "" },
	} {
		options := metricasDiarias()
		change(&options)
		_, err := clickhousesink.DDL[Place, Metrics](options)
		require.ErrorIs(t, err, clickhousesink.ErrOptions, says)
		require.ErrorContains(t, err, says)
	}
	_, err := clickhousesink.DDL[Place, chan int](clickhousesink.Options{Table: "t"})
	require.ErrorIs(t, err, sink.ErrType)
}
