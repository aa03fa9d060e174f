#!/bin/sh
# Checks that each folder of src includes only what the table below allows.
# usage: tests/lint/includes.sh   (from the top of the tree)
set -eu

# shellcheck disable=SC2016
find src -name '*.[ch]' | sort | xargs awk '
BEGIN {
	may["base"] = " base "
	may["redis"] = " redis base "
	may["http"] = " http base "
	may["api"] = " api base http redis "
	may["cluster"] = " cluster base redis "
	may["client"] = " client base muster "
	may["cli"] = " cli base muster "
	may["muster"] = " muster "
}
FNR == 1 {
	parts = split(FILENAME, path, "/")
	from = parts > 2 ? path[2] : ""
	free = parts == 2 && path[2] ~ /^main_.*\.c$/
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
	seen++
	name = $0
	sub(/^[^"]*"/, "", name)
	sub(/".*$/, "", name)
	if (free)
		next
	to = name == "scripts.h" ? "redis" : name
	if (to ~ /\//)
		sub(/\/.*$/, "", to)
	if (!(from in may)) {
		printf "%s:%d: no rule says what this file may include\n", FILENAME, FNR
		bad = 1
	} else if (!(to in may)) {
		printf "%s:%d: \"%s\" is not written as a path from src\n", FILENAME, FNR, name
		bad = 1
	} else if (!index(may[from], " " to " ")) {
		printf "%s:%d: %s must not include %s (\"%s\")\n", FILENAME, FNR, from, to, name
		bad = 1
	}
}
END {
	if (!seen) {
		print "src: no includes were found"
		bad = 1
	}
	exit bad
}'
