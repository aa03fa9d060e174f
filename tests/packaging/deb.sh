#!/bin/sh
# usage: tests/packaging/deb.sh (from the top of the tree, as root)
#
# Tests that the package installs, runs, upgrades and purges, in a separate Debian system. Needs
# debootstrap.
set -eu
# shellcheck source=tests/packaging/chroot.sh
. tests/packaging/chroot.sh

build=${BUILD:-build}
conf=$root/etc/muster/musterd.env

# pack REVISION: builds the package and puts it into $root/tmp as muster-REVISION.deb.
pack() {
	make --no-print-directory deb REVISION="$1" > "$work/make.log" 2>&1 || die "make deb: $(tail "$work/make.log")"
	cp "$build"/muster_*-"$1"_*.deb "$root/tmp/muster-$1.deb"
}

apt() {
	inside apt-get -y -qq --no-install-recommends "$@" > "$work/apt.log" 2>&1 ||
		die "apt-get $*: $(tail "$work/apt.log")"
}

# runs: fails unless musterd -dev runs as the package's user and exits with 0.
runs() {
	start_inside "$work/musterd.log" setpriv --reuid muster --regid muster --clear-groups \
		musterd -dev -cluster node-1 -port 0 -data-dir /var/lib/muster/data
	until_ready
	ends_well
}

# list: prints all files except those of the package manager.
list() {
	(cd "$root" && find etc usr var/lib -not -path 'var/lib/dpkg/*' -not -path 'var/lib/apt/*') | sort
}

chroot_make "$(. /etc/os-release && echo "$VERSION_CODENAME")"
apt update
apt install redis-server
list > "$work/before"

pack 1
pack 2
apt install /tmp/muster-1.deb
[ "$(inside musterd -version)" = "$(bin/musterd -version)" ] || die "musterd -version"
[ "$(inside apiserver -version)" = "$(bin/musterd -version)" ] || die "apiserver -version"
[ "$(inside stat -c '%U %a' /etc/muster/musterd.env)" = 'root 640' ] || die 'musterd.env is for root alone'
inside id -u muster > "$work/id" || die 'there is no user muster'
[ -e "$root/usr/lib/systemd/system/musterd.service" ] || die 'there is no unit'
ok 'installs with what it depends on, a user and a unit'

inside install -d -o muster -g muster /var/lib/muster
runs
ok 'musterd -dev serves as that user and ends in good order'

echo 'MUSTER_ZONE=kept' >> "$conf"
apt install /tmp/muster-2.deb
inside dpkg-query -W -f '${Version} ${Status}' muster > "$work/status"
grep -q -- '-2 install ok installed' "$work/status" || die "upgrade: $(cat "$work/status")"
grep -q 'MUSTER_ZONE=kept' "$conf" || die 'the upgrade has lost a changed option'
inside id -u muster | cmp -s - "$work/id" || die 'the upgrade has changed the user'
runs
ok 'upgrades, and keeps changed options and the user'

apt remove muster
if inside sh -c 'command -v musterd || command -v apiserver' > /dev/null; then
	die 'removed, it is still there'
fi
grep -q 'MUSTER_ZONE=kept' "$conf" || die 'removing it has lost a changed option'
apt install /tmp/muster-2.deb
grep -q 'MUSTER_ZONE=kept' "$conf" || die 'installed again, it has lost a changed option'
apt purge muster
apt autoremove --purge
list > "$work/after"
comm -13 "$work/before" "$work/after" > "$work/left"
[ ! -s "$work/left" ] || die "purged, it leaves: $(cat "$work/left")"
if inside id muster > /dev/null 2>&1; then
	die 'purged, it leaves its user'
fi
ok 'removes and purges, and leaves nothing'
