#!/usr/bin/env bash
# The real servers at once, for the tests and for trying things out:
#
#   eval "$(.ci/servers/all.sh start)"    installs and starts them, and says where they are
#   go test ./...                         then runs on them too
#   .ci/servers/all.sh stop               stops them, and forgets what they hold
#
# Names after start or stop (kafka redis redis-cluster s3 clickhouse) choose some.
set -euo pipefail
here=$(dirname "$0")
source "$here/lib.sh"
chosen=("${@:2}")
if [ ${#chosen[@]} = 0 ]; then chosen=(kafka redis redis-cluster s3 clickhouse); fi
case "${1:?start|stop}" in
start)
	for server in "${chosen[@]}"; do
		if [ "$server" = redis-cluster ]; then "$here/redis.sh" cluster-start; else "$here/$server.sh" start; fi
	done
	echo "export ANABRANCH_TLS_CA=$TLS/ca.pem"
	;;
stop)
	for server in "${chosen[@]}"; do
		if [ "$server" = redis-cluster ]; then "$here/redis.sh" cluster-stop; else "$here/$server.sh" stop --wipe; fi
	done
	;;
esac
