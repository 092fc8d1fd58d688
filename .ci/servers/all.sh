#!/usr/bin/env bash
# All the real servers at once, for the tests and for trying things out:
#
#   eval "$(.ci/servers/all.sh start)"    installs and starts them, and says where they are
#   go test ./...                         then runs on them too
#   .ci/servers/all.sh stop               stops them, and forgets what they hold
set -euo pipefail
here=$(dirname "$0")
source "$here/lib.sh"
case "${1:?install|start|stop}" in
install)
	for server in kafka redis s3 clickhouse; do "$here/$server.sh" install; done
	;;
start)
	for server in kafka redis s3 clickhouse; do "$here/$server.sh" start; done
	"$here/redis.sh" cluster-start
	echo "export ANABRANCH_TLS_CA=$TLS/ca.pem"
	;;
stop)
	"$here/redis.sh" cluster-stop
	for server in kafka redis s3 clickhouse; do "$here/$server.sh" stop --wipe; done
	;;
esac
