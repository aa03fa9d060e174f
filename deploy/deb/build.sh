#!/bin/sh
# usage: deploy/deb/build.sh ROOT VERSION FOLDER   (`make deb` does)
#
# Packs ROOT, the result of `make install PREFIX=/usr`, into FOLDER/muster_VERSION_ARCH.deb.
set -eu

here=$(dirname "$0")
root=$1 version=$2 folder=$3
arch=$(dpkg --print-architecture)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

set -- usr/bin/musterd usr/bin/muster usr/lib/libmuster.so.0
(cd "$root" && strip --strip-unneeded --remove-section=.comment "$@")
mv "$root/usr/share/doc/muster/LICENSE" "$root/usr/share/doc/muster/copyright"

# Finds the packages that have the libraries. dpkg-shlibdeps needs a debian/control file.
mkdir "$work/debian"
printf 'Source: muster\n\nPackage: muster\nArchitecture: any\n' > "$work/debian/control"
top=$(realpath "$root")
depends=$(cd "$work" && dpkg-shlibdeps -O "$top/$1" "$top/$2" "$top/$3" | sed -n 's/^shlibs:Depends=//p')
[ -n "$depends" ] || {
	echo "$0: no package has the libraries of the programs" >&2
	exit 1
}

# File modes must not depend on the umask of the user.
umask 022
mkdir -p "$root/DEBIAN"
sed -e "s/@VERSION@/$version/" -e "s/@ARCH@/$arch/" -e "s/@DEPENDS@/$depends/" \
	-e "s/@SIZE@/$(du -sk --exclude=DEBIAN "$root" | cut -f 1)/" "$here/control.in" \
	> "$root/DEBIAN/control"
(cd "$root" && find etc -type f | sort | sed 's|^|/|') > "$root/DEBIAN/conffiles"
(cd "$root" && find usr -type f -exec md5sum {} + | sort -k 2) > "$root/DEBIAN/md5sums"
install -m 755 "$here/postinst" "$here/prerm" "$here/postrm" "$root/DEBIAN"
dpkg-deb --root-owner-group --build "$root" "$folder/muster_${version}_$arch.deb"
