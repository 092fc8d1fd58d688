#!/usr/bin/env bash
# A real S3 server on loopback: versitygw over a folder. It takes Go, no root.
#
#   s3.sh install|start|stop [--kill] [--wipe]
#
# Plain on S3_PORT, TLS on S3_TLS_PORT, both over the same objects. Key testkey,
# secret testsecret.
source "$(dirname "$0")/lib.sh"
: "${VERSITYGW_VERSION:=v1.8.0}" "${S3_PORT:=17070}" "${S3_TLS_PORT:=$((S3_PORT + 1))}"
BIN=$SERVERS_HOME/versitygw-$VERSITYGW_VERSION
RUN=$SERVERS_HOME/run/s3-$S3_PORT

build() {
	if [ ! -x "$BIN/versitygw" ]; then GOBIN=$BIN go install "github.com/versity/versitygw/cmd/versitygw@$VERSITYGW_VERSION" >&2; fi
}

serve() { # run-folder port option…
	mkdir -p "$1"
	export ROOT_ACCESS_KEY=testkey ROOT_SECRET_KEY=testsecret
	launch "$1" "$BIN/versitygw" --port "127.0.0.1:$2" --health /health -q "${@:3}" posix --sidecar "$RUN/meta" "$RUN/data"
}

start() {
	once s3 build
	once tls certificates
	mkdir -p "$RUN/data" "$RUN/meta"
	serve "$RUN" "$S3_PORT"
	serve "$RUN/tls" "$S3_TLS_PORT" --cert "$TLS/server.pem" --key "$TLS/server.key"
	await "$RUN" curl -fs "127.0.0.1:$S3_PORT/health"
	await "$RUN/tls" curl -fs --cacert "$TLS/ca.pem" "https://127.0.0.1:$S3_TLS_PORT/health"
	echo "export ANABRANCH_S3=http://127.0.0.1:$S3_PORT ANABRANCH_S3_TLS=https://127.0.0.1:$S3_TLS_PORT"
}

case "${1:?install|start|stop}" in
install) once s3 build ;;
start) start ;;
stop)
	halt "$RUN/tls" "${@:2}"
	halt "$RUN" "${@:2}"
	;;
esac
