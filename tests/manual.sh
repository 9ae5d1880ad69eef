#!/bin/sh
# The manual is clean: mandoc has nothing to say about it.
set -eu
top_srcdir=${top_srcdir:-$(dirname "$0")/..}

echo 1..1
if ! command -v mandoc >/dev/null 2>&1; then
    [ "${CI:-}" = true ] && echo "Bail out! mandoc is not installed"
    echo "ok 1 # SKIP mandoc is not installed"
    exit 0
fi
complaints=$(mandoc -Tlint -W warning "$top_srcdir/man/wscope.1" 2>&1) || :
if [ -z "$complaints" ]; then
    echo "ok 1 - mandoc finds no fault with wscope.1"
else
    printf '%s\n' "$complaints" | sed 's/^/# /'
    echo "not ok 1 - mandoc finds no fault with wscope.1"
fi
