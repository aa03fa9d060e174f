#!/bin/sh
# usage: tests/lint/lua_state.sh   (from the top of the tree)
# Modules of lua/lib keep no state: a variable of a module is set where it is declared, and never again. A table
# of a module is filled while the module is loaded, by statements in the first column, and never by a function.
set -eu

status=0
for file in lua/lib/*.lua lua/lib/*/*.lua; do
	awk -v file="$file" '
	# Variables of the module, and the module itself.
	/^local [A-Za-z_]/ && !/^local function/ {
		names = $0
		sub(/^local /, "", names)
		sub(/ *=.*$/, "", names)
		n = split(names, list, / *, */)
		for (i = 1; i <= n; i++)
			declared[list[i]] = 1
		next
	}
	# Within a function, what it declares itself hides them.
	/^(local )?function / { split("", own) }
	/^[\t ]/ {
		line = $0
		if (match(line, /local [A-Za-z_][A-Za-z_0-9, ]*/)) {
			names = substr(line, RSTART + 6, RLENGTH - 6)
			n = split(names, list, / *, */)
			for (i = 1; i <= n; i++)
				own[list[i]] = 1
		}
		sub(/^[\t ]+/, "", line)
		within = depth # of a table that is being written down
		depth += gsub(/{/, "{", $0) - gsub(/}/, "}", $0)
		if (within > 0)
			next
		if (line ~ /^[A-Za-z_][A-Za-z_0-9]*([.][A-Za-z_0-9]+|\[[^]]*\])* *=[^=]/ ||
		    line ~ /^[A-Za-z_][A-Za-z_0-9]* *, *[A-Za-z_].*[^=~<>]=[^=]/) {
			n = split(line, targets, /=/)
			m = split(targets[1], list, / *, */)
			for (i = 1; i <= m; i++) {
				name = list[i]
				sub(/[.\[ ].*$/, "", name)
				if ((name in declared) && !(name in own)) {
					printf "%s:%d: changes %s, a variable of the module\n", file, FNR, name
					bad = 1
				}
			}
		}
		if (line ~ /^table[.](insert|remove|sort)\(/) {
			name = line
			sub(/^[^(]*\(/, "", name)
			sub(/[,.) \[].*$/, "", name)
			if ((name in declared) && !(name in own)) {
				printf "%s:%d: changes %s, a table of the module\n", file, FNR, name
				bad = 1
			}
		}
	}
	END { exit bad }' "$file" || status=1
done
exit $status
