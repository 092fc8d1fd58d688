package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/anabranch-go/anabranch/window"
)

var days = window.Day(time.UTC)

// dailyRow is a row of the table metricas_diarias. Decimals are texts, so that no
// reader turns them into floats.
type dailyRow struct {
	Fecha          string `json:"fecha"`
	Categoria      string `json:"categoria"`
	Region         string `json:"region"`
	VentasTotal    string `json:"ventas_total"`
	OrdenesTotal   int64  `json:"ordenes_total"`
	ClientesUnicos int64  `json:"clientes_unicos"`
	ConversionRate string `json:"conversion_rate"`
}

// writeJSON writes every row of the daily table, one a line.
func writeJSON(w io.Writer, a answers) error {
	encoder := json.NewEncoder(w)
	for row := range a.dailySales.Rows() {
		err := encoder.Encode(dailyRow{
			Fecha: row.Window.Start.Format(time.DateOnly), Categoria: row.Key.Category, Region: row.Key.Region,
			VentasTotal: decimal(row.Value.Cents), OrdenesTotal: row.Value.Orders,
			ClientesUnicos: row.Value.Users, ConversionRate: row.Value.Conversion().Rate(),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// topCategories is how many categories the readable report shows.
const topCategories = 10

// writeTables writes what a person wants to know of the daily table: each day as
// a whole, and where the sales come from.
func writeTables(w io.Writer, a answers) error {
	byDay, byCategory, byRegion := map[string]int64{}, map[string]int64{}, map[string]int64{} // cents
	var total Takings
	for row := range a.dailySales.Rows() {
		byDay[row.Window.Start.Format(time.DateOnly)] += row.Value.Cents
		byCategory[row.Key.Category] += row.Value.Cents
		byRegion[row.Key.Region] += row.Value.Cents
		total.Cents += row.Value.Cents
	}

	// Orders and users are a day's own: one with lines in two categories is in both.
	daily := [][]string{{"fecha", "ventas_total", "ordenes_total", "clientes_unicos", "conversion_rate"}}
	for row := range a.dailyConversion.Rows() {
		date := row.Window.Start.Format(time.DateOnly)
		daily = append(daily, []string{date, money(byDay[date]), thousands(row.Value.Purchases),
			thousands(row.Value.Users), row.Value.Rate()})
		total.Orders += row.Value.Purchases
	}
	daily = append(daily, []string{"total", money(total.Cents), thousands(total.Orders), "", ""})
	best := fmt.Sprintf("categoria (top %d of %d)", min(topCategories, len(byCategory)), len(byCategory))
	_, err := fmt.Fprintf(w, "%s\n%s\n%s\n-json prints all rows by fecha, categoria and region: %s.\n",
		align(daily), align(shares(best, byCategory, total.Cents)), align(shares("region", byRegion, total.Cents)),
		thousands(int64(a.dailySales.Len())))
	return err
}

// shares are the best sellers among groups, with what each adds to the total.
func shares(title string, cents map[string]int64, total int64) [][]string {
	names := slices.SortedFunc(maps.Keys(cents), func(a, b string) int {
		return cmp.Or(cmp.Compare(cents[b], cents[a]), cmp.Compare(a, b))
	})
	rows := [][]string{{title, "ventas_total", "share"}}
	for _, name := range names[:min(len(names), topCategories)] {
		rows = append(rows, []string{name, money(cents[name]), ratio(cents[name]*100, total, 1) + " %"})
	}
	return rows
}

// align makes lines of rows: the first column to the left, the others to the
// right.
func align(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		line := fmt.Sprintf("%-*s", widths[0], row[0])
		for i, cell := range row[1:] {
			line += fmt.Sprintf("  %*s", widths[i+1], cell)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// Rate is conversion_rate, a decimal(5,4).
func (c Conversion) Rate() string { return ratio(c.Purchases, c.Users, 4) }

// Percent is the rate for people.
func (c Conversion) Percent() string { return ratio(c.Purchases*100, c.Users, 2) + " %" }

// ratio is a / b, rounded half up to so many digits; zero where b is.
func ratio(a, b int64, digits int) string {
	scale := powerOfTen(digits)
	scaled := scaledRatio(a, b, digits)
	return fmt.Sprintf("%d.%0*d", scaled/scale, digits, scaled%scale)
}

// scaledRatio is ratio without its point.
func scaledRatio(a, b int64, digits int) int64 {
	if b == 0 {
		return 0
	}
	return (2*a*powerOfTen(digits) + b) / (2 * b)
}

func powerOfTen(n int) int64 {
	power := int64(1)
	for range n {
		power *= 10
	}
	return power
}

// decimal writes cents with a point: nothing in the shop is negative.
func decimal(cents int64) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }

// money is decimal for people.
func money(cents int64) string { return fmt.Sprintf("%s.%02d", thousands(cents/100), cents%100) }

// thousands separates groups of three digits.
func thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	var b strings.Builder
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	return b.String()
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }
