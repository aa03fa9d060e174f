#!/bin/sh
# Checks that routes.c, openapi.json and lua/ agree on the operations.
# usage: tests/lint/routes.sh   (from the top of the tree)
set -eu

routes=src/api/routes.c
doc=src/api/openapi.json
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# "<line> <method> <path> <handler>" of each row, with "{id}" for ":id" as in the document.
awk '
/^[ \t]*\{ *METHOD_/ {
	gsub(/[{},"]/, " ")
	sub(/METHOD_/, "", $1)
	path = $2
	while (match(path, /:[^\/]+/))
		path = substr(path, 1, RSTART - 1) "{" substr(path, RSTART + 1, RLENGTH - 1) "}" \
			substr(path, RSTART + RLENGTH)
	print FNR, tolower($1), path, $3
}' "$routes" > "$work/routes"
test -s "$work/routes" || { echo "$routes: no rows were found"; exit 1; }
jq -r '.paths | to_entries[] | .key as $path | .value | to_entries[]
	| select(.key | IN("get", "put", "post", "delete", "options", "head", "patch", "trace"))
	| "\(.key) \($path) \(.value.operationId)"' "$doc" > "$work/documented"

bad=0
while read -r line method path handler; do
	if ! grep -qxF -- "$method $path $handler" "$work/documented"; then
		echo "$routes:$line: $doc has no $method $path with the operationId $handler"
		bad=1
	fi
	# If src/api uses a script that is named like the handler, that script must exist.
	script=SCRIPT_$(echo "$handler" | tr '[:lower:]' '[:upper:]')
	if grep -qw -- "$script" src/api/*.c && ! test -f "lua/$handler.lua"; then
		echo "$routes:$line: there is no lua/$handler.lua"
		bad=1
	fi
done < "$work/routes"

# Conversely, each script that src/api uses must be named like a handler.
grep -now 'SCRIPT_[A-Z_]*' src/api/*.c | grep -v SCRIPT_ARGS_MAX | tr ':' ' ' > "$work/scripts" || true
while read -r file line script; do
	name=$(echo "${script#SCRIPT_}" | tr '[:upper:]' '[:lower:]')
	if ! grep -q " $name\$" "$work/routes"; then
		echo "$file:$line: $script is not named like a handler of $routes"
		bad=1
	fi
done < "$work/scripts"
while read -r method path handler; do
	if ! cut -d ' ' -f 2- "$work/routes" | grep -qxF -- "$method $path $handler"; then
		at=$(grep -n "\"operationId\": \"$handler\"" "$doc" | head -n 1 | cut -d : -f 1)
		echo "$doc:${at:-1}: $method $path ($handler) is not in $routes"
		bad=1
	fi
done < "$work/documented"
exit "$bad"
