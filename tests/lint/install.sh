#!/bin/sh
# Checks that a program can be built with what `make install` installs.
# usage: tests/lint/install.sh BUILD   (from the top of the tree)
set -eu

build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

make --no-print-directory -s install BUILD="$build" DESTDIR="$work/root" PREFIX=/opt/muster > /dev/null
top=$work/root/opt/muster
for file in bin/muster bin/musterd bin/apiserver lib/libmuster.a lib/libmuster.so lib/pkgconfig/muster.pc \
	include/muster/muster.h share/man/man1/muster.1 share/man/man3/libmuster.3 share/man/man8/musterd.8 \
	share/bash-completion/completions/muster share/zsh/site-functions/_muster; do
	test -r "$top/$file" || { echo "make install: it lacks $file"; exit 1; }
done

export PKG_CONFIG_SYSROOT_DIR="$work/root" PKG_CONFIG_PATH="$top/lib/pkgconfig"
# shellcheck disable=SC2046 # lists of flags
cc -D_GNU_SOURCE -o "$work/shared" deploy/examples/node.c $(pkg-config --cflags --libs muster)
# shellcheck disable=SC2046
cc -D_GNU_SOURCE -o "$work/static" deploy/examples/node.c $(pkg-config --cflags muster) \
	"$top/lib/libmuster.a" $(PKG_CONFIG_SYSROOT_DIR='' pkg-config --libs libcurl jansson) -lpthread -lm
for program in shared static; do
	said=$(LD_LIBRARY_PATH="$top/lib" "$work/$program" 2>&1) && exit 1
	test "$said" = 'usage: node ID [ADDRESSES]' || { echo "$program: $said"; exit 1; }
done
