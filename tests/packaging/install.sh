#!/bin/sh
# usage: tests/packaging/install.sh (from the top of the tree)
#
# Tests that `make install` installs all files and `make uninstall` removes them.
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

die() {
	echo "FAILED  $*" >&2
	exit 1
}

run() {
	make --no-print-directory "$@" > "$work/make.log" 2>&1 || die "make $*: $(tail "$work/make.log")"
}

# list FOLDER: prints the files and links below it, with their modes.
list() {
	(cd "$1" && find . -not -type d -printf '%P %m\n') | sort
}

cat > "$work/wanted" << 'END'
etc/muster/musterd.env 640
usr/bin/apiserver 777
usr/bin/muster 755
usr/bin/musterd 755
usr/include/muster/member.h 644
usr/include/muster/muster.h 644
usr/include/muster/watch.h 644
usr/lib/libmuster.a 644
usr/lib/libmuster.so 777
usr/lib/libmuster.so.0 755
usr/lib/pkgconfig/muster.pc 644
usr/lib/systemd/system/musterd.service 644
usr/share/bash-completion/completions/muster 644
usr/share/doc/muster/CHANGELOG.md 644
usr/share/doc/muster/LICENSE 644
usr/share/doc/muster/README.md 644
usr/share/doc/muster/acl.conf 644
usr/share/doc/muster/curl.md 644
usr/share/doc/muster/haproxy.cfg 644
usr/share/doc/muster/muster.json 644
usr/share/doc/muster/muster.rules.yml 644
usr/share/doc/muster/node.c 644
usr/share/doc/muster/prometheus.yml 644
usr/share/doc/muster/python.md 644
usr/share/doc/muster/redis.conf 644
usr/share/man/man1/muster.1 644
usr/share/man/man3/libmuster.3 644
usr/share/man/man8/musterd.8 644
usr/share/zsh/site-functions/_muster 644
END
run install DESTDIR="$work/root" PREFIX=/usr
list "$work/root" | diff "$work/wanted" - || die 'not what is to be installed'
[ "$("$work/root/usr/bin/apiserver" -version)" = "$(bin/musterd -version)" ] || die 'apiserver -version'
cmp -s deploy/systemd/musterd.service "$work/root/usr/lib/systemd/system/musterd.service" ||
	die 'with PREFIX=/usr the unit is as it stands'
echo 'ok  installs, below DESTDIR'

env=$work/root/etc/muster/musterd.env
echo 'MUSTER_ZONE=kept' >> "$env"
run install DESTDIR="$work/root" PREFIX=/usr
grep -q 'MUSTER_ZONE=kept' "$env" || die 'a second time, it has lost a changed option'
run uninstall DESTDIR="$work/root" PREFIX=/usr
[ "$(list "$work/root")" = 'etc/muster/musterd.env 640' ] || die "uninstalled, there is: $(list "$work/root")"
echo 'ok  keeps changed options, and takes the rest away'

run install PREFIX="$work/own"
unit=$work/own/lib/systemd/system/musterd.service
grep -q "^ExecStart=$work/own/bin/musterd\$" "$unit" || die 'the unit starts another program'
grep -q "^EnvironmentFile=-$work/own/etc/muster/musterd.env\$" "$unit" || die 'the unit reads another file'
grep -q "^prefix=$work/own\$" "$work/own/lib/pkgconfig/muster.pc" || die 'muster.pc names another prefix'
if command -v systemd-analyze > /dev/null; then
	systemd-analyze verify --man=no "$unit" || die 'systemd does not take the unit'
fi
run uninstall PREFIX="$work/own"
[ -z "$(list "$work/own")" ] || die "uninstalled, there is: $(list "$work/own")"
echo 'ok  installs in a folder of its own, with a unit for that, and leaves nothing'
