#!/bin/sh
# tar.sh FOLDER: the folder as a tar on standard output; the same files give the same bytes, whoever
# packs them, when and where. Their time is SOURCE_DATE_EPOCH, else that of the last commit, else (in
# an unpacked release) that of NEWS.
set -eu

top=$(dirname "$0")/..
date=${SOURCE_DATE_EPOCH:-}
[ -n "$date" ] || ! [ -e "$top/.git" ] || date=$(git -C "$top" log -1 --format=%ct 2>/dev/null) || date=
[ -n "$date" ] || date=$(date -r "$top/NEWS" +%s)

tar=${TAR:-tar}
# Others than GNU's have no --sort: their release is as good, but not the same bytes.
if ! "$tar" --version 2>/dev/null | grep -q GNU; then
    exec "$tar" -chf - "$1"
fi
LC_ALL=C exec "$tar" --format=ustar --sort=name --mtime="@$date" --owner=0 --group=0 --numeric-owner \
    --mode=u+rw,go=rX -chf - "$1"
