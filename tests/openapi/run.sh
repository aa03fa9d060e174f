#!/bin/sh
# usage: tests/openapi/run.sh BUILD (from the top of the tree)
#
# Tests a musterd with requests that schemathesis makes from its own description: those that it allows, and
# those that it does not. What is sent depends on the seed in schemathesis.toml alone. Prints what deviates.
set -eu
build=$1
here=tests/openapi
venv=$build/schemathesis
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || :; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

if ! cmp -s "$here/requirements.txt" "$venv/requirements.txt"; then
	rm -rf "$venv"
	python3 -m venv "$venv"
	"$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
	cp "$here/requirements.txt" "$venv/requirements.txt"
fi

"$build/musterd" -dev -data-dir "$work/data" -port 0 > "$work/log" 2>&1 &
pid=$!
url=
for _ in $(seq 100); do
	url=$(sed -n 's|.* listens on \(http://[^,]*\),.*|\1|p' "$work/log")
	[ -z "$url" ] || ! curl -q -fs --noproxy '*' -o /dev/null "$url/readyz" || break
	sleep 0.1
done

# In its own folder, where it keeps what it has found.
config=$PWD/$here/schemathesis.toml
schemathesis=$(cd "$venv" && pwd)/bin/schemathesis
(cd "$work" && timeout 110 "$schemathesis" --config-file "$config" run --no-color "$url/api/openapi.json") \
	> "$work/report" 2>&1 || {
	cat "$work/report"
	grep -v ' audit: ' "$work/log"
	exit 1
}
grep -A 2 '^Test cases:' "$work/report"
curl -q -fs --noproxy '*' -o /dev/null "$url/readyz"
if grep ' error ' "$work/log"; then
	exit 1
fi
kill "$pid"
wait "$pid"
pid=
