#!/bin/sh
# Checks that lua/, errors.def and openapi.json know the same errors.
# usage: tests/lint/errors.sh   (from the top of the tree)
set -eu

def=src/base/errors.def
doc=src/api/openapi.json
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# "<line> <word> <code>" of each row.
awk -F '[(," ]+' '/^ERROR\(/ { print FNR, $2, $3 }' "$def" > "$work/def"
test -s "$work/def" || { echo "$def: no ERROR rows were found"; exit 1; }
cut -d ' ' -f 2 "$work/def" | sort > "$work/words"
cut -d ' ' -f 3 "$work/def" | sort > "$work/codes"
jq -r '.components.schemas.Problem.properties.code.enum[]' "$doc" | sort > "$work/documented"

# The words that scripts raise are in upper case: fail("WORD", …), where a line break may follow the
# parenthesis, and "WORD_WORD detail", the error of an item.
# shellcheck disable=SC2016
find lua -name '*.lua' ! -path lua/contract.lua | sort | xargs awk '
{
	line = $0
	sub(/^[ \t]*--.*/, "", line)
	if (open && match(line, /^[ \t]*"[A-Z0-9_]+"/)) {
		word = substr(line, RSTART, RLENGTH)
		gsub(/[ \t"]/, "", word)
		print word, FILENAME ":" FNR
	}
	open = line ~ /fail\([ \t]*$/
	while (match(line, /fail\([ \t]*"[A-Z0-9_]+"/)) {
		word = substr(line, RSTART, RLENGTH)
		gsub(/fail\(|[ \t"]/, "", word)
		print word, FILENAME ":" FNR
		line = substr(line, RSTART + RLENGTH)
	}
	while (match(line, /"[A-Z]+(_[A-Z]+)+ /)) {
		print substr(line, RSTART + 1, RLENGTH - 2), FILENAME ":" FNR
		line = substr(line, RSTART + RLENGTH)
	}
}' > "$work/raised"
test -s "$work/raised" || { echo "lua: no fail(\"WORD\", …) was found"; exit 1; }

bad=0
while read -r word where; do
	if ! grep -qx -- "$word" "$work/words"; then
		echo "$where: raises $word: $def has no such word"
		bad=1
	fi
done < "$work/raised"
while read -r line word code; do
	if ! grep -qx -- "$code" "$work/documented"; then
		echo "$def:$line: $word: the code enum of $doc lacks \"$code\""
		bad=1
	fi
done < "$work/def"
while read -r code; do
	if ! grep -qx -- "$code" "$work/codes"; then
		at=$(grep -n "\"$code\"" "$doc" | head -n 1 | cut -d : -f 1)
		echo "$doc:$at: the code \"$code\" is not in $def"
		bad=1
	fi
done < "$work/documented"
exit "$bad"
