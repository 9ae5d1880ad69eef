#!/usr/bin/env bats
# Lines typed at a server in a terminal of tmux.

load helpers
load terminal

setup() {
    terminal_needs
    PORT=$(free_port)
    URL=ws://127.0.0.1:$PORT
}

# What the clients have received.
received() {
    cat "$BATS_TEST_TMPDIR"/peer.*
}

@test "a typed line goes to every WebSocket client, and what they send is shown" {
    start 80 24
    wscope_in serve --rate 0.001 "$PORT"
    await_last 1 'no clients>'
    await '(opened)' "${WSCOPE_COMMAND[@]}" -n "$URL/feed"
    await '(opened)' "${WSCOPE_COMMAND[@]}" -n -e 'from the client' "$URL/echo"
    await_screen '^← #2 from the client$'
    await_last 1 '2 clients>'
    enter 'to all'
    await_last 3 '2 clients> to all
· sent to 2 clients
2 clients>'
    await_output received '^to all$'
    # The echo of a client's message is not shown.
    assert_equal "$(screen | grep -c 'from the client')" 1
    enter //slash
    await_output received '^/slash$'
    enter /nothing
    await_screen '^! no such command: /quit stops the server'
    enter /quit
    await_screen '^○ #1 closed by us: 1001'
    await_screen '^\$ ?$'
    enter 'echo code $?'
    await_screen '^code 0$'
    assert_equal "$(received | grep -c '^to all$')" 2
}

@test "^D stops the server, ^C only where nothing was typed" {
    start 40 24
    wscope_in serve "$PORT"
    await_last 1 'no clients>'
    enter hello
    await_last 3 '! not sent: no WebSocket client is
  connected
no clients>'
    type_in 'half a line'
    await_last 1 'no clients> half a line'
    keys C-c
    await_last 1 'no clients>'
    keys C-d
    await_screen '^\$ ?$'
    enter 'echo code $?'
    await_screen '^code 0$'
    enter 'stty -a | grep -ow -e -icanon -e icanon'
    await_screen '^icanon$'
}

@test "with -q the conversation is shown and no log" {
    start 80 24
    wscope_in serve -q "$PORT"
    await_last 1 'no clients>'
    await '(opened)' "${WSCOPE_COMMAND[@]}" -n -e hello "$URL/echo"
    await_last 3 "$URL
← #1 hello
1 client>"
    enter answer
    await_output received '^answer$'
}

@test "--plain takes lines without moving the cursor" {
    start 80 24
    wscope_in serve --plain "$PORT"
    await_last 1 'no clients>'
    await '(opened)' "${WSCOPE_COMMAND[@]}" -n "$URL/echo"
    await_screen '#1 opened'
    enter plainly
    await_output received '^plainly$'
}

@test "a server in the background is not stopped, and takes lines in the foreground" {
    ((${#WSCOPE_COMMAND[@]} == 1)) || skip "valgrind lets no program stop at SIGTSTP"
    start 80 24
    enter 'set -m'
    wscope_in serve -q "$PORT" '&'
    await_screen "^(\\$ )?$URL\$"
    enter 'echo this shell reads the terminal'
    await_screen '^this shell reads the terminal$'
    # It serves: a stopped process would not answer.
    both -n -q -e hello -1 "$URL/echo"
    assert_output hello
    enter fg
    await_last 1 'no clients>'
    keys C-z
    await_screen 'Stopped'
    enter bg
    both -n -q -e again -1 "$URL/echo"
    assert_output again
    enter 'echo and so it does now'
    await_screen '^and so it does now$'
    enter fg
    await_last 1 'no clients>'
    keys C-d
    await_last 1 '$'
}

@test "one that others stopped goes on in the background" {
    start 80 24
    enter 'exec bash --norc' # it sets the terminal back when a job stops
    wscope_in serve -q "$PORT"
    await_last 1 'no clients>'
    pkill -STOP -n -f -- "serve -q $PORT"
    await_screen 'Stopped'
    enter bg
    both -n -q -e hello -1 "$URL/echo"
    assert_output hello
    enter fg
    await_last 1 'no clients>'
    keys C-d
    await_last 1 '$'
    enter 'stty -a | grep -ow -e -icanon -e icanon'
    await_screen '^icanon$'
}

@test "standard input is left alone where no terminal is, or with -n" {
    start 80 24
    wscope_in serve -n "$PORT"
    await_screen 'listening on'
    type_in 'for the shell'
    keys C-c
    await_screen '^(\^C)?\$ ?$|\^C\$ ?$'
    run grep -c 'no clients' <(everything)
    assert_output 0
    run bash -c "{ echo not for it; } | { timeout -s TERM 1 ${WSCOPE_COMMAND[*]} serve -q 0 >/dev/null; cat; }"
    assert_output 'not for it'
}

@test "a typed line waits for the end of an echo in parts" {
    start 80 24
    wscope_in serve "$PORT"
    await_last 1 'no clients>'
    local go=$BATS_TEST_TMPDIR/go
    mkfifo "$go"
    await '(in parts|whole)' bash -c "exec '$PYTHON3' '$HERE/parts.py' $PORT <>'$go'"
    assert_equal "$found" 'in parts'
    enter between
    await_screen '^· sent to 1 client$'
    echo >"$go"
    await_output received '^message 1 7 between$'
    run grep message "$BATS_TEST_TMPDIR/peer.0"
    assert_output "message 1 $(((3 << 20) + 7)) the end
message 1 7 between"
}
