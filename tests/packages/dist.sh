#!/bin/sh
# dist.sh: two runs of make dist, in different folders and under different settings, give the same
# bytes. Run by `make check-dist`, in a build folder.
set -eu

: "${top_srcdir:?}"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/wscope-dist.XXXXXX")
trap 'chmod -R u+w "$scratch" && rm -rf "$scratch"' EXIT

make -s dist
cp wscope-*.tar.xz "$scratch/"
name=$(cd "$scratch" && echo wscope-*.tar.xz)

mkdir "$scratch/build"
cd "$scratch/build"
umask 077
TZ=Pacific/Auckland LC_ALL=C.UTF-8
export TZ LC_ALL
"$top_srcdir/configure" --quiet >/dev/null
sleep 1 # times of files have whole seconds
make -s dist
cmp "$scratch/$name" "$name"
echo "$name: $(cksum <"$name") twice"
