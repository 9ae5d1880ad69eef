#!/usr/bin/env bats
# Against websocketd: programs that read lines and print lines, at their own pace.

load peers

setup() {
    need websocketd
}

websocketd_server() {
    PORT=$(free_port)
    websocketd --loglevel=fatal --address=127.0.0.1 --port="$PORT" "$@" >/dev/null 2>&1 </dev/null 3>&- &
    PEERS+=($!)
    await_port "$PORT"
}

@test "websocketd: cat gives every line back" {
    websocketd_server cat
    both "ws://127.0.0.1:$PORT/" <<<'hello'
    assert_equal "$status" 0
    assert_output hello
}

# websocketd writes to its program and reads from it in one loop, so a program that answers every line blocks it for good
# once both pipes are full. Long streams go one way.

@test "websocketd: many lines to a program that counts them" {
    websocketd_server "$PYTHON3" "$PEERS_HERE/count_lines.py" $((MANY / 10))
    run bash -c "seq 1 $MANY | ${WSCOPE_COMMAND[*]} -q -w 5 --until '^$MANY\$' ws://127.0.0.1:$PORT/ | tail -n 1"
    assert_output "$MANY"
}

@test "websocketd: many lines from a program" {
    websocketd_server seq 1 "$MANY"
    wscope -n -q "ws://127.0.0.1:$PORT/" | cmp - <(seq 1 "$MANY")
}

@test "websocketd: lines through cat, as many as its pipes hold" {
    websocketd_server cat
    seq 1 5000 | wscope "ws://127.0.0.1:$PORT/" | cmp - <(seq 1 5000)
}

@test "websocketd: answers that take a moment are not lost at the end of stdin" {
    websocketd_server bash -c 'while read -r line; do read -r -t 0.1 <> <(:) || true; echo "$((line * line))"; done'
    seq 1 10 | wscope "ws://127.0.0.1:$PORT/" | cmp - <(for i in $(seq 1 10); do echo $((i * i)); done)
}

@test "websocketd: a calculator" {
    websocketd_server bash -c 'while read -r a op b; do echo $(($a $op $b)); done'
    both "ws://127.0.0.1:$PORT/" <<<$'2 + 3\n6 * 7'
    assert_equal "$status" 0
    assert_output $'5\n42'
}

@test "websocketd: a program that counts and ends" {
    websocketd_server seq 1 1000
    both -n -q "ws://127.0.0.1:$PORT/"
    assert_equal "$output" "$(seq 1 1000)"
}

@test "websocketd: binary mode" {
    websocketd_server --binary cat
    head -c 100000 /dev/urandom >"$BATS_TEST_TMPDIR/file"
    wscope --chunk 1000 --no-delimiter "ws://127.0.0.1:$PORT/" <"$BATS_TEST_TMPDIR/file" | cmp - "$BATS_TEST_TMPDIR/file"
}

@test "websocketd: a foreign origin is refused" {
    websocketd_server --origin=good.example cat
    both -n -o http://evil.example "ws://127.0.0.1:$PORT/"
    assert_equal "$status" 22
    assert_stderr 403
}
