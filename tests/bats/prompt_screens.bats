#!/usr/bin/env bats
# One session as its terminal shows it, at two widths, with colours and without: it answers a 401, filters, holds,
# folds, edits, and searches back. Screens are compared with those in prompt_screens/, in which P is the port and T
# a time; WSCOPE_SCREENS=DIR writes what is seen there instead, to be looked at.

load helpers
load terminal

setup() {
    prompt_peer
    printf '#!/bin/sh\necho 12 >"$1"\n' >"$BATS_TEST_TMPDIR/editor"
    chmod +x "$BATS_TEST_TMPDIR/editor"
}

# What varies from run to run becomes a letter; trailing blanks of lines go.
seen() {
    terminal capture-pane -p -e |
        sed -E "s/$PORT/P/g; s/127\.0\.0\.1:[0-9]*…/127.0.0.1:P…/; s/[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}/T/g; s/[0-9]+(\.[0-9]+)? (ms|s)\b/T/g; s/ +$//" |
        sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}

# screen_is NAME: what is seen is what is in the file.
screen_is() {
    if [[ ${WSCOPE_SCREENS:-} ]]; then
        eventually unchanged
        mkdir -p "$WSCOPE_SCREENS"
        seen >"$WSCOPE_SCREENS/$1"
        return
    fi
    eventually as_in "$HERE/prompt_screens/$1" && return
    cat "$BATS_TEST_TMPDIR/diff" >&2
    return 1
}

as_in() {
    diff -u "$1" <(seen) >"$BATS_TEST_TMPDIR/diff"
}

# Nothing has been drawn since the last time this was asked.
unchanged() {
    local before=${SEEN:-}
    SEEN=$(seen)
    [[ $SEEN == "$before" ]]
}

# session NAME COLUMNS OPTION...
session() {
    local name=$1 columns=$2
    shift 2
    start "$columns" 30
    WSCOPE_PREFIX="env VISUAL=$BATS_TEST_TMPDIR/editor "
    wscope_in --no-compress "$@" "$URL/secret"
    await_screen '^offline>'
    enter '/header Authorization: Bearer opensesame'
    await_screen '/reconnect'
    keys C-l
    enter /reconnect
    await_screen 'secret>$|…>$'
    screen_is "$name-401"
    enter '/connect /burst'
    await_screen '^ws://.*burst>$|…>$'
    enter /clear
    enter '/grep in 1'
    enter /pause
    await_screen '\(paused\)'
    enter /edit
    await_screen 'paused, 5 kept'
    screen_is "$name-paused"
    enter /pause
    await_screen '← message 12$'
    enter '/grep off'
    enter '/find [37]$'
    await_screen 'message 7$'
    screen_is "$name-found"
    enter '/connect /big'
    await_screen '^ws://.*big>$|…>$'
    enter /clear
    enter 6000
    await_screen 'more lines: /last'
    screen_is "$name-folded"
}

@test "80 columns, in colour" {
    session 80-colour 80 --color always
}

@test "80 columns, without colour" {
    session 80-plain 80 --color never
}

@test "40 columns, in colour" {
    session 40-colour 40 --color always
}

@test "40 columns, without colour" {
    session 40-plain 40 --color never
}
