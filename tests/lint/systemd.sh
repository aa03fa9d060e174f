#!/bin/sh
# Checks that the systemd units are valid, and that their sandbox is rated 2.0 or better, on a scale
# from 0 (best) to 10.
# usage: tests/lint/systemd.sh   (from the top of the tree)
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for unit in deploy/systemd/*.service; do
	name=${unit##*/}
	# The program that the unit starts may not be installed here.
	sed "s|^ExecStart=[^ ]*|ExecStart=$(command -v true)|" "$unit" > "$work/$name"
	systemd-analyze verify --man=no "$work/$name" 2> "$work/said" || {
		cat "$work/said" >&2
		exit 1
	}
	# Warnings, for example about an unknown setting, do not change the exit status.
	if grep -F "$name" "$work/said" >&2; then
		exit 1
	fi
	systemd-analyze security --offline=true --threshold=20 "$work/$name" > "$work/said" || {
		cat "$work/said" >&2
		exit 1
	}
	tail -n 1 "$work/said"
done
