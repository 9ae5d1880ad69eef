#!/bin/sh
# The manual is clean: mandoc has nothing to say about it.
set -eu
top_srcdir=${top_srcdir:-$(dirname "$0")/..}

echo 1..2
i=0
for page in wscope.1 wscope-script.5; do
    i=$((i + 1))
    if ! command -v mandoc >/dev/null 2>&1; then
        [ "${CI:-}" = true ] && echo "Bail out! mandoc is not installed"
        echo "ok $i # SKIP mandoc is not installed"
        continue
    fi
    complaints=$(mandoc -Tlint -W warning "$top_srcdir/man/$page" 2>&1) || :
    if [ -z "$complaints" ]; then
        echo "ok $i - mandoc finds no fault with $page"
    else
        printf '%s\n' "$complaints" | sed 's/^/# /'
        echo "not ok $i - mandoc finds no fault with $page"
    fi
done
