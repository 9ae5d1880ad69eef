#!/bin/sh
# foreign: build for another architecture and run the unit tests there. Called in a build folder, as
# `make check-i386` and `make check-s390x` do:
#
#     tests/foreign.sh ARCHITECTURE [ARGUMENT OF MAKE]...
#
# The compiler and the libraries are those of Debian's packages. Without the right to install them,
# unpack them with `dpkg -x` in one folder and name it in FOREIGN_ROOT.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
root=${FOREIGN_ROOT:-}
arch=$1
shift

# The names of the architecture: of the compiler, of the folder of its libraries, and what runs its
# programs ("-": this machine does).
case $arch in
i386) host=i686-linux-gnu libraries=i386-linux-gnu emulator=- ;;
s390x) host=s390x-linux-gnu libraries=s390x-linux-gnu emulator=qemu-s390x ;;
*)
    echo "foreign: unknown architecture \"$arch\": i386 and s390x are supported" >&2
    exit 2
    ;;
esac
pkgconfig=$root/usr/lib/$libraries/pkgconfig

# What is missing: packages, a line each. The libraries are those that bootstrap lists.
missing() {
    command -v "$host-gcc" >/dev/null 2>&1 || echo "gcc-$host"
    [ "$emulator" = - ] || command -v "$emulator" >/dev/null 2>&1 || echo qemu-user
    sed -n 's/^library:\([a-z0-9]*\)[^ ]*  *\([^ ]*\) .*/\1 \2/p' "$here/bootstrap" |
        while read -r module package; do
            [ -e "$pkgconfig/$module.pc" ] || echo "$package:$arch"
        done
}

# How a program of the architecture is run.
wrapper() {
    if [ "$emulator" != - ]; then
        echo "$emulator -L ${root:-/}"
    elif [ -n "$root" ]; then
        echo "$root/lib/ld-linux.so.2 --library-path $root/usr/lib/$libraries:$root/lib/$libraries"
    fi
}

packages=$(missing | sort -u | paste -s -d ' ' -)
if [ -n "$packages" ]; then
    echo "check-$arch needs packages that are not installed. On Debian and Ubuntu:" >&2
    echo "  dpkg --add-architecture $arch && apt-get update && apt-get install $packages" >&2
    exit 1
fi

folder=$arch-build
mkdir -p "$folder"
if [ ! -f "$folder/Makefile" ]; then
    [ -z "$root" ] || export PKG_CONFIG_SYSROOT_DIR="$root"
    unset PKG_CONFIG_PATH
    (cd "$folder" && "$here/configure" --quiet --host="$host" \
        CC="${FOREIGN_CC:-$host-gcc}${root:+ --sysroot=$root}" PKG_CONFIG=pkg-config \
        PKG_CONFIG_LIBDIR="$pkgconfig:$root/usr/share/pkgconfig")
fi
exec "${MAKE:-make}" -C "$folder" check UNIT_WRAPPER="$(wrapper)" "$@"
