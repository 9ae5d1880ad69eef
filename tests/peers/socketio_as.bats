#!/usr/bin/env bats
# --as socket.io against the npm package socket.io in three versions, over each transport.

load peers

NAMES=(socket.io socket.io-3 socket.io-2)
TRANSPORTS=(websocket polling upgrade)

setup() {
    need jq
}

# server PACKAGE [PARSER] [RECOVER]
server() {
    need_npm "$1"
    await '^port ([0-9]+)$' node "$PEERS_HERE/socketio_any.js" "$@"
    URL=ws://127.0.0.1:$found/
    LOG=$BATS_TEST_TMPDIR/peer.$((${#PEERS[@]} - 1))
}

# logged PATTERN: the server prints such a line.
logged() {
    local end=$((SECONDS + 20 * SLOW))
    until grep -qE "$1" "$LOG"; do
        ((SECONDS < end)) || { cat "$LOG" >&2; return 1; }
        read -r -t 0.05 <> <(:) || true
    done
}

# A row of the table: what each version does over each transport.
row() {
    echo "# $1" >&3
}

# One connection does everything: events, acks in both directions, bytes in both directions.
conversation() {
    both -n --as "socket.io,transport=$1" --auto-ack '[9]' "$URL" \
        -e 'echo "hi there" {"a":1} word' -e 'ask! {"n":42}' -e 'blob hex:010203' -e question --until '"answered"'
    assert_equal "$status" 0
    assert_line '["echo","hi there",{"a":1},"word"]'
    assert_line '{"ack":[{"n":42}]}'
    assert_line '["blob",{"base64":"AwIB"}]'
    assert_line '["q",7]'
    assert_line '["answered",9]'
    refute_stderr 'had no answer' 'no request'
    logged '^disconnect / client namespace disconnect$'
}

namespaces() {
    local auth=(--auth '{"token":"right"}') wrong=(--auth '{"token":"wrong"}')
    [[ $2 == socket.io-2 ]] && return # its namespaces have no auth
    both -n --as "socket.io,transport=$1,nsp=/members" "${auth[@]}" "$URL" -e 'echo 1' -1
    assert_equal "$status" 0
    assert_output '["echo",1]'
    both -n --as "socket.io,transport=$1,nsp=/members" "${wrong[@]}" "$URL" -e 'echo 1'
    assert_equal "$status" 22
    assert_stderr 'refused the namespace /members: .*not a member'
}

disconnection() {
    both -n -r --as "socket.io,transport=$1" "$URL" -e bye
    assert_equal "$status" 8
    assert_stderr 'the server disconnected / \(packet 41, "io server disconnect"\)'
}

@test "--as socket.io: each version over each transport" {
    local name transport
    for name in "${NAMES[@]}"; do
        server "$name"
        for transport in "${TRANSPORTS[@]}"; do
            conversation "$transport"
            namespaces "$transport" "$name"
            disconnection "$transport"
            row "$name, $transport: connect, auth, emit, acks, binary, namespace, server disconnect"
        done
    done
}

@test "--as socket.io: an upgrade ends polling, and what cannot be upgraded stays with it" {
    server socket.io
    both -n --as socket.io --json "$URL" -e 'echo 1' --for 3 --until never
    assert_equal "$(jq -r 'select(.event == "decoded" and .type == "upgrade") | .dir' <<<"$output")" out
    both -n --as socket.io,transport=polling --json "$URL" -e 'echo 1' -1
    assert_equal "$(jq -r 'select(.event == "message") | .channel' <<<"$output" | sort -u)" poll
}

@test "--as socket.io: the state of a connection is recovered on the next one" {
    server socket.io json recover
    both -n -r --json --as socket.io,transport=websocket "$URL" -e 'echo 5' -e drop --until recovered --for $((20 * SLOW))
    assert_equal "$(jq -rs '[.[] | select(.event == "decoded" and .type == "connect" and .dir == "in")][1].fields.recovered' \
        <<<"$output")" yes
}

@test "--as socket.io: the MessagePack parser" {
    need_npm socket.io-msgpack-parser
    server socket.io msgpack
    both -n --as socket.io,parser=msgpack "$URL" -e 'blob hex:0102' -e 'ask! {"x":[1.5,-7]}' --count 2
    assert_equal "$status" 0
    assert_line '["blob",{"base64":"AgE="}]'
    assert_line '{"ack":[{"x":[1.5,-7]}]}'
    both -n --as socket.io "$URL" -e 'echo 1'
    assert_stderr 'did not answer the CONNECT .* another parser'
}

@test "--as socket.io: the content of a file is binary" {
    server socket.io
    printf '\001\002' >"$BATS_TEST_TMPDIR/bytes"
    both -n --as socket.io "$URL" -e "blob @$BATS_TEST_TMPDIR/bytes" -1
    assert_output '["blob",{"base64":"AgE="}]'
    both -n --as socket.io "$URL" -e "blob @$BATS_TEST_TMPDIR/none" -1
    assert_equal "$status" 2
    assert_stderr '/none cannot be opened: No such file'
}

@test "--as socket.io: what goes wrong is named" {
    server socket.io
    both -n --as socket.io,version=2 "$URL"
    assert_equal "$status" 22
    assert_stderr 'speaks protocol 5 \(EIO=4\) only'
    both -n "${URL}socket.io/"
    assert_stderr 'hint: this is a Socket\.IO server' '--as socket.io'
    both -n "$URL"
    assert_stderr 'if it is Socket\.IO, --as socket.io'
    both -n --as socket.io,nsp=/nowhere "$URL"
    assert_equal "$status" 22
    assert_stderr 'Invalid namespace'
}

@test "--as socket.io: behind nginx that drops the Upgrade header, polling goes on and the hint names it" {
    local front
    server socket.io
    front=$(free_port)
    start_nginx "$front" <<END
    server {
        listen 127.0.0.1:$front;
        location / { proxy_pass ${URL/ws:/http:}; }
    }
END
    both -n --as socket.io "ws://127.0.0.1:$front/" -e 'echo 1' --count 1
    assert_equal "$status" 0
    assert_output '["echo",1]'
    both -n --as socket.io,transport=websocket "ws://127.0.0.1:$front/" -e 'echo 1' --count 1
    assert_equal "$status" 22
    assert_stderr 'hint: .*without its Upgrade header, which nginx.* dropped'
}

@test "--as socket.io: two nodes behind haproxy need sticky sessions, by cookie for instance" {
    local front sticky first
    PATH=$PATH:/usr/sbin:/usr/local/sbin
    need haproxy
    server socket.io
    first=$found
    server socket.io
    front=$(free_port)
    sticky=$(free_port)
    cat >"$BATS_TEST_TMPDIR/haproxy.cfg" <<END
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend front
    bind 127.0.0.1:$front
    default_backend any
frontend sticky
    bind 127.0.0.1:$sticky
    default_backend same
backend any
    balance roundrobin
    server a 127.0.0.1:$first
    server b 127.0.0.1:$found
backend same
    balance roundrobin
    cookie node insert
    server a 127.0.0.1:$first cookie a
    server b 127.0.0.1:$found cookie b
END
    start_on "$front" haproxy -db -f "$BATS_TEST_TMPDIR/haproxy.cfg"
    both -n --as socket.io,transport=polling "ws://127.0.0.1:$front/" -e 'echo 1' --count 1
    [[ $status != 0 ]]
    assert_stderr 'hint: this Socket\.IO server does not know the session: .*sticky'
    both -n --as socket.io "ws://127.0.0.1:$sticky/" -e 'echo 1' --count 1
    assert_equal "$status" 0
    assert_output '["echo",1]'
}

@test "--as socket.io: python-socketio over each transport" {
    local port transport
    need_python_module socketio
    need_python_module uvicorn
    port=$(free_port)
    start_on "$port" "$PYTHON3" "$PEERS_HERE/socketio_asgi.py" "$port"
    for transport in "${TRANSPORTS[@]}"; do
        both -n --as "socket.io,transport=$transport" --auto-ack '[9]' "ws://127.0.0.1:$port/" \
            -e 'echo "hi there" {"a":1}' -e 'ask! {"n":42}' -e 'blob hex:010203' -e question --until '"answered"'
        assert_equal "$status" 0
        assert_line '["echo","hi there",{"a":1}]'
        assert_line '{"ack":[{"n":42}]}'
        assert_line '["blob",{"base64":"AwIB"}]'
        assert_line '["answered",9]'
    done
}

@test "--as socket.io: the server logs the same for wscope and for socket.io-client" {
    local theirs
    need_npm socket.io-client
    server socket.io
    run node "$PEERS_HERE/socketio_talk.js" "http://${URL#ws://}"
    assert_equal "$status" 0
    logged '^disconnect'
    theirs=$(grep -v '^port' "$LOG")
    server socket.io
    both -n --as socket.io --auto-ack '[9]' "$URL" \
        -e 'echo "hi there" {"a":1} word' -e 'ask! {"n":42}' -e question --until '"answered"'
    assert_equal "$status" 0
    logged '^disconnect'
    assert_equal "$(grep -v '^port' "$LOG")" "$theirs"
}

@test "--as socket.io: the examples of wscope-as(7)" {
    server socket.io
    manual_examples socket.io "$URL"
}
