// Command batch runs named queries over a month of shop events in Parquet files
// through the library's public API, as a warm worker: it prints "ready", reads a
// query's name from each line of stdin, and answers
//
//	wall_s cpu_s peak_rss_mib check
//
// where check is the number of rows and the sum of what they count. An empty line
// ends it.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/anabranch-go/anabranch/internal/bench/measure"
)

var profile = flag.String("cpuprofile", "", "write a CPU profile of the queries to this `file`")

func main() {
	flag.Parse()
	if *profile != "" {
		file, err := os.Create(*profile)
		if err == nil {
			err = pprof.StartCPUProfile(file)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		defer pprof.StopCPUProfile()
	}
	if err := run(context.Background(), flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dir string) error {
	fmt.Println("ready")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() && strings.TrimSpace(lines.Text()) != "" {
		query, ok := queries[strings.TrimSpace(lines.Text())]
		if !ok {
			fmt.Println("ERR there is no such query")
			continue
		}
		began, before := time.Now(), cpu()
		check, err := query(ctx, dir)
		if err != nil {
			fmt.Println("ERR", strings.ReplaceAll(err.Error(), "\n", " "))
			continue
		}
		fmt.Printf("%.4f %.4f %.0f %s\n", time.Since(began).Seconds(), (cpu() - before).Seconds(), measure.PeakMiB(), check)
	}
	return lines.Err()
}

// cpu is what this process has used; 0 where that isn't told.
func cpu() time.Duration {
	used, _ := measure.CPUTime()
	return used
}
