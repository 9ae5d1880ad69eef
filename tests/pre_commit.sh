#!/bin/sh
# pre_commit: what `make hooks` lets git run before each commit. The staged C files are formatted, in the
# commit and, where they are staged whole, in the working tree; then tests/includes.sh and the unit
# tests of the rooms that are touched must pass. BUILD, a folder made by configure, is the first argument.
# `git commit --no-verify` commits without it.
set -eu
build=$1
cd "$(git rev-parse --show-toplevel)"

say() {
    printf 'pre-commit: %s\n' "$*" >&2
}

scratch=$(mktemp -d "${TMPDIR:-/tmp}/wscope-commit.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

git diff --cached --name-only --diff-filter=d >"$scratch/staged"
grep -E '^(src|tests|bench)/.*[.][ch]$' "$scratch/staged" >"$scratch/c_files" || exit 0

# What is formatted is what will be committed, which need not be what the file is now.
format() {
    git show ":$1" >"$scratch/before"
    clang-format --assume-filename="$1" <"$scratch/before" >"$scratch/after"
    ! cmp -s "$scratch/before" "$scratch/after" || return 0
    say "formatted $1"
    if cmp -s "$scratch/before" "$1"; then
        cat "$scratch/after" >"$1"
    fi
    mode=$(git ls-files --stage -- "$1")
    git update-index --cacheinfo "${mode%% *},$(git hash-object -w "$scratch/after"),$1"
}

if command -v clang-format >/dev/null; then
    while read -r file; do
        format "$file"
    done <"$scratch/c_files"
else
    say 'clang-format is not installed: nothing was formatted'
fi

# What follows is no business of this commit's git.
# shellcheck disable=SC2046 # names of variables
unset $(git rev-parse --local-env-vars)

if ! sh tests/includes.sh >"$scratch/log" 2>&1; then
    cat "$scratch/log" >&2
    exit 1
fi
if grep -q '^not ok' "$scratch/log"; then
    grep -E '^(#|not ok)' "$scratch/log" >&2
    say 'see tests/includes.sh; git commit --no-verify commits all the same'
    exit 1
fi

# src/ROOM/..., src/verb/ROOM/... and tests/unit/ROOM_...
rooms=$(sed -nE 's,^src/(verb/)?([a-z]+)/.*,\2,p; s,^tests/unit/([a-z]+)_.*,\1,p' "$scratch/c_files" | sort -u | tr '\n' ' ')
[ -n "$rooms" ] || exit 0
if [ ! -f "$build/Makefile" ]; then
    say "no tests were run: $build is no build folder; see CONTRIBUTING.md"
    exit 0
fi
if ! make -C "$build" --silent check-unit ROOMS="$rooms" >"$scratch/log" 2>&1; then
    grep -E '^(FAIL|ERROR)|error:|[*][*][*]' "$scratch/log" >&2 || tail -n 30 "$scratch/log" >&2
    say "the unit tests of: ${rooms% } do not pass; git commit --no-verify commits all the same"
    exit 1
fi
