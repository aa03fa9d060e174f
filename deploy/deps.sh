#!/bin/sh
# Installs packages on Debian and Ubuntu. On other systems it lists them and fails.
# usage: deploy/deps.sh [--missing-only] PACKAGE...
set -eu
if [ "$1" = --missing-only ]; then
	shift
	command -v dpkg-query >/dev/null || exit 0 # not Debian: the build reports what is missing
	missing=
	for package; do
		case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
		*' ok installed') ;;
		*) case $package in
			# npm may also have been installed in another way.
			npm) command -v npx >/dev/null || missing="$missing $package" ;;
			*) missing="$missing $package" ;;
			esac ;;
		esac
	done
	[ -n "$missing" ] || exit 0
	# shellcheck disable=SC2086 # a list of names
	set -- $missing
fi
if ! command -v apt-get >/dev/null; then
	echo "install these packages, or their equivalents on your system: $*" >&2
	exit 1
fi
as_root=
[ "$(id -u)" -eq 0 ] || as_root=sudo
echo "installing: $*"
$as_root apt-get update -qq
# RUNLEVEL=1 keeps the redis-server package from starting its service.
$as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "$@" >/dev/null
