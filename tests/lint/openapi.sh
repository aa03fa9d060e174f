#!/bin/sh
# Checks openapi.json with a linter, and that its version is that of the Makefile.
# usage: tests/lint/openapi.sh   (from the top of the tree)
set -eu

doc=src/api/openapi.json
linter=@redocly/cli@1.34.5

ours=$(sed -n 's/^VERSION *:= *//p' Makefile)
its=$(jq -r .info.version "$doc")
if [ "$its" != "$ours" ]; then
	line=$(grep -n '"version":' "$doc" | head -n 1 | cut -d : -f 1)
	echo "$doc:${line:-1}: the version is $its, that of the Makefile is $ours"
	exit 1
fi
if ! command -v npx > /dev/null; then
	echo "$0:1: npx is missing; it comes with Node.js 18 or newer (on Debian: npm)" >&2
	exit 1
fi
REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true NO_UPDATE_NOTIFIER=1 \
	npx --yes "$linter" lint --config tests/lint/redocly.yaml --max-problems 1000 \
	"$doc"
