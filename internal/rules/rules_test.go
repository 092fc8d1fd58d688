// Package rules holds the project's own rules as tests.
package rules

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/anabranch-go/anabranch"

// may says which packages of the project, and which modules of others, each
// package may import: the design's direction. A package that isn't here may
// import nothing but the standard library, so a new one must say what it needs.
var may = map[string][]string{
	"window":                       nil,
	"partition":                    nil,
	"source":                       {"internal/columnar", "github.com/parquet-go/parquet-go", "github.com/go-json-experiment/json", "partition", "golang.org/x/sync"},
	"source/arrowsource":           {"source", "github.com/apache/arrow-go/v18"},
	"source/avrodecoder":           {"source", "github.com/twmb/avro", "github.com/go-json-experiment/json"},
	"source/clickhousesource":      {"source", "internal/clickhouse", "github.com/ClickHouse/ch-go"},
	"source/kafkasource":           {"source", "internal/kafka", "github.com/twmb/franz-go", "golang.org/x/sync"},
	"source/protodecoder":          {"source", "google.golang.org/protobuf", "github.com/go-json-experiment/json"},
	"source/sourcetest":            {"source", "github.com/stretchr/testify", "go.uber.org/goleak"},
	"aggregate":                    {"source"},
	"aggregate/aggregatetest":      {"aggregate", "source", "github.com/stretchr/testify", "pgregory.net/rapid"},
	"aggregate/ddsketch":           {"aggregate", "aggregate/internal/statekit", "source", "github.com/DataDog/sketches-go"},
	"aggregate/hll":                {"aggregate", "aggregate/internal/statekit", "source", "github.com/axiomhq/hyperloglog", "github.com/zeebo/xxh3"},
	"aggregate/internal/statekit":  {"aggregate", "source"},
	"aggregate/internal/statetest": {"aggregate", "source", "github.com/stretchr/testify", "pgregory.net/rapid"},
	"aggregate/topk":               {"aggregate", "aggregate/internal/statekit", "source"},
	"sink":                         {"window", "source", "internal/resume", "github.com/go-json-experiment/json"},
	"sink/arrowsink":               {"sink", "source", "internal/resume", "github.com/apache/arrow-go/v18"},
	"sink/kafkasink":               {"sink", "internal/kafka", "github.com/twmb/franz-go"},
	"sink/clickhousesink":          {"sink", "source", "partition", "internal/clickhouse", "github.com/ClickHouse/ch-go"},
	"sink/parquettable":            {"sink", "source", "partition"},
	"sink/redissink":               {"sink", "internal/await", "internal/secrets", "window", "github.com/redis/go-redis"},
	"sink/sinktest":                {"sink", "window", "github.com/stretchr/testify"},
	"lambda":                       {"window", "aggregate", "partition", "source", "sink", "lambda/archive", "lambda/delta", "internal/statefile", "github.com/parquet-go/parquet-go", "golang.org/x/sync"},
	"lambda/archive":               {"golang.org/x/sys"},
	"lambda/archive/s3archive":     {"lambda/archive", "github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go"},
	"lambda/archive/archivetest":   {"lambda/archive", "github.com/stretchr/testify"},
	"lambda/delta":                 nil,
	"lambda/delta/deltatest":       {"lambda/delta", "github.com/stretchr/testify"},
	"lambda/delta/redisdelta":      {"lambda/delta", "internal/await", "internal/secrets", "github.com/redis/go-redis/v9", "github.com/zeebo/xxh3", "golang.org/x/sync"},
	"internal/await":               nil,
	"internal/bench/archive":       {"internal/bench/measure", "source", "github.com/parquet-go/parquet-go"},
	"internal/bench/samples":       nil,
	"internal/bench/speed":         {"aggregate", "internal/bench/measure", "internal/bench/samples", "lambda", "lambda/archive", "source", "window"},
	"internal/bench":               {"internal/bench/measure", "github.com/go-json-experiment/json"},
	"internal/bench/batch":         {"aggregate", "aggregate/ddsketch", "aggregate/hll", "aggregate/topk", "internal/bench/measure", "internal/columnar", "lambda", "source", "window", "github.com/parquet-go/parquet-go", "golang.org/x/sync"},
	"internal/bench/growth":        {"aggregate", "internal/bench/measure", "lambda", "lambda/archive", "source", "window"},
	"internal/bench/serve":         {"aggregate", "aggregate/hll", "internal/bench/measure", "lambda", "lambda/archive", "sink/parquettable", "source", "window", "github.com/cockroachdb/pebble/v2"},
	"internal/bench/stream":        {"aggregate", "internal/bench/measure", "lambda", "source", "window"},
	"internal/bench/measure":       nil,
	"internal/kafka":               {"internal/secrets", "github.com/twmb/franz-go"},
	"internal/kafkatest":           {"internal/servers", "github.com/twmb/franz-go", "github.com/stretchr/testify"},
	"internal/bench/decode":        {"internal/bench/measure", "internal/bench/samples", "source", "github.com/go-json-experiment/json", "github.com/goccy/go-json", "github.com/segmentio/encoding"},
	"internal/clickhouse":          {"github.com/ClickHouse/ch-go"},
	"internal/clickhousetest":      {"github.com/ClickHouse/ch-go", "github.com/stretchr/testify"},
	"internal/columnar":            {"github.com/parquet-go/parquet-go", "github.com/andybalholm/brotli", "github.com/klauspost/compress/huff0", "github.com/parquet-go/bitpack"},
	"internal/reference":           nil,
	"internal/resume":              nil,
	"internal/secrets":             nil,
	"internal/servers":             nil,
	"internal/statefile":           {"internal/columnar", "lambda/delta", "github.com/parquet-go/parquet-go"},
}

// TestReadmeShowsTheQuickstartAsItIs compares the README's program with the one
// that runs.
func TestReadmeShowsTheQuickstartAsItIs(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	program, err := os.ReadFile("../../examples/quickstart/main.go")
	require.NoError(t, err)
	require.Less(t, strings.Count(string(program), "\n"), 80)
	require.Contains(t, string(readme), "```go\n"+string(program)+"```\n")
}

type listed struct {
	ImportPath string
	Imports    []string
}

func TestPackagesImportOnlyWhatTheDesignAllows(t *testing.T) {
	for _, pkg := range list(t) {
		name := strings.TrimPrefix(pkg.ImportPath, module+"/")
		if strings.HasPrefix(name, "examples/") {
			continue // whole programs may import anything that a user may
		}
		for _, imported := range pkg.Imports {
			require.True(t, allowed(name, imported), "%s imports %s", name, imported)
		}
	}
}

// TestTheEmbeddedDefaultsLinkNoClient: who wants neither Kafka nor S3 doesn't
// carry their clients along.
func TestTheEmbeddedDefaultsLinkNoClient(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", module+"/examples/quickstart", module+"/examples/retail").Output()
	require.NoError(t, err)
	linked := string(out)
	require.Contains(t, linked, module+"/lambda/archive\n")
	for _, client := range []string{"twmb/franz-go", "redis/go-redis", "aws/aws-sdk-go-v2", "aws/smithy-go", "ClickHouse/"} {
		require.NotContains(t, linked, client)
	}
}

func allowed(name, imported string) bool {
	own, isOurs := strings.CutPrefix(imported, module+"/")
	if isOurs {
		return slices.Contains(may[name], own)
	}
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return true // the standard library
	}
	return slices.ContainsFunc(may[name], func(prefix string) bool {
		return imported == prefix || strings.HasPrefix(imported, prefix+"/")
	})
}

func list(t *testing.T) []listed {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"/...").Output()
	require.NoError(t, err)
	var all []listed
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var pkg listed
		err := decoder.Decode(&pkg)
		if errors.Is(err, io.EOF) {
			require.NotEmpty(t, all)
			return all
		}
		require.NoError(t, err)
		all = append(all, pkg)
	}
}
