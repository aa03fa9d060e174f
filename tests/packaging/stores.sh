#!/bin/sh
# usage: tests/packaging/stores.sh (from the top of the tree, as root)
#
# Runs the tests of the scripts with the Redis and the Valkey of newer Debian systems. The servers run
# with the libraries of their own system, but not inside it, so that the tests can reach them.
# Needs debootstrap.
set -eu
# shellcheck source=tests/packaging/chroot.sh
. tests/packaging/chroot.sh

# stand_in NAME: puts a redis-server first in PATH that is NAME-server of $root.
stand_in() {
	lib=$(dirname "$(find "$root/usr/lib" -name libc.so.6 | sed 1q)")
	loader=$(find "$lib/" -name 'ld-linux*' | sed 1q)
	mkdir -p "$work/bin"
	printf '#!/bin/sh\nexec %s --library-path %s %s "$@"\n' "$loader" "$lib" "$root/usr/bin/$1-server" \
		> "$work/bin/redis-server"
	chmod 755 "$work/bin/redis-server"
	version=$("$work/bin/redis-server" --version) || die "$1-server does not run"
}

for suite in trixie sid; do
	chroot_make "$suite"
	# The lists of a mirror that lags are as good here.
	inside apt-get -o Acquire::Check-Valid-Until=false update -qq > "$work/apt.log" 2>&1 &&
		inside apt-get install -y -qq --no-install-recommends redis-server valkey-server \
			>> "$work/apt.log" 2>&1 || die "apt-get: $(tail "$work/apt.log")"
	for name in redis valkey; do
		stand_in "$name"
		PATH=$work/bin:$PATH make --no-print-directory test T=integration/scripts \
			> "$work/make.log" 2>&1 || die "$version: $(tail -n 40 "$work/make.log")"
		ok "${version%% sha=*}: $(tail -n 1 "$work/make.log")"
	done
done
