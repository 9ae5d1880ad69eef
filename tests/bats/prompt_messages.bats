#!/usr/bin/env bats
# What is shown of messages at the prompt: filtered, held, folded, found again. Screens are compared as they are.

load helpers
load terminal

setup() {
    prompt_peer
}

@test "/grep shows what matches, and counts the others" {
    start 80 30
    wscope_in -q "$URL/burst"
    await_last 1 "$URL/burst>"
    enter '/grep in [05]$'
    await_last 3 "$URL/burst> /grep in [05]\$
in    messages that match /[05]\$/ are shown
$URL/burst (grep)>"
    enter 12
    await_last 4 "← message 5
← message 10
2 hidden by /grep
$URL/burst (grep)>" || await_last 4 "← message 5
← message 10
10 hidden by /grep
$URL/burst (grep)>"
    enter '/grep -v message'
    await_screen '^out   messages that do not match /message/ are shown$'
    enter '/grep off'
    await_screen '^13 messages so far: 3 shown, 10 hidden by /grep, 0 not shown'
    await_last 1 "$URL/burst>"
    enter '/grep ('
    await_screen 'is not a regular expression'
    enter '/last 2'
    await_last 3 "← message 11
← message 12
$URL/burst>"
}

@test "/pause holds messages back, the prompt shows it, and /pause shows them" {
    start 80 30
    wscope_in -q "$URL/burst"
    await_last 1 "$URL/burst>"
    enter /pause
    await_last 1 "$URL/burst (paused)>"
    enter 7
    await_last 2 "paused, 8 kept
$URL/burst (paused)>"
    run screen
    refute_output --partial 'message 1'
    type_in 'half a line'
    await_last 1 "$URL/burst (paused)> half a line"
    keys C-u
    enter /pause
    await_last 3 "← message 6
← message 7
$URL/burst>"
    enter '/grep'
    await_screen '^8 messages so far: 8 shown, 0 hidden'
}

@test "--plain has the same, with the counts in the prompt" {
    start 80 40
    wscope_in --plain "$URL/burst"
    await_last 1 "$URL/burst>"
    enter '/grep in 3'
    await_last 1 "$URL/burst (grep, 0 hidden)>"
    enter 4
    await_screen '^← message 3$'
    enter /pause
    await_screen "\\(grep, 3 hidden\\) \\(paused, 0 kept\\)>"
    enter 3
    enter '/pause off'
    await_screen '^→ 3$'
    enter '/grep off'
    enter '/find [12]$'
    await_screen '^4 of 9 messages match$'
    enter /clear
    await_screen 'the screen is not cleared'
}

@test "a message of 6,000 lines is folded, /last shows all of it" {
    start 80 30
    wscope_in -q "$URL/big"
    await_last 1 "$URL/big>"
    enter 6000
    await_last 3 "    38,
  … 5,960 more lines: /last
$URL/big>"
    assert_equal "$(everything | grep -c ',$')" 39
    terminal pipe-pane "cat >$BATS_TEST_TMPDIR/raw"
    enter /last
    await_last 3 "    5997
  ]
$URL/big>"
    terminal pipe-pane
    assert_equal "$(tr -d '\r' <"$BATS_TEST_TMPDIR/raw" | sed 's/\x1b\[[0-9;]*m//g' | grep -cE '^    [0-9]+,?$')" 5998
}

@test "what is found is shown with its time, at most 50 messages" {
    start 80 30
    wscope_in -q "$URL/burst"
    await_last 1 "$URL/burst>"
    enter '/show all'
    enter 200
    await_screen '^← message 200$'
    enter '/find ^message 17[0-4]$'
    await_screen '^5 of 201 messages match$'
    await_screen '^[0-9:.]+ ← message 174$'
    enter '/find message'
    await_output everything '^200 of 201 messages match; the last 50:$'
    await_screen '^[0-9:.]+ ← message 200$'
    enter '/find nowhere'
    await_screen '^0 of 201 messages match$'
}

# With a filter, at 1,000 messages a second, while a line is typed: all are counted, memory stays.
@test "a flood with a filter: counts add up, the typed line stays whole" {
    local before after pid
    start 80 24
    wscope_in -q "$URL/feed/1000"
    await_screen 'message'
    enter '/grep in 00$'
    await_last 1 "$URL/feed/1000 (grep)>"
    type_in 'a line that is being typed'
    await_screen 'hidden by /grep'
    pid=$(pgrep -n -f -- "${WSCOPE_COMMAND[-1]} -q $URL")
    await_output everything 'message 5000$'
    before=$(awk '/VmRSS/ { print $2 }' "/proc/$pid/status")
    await_output everything 'message 9000$'
    after=$(awk '/VmRSS/ { print $2 }' "/proc/$pid/status")
    await_last 1 "$URL/feed/1000 (grep)> a line that is being typed"
    ((after - before < 4000)) || fail "memory grew from $before to $after KiB"
    keys C-u
    enter /close
    await_screen '^(offline|closing)'
    await_last 1 'offline (grep)>'
    enter /grep
    await_screen 'messages so far'
    enter /stats
    await_screen '^received'
    # "N messages so far: S shown, H hidden by /grep, F not shown ...": N is what /stats has counted as received.
    local all shown hidden sampled received
    read -r all shown hidden sampled < <(everything | tr '\n' ' ' | tr -s ' ' | tr -d , |
        sed -E 's/.* ([0-9]+) messages so far: ([0-9]+) shown ([0-9]+) hidden by .grep ([0-9]+) not.*/\1 \2 \3 \4/') || true
    received=$(everything | grep -oE '^received +[0-9]+' | tr -dc 0-9)
    assert_equal "$all" "$received"
    assert_equal $((shown + hidden + sampled)) "$received"
}

@test "/save writes what is shown as text: whole, private, without secrets, whatever the filter hides" {
    local file=$BATS_TEST_TMPDIR/saved
    start 80 30
    wscope_in -vvv --no-compress --show-secrets -H "'Cookie: id=hidden1'" "$URL/echo"
    await_last 1 "$URL/echo>"
    enter "/save $file"
    await_screen 'only you can read'
    enter '{"token":"hidden2","room":"lobby"}'
    await_screen '^← .*hidden2'
    enter /headers
    await_screen 'hidden1'
    enter '/grep in x'
    enter 'not this'
    enter 'x this'
    await_screen '^← x this'
    enter '/save off'
    await_screen 'no longer written'
    enter 'not that'
    run cat "$file"
    assert_line --partial '→ text   FIN'
    assert_line '→ {"token":"‹redacted, 9 bytes›","room":"lobby"}'
    assert_line '← {"token":"‹redacted, 9 bytes›","room":"lobby"}'
    assert_line '← x this'
    refute_line '← not this'
    refute_output --partial hidden
    refute_output --partial 'not that'
    refute_output --partial $'\e'
    assert_equal "$(stat -c %a "$file")" 600
}

@test "--save-text writes from the start; a message that is folded is whole" {
    local file=$BATS_TEST_TMPDIR/saved
    start 40 20
    wscope_in --save-text "$file" "$URL/big"
    await_screen 'opened'
    enter 6000
    await_screen 'more lines: /last'
    keys C-d
    await_screen '^\$ ?$'
    run cat "$file"
    assert_line --partial "opened $URL/big"
    assert_equal "$(grep -cE '^    [0-9]+,?$' "$file")" 5998
    run wscope -n --save-text "$file" "$URL/echo" </dev/null
    assert_equal "$status" 2
    enter "clear; ${WSCOPE_COMMAND[*]} --save-text /nowhere/at/all $URL/echo"
    await_screen "can't write"
}

@test "long base64 in JSON is shortened on the screen; /last and the file have all of it" {
    local file=$BATS_TEST_TMPDIR/saved
    start 80 20
    wscope_in --elide 30 --save-text "$file" "$URL/echo"
    await_screen 'opened'
    enter '{"a":"SGVsbG8gd29ybGQhIEFnYWluU0dWc2JHOGdkMjl5"}'
    await_screen '^← {"a":"‹base64, 30 bytes›"}'
    enter /last
    await_screen '"SGVsbG8gd29ybGQhIEFnYWluU0dWc2JHOGdkMjl5"'
    keys C-d
    await_screen '^\$ ?$'
    run cat "$file"
    assert_line '← {"a":"SGVsbG8gd29ybGQhIEFnYWluU0dWc2JHOGdkMjl5"}'
}

clipboard() {
    terminal show-buffer 2>/dev/null
}

@test "/copy sets the clipboard by OSC 52, if --osc52 allows it" {
    start 80 30
    terminal set-option -g set-clipboard on
    wscope_in -q "$URL/echo"
    await_last 1 "$URL/echo>"
    enter 'copy this'
    await_screen '^← copy this'
    enter /copy
    await_screen 'may not be set'
    keys C-d
    await_screen '^\$ ?$'
    wscope_in -q --osc52 "$URL/echo"
    await_last 1 "$URL/echo>"
    enter 'copy that'
    await_screen '^← copy that'
    enter /copy
    await_screen '^copied: 9 bytes$'
    await_output clipboard '^copy that$'
}

@test "Alt-Enter inserts a line break" {
    start 80 30
    wscope_in -q "$URL/echo"
    await_last 1 "$URL/echo>"
    type_in 'one'
    keys M-Enter
    type_in 'two'
    keys Enter
    await_last 3 '← one
  two
'"$URL/echo>"
}

@test "/again sends the last message once more; /edit and ^X^E have it edited" {
    start 80 30
    printf '#!/bin/sh\ngrep -q keep "$1" && exit 1\nsed -i s/one/two/ "$1"\n' >"$BATS_TEST_TMPDIR/editor"
    chmod +x "$BATS_TEST_TMPDIR/editor"
    WSCOPE_PREFIX="env VISUAL=$BATS_TEST_TMPDIR/editor "
    wscope_in -q "$URL/echo"
    await_last 1 "$URL/echo>"
    enter /again
    await_screen 'no message was typed yet'
    enter 'this one'
    await_screen '^← this one$'
    enter /again
    await_last 3 "→ this one
← this one
$URL/echo>"
    enter /edit
    await_last 3 "→ this two
← this two
$URL/echo>"
    type_in 'and one more'
    keys C-x C-e
    await_last 3 "→ and two more
← and two more
$URL/echo>"
    enter '/edit keep this'
    await_screen '^nothing is sent$'
    type_in 'still typing'
    await_last 1 "$URL/echo> still typing"
    assert_equal "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'wscope-*.txt' -newer "$BATS_TEST_TMPDIR/editor" | wc -l)" 0
}

@test "a connection stays alive while an editor has the terminal" {
    start 80 30
    printf '#!/bin/sh\nread -r answer\necho "edited $answer" >"$1"\n' >"$BATS_TEST_TMPDIR/editor"
    chmod +x "$BATS_TEST_TMPDIR/editor"
    WSCOPE_PREFIX="env VISUAL=$BATS_TEST_TMPDIR/editor "
    wscope_in -q "$URL/feed/20"
    await_screen 'message 3$'
    enter '/grep -v message'
    enter /edit
    type_in 'by hand'
    keys C-c
    keys Enter
    await_screen '(→ edited|nothing is sent)'
    await_screen "^$URL/feed/20 \\(grep\\)>"
}
