#!/usr/bin/env bats
# What README shows is what appears: its commands are typed into a terminal.

load helpers

setup() {
    ((SLOW == 1)) || skip "the program is slowed down: the application to grade could not reconnect in time"
    need tmux
    cd "$BATS_TEST_TMPDIR" || return
    mkdir bin
    printf '#!/bin/sh\nexec %s "$@"\n' "${WSCOPE_COMMAND[*]}" >bin/wscope
    chmod +x bin/wscope
    export HOME=$PWD XDG_CONFIG_HOME=$PWD XDG_STATE_HOME=$PWD PATH=$PWD/bin:$PATH SLOW
    TERMINAL=wscope-readme-$$
}

teardown() {
    tmux -L "$TERMINAL" kill-server 2>/dev/null || true
}

@test "the samples of README appear when its commands are typed" {
    "$PYTHON3" "$HERE/readme.py" "${top_srcdir:-$HERE/../..}/README.md" "$TERMINAL" >&2 3>&-
}
