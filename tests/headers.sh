#!/bin/sh
# All headers in one unit: no type, macro or function has two meanings. Prints TAP; the last test plants
# a second meaning to see that it would be found. COMPILE is the compiler with its flags, from make.
set -eu
top_srcdir=${top_srcdir:-$(dirname "$0")/..}
COMPILE=${COMPILE:-cc -D_GNU_SOURCE -I$top_srcdir/src}

unit=$(mktemp "${TMPDIR:-/tmp}/wscope-headers.XXXXXX")
trap 'rm -f "$unit"' EXIT

# Prints what the compiler says of the unit.
compiled() {
    # shellcheck disable=SC2086 # the words of a command
    $COMPILE -Wno-unused-function -fsyntax-only -x c "$unit" 2>&1 || echo 'it does not compile'
}

(cd "$top_srcdir/src" && find . -name '*.h') | sort | sed 's|^\./\(.*\)|#include "\1"|' >"$unit"
echo 1..2
said=$(compiled)
if [ -z "$said" ]; then
    echo 'ok 1 - all headers compile in one unit'
else
    printf '%s\n' "$said" | sed 's/^/# /'
    echo 'not ok 1 - all headers compile in one unit'
fi
echo 'struct slice { int other; };' >>"$unit"
case $(compiled) in
*redefinition*) echo 'ok 2 - a second type of the same name would be found' ;;
*) echo 'not ok 2 - a second type of the same name would be found' ;;
esac
