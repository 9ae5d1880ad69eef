#!/bin/sh
# security: each test that SECURITY.md names exists. Prints TAP, one test a promise; the last one sees that a
# missing test would be found.
set -eu
top_srcdir=${top_srcdir:-$(dirname "$0")/..}

# Prints "FILE: NAME" for each test named on standard input that does not exist.
missing() {
    # shellcheck disable=SC2016 # the pattern is sed's
    sed -n 's/^  - `\([^`]*\)`: \(.*\)/\1 \2/p' | while read -r file name; do
        case $file in
            *.c) grep -qF "cmocka_unit_test($name)" "$top_srcdir/$file" ;;
            *.bats) grep -qF "@test \"$name\"" "$top_srcdir/$file" ;;
            *.py) grep -qF "@case(\"$name\"" "$top_srcdir/$file" ;;
            *) grep -qF "$name" "$top_srcdir/$file" ;;
        esac 2>/dev/null || echo "$file: $name"
    done
}

# A promise is a line that begins with "* ", after the heading; the names of its tests follow.
promises=$(sed -n '/^## What is promised/,$p' "$top_srcdir/SECURITY.md")
count=$(printf '%s\n' "$promises" | grep -c '^\* ')
echo "1..$((count + 1))"
n=0
while [ "$n" -lt "$count" ]; do
    n=$((n + 1))
    promise=$(printf '%s\n' "$promises" | awk -v n="$n" '/^\* / { i++ } /^#/ { next } i == n')
    title="promise $n: $(printf '%s\n' "$promise" | sed -n '1s/^\* //p')"
    lacks=$(printf '%s\n' "$promise" | missing)
    if [ -z "$lacks" ] && printf '%s\n' "$promise" | grep -q '^  - '; then
        echo "ok $n - $title"
    else
        printf '%s\n' "${lacks:-it names no test}" | sed 's/^/# no such test: /'
        echo "not ok $n - $title"
    fi
done
# shellcheck disable=SC2016 # the text is Markdown's
if [ -n "$(echo '  - `tests/hardening.sh`: no such test' | missing)" ]; then
    echo "ok $((count + 1)) - a test that does not exist would be found"
else
    echo "not ok $((count + 1)) - a test that does not exist would be found"
fi
