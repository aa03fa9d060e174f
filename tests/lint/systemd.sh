#!/bin/sh
# usage: tests/lint/systemd.sh   (from the top of the tree)
#
# Are the units sound, and is each shut in: rated 2.0 or better, from 0 (best) to 10?
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for unit in deploy/systemd/*.service; do
	name=${unit##*/}
	# The program that it starts need not be installed here.
	sed "s|^ExecStart=[^ ]*|ExecStart=$(command -v true)|" "$unit" > "$work/$name"
	systemd-analyze verify --man=no "$work/$name" 2> "$work/said" || {
		cat "$work/said" >&2
		exit 1
	}
	# Warnings, such as a setting that it does not know, do not change its exit status.
	if grep -F "$name" "$work/said" >&2; then
		exit 1
	fi
	systemd-analyze security --offline=true --threshold=20 "$work/$name" > "$work/said" || {
		cat "$work/said" >&2
		exit 1
	}
	tail -n 1 "$work/said"
done
