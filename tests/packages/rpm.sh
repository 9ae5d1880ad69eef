#!/bin/sh
# rpm.sh TARBALL: the RPM package from the release, as far as another distribution can try: rpmlint
# reads the spec, and rpmbuild builds the package from the libraries that are here. Run by
# `make check-rpm`.
set -eu

tarball=$(realpath "$1")
here=$(realpath "$(dirname "$0")")
spec=$here/../../packaging/wscope.spec
scratch=$(mktemp -d "${TMPDIR:-/tmp}/wscope-rpm.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

for tool in rpmbuild rpmlint cpio; do
    command -v "$tool" >/dev/null 2>&1 || {
        echo 'rpm.sh: something is missing: apt-get install rpm rpmlint cpio' >&2
        exit 1
    }
done

# An address that is not there yet is no mistake of the spec.
rpmlint "$spec" 2>&1 | tee "$scratch/lint"
if grep -E ': E: ' "$scratch/lint" | grep -v invalid-url; then
    echo 'rpm.sh: rpmlint found an error' >&2
    exit 1
fi

mkdir "$scratch/SOURCES"
cp "$tarball" "$scratch/SOURCES/"
# --nodeps: where dpkg installed the libraries, rpm knows of none.
rpmbuild --nodeps --nocheck --define "_topdir $scratch" --define 'debug_package %{nil}' -bb "$spec" \
    >"$scratch/log" 2>&1 || {
    tail -40 "$scratch/log"
    echo 'rpm.sh: rpmbuild failed' >&2
    exit 1
}
rpm=$(find "$scratch/RPMS" -name '*.rpm')
rpm -qpl "$rpm"
mkdir "$scratch/root"
cd "$scratch/root"
rpm2cpio "$rpm" | cpio -id --quiet
"$scratch/root/usr/bin/wscope" version | head -n 1
echo 'rpm.sh: rpmlint found no error; built, unpacked, run'
