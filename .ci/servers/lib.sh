# What the servers' scripts share. Everything lies under SERVERS_HOME: what is
# installed once, and a folder for each server that runs, named by its port.
set -euo pipefail
: "${SERVERS_HOME:=${XDG_CACHE_HOME:-$HOME/.cache}/anabranch-servers}"
TLS=$SERVERS_HOME/tls

# once LOCKNAME COMMAND… runs a command that no other script runs meanwhile.
once() {
	mkdir -p "$SERVERS_HOME"
	(flock 9 && "${@:2}") 9>"$SERVERS_HOME/$1.lock"
}

# certificates makes a certificate authority, and a server's certificate of it.
# The servers that have run for a month get new ones with the next start.
certificates() {
	if [ -f "$TLS/server.pem" ] && openssl x509 -checkend 86400 -noout -in "$TLS/server.pem" >/dev/null; then return; fi
	mkdir -p "$TLS"
	(
		cd "$TLS"
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=anabranch-test-ca \
			-addext keyUsage=critical,keyCertSign -keyout ca.key -out ca.pem
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout server.key -out server.csr
		printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >san.ext
		openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile san.ext -out server.new
		mv server.new server.pem
	) 2>/dev/null
}

# launch RUN COMMAND… starts a server in the background, in a session of its own,
# and notes its process id. One that runs already is left as it is.
launch() {
	if [ -f "$1/pid" ] && kill -0 "$(cat "$1/pid")" 2>/dev/null; then return; fi
	setsid "${@:2}" >>"$1/stdout" 2>&1 </dev/null 9>&- &
	echo $! >"$1/pid"
}

# await RUN COMMAND… waits until a server answers. It fails where the server has
# ended, or takes more than a minute.
await() {
	for _ in $(seq 1 1200); do
		if "${@:2}" >/dev/null 2>&1; then return 0; fi
		if ! kill -0 "$(cat "$1/pid")" 2>/dev/null; then break; fi
		sleep 0.05
	done
	echo "the server in $1 doesn't answer:" >&2
	tail -n 20 "$1/stdout" >&2
	return 1
}

# halt RUN [--kill] [--wipe] stops a server and waits until it has ended. With
# --kill it isn't asked first; with --wipe what it has stored goes too.
halt() {
	local run=$1 signal=TERM wipe=''
	for option in "${@:2}"; do
		case $option in
		--kill) signal=KILL ;;
		--wipe) wipe=yes ;;
		esac
	done
	if [ -f "$run/pid" ]; then
		local pid
		pid=$(cat "$run/pid")
		kill -s $signal "$pid" 2>/dev/null || true
		for _ in $(seq 1 400); do
			kill -0 "$pid" 2>/dev/null || break
			sleep 0.05
		done
		kill -s KILL "$pid" 2>/dev/null || true
		rm -f "$run/pid"
	fi
	if [ -n "$wipe" ]; then rm -rf "$run"; fi
}
