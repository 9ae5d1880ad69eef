# A terminal of tmux, for tests of what is typed and of what the screen shows then. Needs helpers.bash.
#
# shellcheck disable=SC2034,SC2154

terminal() {
    tmux -u -L "wscope-$BATS_TEST_NUMBER-$$" -f /dev/null "$@" 3>&-
}

# What each of these tests needs, and its state in a folder of its own.
terminal_needs() {
    need tmux
    export XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
}

# A server to type to, repl_peer.py, at $URL and $PORT.
prompt_peer() {
    terminal_needs
    need_python_module websockets
    await '^port ([0-9]+)$' "$PYTHON3" "$HERE/repl_peer.py"
    PORT=$found
    URL=ws://127.0.0.1:$PORT
}

teardown() {
    terminal kill-server 2>/dev/null || true
    stop_peers
}

# start COLUMNS LINES: a terminal with a shell in it.
start() {
    terminal new-session -d -x "$1" -y "$2" "env PS1='$ ' sh"
    terminal set-option -g history-limit 50000 >/dev/null
    await_screen '^\$ ?$'
}

# wscope_in ARGUMENT...: start the program in the terminal's shell.
wscope_in() {
    enter "clear; ${WSCOPE_PREFIX:-}${WSCOPE_COMMAND[*]} $*"
}

keys() {
    terminal send-keys "$@"
}

type_in() {
    terminal send-keys -l -- "$1"
}

enter() {
    type_in "$1"
    keys Enter
}

screen() {
    terminal capture-pane -p
}

everything() {
    terminal capture-pane -p -S -
}

# await_screen REGEX: until a line of the screen matches, or too much time has passed.
# Where messages keep arriving, lines scroll away: await_output everything finds them after that too.
await_screen() {
    await_output screen "$1"
}

shows() {
    "$1" | grep -qE -- "$2"
}

await_output() {
    eventually shows "$@" && return
    printf 'the screen never showed /%s/:\n' "$2" >&2
    screen >&2
    return 1
}

# The end of the screen without its blank lines.
last_lines() {
    screen | sed -e 's/ *$//' | awk 'NF { last = NR } { line[NR] = $0 } END { for (i = 1; i <= last; i++) print line[i] }' |
        tail -n "$1"
}

ends_with() {
    [[ $(last_lines "$1") == "$2" ]]
}

# await_last N TEXT: until the last N lines are exactly the text.
await_last() {
    eventually ends_with "$@" && return
    printf 'the screen never ended with:\n%s\nbut with:\n%s\n' "$2" "$(screen)" >&2
    return 1
}
