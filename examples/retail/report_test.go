package main

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPoundsAreExact(t *testing.T) {
	for thousandths, want := range map[int64][3]string{
		0:              {"0.000", "0", "0.000"},
		1:              {"0.001", "0.001", "0.001"},
		-500:           {"-0.500", "-0.5", "-0.500"},
		123_450:        {"123.450", "123.45", "123.450"},
		-9_747_747_934: {"-9747747.934", "-9747747.934", "-9,747,747.934"},
		100_000:        {"100.000", "100", "100.000"},
		-100_000_000:   {"-100000.000", "-100000", "-100,000.000"},
		math.MinInt64:  {"-9223372036854775.808", "-9223372036854775.808", "-9,223,372,036,854,775.808"},
	} {
		require.Equal(t, want, [3]string{pounds(thousandths), trimmed(pounds(thousandths)), grouped(pounds(thousandths))})
	}
	require.Equal(t, []string{"0", "999", "-999", "1,000", "541,909"}, []string{count(0), count(999), count(-999), count(1000), count(541_909)})
}

func TestTheTableIsForPeople(t *testing.T) {
	day, pais := "2010-12-01", "EIRE"
	var out strings.Builder
	require.NoError(t, writeTable(&out, []row{
		{Desde: &day, Pais: &pais, total: 1_234_567_890, Ordenes: 1, Clientes: 2, Unidades: -3000, Devoluciones: 4},
		{Desde: &day, Pais: &pais, total: -5},
	}, true))
	require.Equal(t, ""+
		"desde       pais   ventas_total  ordenes_total  clientes_unicos  unidades  devoluciones\n"+
		"2010-12-01  EIRE  1,234,567.890              1                2    -3,000             4\n"+
		"2010-12-01  EIRE         -0.005              0                0         0             0\n", out.String())
}

func TestWrongOptionsAreRefused(t *testing.T) {
	for args, want := range map[string]string{
		"":                         "-data",
		"-data x -step week":       `-step "week"`,
		"-data x -by country":      `-by "country"`,
		"-data x -partitions 0":    "-partitions",
		"-data x -crash -1":        "-crash",
		"-data x -batch-every -1":  "-batch-every",
		"-data x -shuffle seven":   "shuffle",
		"-data x -report rf":       `-report "rf"`,
		"-data x y":                `"y"`,
		"-data /nonexistent-place": "no such file",
	} {
		var out, errs strings.Builder
		require.ErrorContains(t, run(t.Context(), strings.Fields(args), &out, &errs), want, "%s", args)
		require.Empty(t, out.String())
	}
}
