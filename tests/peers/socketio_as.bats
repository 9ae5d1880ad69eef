#!/usr/bin/env bats
# --as socket.io against the npm package socket.io in three versions, over each transport.

load peers
load socketio

NAMES=(socket.io socket.io-3 socket.io-2)
TRANSPORTS=(websocket polling upgrade)

setup() {
    need jq
}

# logged PATTERN: the server prints such a line.
logged() {
    local end=$((SECONDS + 20 * SLOW))
    until grep -qE "$1" "$LOG"; do
        ((SECONDS < end)) || { cat "$LOG" >&2; return 1; }
        read -r -t 0.05 <> <(:) || true
    done
}

# row TEXT: of a table, among what the tests print.
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

# "/" and /members on one connection; /members is for those with the token.
namespaces() {
    local right=(--as "socket.io,transport=$1,nsp=/members,nsp=/" --auth '{"token":"right"}')
    local wrong=(--as "socket.io,transport=$1,nsp=/members" --auth '{"token":"wrong"}')
    if [[ $2 == socket.io-2 ]]; then # which has the query of the namespace for it
        right=(--as "socket.io,transport=$1,nsp=/members?token=right,nsp=/")
        wrong=(--as "socket.io,transport=$1,nsp=/members?token=wrong")
    fi
    both "${right[@]}" "$URL" --count 2 < <(printf '%s\n' '["echo",1]' '{"event":"echo","args":[2],"nsp":"/"}')
    assert_equal "$status" 0
    assert_line '["echo",1]'
    assert_line '["echo",2]'
    both -n "${wrong[@]}" "$URL" -e 'echo 1'
    assert_equal "$status" 22
    assert_stderr 'refused the namespace /members.*: .*not a member'
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
            row "$name, $transport: connect, auth, emit, acks, binary, second namespace, server disconnect"
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

@test "--as socket.io: many poll and send at the same time, and an answer to the sender alone is awaited" {
    server socket.io
    both fanout --json --as socket.io,transport=polling -c 20 --expect sender --publish 'echo {"n":"{nonce}"}' "$URL"
    assert_equal "$status" 0
    assert_equal "$(jq -c '[.spread.open, .total.lost, .verdict.faults]' <<<"$output")" '[20,0,[]]'
    # An acknowledgement that quotes the message is no delivery.
    both fanout --json --as socket.io -c 2 --within 0.3 --expect sender --publish 'ask! {"n":"{nonce}"}' "$URL"
    assert_equal "$status" 3
    assert_equal "$(jq -c '.total.delivered' <<<"$output")" 0
}

@test "--as socket.io: the state of a connection is recovered on the next one" {
    server socket.io json "$RECOVERY"
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
