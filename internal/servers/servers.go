// Package servers tells tests where the real servers are. A test that needs one
// finds it by an environment variable, which .ci/servers/all.sh start prints;
// without it the test is skipped, and fails where CI is set.
package servers

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Need gives the value of a server's environment variable: ANABRANCH_KAFKA,
// ANABRANCH_KAFKA_TLS, ANABRANCH_REDIS, ANABRANCH_REDIS_TLS,
// ANABRANCH_REDIS_CLUSTER (addresses separated by commas), ANABRANCH_S3 and
// ANABRANCH_S3_TLS (URLs), ANABRANCH_CLICKHOUSE.
func Need(t testing.TB, variable string) string {
	t.Helper()
	value := os.Getenv(variable)
	if value == "" {
		const how = `%s isn't set; to run this test too: eval "$(.ci/servers/all.sh start)"`
		if os.Getenv("CI") != "" {
			t.Fatalf(how, variable)
		}
		t.Skipf(how, variable)
	}
	return value
}

// TLS trusts the servers' certificate authority, and nobody else.
func TLS(t testing.TB) *tls.Config {
	t.Helper()
	pem, err := os.ReadFile(Need(t, "ANABRANCH_TLS_CA"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("ANABRANCH_TLS_CA names no certificate")
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

// Script runs one of .ci/servers's scripts, with more environment: for tests that
// break a server, and so start one of their own on free ports.
func Script(t testing.TB, env []string, name string, args ...string) {
	t.Helper()
	_, file, _, _ := runtime.Caller(0)
	script := filepath.Join(filepath.Dir(file), "..", "..", ".ci", "servers", name)
	command := exec.Command(script, args...)
	command.Env = append(os.Environ(), env...)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}
