#!/bin/sh
# deb.sh TARBALL: the Debian package from the release: built, checked by lintian, installed in a clean
# root that debootstrap makes, used there, and removed without leftovers. Needs to be root. Run by
# `make check-deb`.
#
# DEB_ROOT names a clean root made before, which is copied; otherwise it is downloaded. DEB_OUTPUT
# names a folder that the package is copied to.
set -eu

tarball=$(realpath "$1")
scratch=$(mktemp -d "${TMPDIR:-/tmp}/wscope-deb.XXXXXX")
root=$scratch/root
trap 'rm -rf "$scratch"' EXIT

say() {
    echo "deb.sh: $*"
}

die() {
    say "$@" >&2
    exit 1
}

need() {
    missing=
    for tool in dpkg-buildpackage dh lintian debootstrap; do
        command -v "$tool" >/dev/null 2>&1 || missing=yes
    done
    [ -z "$missing" ] || die "something is missing: apt-get install dpkg-dev debhelper lintian debootstrap"
    [ "$(id -u)" -eq 0 ] || die "debootstrap and chroot need root"
}

build() {
    tar -xf "$tarball" -C "$scratch"
    cd "$scratch"/wscope-*/
    upstream=$(dpkg-parsechangelog -S Version | sed 's/-[^-]*$//')
    [ "$(basename "$PWD")" = "wscope-$upstream" ] || die "debian/changelog is of version $upstream"
    say 'building'
    DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" dpkg-buildpackage -us -uc -b >"$scratch/build.log" 2>&1 || {
        tail -50 "$scratch/build.log"
        die 'dpkg-buildpackage failed'
    }
    cd "$scratch"
    say 'lintian'
    lintian --fail-on error --tag-display-limit 0 ./*.changes || die 'lintian found an error'
    deb=$(echo ./wscope_*.deb)
    [ -z "${DEB_OUTPUT:-}" ] || cp "$deb" "$DEB_OUTPUT/"
}

# The names of the packages that ours needs, without versions.
depends() {
    dpkg-deb -f "$deb" Depends | tr , '\n' | sed 's/|.*//; s/(.*//; s/ //g'
}

# A root of the distribution that runs here, with what the package needs and nothing else.
make_root() {
    if [ -n "${DEB_ROOT:-}" ]; then
        cp -a "$DEB_ROOT" "$root"
        return
    fi
    # shellcheck disable=SC1091 # it is on the machine
    suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
    # shellcheck disable=SC2016 # the dollars are apt's
    site=$(apt-get indextargets --format '$(SITE) $(CODENAME)' | sed -n "s/ $suite\$//p" | head -n 1)
    say "debootstrap $suite"
    debootstrap --variant=minbase "--include=$(depends | paste -s -d ,)" "$suite" "$root" "$site" \
        >"$scratch/debootstrap.log" 2>&1 || {
        tail -20 "$scratch/debootstrap.log"
        die 'debootstrap failed'
    }
}

in_root() {
    chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@"
}

# All files of the root, but for the records of the package manager.
files() {
    find "$root" -xdev '(' -path "$root/var/lib/dpkg" -o -path "$root/var/log" -o -path "$root/proc" ')' \
        -prune -o -print | sed "s|^$root||" | sort
}

install_and_use() {
    files >"$scratch/before"
    cp "$deb" "$root/wscope.deb"
    in_root dpkg -i /wscope.deb >"$scratch/install.log" 2>&1 || {
        cat "$scratch/install.log"
        die 'dpkg -i failed'
    }
    rm "$root/wscope.deb"
    say 'wscope demo'
    in_root wscope demo </dev/null >"$scratch/demo" 2>&1 || {
        cat "$scratch/demo"
        die 'wscope demo failed in the clean root'
    }
    head -n 5 "$scratch/demo"
    in_root dpkg -V wscope || die 'installed files differ from those of the package'
}

remove() {
    in_root dpkg --purge wscope >/dev/null
    files >"$scratch/after"
    diff "$scratch/before" "$scratch/after" || die 'the package leaves files behind'
}

need
build
make_root
install_and_use
remove
say 'built, without errors of lintian, installed, used, removed without leftovers'
