#!/usr/bin/env bats
# Against the npm package ws.

load peers

setup() {
    need_ws
}

ws_server() {
    await '^port ([0-9]+)$' node "$PEERS_HERE/ws_server.js" "$@"
    PORT=$found
    URL=ws://127.0.0.1:$PORT
}

@test "ws: an echo, with and without compression on either side" {
    local mode option
    for mode in plain deflate; do
        ws_server "$mode"
        for option in --compress --no-compress; do
            both "$option" "$URL/echo" <<<'hello, κόσμε 🎈'
            assert_equal "$status" 0
            assert_output 'hello, κόσμε 🎈'
        done
    done
}

@test "ws: compression is negotiated and reported" {
    need jq
    ws_server deflate
    both --json "$URL/echo" <<<'hello'
    assert_equal "$status" 0
    assert_equal "$(jq -r 'select(.event == "open") | .extensions' <<<"$output" | cut -d';' -f1)" permessage-deflate
}

@test "ws: each parameter of compression" {
    ws_server deflate
    local parameters
    for parameters in server_no_context_takeover client_no_context_takeover client_max_window_bits=9 server_max_window_bits=9 \
        'server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=10'; do
        seq 1 3000 | wscope "--compress=$parameters" "$URL/echo" | cmp - <(seq 1 3000)
    done
}

@test "ws: many lines there and back" {
    ws_server plain
    round_trip "$URL/echo"
}

@test "ws: many lines there and back, compressed" {
    ws_server deflate
    MANY=$((MANY / 50)) round_trip "$URL/echo"
}

@test "ws: 20 MB of binary there and back" {
    ws_server plain
    head -c 20000000 /dev/urandom >"$BATS_TEST_TMPDIR/file"
    wscope --chunk 1M --no-delimiter -w 5 --count 20 "$URL/echo" <"$BATS_TEST_TMPDIR/file" | cmp - "$BATS_TEST_TMPDIR/file"
}

@test "ws: close codes and reasons are reported, with their exit codes" {
    ws_server plain
    local code
    for code in 1000 1001; do
        both -n "$URL/close?code=$code&reason=so+long"
        assert_equal "$code: $status" "$code: 0"
        assert_stderr "$code" 'so long'
    done
    for code in 1002 1003 1007 1008 1009 1011 1012 1013 3000 4401; do
        both -n "$URL/close?code=$code&reason=so+long"
        assert_equal "$code: $status" "$code: 8"
        assert_stderr "$code" 'so long'
    done
    both -n "$URL/close"
    assert_equal "$status" 0
}

@test "ws: a socket destroyed: exit 56" {
    ws_server plain
    both -n -e bye "$URL/terminate"
    assert_equal "$status" 56
}

@test "ws: a subprotocol is chosen" {
    ws_server plain
    both -n -s v1 -s v2 "$URL/proto"
    assert_equal "$status" 0
    assert_output v2
}

@test "ws: replies that are queued are not lost at the end of stdin" {
    ws_server plain
    seq 1 40 | wscope "$URL/slow-queue" | cmp - <(seq 1 40)
}

@test "ws: a ping is answered" {
    ws_server plain
    both -n "$URL/ping"
    assert_output 'pong are you there?'
}

@test "ws: a feed through jq" {
    need jq
    ws_server deflate
    run bash -c "${WSCOPE_COMMAND[*]} -n -q '$URL/feed?count=20000' | jq .id | tail -n 1"
    assert_output 20000
}

@test "ws: a plain request is refused with 426 and its body shown" {
    ws_server plain
    both -n -H 'Upgrade: h2c' "$URL/echo"
    assert_equal "$status" 22
}

@test "ws: wss, the certificate trusted, unknown, of another host" {
    need openssl
    certificate localhost DNS:localhost
    ws_server deflate "$BATS_TEST_TMPDIR/localhost.pem" "$BATS_TEST_TMPDIR/localhost.key"
    both --cacert "$BATS_TEST_TMPDIR/ca.pem" "wss://localhost:$PORT/echo" <<<'over TLS'
    assert_equal "$status" 0
    assert_output 'over TLS'
    both -n "wss://localhost:$PORT/echo"
    assert_equal "$status" 60
    both -n --cacert "$BATS_TEST_TMPDIR/ca.pem" "wss://127.0.0.1:$PORT/echo"
    assert_equal "$status" 60
    assert_stderr localhost '127\.0\.0\.1'
}

@test "ws: many lines over wss" {
    need openssl
    certificate localhost DNS:localhost
    ws_server plain "$BATS_TEST_TMPDIR/localhost.pem" "$BATS_TEST_TMPDIR/localhost.key"
    MANY=$((MANY / 4)) round_trip --cacert "$BATS_TEST_TMPDIR/ca.pem" "wss://localhost:$PORT/echo"
}
