#!/bin/sh
# The manual is clean: mandoc reports nothing about any page.
set -eu
top_srcdir=${top_srcdir:-$(dirname "$0")/..}

set -- "$top_srcdir"/man/*.[157]

echo 1..$#
i=0
for path; do
    page=${path##*/}
    i=$((i + 1))
    if ! command -v mandoc >/dev/null 2>&1; then
        [ "${CI:-}" = true ] && echo "Bail out! mandoc is not installed"
        echo "ok $i # SKIP mandoc is not installed"
        continue
    fi
    complaints=$(mandoc -Tlint -W warning "$path" 2>&1) || :
    if [ -z "$complaints" ]; then
        echo "ok $i - mandoc accepts $page"
    else
        printf '%s\n' "$complaints" | sed 's/^/# /'
        echo "not ok $i - mandoc accepts $page"
    fi
done
