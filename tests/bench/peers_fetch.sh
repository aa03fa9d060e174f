#!/bin/sh
# Gets the programs that muster is compared with, unless they are installed: unpacks Debian's packages below
# BUILD/peers. Nothing is installed, so no service is started.
# usage: tests/bench/peers_fetch.sh [BUILD_DIR]
set -eu
peers=${1:-build}/peers
missing=
for program in webdis etcd etcdctl; do
	[ -x "$peers/usr/bin/$program" ] || command -v "$program" >/dev/null || missing=1
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null; then
	echo 'webdis and etcd are missing: the bench does not compare with them' >&2
	exit 0
fi
rm -rf "$peers"
mkdir -p "$peers"
cd "$peers"
set -- webdis libb64-0d etcd-server etcd-client
if ! apt-get download -qq "$@" 2>/dev/null; then
	as_root=
	[ "$(id -u)" -eq 0 ] || as_root=sudo
	$as_root apt-get update -qq
	apt-get download -qq "$@"
fi
for package in *.deb; do dpkg-deb -x "$package" .; done
rm ./*.deb
