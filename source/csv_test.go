package source_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/anabranch-go/anabranch/source"
)

type sale struct {
	Invoice  string
	Text     string
	Quantity int64
	At       time.Time
	Price    int64  `anabranch:",decimal=3"`
	Customer *int64 `json:"Customer ID"`
	Weight   *float64
	Gift     *bool
	Tags     []string
}

const saleHeader = "Invoice,Text,Quantity,At,Price,Customer ID,Ignored,Tags\n"

// readFile reads a file of one format to its end.
func readFile[E any](t testing.TB, format source.Format[E], content string) *source.Chunk[E] {
	t.Helper()
	log, err := source.NewFiles(fstest.MapFS{"sales": {Data: []byte(content)}}, "sales", format, source.FilesOptions[E]{})
	require.NoError(t, err)
	reader, err := log.Open(t.Context(), 0, 0)
	require.NoError(t, err)
	defer reader.Close()
	c, err := reader.Next(t.Context())
	require.NoError(t, err)
	require.NoError(t, c.Check())
	return c
}

func london(t testing.TB) *time.Location {
	l, err := time.LoadLocation("Europe/London")
	require.NoError(t, err)
	return l
}

func salesCSV(t testing.TB) source.Format[sale] {
	return source.CSV[sale](source.CSVOptions{TimeLayout: "2006-01-02 15:04:05", Location: london(t)})
}

func TestCSVReadsEveryKind(t *testing.T) {
	c := readFile(t, salesCSV(t), "\ufeff"+saleHeader+
		`536365,"WHITE ""T-LIGHT"", small`+"\r\n"+`box",-6,2010-12-01 08:26:00,2.55,17850.0,x,"[""a"", ""b""]"`+"\r\n"+
		"\n"+
		"C1,,1e2,2010-07-01 08:26:00,+.500,,,\n"+
		"C2,\xff,007,2010-07-01 08:26:00,5.0000,,,null")
	require.Empty(t, c.Quarantine)
	require.Equal(t, []sale{
		{Invoice: "536365", Text: "WHITE \"T-LIGHT\", small\nbox", Quantity: -6, At: time.Date(2010, 12, 1, 8, 26, 0, 0, time.UTC),
			Price: 2550, Customer: new(int64(17850)), Tags: []string{"a", "b"}},
		{Invoice: "C1", Quantity: 100, At: time.Date(2010, 7, 1, 7, 26, 0, 0, time.UTC), Price: 500},
		{Invoice: "C2", Text: "�", Quantity: 7, At: time.Date(2010, 7, 1, 7, 26, 0, 0, time.UTC), Price: 5000},
	}, c.Rows())
	require.Equal(t, []int64{0, 1, 2}, c.Offsets)
}

func TestCSVOptions(t *testing.T) {
	c := readFile(t, source.CSV[sale](source.CSVOptions{Comma: ';'}),
		"Quantity;At;Price;Tags;Weight;Gift;Invoice;Text\n1;2024-05-01T12:00:00.5+02:00;1;;0.25;T;a;b\n")
	require.Empty(t, c.Quarantine)
	require.Equal(t, []sale{{Invoice: "a", Text: "b", Quantity: 1, At: time.Date(2024, 5, 1, 10, 0, 0, 500_000_000, time.UTC), Price: 1000,
		Weight: new(0.25), Gift: new(true)}}, c.Rows())
}

// In London, 01:30 came twice on 31 October 2010 and never on 28 March.
func TestCSVLocalTimesAtTheChangeOfClocks(t *testing.T) {
	c := readFile(t, salesCSV(t), saleHeader+"a,,1,2010-10-31 01:30:00,1,,,\na,,1,2010-03-28 01:30:00,1,,,\n")
	for i, text := range []string{"2010-10-31 01:30:00", "2010-03-28 01:30:00"} {
		want, err := time.ParseInLocation("2006-01-02 15:04:05", text, london(t))
		require.NoError(t, err)
		require.Equal(t, want.UTC(), c.Rows()[i].At)
	}
}

func TestCSVRowsThatCannotBeRead(t *testing.T) {
	good := "a,,1,2010-12-01 08:26:00,1,,,\n"
	for row, part := range map[string]string{
		"b,,1,2010-12-01 08:26:00,1,,":          "sales:3: source: unfit value: 7 cells where the header has 8",
		"b,,1,2010-12-01 08:26:00,1,,,,":        "9 cells",
		"b,,,2010-12-01 08:26:00,1,,,":          "sales:3: column Quantity: source: unfit value: an empty cell where a int belongs",
		"b,,1,,1,,,":                            "column At: source: unfit value: an empty cell where a time belongs",
		"b,,1,2010-12-01 08:26:00,,,,":          "column Price: source: unfit value: an empty cell",
		"b,,1.5,2010-12-01 08:26:00,1,,,":       "column Quantity: ",
		"b,,one,2010-12-01 08:26:00,1,,,":       `"one" is no number`,
		"b,, 1,2010-12-01 08:26:00,1,,,":        `" 1" is no number`,
		"b,,1,2010-12-01,1,,,":                  `"2010-12-01" is no time like "2006-01-02 15:04:05"`,
		"b,,1,2010-12-01 08:26:00,1.2345,,,":    "more than 3 digits",
		"b,,1,2010-12-01 08:26:00,1,x,,":        "column Customer ID: ",
		"b,,1,2010-12-01 08:26:00,1,17850.5,,":  "column Customer ID: ",
		"b,,1,2010-12-01 08:26:00,1,,,[1]":      "column Tags: ",
		"b,,1,2010-12-01 08:26:00,1,,,[":        "column Tags: ",
		`b,"x"y,1,2010-12-01 08:26:00,1,,,`:     `sales:3: source: unfit value: extraneous or missing " in quoted-field`,
		`b,x"y,1,2010-12-01 08:26:00,1,,,`:      `bare "`,
		"b,\"\n\n\",x,2010-12-01 08:26:00,1,,,": "sales:3: ",
	} {
		c := readFile(t, salesCSV(t), saleHeader+good+row+"\n"+good)
		require.Len(t, c.Quarantine, 1, row)
		require.Contains(t, c.Quarantine[0].Reason, part)
		require.EqualValues(t, 1, c.Quarantine[0].Offset)
		require.Equal(t, row, string(c.Quarantine[0].Raw))
		require.Equal(t, []int64{0, 2}, c.Offsets, "the row after %q", row)
	}

	c := readFile(t, source.CSV[sale](source.CSVOptions{}), "Invoice,Text,Quantity,At,Price,Tags,Weight,Gift\na,,1,2024-05-01T12:00:00Z,1,,heavy,\na,,1,2024-05-01T12:00:00Z,1,,,maybe")
	require.Len(t, c.Quarantine, 2)
	require.Contains(t, c.Quarantine[0].Reason, `column Weight: source: unfit value: "heavy" is no float64`)
	require.Contains(t, c.Quarantine[1].Reason, `column Gift: source: unfit value: "maybe" is no bool`)
}

// A quote that nobody closes takes the rest of the file with it.
func TestCSVUnclosedQuote(t *testing.T) {
	rest := `b,"x,1,2010-12-01 08:26:00,1,,,` + "\na,,1,2010-12-01 08:26:00,1,,,"
	c := readFile(t, salesCSV(t), saleHeader+rest+"\n")
	require.Zero(t, c.Len())
	require.Len(t, c.Quarantine, 1)
	require.Equal(t, rest, string(c.Quarantine[0].Raw))
}

func TestCSVRawRowsOfALongFile(t *testing.T) {
	var file strings.Builder
	file.WriteString(saleHeader)
	for range 2000 {
		file.WriteString("a,a text that makes the file long enough to be read in many pieces,1,2010-12-01 08:26:00,1,,,\n")
		file.WriteString("bad,\"a\nb\",x,2010-12-01 08:26:00,1,,,\n")
	}
	c := readFile(t, salesCSV(t), file.String())
	require.Len(t, c.Quarantine, 2000)
	for i, q := range c.Quarantine {
		require.Equal(t, "bad,\"a\nb\",x,2010-12-01 08:26:00,1,,,", string(q.Raw))
		require.EqualValues(t, 2*i+1, q.Offset)
	}
	require.Contains(t, c.Quarantine[1999].Reason, "sales:6000: ")
}
