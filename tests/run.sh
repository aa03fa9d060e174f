#!/bin/sh
# Runs test programs and Lua tests side by side. Prints one line for each, the whole output of
# those that fail, and the totals at the end.
# usage: BUILD=build tests/run.sh TEST...   (from the top of the tree)
# JOBS (4) run at once. Each may take TIMEOUT (120) seconds.
set -u
build=${BUILD:-build}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
trap 'exit 130' INT TERM

# In order of their paths, integration tests come before unit tests: the long ones start first.
printf '%s\n' "$@" | sort | xargs -r -n 1 -P "${JOBS:-4}" sh -c '
	build=$1 out=$2 test=$3
	log=$out/$(echo "${test#"$build"/}" | tr / .)
	# A sanitizer reports here, whichever process it is in: the test, or a musterd that it starts.
	found=log_path=$log.found
	export ASAN_OPTIONS="$found ${ASAN_OPTIONS-}" TSAN_OPTIONS="$found ${TSAN_OPTIONS-}"
	export UBSAN_OPTIONS="$found ${UBSAN_OPTIONS-}"
	case $test in
	*.lua) LUA_PATH="./lua/?.lua;./tests/lua/?.lua" lua5.1 "$test" >"$log" 2>&1 ;;
	*) BUILD=$build MUSTERD=$build/musterd timeout "${TIMEOUT:-120}" "$test" >"$log" 2>&1 ;;
	esac
	status=$?
	cat "$log".found.* >>"$log" 2>/dev/null && status=1
	passed=$(grep -c "^\[       OK \]" "$log")
	failed=$(grep -E "^\[  (FAILED |ERROR  ) \] [^ ]*$" "$log" | sort -u | wc -l)
	if [ "$status" -ne 0 ] || [ "$passed" -eq 0 ]; then
		[ "$failed" -gt 0 ] || failed=1
		cat "$log"
	fi
	echo "${test#"$build"/}: $passed passed, $failed failed"
	echo "$passed $failed" >"$log.sum"
' sh "$build" "$out"

cat "$out"/*.sum 2>/dev/null | awk '
	{ passed += $1; failed += $2 }
	END {
		printf "%d passed, %d failed\n", passed, failed
		exit failed > 0 || passed == 0
	}'
