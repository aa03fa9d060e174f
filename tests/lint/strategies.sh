#!/bin/sh
# usage: tests/lint/strategies.sh   (from the top of the tree: does all that lists the strategies list the same ones?)
set -eu

list=lua/lib/strategies.lua
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

sed -n 's/^strategies\.names = { "\(.*\)" }$/\1/p' "$list" | sed 's/", "/\n/g' > "$work/names"
test -s "$work/names" || { echo "$list: no strategies.names were found"; exit 1; }

# same FILE WHAT: says so where the lines that are read are not the names, in any order.
same() {
	sort > "$work/found"
	if ! sort "$work/names" | cmp -s - "$work/found"; then
		echo "$1: $2: $(tr '\n' ' ' < "$work/found")is not: $(tr '\n' ' ' < "$work/names")"
		bad=1
	fi
}

doc=src/api/openapi.json
jq -r '.components.schemas.Strategy.enum[]' "$doc" | same "$doc" 'schema Strategy'
jq -r '.components.schemas.StrategyName.enum[]' "$doc" | tr - _ | sort -u | same "$doc" 'schema StrategyName'
jq -r '.components.schemas.StrategyName.enum[]' "$doc" | grep -v - | same "$doc" 'schema StrategyName'
jq -r '.components.schemas.Strategy.description' "$doc" | grep -o '`[a-z_]*`:' | tr -d '`:' |
	same "$doc" 'description of Strategy'
jq -r '.components.schemas.Balance.properties.strategies | .example[]' "$doc" | same "$doc" 'schema Balance'
sed -n '/^const STRATEGY_HINTS/,/^}/s/^\t\([a-z_]*\):.*/\1/p' src/dashboard/actions.js |
	same src/dashboard/actions.js STRATEGY_HINTS
sed -n "s/^\t-strategy) echo '\(.*\)' ;;/\1/p" deploy/completion/muster.bash | tr ' ' '\n' |
	same deploy/completion/muster.bash -strategy
sed -n 's/^\tlocal -a strategies=(\(.*\))/\1/p' deploy/completion/_muster | tr ' ' '\n' |
	same deploy/completion/_muster strategies
sed -n '/^Shows the placement strategy/,/^\.TP/s/^\.BR* \([a-z_]*\).*/\1/p' deploy/man/muster.1 |
	same deploy/man/muster.1 'the command balance'
sed -n 's/.*`[^`]*\/balance` | [a-z ]*the strategy: \(.*\) |$/\1/p' README.md | tr -d '`,' | tr ' ' '\n' |
	same README.md balance
find lua/lib/strategies -name '*.lua' | sed 's/.*\///; s/\.lua$//' | same lua/lib/strategies 'the files'
exit "$bad"
