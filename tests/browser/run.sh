#!/bin/sh
# Installs what the dashboard's tests need into $BUILD/browser and runs them.
# usage: BUILD=build tests/browser/run.sh [NAME]: only files whose name contains NAME
#   #        BUILD=build tests/browser/run.sh --picture FILE: makes the README's screenshot instead
set -eu
build=${BUILD:-build}
here=$(dirname "$0")
export MODULES="$build/browser" MUSTERD="$build/musterd" SCREENSHOTS="$build/screenshots"

mkdir -p "$MODULES" "$SCREENSHOTS"
if ! cmp -s "$here/package-lock.json" "$MODULES/installed"; then
	cp "$here/package.json" "$here/package-lock.json" "$MODULES"
	npm ci --prefix "$MODULES" --no-audit --no-fund --silent
	cp "$here/package-lock.json" "$MODULES/installed"
fi
if [ "${1:-}" = --picture ]; then
	exec node "$here/screenshot.js" "$2"
fi
# shellcheck disable=SC2046 # file names of ours, without spaces
exec node --test --test-reporter=spec $(find "$here" -name '*_test.js' | grep -F -- "${1:-}" | sort)
