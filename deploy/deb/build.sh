#!/bin/sh
# usage: deploy/deb/build.sh ROOT VERSION FOLDER   (`make deb` does)
#
# Packs ROOT, where `make install` has been with PREFIX=/usr, into FOLDER/muster_VERSION_ARCH.deb.
set -eu

here=$(dirname "$0")
root=$1 version=$2 folder=$3
arch=$(dpkg --print-architecture)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

strip --strip-unneeded --remove-section=.comment "$root/usr/bin/musterd"
mv "$root/usr/share/doc/muster/LICENSE" "$root/usr/share/doc/muster/copyright"

# Which packages have the libraries: dpkg-shlibdeps asks for a source tree around it.
mkdir "$work/debian"
printf 'Source: muster\n\nPackage: muster\nArchitecture: any\n' > "$work/debian/control"
binary=$(realpath "$root/usr/bin/musterd")
depends=$(cd "$work" && dpkg-shlibdeps -O "$binary" | sed -n 's/^shlibs:Depends=//p')
[ -n "$depends" ] || {
	echo "$0: no package has the libraries of musterd" >&2
	exit 1
}

# Modes are of the tree, not of whoever has made it.
umask 022
mkdir -p "$root/DEBIAN"
sed -e "s/@VERSION@/$version/" -e "s/@ARCH@/$arch/" -e "s/@DEPENDS@/$depends/" \
	-e "s/@SIZE@/$(du -sk --exclude=DEBIAN "$root" | cut -f 1)/" "$here/control.in" \
	> "$root/DEBIAN/control"
(cd "$root" && find etc -type f | sort | sed 's|^|/|') > "$root/DEBIAN/conffiles"
(cd "$root" && find usr -type f -exec md5sum {} + | sort -k 2) > "$root/DEBIAN/md5sums"
install -m 755 "$here/postinst" "$here/prerm" "$here/postrm" "$root/DEBIAN"
dpkg-deb --root-owner-group --build "$root" "$folder/muster_${version}_$arch.deb"
