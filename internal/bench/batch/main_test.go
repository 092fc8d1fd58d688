package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"
)

// foreign is an event as another program may have written it.
type foreign struct {
	Ts    time.Time `parquet:"ts,timestamp(microsecond)"`
	Type  string    `parquet:"event_type,dict"`
	Place *string   `parquet:"place,optional"`
	User  int64     `parquet:"user_id"`
	Cents int64     `parquet:"revenue"`
	Rate  float64   `parquet:"rate"`
	Loved bool      `parquet:"loved"`
	Tags  []string  `parquet:"tags,list"`
}

func writeDay(t *testing.T, dir, day string, rows ...foreign) {
	path := filepath.Join(dir, "fecha="+day, "part-0.parquet")
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, parquet.WriteFile(path, rows))
}

func shop(t *testing.T) string {
	dir := t.TempDir()
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	writeDay(t, dir, "2026-11-23",
		foreign{Ts: at, Type: "view", Place: new("norte"), User: 1, Rate: 0.5, Tags: []string{"a", "b"}},
		foreign{Ts: at.Add(time.Hour), Type: "purchase", Place: new("norte"), User: 1, Cents: 1250, Rate: 1.5},
		foreign{Ts: at.Add(2 * time.Hour), Type: "purchase", User: 2, Cents: 750, Loved: true})
	writeDay(t, dir, "2026-11-24", foreign{Ts: at.Add(24 * time.Hour), Type: "purchase", Place: new("sur"), User: 1, Cents: 100, Rate: 2})
	return dir
}

func query1(t *testing.T, args ...string) string {
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), append([]string{"-query", "-json"}, append(args, shop(t))...), strings.NewReader(""), &out))
	return out.String()
}

func TestQueriesPrintTheirRows(t *testing.T) {
	require.Equal(t, `{"fecha":"2026-11-23","sum:revenue":2000,"distinct:user_id":2,"count":3}
{"fecha":"2026-11-24","sum:revenue":100,"distinct:user_id":1,"count":1}
`, query1(t, "-by", "fecha", "-agg", "sum:revenue,distinct:user_id,count"))
	require.Equal(t, `{"place":null,"user_id":2,"min:ts":"2026-11-23T11:00:00Z","max:rate":0,"count:place":0}
{"place":"norte","user_id":1,"min:ts":"2026-11-23T09:00:00Z","max:rate":1.5,"count:place":2}
{"place":"sur","user_id":1,"min:ts":"2026-11-24T09:00:00Z","max:rate":2,"count:place":1}
`, query1(t, "-by", "place,user_id", "-agg", "min:ts,max:rate,count:place"))
	require.Equal(t, `{"loved":false,"mean:revenue":450}
{"loved":true,"mean:revenue":750}
`, query1(t, "-by", "loved", "-agg", "mean:revenue"))
}

func TestQueriesFilter(t *testing.T) {
	for where, want := range map[string]string{
		"event_type=purchase":     `{"count":3}`,
		"event_type=view|nothing": `{"count":1}`,
		"event_type!=purchase":    `{"count":1}`,
		"place=null":              `{"count":1}`,
		"place!=null":             `{"count":3}`,
		"revenue>=750":            `{"count":2}`,
		"revenue>750":             `{"count":1}`,
		"revenue<=750":            `{"count":3}`,
		"rate<1":                  `{"count":2}`,
		"ts<2026-11-24":           `{"count":3}`,
		"fecha=2026-11-24":        `{"count":1}`,
		"loved=true":              `{"count":1}`,
	} {
		require.Equal(t, want+"\n", query1(t, "-agg", "count", "-where", where), where)
	}
}

func TestTheWorkerAnswersLineByLine(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(context.Background(), []string{shop(t)}, strings.NewReader("-by user_id -agg sum:revenue\nno\n-by tags -agg count\n\nnever"), &out))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 4)
	require.Equal(t, "ready", lines[0])
	require.Equal(t, []string{"2", "2100"}, strings.Fields(lines[1])[3:])
	require.Regexp(t, "^ERR .*no", lines[2])
	require.Regexp(t, `^ERR .*"tags"`, lines[3])
}
