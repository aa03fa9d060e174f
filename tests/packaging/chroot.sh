# Sourced by the other tests: makes a separate Debian system in $root and runs commands in it.
# shellcheck shell=sh
#
# The script restarts itself in its own namespaces, so that its mounts and processes end with it.

[ "$(id -u)" -eq 0 ] || {
	echo "$0: needs root" >&2
	exit 2
}
[ -n "${APART:-}" ] || APART=1 exec unshare --mount --pid --fork --kill-child --mount-proc "$0" "$@"

work=$(mktemp -d)
root=$work/root
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
trap 'umount_all; rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM

umount_all() {
	for mounted in "$root/proc" "$root/dev"; do
		if mountpoint -q "$mounted"; then
			umount "$mounted"
		fi
	done
}

die() {
	echo "FAILED  $*" >&2
	exit 1
}

ok() {
	echo "ok  $*"
}

# chroot_make SUITE: makes a minimal Debian in $root. It is downloaded once and kept in $BUILD.
chroot_make() {
	base=${BUILD:-build}/debian-$1.tar
	if [ ! -e "$base" ]; then
		umount_all
		rm -rf --one-file-system "$root"
		debootstrap --variant=minbase "$1" "$root" > "$work/debootstrap.log" 2>&1 ||
			die "debootstrap: $(tail -n 3 "$work/debootstrap.log")"
		tar -C "$root" -cf "$base.part" .
		mv "$base.part" "$base"
		rm -rf "$root"
	fi
	chroot_copy "$base"
}

# chroot_copy TAR: like chroot_make, from a tar file. Services are not started in it.
chroot_copy() {
	umount_all
	rm -rf --one-file-system "$root"
	mkdir "$root"
	tar -C "$root" -xf "$1"
	mount -t proc proc "$root/proc"
	mount --bind /dev "$root/dev"
	cp /etc/resolv.conf "$root/etc/resolv.conf"
	printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
}

# inside COMMAND…: runs the command in $root.
inside() {
	chroot "$root" /usr/bin/env -i PATH="$path" LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@"
}

# start_inside LOG COMMAND…: starts the command in $root, with its output in LOG, and sets $pid.
start_inside() {
	log=$1
	shift
	: > "$log"
	chroot "$root" /usr/bin/env -i PATH="$path" "$@" > "$log" 2>&1 &
	pid=$!
}

# until_true SECONDS COMMAND…: repeats the command until it succeeds.
until_true() {
	deadline=$(($(date +%s) + $1 + 1))
	shift
	until "$@"; do
		[ "$(date +%s)" -lt "$deadline" ] || return 1
		sleep 0.05
	done
}

# until_ready: waits until the musterd that was started last is ready; sets $port.
until_ready() {
	until_true 10 grep -q ' listens on http://' "$log" || die "musterd does not listen: $(cat "$log")"
	port=$(sed -n 's|.* listens on http://[^ ]*:\([0-9]*\),.*|\1|p' "$log" | sed 1q)
	until_true 10 curl -q -fs --noproxy '*' --max-time 5 -o /dev/null "http://127.0.0.1:$port/readyz" ||
		die "musterd is not ready: $(cat "$log")"
}

# ends_well: fails unless the process that was started last exits with 0 after SIGTERM.
ends_well() {
	kill "$pid"
	wait "$pid" || die "ended with $?: $(cat "$log")"
}
