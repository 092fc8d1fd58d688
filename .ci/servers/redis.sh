#!/usr/bin/env bash
# Real Redis servers on loopback, from Debian's packages, which are unpacked and
# not installed: no service starts, and root is only needed for apt-get update.
#
#   redis.sh install|start|stop [--kill] [--wipe]     one server on REDIS_PORT, TLS and a password on REDIS_TLS_PORT
#   redis.sh cluster-start|cluster-stop [--kill]      a cluster of MASTERS nodes from REDIS_CLUSTER_PORT up
#   redis.sh node-start|node-stop PORT [--kill]       one of its nodes, which keeps its place in the cluster
#
# Nothing is written to disk but a cluster's layout: a server that restarts is empty.
source "$(dirname "$0")/lib.sh"
: "${REDIS_PORT:=16379}" "${REDIS_TLS_PORT:=$((REDIS_PORT + 1))}" "${REDIS_CLUSTER_PORT:=17000}" "${MASTERS:=3}"
: "${REDIS_CACHE:=4gb}" # of memory; a write past that is refused
ROOT=$SERVERS_HOME/redis
export LD_LIBRARY_PATH=$ROOT/usr/lib/x86_64-linux-gnu:$ROOT/usr/lib/aarch64-linux-gnu

PACKAGES=(redis-server redis-tools liblzf1 libhiredis0.14 libjemalloc2 libatomic1 liblua5.1-0)

download() { apt-get -qq -o APT::Sandbox::User=root download "${PACKAGES[@]}" >/dev/null; }

unpack() {
	if [ -f "$ROOT/.done" ]; then return; fi
	mkdir -p "$ROOT/deb"
	(cd "$ROOT/deb" && (download 2>/dev/null || (apt-get -qq update >/dev/null && download)))
	for package in "$ROOT"/deb/*.deb; do dpkg -x "$package" "$ROOT"; done
	touch "$ROOT/.done"
}

up() { # port option…
	local run=$SERVERS_HOME/run/redis-$1
	mkdir -p "$run"
	launch "$run" "$ROOT/usr/bin/redis-server" --port "$1" --bind 127.0.0.1 --dir "$run" --save '' --appendonly no \
		--maxmemory "$REDIS_CACHE" --maxmemory-policy noeviction --enable-debug-command local "${@:2}"
	await "$run" bash -c "[ \"\$('$ROOT/usr/bin/redis-cli' -p $1 ping)\" = PONG ]"
}

node_up() { up "$1" --cluster-enabled yes --cluster-node-timeout 2000 --cluster-announce-ip 127.0.0.1; }

nodes() { seq "$REDIS_CLUSTER_PORT" $((REDIS_CLUSTER_PORT + MASTERS - 1)); }

await_cluster() {
	for port in $(nodes); do
		await "$SERVERS_HOME/run/redis-$port" bash -c "'$ROOT/usr/bin/redis-cli' -p $port cluster info | grep -q cluster_state:ok"
	done
}

start() {
	once redis unpack
	once tls certificates
	# The user tester has a password; the one without a name needs none, and can't come from elsewhere.
	up "$REDIS_PORT" --tls-port "$REDIS_TLS_PORT" --tls-cert-file "$TLS/server.pem" --tls-key-file "$TLS/server.key" \
		--tls-ca-cert-file "$TLS/ca.pem" --tls-auth-clients no
	"$ROOT/usr/bin/redis-cli" -p "$REDIS_PORT" acl setuser tester on '>tester-pw' '~*' '&*' +@all >/dev/null
	echo "export ANABRANCH_REDIS=127.0.0.1:$REDIS_PORT ANABRANCH_REDIS_TLS=127.0.0.1:$REDIS_TLS_PORT"
}

cluster_start() {
	once redis unpack
	local addresses=()
	for port in $(nodes); do
		node_up "$port"
		addresses+=("127.0.0.1:$port")
	done
	if ! "$ROOT/usr/bin/redis-cli" -p "$REDIS_CLUSTER_PORT" cluster info | grep -q cluster_slots_assigned:16384; then
		"$ROOT/usr/bin/redis-cli" --cluster create "${addresses[@]}" --cluster-replicas 0 --cluster-yes >"$SERVERS_HOME/run/redis-$REDIS_CLUSTER_PORT/create"
	fi
	await_cluster
	echo "export ANABRANCH_REDIS_CLUSTER=$(IFS=,; echo "${addresses[*]}")"
}

case "${1:?install|start|stop|cluster-start|cluster-stop|node-start|node-stop}" in
install) once redis unpack ;;
start) start ;;
stop) halt "$SERVERS_HOME/run/redis-$REDIS_PORT" "${@:2}" ;;
cluster-start) cluster_start ;;
cluster-stop) for port in $(nodes); do halt "$SERVERS_HOME/run/redis-$port" --wipe "${@:2}"; done ;;
node-start) node_up "${2:?port}" ;;
node-stop) halt "$SERVERS_HOME/run/redis-${2:?port}" "${@:3}" ;;
esac
