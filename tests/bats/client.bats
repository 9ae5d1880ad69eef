#!/usr/bin/env bats
# The client against `wscope serve`.

load helpers

setup() {
    serve
}

@test "a line goes out, its echo comes back, exit 0" {
    both "$SERVE/echo" <<<'hello'
    assert_equal "$status" 0
    assert_output hello
}

@test "a hundred thousand lines come back as they went" {
    seq 1 100000 | wscope "$SERVE/echo" | cmp - <(seq 1 100000)
}

@test "a file comes back bit for bit as one binary message" {
    head -c 5000000 /dev/urandom >"$BATS_TEST_TMPDIR/file"
    wscope -b --whole --no-delimiter "$SERVE/echo" <"$BATS_TEST_TMPDIR/file" | cmp - "$BATS_TEST_TMPDIR/file"
}

@test "a file in chunks comes back bit for bit" {
    head -c 1000001 /dev/urandom >"$BATS_TEST_TMPDIR/file"
    wscope --chunk 1000 --no-delimiter "$SERVE/echo" <"$BATS_TEST_TMPDIR/file" | cmp - "$BATS_TEST_TMPDIR/file"
}

@test "text with every awkward character comes back" {
    printf 'tab\tquote"back\\slash\n\xf0\x9f\x8e\x88 \xce\xba\n\n end \n' >"$BATS_TEST_TMPDIR/file"
    wscope "$SERVE/echo" <"$BATS_TEST_TMPDIR/file" | cmp - "$BATS_TEST_TMPDIR/file"
}

@test "-1 asks once" {
    both -n -e question -1 "$SERVE/echo"
    assert_equal "$status" 0
    assert_output question
}

@test "options may follow the URL" {
    both "$SERVE/echo" -n -e=x -1 --no-compress
    assert_equal "$status" 0
    both "$SERVE/echo" -n --send=after -1
    assert_output after
}

@test "--hex and --base64 there and back" {
    both --hex "$SERVE/echo" <<<'00ff7f'
    assert_output 00ff7f
    both --base64 "$SERVE/echo" <<<'AP9/'
    assert_output 'AP9/'
}

@test "-i shows both heads, byte for byte" {
    both -n -i --for "$(tenths 5)" "$SERVE/echo"
    assert_equal "$status" 0
    assert_output ''
    assert_stderr 'GET /echo HTTP/1\.1' 'Upgrade: websocket' 'Sec-WebSocket-Key: ' '101 Switching Protocols' 'Sec-WebSocket-Accept: '
}

@test "-q says nothing when all is well" {
    both -q "$SERVE/echo" <<<'x'
    assert_equal "$status" 0
    assert_output x
    assert_equal "$stderr" ''
}

@test "by default opening and closing are reported, on stderr" {
    both "$SERVE/echo" <<<'x'
    assert_output x
    assert_stderr "$SERVE_PORT" '1000'
}

@test "-v adds the stages with their times" {
    both -n -v --for "$(tenths 5)" "$SERVE/echo"
    assert_stderr '127\.0\.0\.1' ' (ms|µs|us|s)\b'
}

@test "-vv shows frames, -P pings" {
    both -vv "$SERVE/echo" <<<'frame-me'
    assert_stderr 'text' 'frame-me' 'close'
}

@test "no colour in a pipe, colour when asked for, never with NO_COLOR on a terminal" {
    both -n --for "$(tenths 5)" "$SERVE/echo"
    refute_stderr $'\e'
    both -n --for "$(tenths 5)" --color=always "$SERVE/echo"
    assert_stderr $'\e\\['
    need script
    NO_COLOR=1 script -qefc "${WSCOPE_COMMAND[*]} -n --for $(tenths 5) $SERVE/echo" "$BATS_TEST_TMPDIR/plain" >/dev/null </dev/null
    run grep -c $'\e\\[' "$BATS_TEST_TMPDIR/plain"
    assert_output 0
    script -qefc "${WSCOPE_COMMAND[*]} -n --for $(tenths 5) $SERVE/echo" "$BATS_TEST_TMPDIR/coloured" >/dev/null </dev/null
    grep -q $'\e\\[' "$BATS_TEST_TMPDIR/coloured"
}

@test "ASCII markers where the locale is not UTF-8" {
    LC_ALL=C both -n --for "$(tenths 5)" "$SERVE/echo"
    assert_equal "$(LC_ALL=C grep -c '[^[:print:][:space:]]' <<<"$stderr")" 0
}

@test "--timestamps" {
    both -n --for "$(tenths 5)" --timestamps "$SERVE/echo"
    assert_stderr '[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}'
    both -n --for "$(tenths 5)" --timestamps=rel "$SERVE/echo"
    assert_stderr '[0-9]\.[0-9]{3}'
}

@test "--json: every line parses, the last is the summary" {
    need jq
    both --json "$SERVE/echo" <<<'x'
    assert_equal "$status" 0
    jq -e . <<<"$output" >/dev/null
    assert_equal "$(tail -n 1 <<<"$output" | jq -r '"\(.event) \(.exit) \(.messages_in) \(.messages_out)"')" 'summary 0 1 1'
}

@test "| head -n 1 is no failure" {
    # The reader goes away while messages keep coming: no SIGPIPE death, no error.
    run bash -c "set -o pipefail; seq 1 200000 | { ${WSCOPE_COMMAND[*]} $SERVE/echo; echo exit \$? >&2; } | head -n 1"
    assert_line 1
    assert_line 'exit 0'
}

@test "--until ends when it is seen" {
    run bash -c "seq 1 100000 | ${WSCOPE_COMMAND[*]} --until '^500\$' $SERVE/echo 2>/dev/null | tail -n 1"
    assert_output 500
}

@test "--count N prints N messages" {
    both -n --count 3 "$SERVE/feed"
    assert_equal "$status" 0
    assert_equal "$(wc -l <<<"$output")" 3
}

@test "-n leaves the lines of a loop to the loop" {
    serve
    each_line() {
        local id
        while read -r id; do
            wscope -q -n -e "$id" -1 "$SERVE/echo"
        done
    }
    run each_line <<<$'1\n2\n3'
    assert_success
    assert_output $'1\n2\n3'
}
