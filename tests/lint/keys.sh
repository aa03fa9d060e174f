#!/bin/sh
# Checks that lua/lib/keys.lua and the table in lua/README.md have the same keys.
# usage: tests/lint/keys.sh   (from the top of the tree)
set -eu

keys=lua/lib/keys.lua
table=lua/README.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Lines of "<line> <name>". Of a name that ends with an id, only the part before the id.
awk '!/^[ \t]*--/ && match($0, /prefix *\.\. *"[^"]*"/) {
	name = substr($0, RSTART, RLENGTH)
	gsub(/^[^"]*"|"$/, "", name)
	print FNR, name
}' "$keys" > "$work/keys"
test -s "$work/keys" || { echo "$keys:1: no keys were found"; exit 1; }
test -f "$table" || { echo "$table:1: there is no such file"; exit 1; }
awk '/^\| *`[^`]*` *\| *(string|hash|set|sorted set|list|stream) *\|/ {
	name = $0
	sub(/^\| *`/, "", name)
	sub(/`.*/, "", name)
	sub(/[<{].*/, "", name)
	print FNR, name
}' "$table" > "$work/table"

bad=0
while read -r line name; do
	if ! grep -q " $name\$" "$work/table"; then
		echo "$keys:$line: the table in $table lacks $name"
		bad=1
	fi
done < "$work/keys"
while read -r line name; do
	if ! grep -q " $name\$" "$work/keys"; then
		echo "$table:$line: $keys has no key $name"
		bad=1
	fi
done < "$work/table"
if find lua -name '*.lua' ! -path "$keys" | sort |
	xargs grep -nE '"muster:|prefix *\.\.|KEYS *\[' /dev/null; then
	echo "(only $keys may make names of keys)"
	bad=1
fi
exit "$bad"
