#!/usr/bin/env bats
# Against the Python package websockets.

load peers

setup() {
    need_python_module websockets
}

python_server() {
    await '^port ([0-9]+)$' "$PYTHON3" "$PEERS_HERE/echo_websockets.py" "$@"
    PORT=$found
}

@test "websockets: an echo, with and without compression on either side" {
    local mode option
    for mode in plain deflate; do
        python_server "$mode"
        for option in --compress --no-compress; do
            both "$option" "ws://127.0.0.1:$PORT/" <<<'hello, κόσμε 🎈'
            assert_equal "$status" 0
            assert_output 'hello, κόσμε 🎈'
        done
    done
}

@test "websockets: each parameter of compression" {
    python_server deflate
    local parameters
    for parameters in server_no_context_takeover client_no_context_takeover client_max_window_bits=9 server_max_window_bits=9; do
        seq 1 3000 | wscope "--compress=$parameters" "ws://127.0.0.1:$PORT/" | cmp - <(seq 1 3000)
    done
}

@test "websockets: many lines there and back" {
    python_server plain
    MANY=$((MANY / 5)) round_trip "ws://127.0.0.1:$PORT/"
}

@test "websockets: a large message in fragments there and back" {
    python_server deflate
    head -c 5000000 /dev/urandom >"$BATS_TEST_TMPDIR/file"
    wscope -b --whole --no-delimiter -w 5 -1 "ws://127.0.0.1:$PORT/" <"$BATS_TEST_TMPDIR/file" | cmp - "$BATS_TEST_TMPDIR/file"
}

@test "websockets: wss with its certificate" {
    need openssl
    certificate localhost DNS:localhost,IP:127.0.0.1
    python_server deflate "$BATS_TEST_TMPDIR/localhost.pem" "$BATS_TEST_TMPDIR/localhost.key"
    both --cacert "$BATS_TEST_TMPDIR/ca.pem" "wss://127.0.0.1:$PORT/" <<<'over TLS'
    assert_equal "$status" 0
    assert_output 'over TLS'
    both -n "wss://127.0.0.1:$PORT/"
    assert_equal "$status" 60
    assert_stderr 'Bats Test Root'
}
