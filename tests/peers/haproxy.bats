#!/usr/bin/env bats
# Through haproxy: frontends with and without TLS in front of an echo, and its time limits.

load peers

setup() {
    PATH=$PATH:/usr/sbin:/usr/local/sbin
    need haproxy
    need_ws
    need openssl
    await '^port ([0-9]+)$' node "$PEERS_HERE/ws_server.js" deflate
    local upstream=$found
    certificate localhost DNS:localhost
    PLAIN=$(free_port)
    SECURE=$(free_port)
    local folder=$BATS_TEST_TMPDIR
    cat "$folder/localhost.pem" "$folder/localhost.key" >"$folder/both.pem"
    cat >"$folder/haproxy.cfg" <<END
global
    hard-stop-after 500ms
defaults
    mode http
    timeout connect 5s
    retries 0
    timeout client 30s
    timeout server 30s
frontend plain
    bind 127.0.0.1:$PLAIN
    http-request deny deny_status 429 if { path /too-many }
    http-request return status 200 content-type text/plain string "all is well" if { path /health }
    use_backend idle if { path_beg /idle/ }
    use_backend gone if { path_beg /gone/ }
    default_backend echo
frontend secure
    bind 127.0.0.1:$SECURE ssl crt $folder/both.pem alpn h2,http/1.1
    default_backend echo
backend echo
    timeout tunnel 1m
    server ws 127.0.0.1:$upstream
backend idle
    timeout tunnel 1s
    http-request replace-path /idle(/.*) \1
    server ws 127.0.0.1:$upstream
backend gone
    server ws 127.0.0.1:1
END
    start_on "$PLAIN" haproxy -db -f "$folder/haproxy.cfg"
    HAPROXY=${PEERS[-1]}
}

@test "haproxy: an echo behind it, compressed as the server behind it agreed" {
    both -i "ws://127.0.0.1:$PLAIN/echo" <<<'through the proxy'
    assert_equal "$status" 0
    assert_output 'through the proxy'
    assert_stderr 'GET /echo HTTP/1\.1' '101 Switching Protocols' 'sec-websocket-extensions: permessage-deflate'
}

@test "haproxy: wss to a frontend that would rather speak HTTP/2" {
    both -v --cacert "$BATS_TEST_TMPDIR/ca.pem" "wss://localhost:$SECURE/echo" <<<'over TLS'
    assert_equal "$status" 0
    assert_output 'over TLS'
    assert_stderr 'http/1\.1'
    both -n "wss://localhost:$SECURE/echo"
    assert_equal "$status" 60
    assert_stderr 'Bats Test Root'
}

@test "haproxy: a tunnel that was idle too long: exit 56, and how long; with --ping-interval it stays" {
    both -n "ws://127.0.0.1:$PLAIN/idle/echo"
    assert_equal "$status" 56
    assert_stderr 'last received [0-9.]+ s ago'
    both -n --ping-interval 0.3 --for 1.5 "ws://127.0.0.1:$PLAIN/idle/echo"
    assert_equal "$status" 0
}

@test "haproxy: a reload cuts what is open: exit 56" {
    await '(opened)' "${WSCOPE_COMMAND[@]}" -n "ws://127.0.0.1:$PLAIN/echo"
    kill -USR1 "$HAPROXY"
    last_ended 56 'connection lost'
}

@test "haproxy: nothing behind it, and what it answers by itself: exit 22, status and body shown" {
    both -n "ws://127.0.0.1:$PLAIN/gone/echo"
    assert_equal "$status" 22
    assert_stderr 503 'No server is available'
    both -n "ws://127.0.0.1:$PLAIN/too-many"
    assert_equal "$status" 22
    assert_stderr '429 Too Many Requests'
    both -n "ws://127.0.0.1:$PLAIN/health"
    assert_equal "$status" 22
    assert_stderr '200 OK' 'all is well'
}

@test "haproxy: a plain request to the TLS port, a TLS handshake to the plain port" {
    both -n "ws://127.0.0.1:$SECURE/echo"
    assert_equal "$status" 52
    assert_stderr 'wss://|TLS'
    both -n "wss://127.0.0.1:$PLAIN/echo"
    assert_equal "$status" 35
    assert_stderr 'ws://'
}

@test "haproxy: many lines there and back, plain and over TLS" {
    MANY=$((MANY / 10))
    MANY=$((MANY / 20)) round_trip --no-compress "ws://127.0.0.1:$PLAIN/echo"
    MANY=$((MANY / 20)) round_trip --no-compress --cacert "$BATS_TEST_TMPDIR/ca.pem" "wss://localhost:$SECURE/echo"
}
