#!/bin/sh
# Checks that the man pages and the completion are well-formed and know all commands, options and
# functions.
# usage: tests/lint/man.sh BUILD   (from the top of the tree)
set -eu

build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

for page in deploy/man/*.[1-8]; do
	if ! LC_ALL=C.UTF-8 MANWIDTH=100 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 > /dev/null |
		sed "s|^|$page: |" > "$work/warnings"; then
		echo "$page: man cannot format it"
		bad=1
	fi
	if test -s "$work/warnings"; then
		cat "$work/warnings"
		bad=1
	fi
done

# knows FILE WHAT TEXT: complains if FILE does not have TEXT as a whole word. "\-" is read as "-".
knows() {
	if ! sed 's/\\-/-/g' "$1" | grep -qE -- "(^|[^a-z_-])$3([^a-z_-]|\$)"; then
		echo "$1: $2 is missing"
		bad=1
	fi
}

"$build/muster" -help | sed -n 's/^  \([a-z]\)/\1/p' | sed 's/   .*//' > "$work/commands"
test -s "$work/commands" || { echo "$build/muster: it names no commands"; exit 1; }
while read -r line; do
	words=$(echo "$line" | sed 's/ *[A-Z[].*//')
	knows deploy/man/muster.1 "the command $words" "$words"
	for word in $words; do
		knows deploy/completion/muster.bash "the command $words" "$word"
		knows deploy/completion/_muster "the command $words" "$word"
	done
	# shellcheck disable=SC2086 # the command's words
	"$build/muster" $words -help | sed -n 's/^  -\([^ ]*\).*/\1/p' >> "$work/options"
done < "$work/commands"
sort -u "$work/options" > "$work/sorted"
while read -r option; do
	for file in deploy/man/muster.1 deploy/completion/muster.bash deploy/completion/_muster; do
		knows "$file" "the option -$option" "-$option"
	done
done < "$work/sorted"

"$build/musterd" -help | sed -n 's/^  -\([^ ]*\).*/\1/p' > "$work/options"
test -s "$work/options" || { echo "$build/musterd: it names no options"; exit 1; }
while read -r option; do
	knows deploy/man/musterd.8 "the option -$option" "-$option"
done < "$work/options"

sed -n 's/^\t\(muster_[a-z_]*\);$/\1/p' src/client/libmuster.map > "$work/functions"
while read -r function; do
	knows deploy/man/libmuster.3 "the function $function" "$function"
done < "$work/functions"

bash -n deploy/completion/muster.bash || bad=1
exit "$bad"
