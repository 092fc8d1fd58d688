#!/usr/bin/env bash
# Prints the path of a Python that has the writers which the tests compare with
# (source/testdata/writers). It's made once, in a cache directory:
#   ANABRANCH_PYTHON=$(.ci/python.sh) go test ./source
# Spark also needs a Java, 17 or later.
set -euo pipefail

packages=(pyarrow==26.0.1 duckdb==2.0.1 polars==2.1.0 chdb==4.4.0 chdb-core==26.9.0 pyspark==4.3.0)

key=$(printf '%s\n' "${packages[@]}" "$(python3 --version)" | sha256sum | cut -c1-12)
home="${XDG_CACHE_HOME:-$HOME/.cache}/anabranch"
venv="$home/python-$key"
mkdir -p "$home"
exec 9>"$home/python.lock"
flock 9
if [ ! -e "$venv/complete" ]; then
	rm -rf "$venv"
	python3 -m venv "$venv" >&2
	"$venv/bin/pip" install --quiet --disable-pip-version-check "${packages[@]}" >&2
	touch "$venv/complete"
fi
echo "$venv/bin/python"
