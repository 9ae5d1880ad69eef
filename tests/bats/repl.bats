#!/usr/bin/env bats
# The interactive front, in a terminal of tmux whose screen is compared.

load helpers
load terminal

setup() {
    prompt_peer
}

newest() {
    screen | grep -oE 'message [0-9]+' | tail -n 1 | grep -oE '[0-9]+'
}

# The number of the newest update of a feed.
newest_update() {
    everything | grep -oE '"id":[0-9]+' | tail -n 1 | grep -oE '[0-9]+'
}

# Some more messages have been printed.
await_more() {
    eventually newest_from $(($(newest) + 20))
}

newest_from() {
    (($(newest) + 0 >= $1))
}

# TEXT is in one row. The screen may be caught while the prompt is being painted again.
shows_once() {
    [ "$(screen | grep -c "$1")" -eq 1 ]
}

# TEXT is what follows the prompt, in the last four rows.
shows_in_4_rows() {
    [ "$(last_lines 4 | tr -d '\n' | sed 's/^.*> //')" = "$1" ]
}

# The same in three, but for blanks.
shows_in_3_rows() {
    [ "$(last_lines 3 | tr -d '\n' | sed 's/^.*> //' | tr -d ' ')" = "$1" ]
}

program() {
    pgrep -n -f -- "${WSCOPE_COMMAND[-1]} $1"
}

@test "a line is a message, its echo comes above the prompt" {
    start 80 24
    wscope_in -q "$URL/echo"
    await_last 1 "$URL/echo>"
    enter hello
    await_last 3 "$URL/echo> hello
← hello
$URL/echo>"
    enter //slash
    await_screen '^← /slash$'
    keys C-d
    await_screen '^\$ ?$'
    enter 'echo code $?'
    await_screen '^code 0$'
}

@test "a half-typed line stays whole among 100 messages a second and while the window changes" {
    local line='half a line that is typed while messages arrive, long enough for two rows'
    start 80 24
    wscope_in -q "$URL/feed/100"
    await_screen 'message'
    type_in "$line"
    local prompt="$URL/feed/100> $line"
    # Where the first row ends with a blank, the screen does not show it.
    local rows
    rows=$(printf '%s\n%s' "${prompt:0:80}" "${prompt:80}" | sed 's/ *$//')
    await_last 2 "$rows"
    await_more
    await_last 2 "$rows"
    eventually shows_once 'half a line'
    terminal resize-window -x 40 -y 20
    # At 40 columns the prompt takes half of them.
    await_screen '^ws://127.0.0.1:[0-9]*…> half a line that'
    await_more
    eventually shows_in_4_rows "$line"
    eventually shows_once half
    terminal resize-window -x 120 -y 24
    await_last 1 "$prompt"
    await_more
    eventually shows_once half
}

@test "so does one with wide characters at 40 columns" {
    start 40 20
    wscope_in -q "$URL/feed/100"
    await_screen 'message'
    enter '/show all'
    type_in '漢字漢字漢字 😀 漢字漢字漢字漢字漢字漢字漢字漢字漢字 end'
    await_screen 'end$'
    await_more
    eventually shows_once 'end$'
    eventually shows_in_3_rows '漢字漢字漢字😀漢字漢字漢字漢字漢字漢字漢字漢字漢字end'
    # The line is still the line: it can be edited and sent.
    keys BSpace BSpace BSpace
    type_in 'done'
    keys Enter
    await_output everything '^← 漢字漢字漢字 😀'
}

@test "^R searches while messages arrive" {
    start 80 24
    wscope_in -q "$URL/feed/100"
    await_screen 'message'
    enter '/show all'
    enter 'a line to be found'
    await_output everything '^← a line to be found'
    keys C-r
    type_in 'to be'
    await_last 2 "$URL/feed/100> a line to be found
bck:to be"
    await_more
    await_last 2 "$URL/feed/100> a line to be found
bck:to be"
    keys C-e
    type_in ' again'
    keys Enter
    await_output everything '^← a line to be found again'
}

@test "a paste of many lines is one message" {
    start 80 24
    wscope_in -q "$URL/length"
    await_last 1 "$URL/length>"
    printf 'one\ntwo\nthree\n' >"$BATS_TEST_TMPDIR/paste"
    terminal load-buffer "$BATS_TEST_TMPDIR/paste"
    terminal paste-buffer -p
    await_last 3 "$URL/length> one
two
three"
    keys Enter
    await_screen '^← str of 13$'
    for i in {1..2500}; do
        printf 'line %d of a paste that is large indeed\n' "$i"
    done >"$BATS_TEST_TMPDIR/paste"
    terminal load-buffer "$BATS_TEST_TMPDIR/paste"
    terminal paste-buffer -p
    await_screen '^line 2500 of'
    keys Enter
    await_screen "^← str of $(($(wc -c <"$BATS_TEST_TMPDIR/paste") - 1))\$"
}

@test "a paste with CR LF has one line break for each" {
    start 80 24
    wscope_in -q "$URL/length"
    await_last 1 "$URL/length>"
    printf 'GREETED\r\nhost:x\r\n\r\nbody' >"$BATS_TEST_TMPDIR/paste"
    for i in 1 2; do # what the terminal is set to differs after the first line
        terminal load-buffer "$BATS_TEST_TMPDIR/paste"
        terminal paste-buffer -p -r
        await_last 4 "$URL/length> GREETED
host:x

body"
        keys Enter
        await_last 2 "← str of 20
$URL/length>"
    done
}

@test "in locale C what is typed is sent, and no letter is an editing command" {
    start 80 24
    WSCOPE_PREFIX='LC_ALL=C ' wscope_in -q "$URL/length"
    await_last 1 "$URL/length>"
    enter 'le pâte'
    await_screen '^< str of 7$'
    # The keys that are ESC and a letter still edit: back a word, then insert.
    WSCOPE_PREFIX='' type_in 'éa b'
    keys M-b
    enter 'x'
    await_screen '^< str of 5$'
    await_screen 'U\+00E9a xb'
}

@test "^Z stops, fg comes back to the line" {
    ((${#WSCOPE_COMMAND[@]} == 1)) || skip "valgrind lets no program stop at SIGTSTP"
    start 80 24
    wscope_in -q "$URL/feed/20"
    await_screen 'message'
    type_in 'kept over the stop'
    await_screen 'kept over the stop$'
    keys C-z
    await_screen 'Stopped'
    enter 'stty -a | grep -o "[-]*icanon"'
    await_screen '^icanon$'
    enter 'fg'
    await_last 1 "$URL/feed/20> kept over the stop"
    await_more
    await_last 1 "$URL/feed/20> kept over the stop"
}

@test "^C clears the line, then closes, then leaves" {
    start 80 24
    wscope_in "$URL/echo"
    await_screen "^$URL/echo>"
    type_in 'not to be sent'
    await_screen 'not to be sent$'
    keys C-c
    await_last 1 "$URL/echo>"
    keys C-c
    await_last 1 'offline>'
    assert_equal "$(screen | grep -c 'closed by us: 1000')" 1
    keys C-c
    await_screen '^\$ ?$'
    enter 'echo code $?'
    await_screen '^code 0$'
}

@test "/frame reports what the peer made of a broken frame" {
    start 80 24
    wscope_in --no-compress "$URL/echo"
    await_screen "^$URL/echo>"
    enter '/frame op=ping text=x'
    await_screen '^peer answered with pong in [0-9.]+ ms$'
    enter '/frame op=text rsv=4 text=x'
    await_screen '^peer closed 1002 in [0-9.]+ ms: .*protocol error$'
    await_last 1 'offline>'
}

@test "/ping, /stats, /headers, /info and /help answer" {
    start 80 50
    wscope_in "$URL/echo"
    await_screen "^$URL/echo>"
    enter '/ping are you there'
    await_screen '^pong after [0-9.]+ ms$'
    enter /stats
    await_screen '^round trips   min .* median .* p99 .* of 1 '
    enter /headers
    await_output everything 'Sec-WebSocket-Accept'
    enter /info
    await_screen '^extensions    permessage-deflate'
    keys C-l
    enter '/help frame'
    await_screen '^  for example: /frame op=text rsv=4'
    enter /pnig
    await_screen 'did you mean "/ping"'
}

@test "Tab completes commands, parts and values" {
    start 80 24
    wscope_in -q "$URL/echo"
    await_last 1 "$URL/echo>"
    type_in '/rec'
    keys Tab
    await_last 1 "$URL/echo> /reconnect"
    keys C-u
    type_in '/frame op=pi'
    keys Tab
    await_last 1 "$URL/echo> /frame op=ping"
    keys C-u
    type_in '/set timestamps '
    keys Tab
    await_screen '^off    abs    rel    delta$'
    await_last 1 "$URL/echo> /set timestamps"
}

@test "a flood is thinned out, and typing goes on" {
    start 80 24
    wscope_in -q "$URL/feed/2000"
    await_screen 'message'
    type_in 'typed in the flood'
    await_output everything '^[0-9,]+ messages a second · [0-9,]+ of them not shown'
    await_screen 'typed in the flood$'
    keys C-u
    enter '/show all'
    await_output everything '^messages    all '
    type_in 'and once more'
    await_screen 'and once more$'
}

@test "/file sends a file as one message" {
    head -c 3000000 /dev/zero >"$BATS_TEST_TMPDIR/zeros"
    printf 'caf\xc3\xa9' >"$BATS_TEST_TMPDIR/text"
    printf '\xff\xfe' >"$BATS_TEST_TMPDIR/bytes"
    start 100 40
    wscope_in -q "$URL/length"
    await_screen "^$URL/length>"
    enter "/file $BATS_TEST_TMPDIR/zeros binary"
    await_screen '^← bytes of 3000000$'
    enter "/file $BATS_TEST_TMPDIR/text"
    await_screen '^← str of 4$'
    enter "/file $BATS_TEST_TMPDIR/bytes"
    await_screen '^← bytes of 2$'
    enter "/file $BATS_TEST_TMPDIR/bytes text"
    await_output everything 'byte 0 is not UTF-8'
    enter "/file $BATS_TEST_TMPDIR"
    await_output everything 'it is not a regular file'
}

@test "/fragment, /binary and /send go out as asked" {
    start 80 40
    wscope_in "$URL/length"
    await_screen "^$URL/length>"
    enter '/fragment 3 hello world'
    await_screen '^← str of 11$'
    enter '/binary 00 ff'
    await_screen '^← bytes of 2$'
    enter '/send /stats'
    await_screen '^← str of 6$'
    enter '/fragment 0 x'
    await_screen 'usage: /fragment N TEXT'
}

@test "-e is sent, and the session stays" {
    start 80 24
    wscope_in -q --on-connect greeting -e question "$URL/echo"
    await_screen '^← greeting$'
    await_screen '^← question$'
    enter more
    await_screen '^← more$'
    enter /reconnect
    await_screen '^← greeting$'
    enter again
    await_screen '^← again$'
    assert_equal "$(everything | grep -c '^← question$')" 1
    assert_equal "$(everything | grep -c '^← greeting$')" 2
}

@test "/connect goes elsewhere without the credentials" {
    start 100 40
    wscope_in --bearer secret123 "$URL/echo"
    await_screen "^$URL/echo>"
    enter "/connect ws://localhost:$PORT/length"
    await_screen "^ws://localhost:$PORT/length>"
    everything | grep -q 'not sent to this other server: Authorization; '
    enter 'hello'
    await_screen '^← str of 5$'
    enter '/headers'
    await_output everything 'Host: localhost'
    run everything
    refute_output --partial secret123
    assert_equal "$(grep -c 'Authorization: ' <<<"$output")" 0
    enter '/connect ws://host:99999/'
    await_screen 'port'
}

@test "a lost connection shows, and decides the exit code" {
    start 80 24
    wscope_in "$URL/abort"
    await_screen "^$URL/abort>"
    enter x
    await_last 1 'offline>'
    enter 'nobody hears'
    await_screen 'there is no open connection'
    keys C-d
    await_screen '^\$ ?$'
    enter 'echo code $?'
    await_screen '^code 56$'
}

@test "/fault, /drop and /heal let things go wrong; the prompt shows what acts" {
    start 80 24
    wscope_in "$URL/echo"
    await_last 1 "$URL/echo>"
    enter /fault
    await_screen '^no faults are armed'
    enter '/fault latency:20ms;rst@message:99'
    await_screen '^! fault begin: latency 20ms'
    await_last 1 "$URL/echo (fault)>"
    enter /fault
    await_screen '^latency:20ms  \(acts now\)$'
    await_screen '^rst@message:99$'
    enter '/fault rst@evry:3s'
    await_screen '^  rst@evry:3s$'
    await_screen '^      \^$'
    await_screen '"evry:3s" is not a trigger'
    enter '/fault drop-out:0.5@message:99'
    await_screen '^faults by chance: --seed [0-9]+ repeats them$'
    enter /heal
    await_screen '^[0-9]+ faults? (is|are) ended and disarmed$'
    await_screen '^! fault end: latency 20ms'
    await_last 1 "$URL/echo>"
    enter 'still there'
    await_screen '^← still there$'
    enter '/drop sideways'
    await_screen 'usage: /drop'
    enter '/drop blackhole 0.2'
    await_screen '^! fault begin: blackhole .*kernel'
    await_screen '^! fault end: blackhole'
    enter '/drop'
    await_screen '^✕ connection lost: cut by an injected fault'
    await_last 1 'offline>'
    enter /drop
    await_screen 'there is no open connection'
    enter /reconnect
    await_last 1 "$URL/echo>"
    enter '/drop fin'
    await_last 1 'offline>'
    keys C-d
    await_screen '^\$ ?$'
    enter 'echo code $?'
    await_screen '^code 56$'
}

@test "history is kept without credentials, for its owner alone" {
    start 80 24
    wscope_in -q "$URL/echo"
    await_screen "^$URL/echo>"
    enter 'remember this'
    enter '{"token":"not this"}'
    enter "/connect ws://user:pass@127.0.0.1:$PORT/echo"
    await_screen '^← remember this$'
    keys C-d
    await_screen '^\$ ?$'
    run cat "$XDG_STATE_HOME/wscope/history"
    assert_output 'remember this'
    assert_equal "$(stat -c %a "$XDG_STATE_HOME/wscope/history")" 600
    assert_equal "$(stat -c %a "$XDG_STATE_HOME/wscope")" 700
    wscope_in -q "$URL/echo"
    await_last 1 "$URL/echo>"
    keys Up
    await_last 1 "$URL/echo> remember this"
}

@test "--plain moves no cursor and still talks" {
    start 80 24
    terminal pipe-pane "cat >$BATS_TEST_TMPDIR/raw"
    WSCOPE_PREFIX='' wscope_in --plain "$URL/echo"
    await_screen "^$URL/echo>"
    enter hello
    await_screen '^← hello$'
    enter /ping
    await_screen '^pong after'
    keys C-d
    await_screen '^\$ ?$'
    enter 'echo code $?'
    await_screen '^code 0$'
    # Between the start and the end there is no escape but those of the shell's clear.
    run bash -c "sed '1,/--plain/d' '$BATS_TEST_TMPDIR/raw' | sed '1s/^.*J//' | grep -c \$'\\x1b\\[?2004\\|\\x1b\\[[0-9]*A'"
    assert_output 0
}

@test "TERM=dumb is served without cursor movement" {
    start 80 24
    WSCOPE_PREFIX='TERM=dumb ' wscope_in "$URL/echo"
    await_screen "^$URL/echo>"
    enter hello
    await_screen '^← hello$'
    keys C-c
    await_screen 'the line is cleared; \^C again closes'
    keys C-c
    await_last 1 'offline>'
    keys C-d
    await_screen '^\$ ?$'
}

# crash SIGNAL: the terminal is afterwards as it was before.
crash() {
    start 80 24
    enter "stty -a >$BATS_TEST_TMPDIR/before; echo ready"
    await_screen '^ready$'
    wscope_in -q "$URL/echo"
    await_last 1 "$URL/echo>"
    type_in 'half a line'
    await_screen 'half a line$'
    kill -"$1" "$(program "-q $URL/echo")"
    await_screen '^(.*[Ff]ault.*|Aborted.*|Hangup.*|)?\$ ?$|^\$ ?$'
    enter "stty -a >$BATS_TEST_TMPDIR/after; echo over"
    await_screen '^over$'
    cmp "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
}

@test "the terminal is given back after SIGSEGV" {
    crash SEGV
}

@test "the terminal is given back after SIGABRT" {
    crash ABRT
}

@test "the terminal is given back after SIGTERM, with 143" {
    crash TERM
    eventually shows_once 'half a line'
}

@test "input and output that are no terminals make a pipe" {
    both "$URL/echo" <<<'hello'
    assert_equal "$status" 0
    assert_output hello
}

@test "demo on a terminal plays the tour, then offers three things to try" {
    start 80 24
    wscope_in demo
    await_output everything '^A tour of wscope in nine steps'
    for step in 2 3 4 5 6 7 8 9; do
        await_output everything "^$((step - 1))\. "
        keys Enter # goes on at once, or is one more key that nobody needs
    done
    await_output everything '^The WebSocket is |^ +ws +[0-9]+ '
    await_output everything '^9\. Compare'
    await_screen 'Three things to try'
    await_screen '^ws://127.0.0.1:[0-9]+/echo> ?$'
    enter hello
    await_screen '^← hello$'
    enter /ping
    await_screen '^pong after'
    enter '/frame op=text rsv=2 text=hi'
    await_output everything 'closed by the peer: 1002'
    await_screen '^offline> ?$'
    enter /reconnect
    await_screen '^ws://127.0.0.1:[0-9]+/echo> ?$'
    keys C-d
    await_screen '^\$ ?$'
    enter 'echo code $?'
    await_screen '^code 0$'
}

@test "q ends the tour of the demo, and what is typed meanwhile goes nowhere" {
    start 80 24
    enter "stty -a >$BATS_TEST_TMPDIR/before; echo ready"
    await_screen '^ready$'
    wscope_in demo
    await_output everything '^1\. Connect'
    type_in 'not for the prompt q'
    await_screen '^ws://127.0.0.1:[0-9]+/echo> ?$'
    enter hello
    await_screen '^← hello$'
    run everything
    refute_output --partial 'not for the prompt'
    refute_output --partial '9. Compare'
    keys C-d
    await_screen '^\$ ?$'
    enter "stty -a >$BATS_TEST_TMPDIR/after; echo over"
    await_screen '^over$'
    cmp "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
}

@test "demo -q on a terminal is the prompt alone" {
    start 80 24
    wscope_in -q demo
    await_screen '^ws://127.0.0.1:[0-9]+/echo> ?$'
    enter hello
    await_screen '^← hello$'
    keys C-d
    await_screen '^\$ ?$'
    enter 'echo code $?'
    await_screen '^code 0$'
}

@test "--record: the session becomes a script that passes, without secrets" {
    start 80 24
    wscope_in -H "'Authorization: Bearer s3cret'" --record "$BATS_TEST_TMPDIR/a.wscope" "'$URL/echo?room=1&token=s3cret'"
    await_screen 'opened'
    enter hello
    await_screen '^← hello'
    enter '{"op":"hi","n":[1,2]}'
    await_screen '^←.*"hi"'
    enter '{{name}} ends within 5'
    await_screen '^← \{\{name'
    enter '/binary 00ff'
    await_screen '^← binary'
    enter '/ping'
    await_screen 'pong'
    enter '/fragment 3 over several frames'
    await_screen '^← over several frames'
    enter '/expect json /op == "zzz" within 0.2'
    await_screen 'not as expected'
    enter '/help'
    enter '/close 1001 going home'
    await_screen 'closed'
    enter '/connect'
    await_screen 'opened again'
    enter again
    await_screen '^← again'
    keys C-d
    await_screen '^\$ ?$'
    run grep s3cret "$BATS_TEST_TMPDIR/a.wscope"
    assert_failure 1
    # A pause of a slow machine is a longer time limit.
    run sed -E -e 's/ on [0-9-]{10}/ on DATE/' -e 's/^(expect .*) within [0-9]+$/\1/' -e "s/$PORT/PORT/" "$BATS_TEST_TMPDIR/a.wscope"
    assert_output - <<'RECORDED'
# A session recorded by wscope on DATE.
#
# It expects what was received then. Edit what changes from run to run:
#     expect text /REGEX/
#     expect json /pointer == VALUE

# left out: token (of the URL)
url ws://127.0.0.1:PORT/echo?room=1&token=
# left out: Authorization

test the recorded session
connect
expect open
send hello
expect text hello
send {"op":"hi","n":[1,2]}
expect json {"op":"hi","n":[1,2]}
send <<END
\{{name}} ends within 5
END
expect text <<END
\{{name}} ends within 5
END
binary 00ff
expect binary 00ff
ping
expect pong
fragment 3 over several frames
expect text over several frames
# not recorded: expect json /op == "zzz" within 0.2
close 1001 going home
expect close 1001
connect
expect open
send again
expect text again
close
expect close 1000
RECORDED
    run wscope run "$BATS_TEST_TMPDIR/a.wscope"
    assert_success
    assert_line 'ok 1 - the recorded session'
}

@test "--record: a file that others may read is made private" {
    local file=$BATS_TEST_TMPDIR/a.wscope
    touch "$file"
    chmod 644 "$file"
    start 80 24
    wscope_in -q --record "$file" "$URL/echo"
    await_last 1 "$URL/echo>"
    assert_equal "$(stat -c %a "$file")" 600
}

@test "--record: a connection that is lost and comes back is one expectation" {
    start 80 24
    wscope_in -q --reconnect --retry-delay 0.1 --record "$BATS_TEST_TMPDIR/a.wscope" "$URL/abort-once"
    await_last 1 "$URL/abort-once>"
    enter one
    await_screen '^← welcome back'
    keys C-d
    await_screen '^\$ ?$'
    run sed -n '/^test/,$p' "$BATS_TEST_TMPDIR/a.wscope"
    assert_line --index 1 connect
    assert_line --index 2 'expect open'
    assert_line --index 3 'send one'
    assert_line --index 4 --regexp '^expect reconnect'
    assert_line --index 5 --regexp '^expect text welcome back'
    assert_line --index 6 close
}

@test "--record: not without an interactive session, nor where nothing can be written" {
    both --record "$BATS_TEST_TMPDIR/a.wscope" -n "$URL/echo"
    assert_equal "$status" 2
    assert_stderr '^wscope: --record .*interactive' 'hint: .*terminals'
    assert_equal "$(ls "$BATS_TEST_TMPDIR"/a.wscope 2>/dev/null)" ''
    start 80 24
    wscope_in --record /nowhere/a.wscope "$URL/echo"
    await_screen '^wscope: --record: can.t write "/nowhere/a.wscope": No such file'
}

@test "--record: a full disk is reported once, and the session goes on" {
    [[ -c /dev/full ]] || skip 'there is no /dev/full'
    start 80 24
    wscope_in -q --record /dev/full "$URL/echo"
    await_screen 'No space left on device'
    enter hello
    await_screen '^← hello'
    enter more
    await_screen '^← more'
    assert_equal "$(screen | grep -c 'No space left')" 1
}

@test "/poll changes over to polling, which the prompt shows, and nothing can be sent" {
    serve --rate 1
    start 100 24
    wscope_in -q --every 0.2 --poll "http://127.0.0.1:$SERVE_PORT/feed.json?since=0"
    await_screen "^http://127.0.0.1:$SERVE_PORT/feed.json>"
    await_output everything '← .*"id":'
    enter hello
    await_output everything 'nothing can be sent: polling receives only'
    enter "/connect $URL/echo"
    await_last 1 "$URL/echo>"
    enter hello
    await_screen '^← hello$'
    enter "/poll http://127.0.0.1:$SERVE_PORT/none"
    await_output everything 'answered the poll with 404'
    await_last 1 'offline>'
    enter "/poll sse+http://127.0.0.1:$SERVE_PORT/feed.sse"
    await_screen "^http://127.0.0.1:$SERVE_PORT/feed.sse>"
    enter '/ping'
    await_output everything 'nothing can be sent: an event stream receives only'
    enter '/fallback'
    await_output everything 'there is nothing to fall back to'
    keys C-d
    await_screen '^\$ ?$'
}

@test "the prompt shows what replaces the socket, /fallback reports and ends it" {
    serve --rate 1
    start 100 40
    wscope_in -r --retry-delay 2 --retry-jitter none --fallback-after 1 --fallback "http://127.0.0.1:$SERVE_PORT/feed.json" ws://127.0.0.1:1/feed
    await_output everything 'falling back from ws to poll: 1 failed attempt in a row'
    await_screen '\(polling\)> ?$'
    enter /fallback
    await_output everything 'polling while the WebSocket is unavailable'
    enter '/fallback off'
    await_output everything 'falling back from poll to ws: it was asked for'
    keys C-d
    await_screen '^\$ ?$'
}

@test "/compare measures other channels beside the session, which goes on" {
    serve --rate 30
    start 100 90
    local http=http://127.0.0.1:$SERVE_PORT
    wscope_in -q "$SERVE/echo"
    await_last 1 "$SERVE/echo>"
    enter /compare
    await_screen 'nothing to compare this session with: name poll=URL, sse=URL or both'
    enter '/compare off'
    await_screen 'nothing is being compared'
    enter "/connect $SERVE/feed"
    await_last 1 "$SERVE/feed>"
    enter "/compare poll=$http/feed.json sse=$http/feed.sse every=0.2,1 for=60 id=/id"
    await_output everything '^comparing ws, sse, poll 0.2 s, poll 1 s for 60 s'
    await_last 1 "$SERVE/feed (comparing)>"
    enter "/compare poll=$http/feed.json"
    await_output everything 'a comparison is under way'
    enter /reconnect
    enter '/show q'
    await_last 1 "$SERVE/feed (comparing)>"
    # Two seconds of the feed: each poll has shown something by then.
    await_output everything "\"id\":$(($(newest_update) + 60)),"
    enter '/compare off'
    await_output everything 'updates +missed +dup +lag p50'
    await_output everything '^  poll 0.2 s .* requests'
    await_output everything 'At scale, on paper'
    await_last 1 "$SERVE/feed>"
    keys C-d
    await_screen '^\$ ?$'
}

@test "/compare of a session that polls, with what replaces a socket, and when it is left" {
    serve --rate 30
    start 100 90
    local http=http://127.0.0.1:$SERVE_PORT
    wscope_in -q --id /id --poll "$http/feed.json"
    await_screen 'feed.json>'
    enter /compare
    await_output everything 'name sse=URL, or several intervals with every=0.5,2'
    enter '/compare every=0.2,1 for=60'
    await_output everything '^comparing poll 0.2 s, poll 1 s for 60 s'
    keys C-d
    await_screen '^\$ ?$'
    wscope_in -q -r --id /id --fallback "sse+$http/feed.sse" "$SERVE/feed"
    await_screen 'feed>'
    enter '/compare for=0.5'
    await_output everything '^comparing ws, sse for 0.5 s'
    await_output everything 'At scale, on paper'
    await_last 1 "$SERVE/feed>"
    enter '/compare for=60'
    await_screen '(comparing)'
    enter "/connect $URL/echo"
    await_last 1 "$URL/echo>"
    keys C-d
    await_screen '^\$ ?$'
}

@test "/expect reports whether it came, and what came instead" {
    start 80 24
    wscope_in "$URL/echo"
    await_screen 'opened'
    enter '{"op":"ping"}'
    await_screen '←|<.*ping'
    enter '/expect json /op == pong within 0.3'
    await_screen '/op is "ping", not "pong"'
    await_screen 'not as expected, after'
    enter 'second'
    enter '/expect next text second'
    await_screen '^.*as expected, after [0-9.]+ ms'
    enter '/expect jsn'
    await_screen 'did you mean "json"'
    enter '/expect none for 0.1'
    await_screen 'as expected, after 1[0-9][0-9]'
    enter '/close'
    await_screen 'closed'
    enter '/expect text x'
    await_screen 'there is no connection on which it could come'
}
