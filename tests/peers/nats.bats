#!/usr/bin/env bats
# Against nats-server: a protocol of lines in binary messages, compressed without a context.

load peers

setup() {
    PATH=$PATH:/usr/sbin:/usr/local/sbin
    need nats-server
}

# CONFIGURATION: a server with that in its part about WebSockets.
nats() {
    cat >"$BATS_TEST_TMPDIR/nats.conf" <<END
listen: "127.0.0.1:-1"
max_payload: 1000
websocket {
    listen: "127.0.0.1:-1"
    compression: true
    $1
}
END
    await 'Listening for websocket clients on wss?://127\.0\.0\.1:([0-9]+)' nats-server -c "$BATS_TEST_TMPDIR/nats.conf"
    PORT=$found
    URL=ws://127.0.0.1:$PORT/
}

CONNECT=$'CONNECT {"verbose":false}\r\n'

@test "nats: INFO comes by itself, compressed without a context" {
    need jq
    nats 'no_tls: true'
    both -i -n -1 "$URL"
    assert_equal "$status" 0
    assert_equal "$(sed -n 's/^INFO //p' <<<"$output" | jq .max_payload)" 1000
    assert_stderr 'permessage-deflate; server_no_context_takeover; client_no_context_takeover'
    both -n -1 --no-compress "$URL"
    assert_equal "$status" 0
    assert_output --regexp '^INFO \{'
}

@test "nats: PING and PONG, text or binary, compressed or not" {
    nats 'no_tls: true'
    local option
    for option in -q -b --no-compress '--compress=client_no_context_takeover'; do
        both "$option" --no-delimiter -n -e "$CONNECT" -e $'PING\r\n' --until PONG "$URL"
        assert_equal "$status" 0
        assert_line --regexp '^PONG'
    done
}

@test "nats: subscribe, publish, receive" {
    nats 'no_tls: true'
    both --no-delimiter --whole --until 'MSG' "$URL" < <(printf '%sSUB news 7\r\nPUB news 5\r\nhello\r\n' "$CONNECT")
    assert_equal "$status" 0
    assert_line --partial 'MSG news 7 5'
    assert_line --partial hello
}

@test "nats: many lines published come back" {
    nats 'no_tls: true'
    local many=$((20000 / SLOW))
    {
        printf '%sSUB news 7\r\n' "$CONNECT"
        seq 1 "$many" | awk '{ printf "PUB news %d\r\n%s\r\n", length($0), $0 }'
        printf 'PING\r\n'
    } >"$BATS_TEST_TMPDIR/lines"
    wscope --chunk 4k --no-delimiter -w 5 --until PONG "$URL" <"$BATS_TEST_TMPDIR/lines" | tr -d '\r' |
        grep -x '[0-9]*' | cmp - <(seq 1 "$many")
}

@test "nats: its complaints: exit 8, code, reason and last words reported" {
    nats 'no_tls: true'
    both -n -e $'NONSENSE\r\n' "$URL"
    assert_equal "$status" 8
    assert_output --partial "-ERR 'Unknown Protocol Operation'"
    assert_stderr 1002 'Protocol Violation'
    both --whole "$URL" < <(printf '%sPUB a 2000\r\n%2000d\r\n' "$CONNECT" 0)
    assert_equal "$status" 8
    assert_output --partial "-ERR 'Maximum Payload Violation'"
    assert_stderr 1009 'Maximum Message Payload Exceeded'
}

@test "nats: origins: one that is allowed, another: exit 22" {
    nats 'no_tls: true, allowed_origins: ["http://good.example"]'
    both -n -1 -o http://good.example "$URL"
    assert_equal "$status" 0
    both -n -o http://evil.example "$URL"
    assert_equal "$status" 22
    assert_stderr '403 Forbidden' Origin
}

@test "nats: wss with its certificate" {
    need openssl
    certificate localhost DNS:localhost
    nats "tls { cert_file: \"$BATS_TEST_TMPDIR/localhost.pem\", key_file: \"$BATS_TEST_TMPDIR/localhost.key\" }"
    both --cacert "$BATS_TEST_TMPDIR/ca.pem" -n -1 "wss://localhost:$PORT/"
    assert_equal "$status" 0
    assert_output --regexp '^INFO '
    both -n "$URL"
    assert_equal "$status" 22
    assert_stderr '400 Bad Request' 'HTTPS server'
}

@test "nats: it shuts down: exit 0, 1001" {
    nats 'no_tls: true'
    local server=${PEERS[-1]}
    await '(INFO)' "${WSCOPE_COMMAND[@]}" -n "$URL"
    kill -TERM "$server"
    last_ended 0 'closed by the peer: 1001'
}
