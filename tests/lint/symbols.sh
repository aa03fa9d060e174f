#!/bin/sh
# Checks that the public headers, the version script and both libraries have the same names, and
# that C and C++ compile the headers.
# usage: tests/lint/symbols.sh BUILD   (from the top of the tree)
set -eu

build=$1
map=src/client/libmuster.map
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

sed -n 's/^\t\([A-Za-z_]*\);$/\1/p' "$map" | sort > "$work/map"
cat include/muster/*.h | tr '\n' ' ' | grep -oE 'MUSTER_API [^;]*' | grep -oE 'muster_[a-z_]+\(' |
	tr -d '(' | sort > "$work/headers"
nm -D --defined-only "$build/lib/libmuster.so" | awk '$2 == "T" || $2 == "D" || $2 == "B" { print $3 }' |
	sed 's/@.*//' | sort > "$work/shared"
nm -g --defined-only "$build/lib/libmuster.a" | awk 'NF == 3 { print $3 }' | sort > "$work/static"
test -s "$work/map" || { echo "$map: no names were found"; exit 1; }

for other in headers shared static; do
	if ! diff "$work/map" "$work/$other" > "$work/diff"; then
		sed -n "s|^< |$map: $other lacks |p; s|^> |$other: $map lacks |p" "$work/diff"
		bad=1
	fi
done

for header in include/muster/*.h; do
	name=${header#include/}
	echo "#include <$name>" > "$work/one.cc"
	c++ -std=c++11 -pedantic -Wall -Wextra -Werror -Iinclude -fsyntax-only "$work/one.cc" || bad=1
	cp "$work/one.cc" "$work/one.c"
	cc -std=c11 -pedantic -Wall -Wextra -Werror -Iinclude -fsyntax-only "$work/one.c" || bad=1
done
exit "$bad"
