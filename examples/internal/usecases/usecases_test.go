package usecases

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/aggregate"
)

func at(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

// byHand are the lines of two customers, and one that nobody knows.
var byHand = []Line[string]{
	{At: at("2026-01-05"), Order: "1", Customer: 7, Known: true, Sold: true, Product: "b", IsProduct: true, Name: "tea", Net: 1000},
	{At: at("2026-01-05"), Order: "1", Customer: 7, Known: true, Sold: true, Product: "a", IsProduct: true, Name: "pot", Net: 1000},
	{At: at("2026-01-12"), Order: "C1", Customer: 7, Known: true, Product: "a", IsProduct: true, Name: "spout", Net: -500, Returned: 500},
	{At: at("2026-01-13"), Order: "2", Sold: true, Product: "post", Net: 300},
	{At: at("2026-03-02"), Order: "3", Customer: 7, Known: true, Sold: true, Product: "b", IsProduct: true, Name: "cup", Net: 250},
	{At: at("2026-03-02"), Order: "4", Customer: 8, Known: true, Sold: true, Product: "b", IsProduct: true, Net: 250},
	{At: at("2026-03-09"), Order: "C4", Customer: 9, Known: true, Product: "b", IsProduct: true, Net: -100, Returned: 100},
}

var shop = Shop[int, string]{Zone: time.UTC, Digits: 2, Returned: aggregate.Count[int]()}

func TestMonthsByHand(t *testing.T) {
	require.Equal(t, []any{
		monthRow{"2026-01", "18.00", "5.00", 2, 1, "9.00", "b tea", "10.00"}, // a brought 5.00 net
		monthRow{"2026-03", "4.00", "1.00", 2, 3, "2.00", "b cup", "4.00"},
	}, shop.monthlyResult(shop.naiveMonthly(byHand)).Rows)

	keeps := Shop[int, string]{Zone: time.UTC} // nothing ever comes back
	got := keeps.monthlyResult(keeps.naiveMonthly(byHand[:2]))
	require.Equal(t, []any{monthRow{Mes: "2026-01", Ventas: "2000", Ordenes: 1, Clientes: 1, Ticket: "2000", Producto: "a pot", DelProducto: "1000"}}, got.Rows)
	require.NotContains(t, got.Table.Heads, "devoluciones")
	require.Len(t, got.Table.Cells[0], len(got.Table.Heads))
}

func TestCohortsByHand(t *testing.T) {
	got := cohortResult(naiveCohorts(byHand))
	require.Equal(t, []any{
		cohortRow{"2026-01", 0, 1, "1.0000"}, cohortRow{"2026-01", 2, 1, "1.0000"}, cohortRow{"2026-03", 0, 1, "1.0000"},
	}, got.Rows)
	require.Equal(t, [][]string{{"2026-01", "1", "·", "100.0"}, {"2026-03", "1"}}, got.Table.Cells)
}

func TestSegmentsByHand(t *testing.T) {
	limits := Thresholds{Recent: 7, Cooling: 30, Often: 2, Sometimes: 2, Much: 1750, Some: 500}
	require.Equal(t, map[string]segment{"campeones": {1, 1750}, "nuevos": {1, 250}}, naiveRFM(byHand, limits))
	limits.Recent = 6
	require.Equal(t, map[string]segment{"leales": {1, 1750}, "ocasionales": {1, 250}}, naiveRFM(byHand, limits))
	limits.Cooling = 6
	require.Equal(t, map[string]segment{"en riesgo": {1, 1750}, "perdidos": {1, 250}}, naiveRFM(byHand, limits))
}

func TestTrendsByHand(t *testing.T) {
	require.Equal(t, []any{
		trendRow{"2026-01-05", 1, "a pot", "10.00", "0.00", "nuevo"},
		trendRow{"2026-01-05", 2, "b tea", "10.00", "0.00", "nuevo"},
		trendRow{"2026-01-12", 1, "a", "-5.00", "10.00", "-150.0 %"},
		trendRow{"2026-03-02", 1, "b cup", "5.00", "0.00", "nuevo"},
		trendRow{"2026-03-09", 1, "b", "-1.00", "5.00", "-120.0 %"},
	}, shop.trendResult(naiveTrends(byHand)).Rows)
}

func TestDifferencesAreShown(t *testing.T) {
	answer := cohortResult(naiveCohorts(byHand))
	var stderr strings.Builder
	require.NoError(t, Check(answer, answer, &stderr))
	require.Empty(t, stderr.String())
	require.ErrorIs(t, Check(answer, cohortResult(naiveCohorts(byHand[1:5])), &stderr), ErrWrong)
	require.Equal(t, "WRONG: row 3: answered {Cohorte:2026-03 Meses:0 Clientes:1 Retencion:1.0000}, and the events say <nil>\n", stderr.String())
}

func TestNumbers(t *testing.T) {
	require.Equal(t, []string{"0.05", "-0.05", "12.00", "7"}, []string{Decimal(5, 2), Decimal(-5, 2), Decimal(1200, 2), Decimal(7, 0)})
	require.Equal(t, []string{"-1,234.50", "+123.4 %", "999"}, []string{Grouped("-1234.50"), Grouped("+123.4 %"), Grouped("999")})
	require.Equal(t, []int64{3, -3, 0, 2}, []int64{Ratio(5, 2), Ratio(-5, 2), Ratio(5, 0), Ratio(7, 3)})
	require.Equal(t, "1.01", Money(1005, 3))
	require.EqualValues(t, 1, daysBetween(at("2026-03-28").Add(23*time.Hour), at("2026-03-29")))
}

func TestTheTableIsForPeople(t *testing.T) {
	var out strings.Builder
	require.NoError(t, Table{Title: "Things", Heads: []string{"name", "n"}, Texts: 1,
		Cells: [][]string{{"año", "1,000"}, nil, {"b", "2"}}, Notes: []string{"That's all."}}.Write(&out))
	require.Equal(t, "Things\n\n  name      n\n  año   1,000\n\n  b         2\n\nThat's all.\n", out.String())
	require.Equal(t, []string{"abc", "ab…"}, []string{Short("abc", 3), Short("abcd", 3)})
}
