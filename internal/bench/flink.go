package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	flinkVersion = "2.1.0"   // as in peers/flink/pom.xml
	flinkRows    = 5_000_000 // it takes half a minute for them
	flinkRecords = 1_000_000 // as JSON
	flinkRounds  = 2
)

// buildFlink downloads Flink by Maven and compiles the peer, once. It gives the
// peer's command.
func (s *suite) buildFlink(ctx context.Context) ([]string, error) {
	for _, tool := range []string{"java", "javac", "mvn"} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil, fmt.Errorf("no %s: %w", tool, errors.Unwrap(err))
		}
	}
	source := s.script("flink")
	programs := []string{filepath.Join(source, "Windows.java"), filepath.Join(source, "Records.java")}
	home := filepath.Join(s.cache, "flink-"+digest(filepath.Join(source, "pom.xml"), programs[0], programs[1]))
	jars := filepath.Join(home, "jars.txt")
	err := s.once(home, func(dir string) error {
		err := s.run(ctx, "mvn", "-q", "-B", "-f", filepath.Join(source, "pom.xml"), "dependency:build-classpath", "-Dmdep.outputFile="+jars)
		if err != nil {
			return err
		}
		classpath, err := os.ReadFile(jars)
		if err != nil {
			return err
		}
		return s.run(ctx, "javac", append([]string{"-nowarn", "-cp", string(classpath), "-d", dir}, programs...)...)
	})
	if err != nil {
		return nil, err
	}
	classpath, err := os.ReadFile(jars)
	if err != nil {
		return nil, err
	}
	all := home + string(filepath.ListSeparator) + strings.TrimSpace(string(classpath))
	return []string{
		"java", "-Xmx4g", "-cp", all, "Windows", s.data,
		fmt.Sprint(min(s.rows, flinkRows)), fmt.Sprint(min(s.rows, flinkRecords)), fmt.Sprint(flinkRounds), flinkVersion,
	}, nil
}
