package servers

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Own is a server of a test's own, which the test may stop, kill and freeze. It
// goes away, with what it holds, when the test ends.
type Own struct {
	Addresses []string // one, or those of a cluster's nodes

	t      testing.TB
	script string
	first  int    // port
	port   string // the variable that says it to the script
	pids   string // the folder that the server's process id is in, up to its port
}

// kinds are how servers are started, by their variable.
var kinds = map[string]struct {
	script, port, pids, start, stop string
	nodes                           int
}{
	"ANABRANCH_KAFKA":         {"kafka.sh", "KAFKA_PORT", "kafka-", "start", "stop", 1},
	"ANABRANCH_REDIS":         {"redis.sh", "REDIS_PORT", "redis-", "start", "stop", 1},
	"ANABRANCH_REDIS_CLUSTER": {"redis.sh", "REDIS_CLUSTER_PORT", "redis-", "cluster-start", "cluster-stop", 3},
	"ANABRANCH_S3":            {"s3.sh", "S3_PORT", "s3-", "start", "stop", 1},
	"ANABRANCH_CLICKHOUSE":    {"clickhouse.sh", "CLICKHOUSE_PORT", "clickhouse-", "start", "stop", 1},
}

// Start starts a server of the kind that a variable names, on a free port. Where
// the variable isn't set the test is skipped, as [Need] does it.
func Start(t testing.TB, variable string) *Own {
	t.Helper()
	Need(t, variable)
	kind := kinds[variable]
	port := freePorts(t)
	o := &Own{t: t, script: kind.script, first: port, port: kind.port, pids: kind.pids}
	for i := range kind.nodes {
		o.Addresses = append(o.Addresses, fmt.Sprintf("127.0.0.1:%d", port+i))
	}
	t.Cleanup(func() { o.Run(kind.stop, "--kill", "--wipe") })
	o.Run(kind.start)
	return o
}

// Address is the server's, or that of a cluster's first node.
func (o *Own) Address() string { return o.Addresses[0] }

// Run runs the server's script: with "stop", "stop --kill" and "start", and those
// for a cluster's node.
func (o *Own) Run(arguments ...string) {
	o.t.Helper()
	_, here, _, _ := runtime.Caller(0)
	command := exec.Command(filepath.Join(filepath.Dir(here), "../../.ci/servers", o.script), arguments...)
	command.Env = append(os.Environ(), fmt.Sprintf("%s=%d", o.port, o.first))
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	if err := command.Run(); err != nil {
		o.t.Errorf("%s %s: %v\n%s", o.script, strings.Join(arguments, " "), err, &out)
	}
}

// Signal sends a signal to the server's process, or to that of a cluster's first
// node: SIGSTOP makes it silent.
func (o *Own) Signal(signal syscall.Signal) {
	o.t.Helper()
	text, err := os.ReadFile(filepath.Join(home(), "run", o.pids+strconv.Itoa(o.first), "pid"))
	if err != nil {
		o.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err == nil {
		err = syscall.Kill(pid, signal)
	}
	if err != nil {
		o.t.Fatal(err)
	}
}

// home is where the scripts keep what runs.
func home() string {
	if dir := os.Getenv("SERVERS_HOME"); dir != "" {
		return dir
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = ""
	}
	return filepath.Join(cache, "anabranch-servers")
}

// freePorts finds a port that is free, with the three after it and those that
// nodes of a cluster talk on, 10,000 higher.
func freePorts(t testing.TB) int {
	for range 100 {
		port, free := 20_000+rand.IntN(10_000), true
		for i := range 4 {
			for _, p := range []int{port + i, port + i + 10_000} {
				listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", p))
				if err != nil {
					free = false
					continue
				}
				_ = listener.Close()
			}
		}
		if free {
			return port
		}
	}
	t.Fatal("there are no free ports from 20000 to 30000")
	return 0
}
