#!/bin/sh
# usage: tests/lint/declarations.sh   (from the top of the tree: is each function declared in its own header?)
# A function of src/x/y.c that is not static is declared in y.h or y_internal.h beside it, or, where
# it belongs to the client library, in a header of include/muster; and those headers declare nothing
# that is defined elsewhere. It takes the layout of `make format`: a definition's name starts its line.
set -eu

# shellcheck disable=SC2016
found=$(find src include/muster -name '*.[ch]' | sort | xargs awk '
FNR == 1 {
	public = FILENAME ~ /^include\//
	header = FILENAME ~ /\.h$/
	module = FILENAME
	sub(/(_internal)?\.[ch]$/, "", module)
	main_file = FILENAME ~ /^src\/main_[a-z_]*\.c$/
	before = ""
}
/^[ \t]*(\/\*|\*|#)/ {
	next
}
# A definition: its type is on the line before.
!header && /^[a-z_][a-z0-9_]*\(/ && before !~ /(^|[ \t])static([ \t]|$)/ && before ~ /^[a-z]/ {
	name = $0
	sub(/\(.*/, "", name)
	if (!main_file || name != "main") {
		where[module, name] = FILENAME ":" FNR
		defined[name]
		seen++
	}
}
# A declaration: its type is on the same line. What is static has its body in the header.
header && /^[A-Za-z].*[ *][a-z0-9_]+\(/ && !/^(static|typedef)/ {
	line = $0
	sub(/__attribute__.*/, "", line)
	if (match(line, /[ *][a-z][a-z0-9_]*\(/))
		declared[public ? "muster" : module, substr(line, RSTART + 1, RLENGTH - 2)] = FILENAME ":" FNR
}
{
	before = $0
}
END {
	for (key in where) {
		split(key, part, SUBSEP)
		if ((key in declared) || (part[1] ~ /^src\/client\// && ("muster", part[2]) in declared))
			continue
		printf "%s: %s is not declared in %s.h\n", where[key], part[2], part[1]
	}
	for (key in declared) {
		split(key, part, SUBSEP)
		if (part[1] == "muster" ? part[2] in defined : key in where)
			continue
		printf "%s: %s is not defined in %s\n", declared[key], part[2],
			part[1] == "muster" ? "src" : part[1] ".c"
	}
	if (!seen)
		print "src: no functions were found"
}' | sort)
test -z "$found" || { printf '%s\n' "$found"; exit 1; }
