#!/usr/bin/env bash
# A real ClickHouse on loopback, from the engine's npm package: it takes npm and a
# C compiler, no root.
#
#   clickhouse.sh install|start|stop [--kill] [--wipe]
#
# Native on CLICKHOUSE_PORT, HTTP on CLICKHOUSE_HTTP_PORT; the user default has no
# password, tester has tester-pw. The package has the engine as a library, which
# exports clickhouse-local's main; SYSTEM START LISTEN opens a server's ports
# there, but not those with TLS: a test that wants it puts a proxy before it.
source "$(dirname "$0")/lib.sh"
: "${CHDB_VERSION:=26.7.3-stable.1}"
: "${CLICKHOUSE_PORT:=19100}" "${CLICKHOUSE_HTTP_PORT:=$((CLICKHOUSE_PORT + 1))}"
HOME_DIR=$SERVERS_HOME/clickhouse-$CHDB_VERSION
RUN=$SERVERS_HOME/run/clickhouse-$CLICKHOUSE_PORT

build() {
	if [ -x "$HOME_DIR/launcher" ]; then return; fi
	mkdir -p "$HOME_DIR"
	cd "$HOME_DIR"
	npm pack --silent "@chdb/lib-linux-x64-gnu@$CHDB_VERSION" >/dev/null
	tar xzf "chdb-lib-linux-x64-gnu-$CHDB_VERSION.tgz"
	rm -f "chdb-lib-linux-x64-gnu-$CHDB_VERSION.tgz" package/chdb_node.node
	cat >launcher.c <<-'C'
		#include <dlfcn.h>
		#include <stdio.h>
		struct result { char *buf; unsigned long len; void *vec; double elapsed; unsigned long rows, bytes; char *err; };
		int main(int argc, char **argv) { /* argv[1] is the library, the rest clickhouse-local's arguments */
			void *lib = dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL);
			if (!lib) { fprintf(stderr, "%s\n", dlerror()); return 2; }
			struct result *(*run)(int, char **) = (struct result *(*)(int, char **))dlsym(lib, "query_stable_v2");
			if (!run) { fprintf(stderr, "no query_stable_v2\n"); return 3; }
			argv[1] = "clickhouse-local";
			struct result *r = run(argc - 1, argv + 1);
			if (r && r->err) { fprintf(stderr, "%s\n", r->err); return 1; }
			return 0;
		}
	C
	cc -O1 -o launcher launcher.c -ldl
}

configure() {
	mkdir -p "$RUN"
	cat >"$RUN/config.xml" <<-XML
		<clickhouse>
		  <user_directories><users_xml><path>$RUN/users.xml</path></users_xml></user_directories>
		  <users_config>$RUN/users.xml</users_config>
		</clickhouse>
	XML
	cat >"$RUN/users.xml" <<-XML
		<clickhouse>
		  <profiles><default/></profiles><quotas><default/></quotas>
		  <users>
		    <default><password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota></default>
		    <tester><password>tester-pw</password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota></tester>
		  </users>
		</clickhouse>
	XML
}

start() {
	once clickhouse build
	configure
	cd "$RUN"
	launch "$RUN" "$HOME_DIR/launcher" "$HOME_DIR/package/libchdb.so" --config-file="$RUN/config.xml" --path="$RUN/data" \
		--listen_host=127.0.0.1 --tcp_port="$CLICKHOUSE_PORT" --http_port="$CLICKHOUSE_HTTP_PORT" \
		--query "SYSTEM START LISTEN TCP; SYSTEM START LISTEN HTTP;
			SELECT sleepEachRow(3) FROM numbers(10000000)
			SETTINGS function_sleep_max_microseconds_per_block=0, max_block_size=1, max_threads=1 FORMAT Null"
	await "$RUN" bash -c "[ \"\$(curl -s 127.0.0.1:$CLICKHOUSE_HTTP_PORT/ping)\" = Ok. ]"
	echo "export ANABRANCH_CLICKHOUSE=127.0.0.1:$CLICKHOUSE_PORT"
}

case "${1:?install|start|stop}" in
install) once clickhouse build ;;
start) start ;;
stop) halt "$RUN" "${@:2}" ;;
esac
