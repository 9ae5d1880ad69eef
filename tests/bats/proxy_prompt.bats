#!/usr/bin/env bats
# The prompt of wscope proxy in a terminal of tmux, between wscope and wscope serve.

load helpers
load terminal

setup() {
    terminal_needs
    await '(ws://127[^ ]*[0-9])' "${WSCOPE_COMMAND[@]}" serve -q 127.0.0.1:0
    SERVE=$found
    PORT=$(free_port)
    PROXY=ws://127.0.0.1:$PORT
}

# What the clients have received.
received() {
    cat "$BATS_TEST_TMPDIR"/peer.*
}

# proxy COLUMNS OPTION...: start it in a terminal that wide.
proxy() {
    start "$1" 50
    wscope_in proxy "${@:2}" "$PORT" "$SERVE"
    await_last 1 'no clients>'
}

# client NAME OPTION...: one that stays, until it is through.
client() {
    await '(opened)' "${WSCOPE_COMMAND[@]}" -n -A "$1" "${@:2}" "$PROXY/echo"
}

@test "lines begin with the client's number, and commands act on all or on the one in use" {
    proxy 80
    client first -e 'from the first'
    await_screen '^#1 ↑ from the first$'
    client second
    await_last 1 '2 open>'
    enter /clients
    await_screen '^#1 +connected +1 opened, 0 outages +/echo +first$'
    await_screen '^#2 +connected +1 opened, 0 outages +/echo +second$'
    enter '/inject down to all'
    await_screen '^#1 ↓ to all$'
    await_screen '^#2 ↓ to all$'
    enter '/use 2'
    await_last 1 '#2>'
    enter '/inject down to one'
    await_screen '^#2 ↓ to one$'
    await_output received '^to one$'
    assert_equal "$(screen | grep -c '^#1 ↓ to one$')" 0
    enter '/use 7'
    await_screen '^! there is no client #7'
    enter /use
    await_last 1 '2 open>'
    enter hello
    await_screen '^! nothing is sent: a command begins with a slash'
}

@test "drop, offline and heal reach the clients, and the report" {
    proxy 80
    client it
    await_last 1 '1 open>'
    enter '/drop close:1012,restart'
    await_screen '^#1 ! fault begin: close 1012,restart'
    await_screen '^#1 ○ the proxy closed: 1012'
    await_last 1 'no clients>'
    enter /offline
    await_last 1 'no clients (offline)>'
    run "${WSCOPE_COMMAND[@]}" -n --for 1 "$PROXY/echo"
    ((status != 0))
    enter /heal
    await_screen 'online again: clients can return'
    await_screen '^! fault end: offline'
    await_last 1 'no clients>'
    enter '/drop bla'
    await_screen '^! "bla" is not a way to drop'
    enter /drop
    await_screen '^! no client is connected'
    enter /report
    await_screen '^client 1: '
    await_screen '1 outage'
}

stats_show() {
    enter /stats
    shows screen "$1"
}

@test "rules, faults, and messages that are held" {
    proxy 80
    client it
    await_last 1 '1 open>'
    enter '/rule down /secret/ -> drpo'
    await_screen '^! .*did you mean "drop"'
    enter '/rule down /secret/ -> drop'
    enter /rule
    await_screen '^ 1  down /secret/ -> drop$'
    enter '/inject up the secret'
    await_screen '^#1 ! rule down /secret/ -> drop$'
    enter '/rule off 2'
    await_screen '^! there is no rule 2$'
    enter '/rule off 1'
    enter '/hold down'
    await_screen '^messages of 1 connection are held'
    enter '/inject up kept'
    await_screen '^#1 ↑ kept$'
    eventually stats_show '^held  *up 0, down 1$'
    assert_equal "$(received | grep -c '^kept$')" 0
    enter /release
    await_screen '^1 message released, 0 held$'
    await_output received '^kept$'
    enter '/fault latency:1ms'
    await_last 1 '1 open (fault)>'
    enter /fault
    await_screen '^latency:1ms  \(active\)$'
    enter /heal
    await_last 1 '1 open>'
}

@test "Tab completes commands, faults and the words of rules" {
    proxy 80
    type_in '/off'
    keys Tab
    await_last 1 'no clients> /offline'
    keys C-c
    type_in '/fault offl'
    keys Tab
    await_last 1 'no clients> /fault offline'
    keys C-c
    type_in '/rule up an'
    keys Tab
    await_last 1 'no clients> /rule up any'
    type_in '-> repl'
    keys Tab
    await_last 1 'no clients> /rule up any -> replace'
    keys C-c
    enter /injct
    await_screen 'did you mean "/inject"'
}

@test "what clients send does not drive the terminal, and credentials are not shown" {
    proxy 40
    client $'a\xc2\x9bZ' -H 'Authorization: Bearer secret-of-mine' -e $'\e[31mred'
    await_screen '^#1 ↑ \\e\[31mred$'
    enter /headers
    await_screen 'Authorization: .redacted'
    enter /clients
    await_screen '^#1 +connected'
    assert_equal "$(everything | grep -c 'secret-of-mine')" 0
}

@test "^C clears the line, then ends with the report: exit 130; ^D: exit 0" {
    proxy 80
    type_in 'half a line'
    await_last 1 'no clients> half a line'
    keys C-c
    await_last 1 'no clients>'
    keys C-c
    await_screen '^\$ ?$'
    enter 'echo code $?'
    await_screen '^code 130$'
    wscope_in proxy "$PORT" "$SERVE"
    await_last 1 'no clients>'
    client it
    await_last 1 '1 open>'
    keys C-d
    await_screen '^client 1: '
    await_screen '^\$ ?$'
    enter 'echo code $?'
    await_screen '^code 0$'
    enter 'stty -a | grep -ow -e -icanon -e icanon'
    await_screen '^icanon$'
}

@test "with -n nothing is read" {
    start 80 24
    wscope_in proxy -n "$PORT" "$SERVE"
    await_screen "relaying $PROXY"
    client it
    await_screen '^#1 ● opened'
    assert_equal "$(screen | grep -c '>')" 0
    keys C-c
    await_screen '^\$ ?$'
}
