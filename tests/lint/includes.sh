#!/bin/sh
# Checks that each file of src includes only what it may.
# usage: tests/lint/includes.sh   (from the top of the tree)
# Each folder may include those that stand beside it below. Within src no files may include each
# other in a circle, where x.c, x.h and x_internal.h are one; x_internal.h is for its own folder.
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
function module_of(path) {
	sub(/^src\//, "", path)
	sub(/\.[ch]$/, "", path)
	sub(/_internal$/, "", path)
	return path
}
# Prints the shortest way by which a module includes itself, if there is one.
function report_circle(start, queue, last, i, m, n, came_from, text) {
	queue[last = 1] = start
	for (i = 1; i <= last && !(start in came_from); i++)
		for (n in modules)
			if ((queue[i], n) in includes && !(n in came_from)) {
				came_from[n] = queue[i]
				queue[++last] = n
			}
	if (!(start in came_from))
		return
	m = start
	do {
		text = " > " m text
		reported[m]
		n = m
		m = came_from[m]
	} while (m != start)
	printf "%s: a circle: %s%s\n", includes[start, n], start, text
	bad = 1
}
FNR == 1 {
	parts = split(FILENAME, path, "/")
	from = parts > 2 ? path[2] : ""
	free = parts == 2 && path[2] ~ /^main_.*\.c$/
	module = module_of(FILENAME)
	modules[module]
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
	seen++
	name = $0
	sub(/^[^"]*"/, "", name)
	sub(/".*$/, "", name)
	if (free)
		next
	to = name == "scripts.h" ? "redis" : name == "strategies.h" ? "base" : name
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
	} else if (name ~ /_internal\.h$/ && from != to) {
		printf "%s:%d: \"%s\" is only for src/%s\n", FILENAME, FNR, name, to
		bad = 1
	} else if (name ~ /\.h$/ && module_of(name) != module) {
		includes[module, module_of(name)] = FILENAME ":" FNR
	}
}
END {
	if (!seen) {
		print "src: no includes were found"
		bad = 1
	}
	# Takes away the modules that include none of those that are left: they are in no circle.
	do {
		taken = 0
		for (m in modules) {
			needs = 0
			for (n in modules)
				needs += (m, n) in includes
			if (!needs) {
				delete modules[m]
				taken = 1
			}
		}
	} while (taken)
	for (m in modules)
		if (!(m in reported))
			report_circle(m)
	exit bad
}'
