#!/bin/sh
# usage: tests/lint/contract.sh   (from the top of the tree: do C and Lua speak to each other by names only?)
# lua/contract.lua makes the names; src/redis alone sees what Redis sends.
set -eu
bad=0

# refuse WHAT PATTERN FILE...: says so where the pattern, a basic regular expression, is found.
refuse() {
	what=$1 pattern=$2
	shift 2
	if grep -n -- "$pattern" "$@" /dev/null; then
		echo "(these lines: $what)"
		bad=1
	fi
}

# shellcheck disable=SC2046 # no file's name has a space
refuse 'only src/redis reads replies; above it there is struct script_reply' 'struct reply\>' \
	$(find src -name '*.[ch]' ! -path 'src/redis/*' ! -path 'src/client/*' ! -path 'src/cli/*')
# shellcheck disable=SC2046
refuse 'arguments and columns have names, NAME_ARG_…, NAME_ITEM_…, NAME_ROW_…' \
	'\(args\|row\)_[a-z_]*([^,()]*, *[0-9]' $(find src -name '*.c')
refuse 'lua/contract.lua writes the tabs of rows and items' '\\t' lua/*_*.lua
refuse 'arguments are declared, by unpack(ARGV)' 'ARGV *\[\|#ARGV\|select(.*ARGV' lua/*_*.lua
exit "$bad"
