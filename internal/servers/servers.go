// Package servers tells tests where the real servers are. A test that needs one
// finds it by an environment variable, which .ci/servers/all.sh start prints;
// without it the test is skipped, and fails where CI is set.
package servers

import (
	"crypto/tls"
	"crypto/x509"
	"os"
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
