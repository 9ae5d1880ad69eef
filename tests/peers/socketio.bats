#!/usr/bin/env bats
# Against the npm package socket.io: its packets by hand, over the WebSocket transport alone.

load peers

setup() {
    need_npm socket.io
    need jq
}

socketio() {
    await '^port ([0-9]+)$' node "$PEERS_HERE/socketio_server.js" "$@"
    ADDRESS=127.0.0.1:$found
    URL="ws://$ADDRESS/socket.io/?EIO=4&transport=websocket"
}

@test "socket.io: the open packet comes by itself, 40 is answered with a session" {
    socketio
    both -n -1 "$URL"
    assert_equal "$status" 0
    assert_output --regexp '^0\{'
    assert_equal "$(jq -r '"\(.pingInterval) \(.upgrades | length)"' <<<"${output#0}")" '25000 0'
    both -n -e 40 --count 2 "$URL"
    assert_equal "$status" 0
    assert_line --index 1 --regexp '^40\{"sid":"[^"]+"\}$'
}

@test "socket.io: is recognised, and for a wrong URL the right one is suggested" {
    local path
    socketio
    both -n -1 "$URL"
    assert_equal "$status" 0
    assert_stderr 'this is engine\.io\+socket\.io' '--as socket\.io'
    both -n -1 --as none "$URL"
    assert_stderr 'this is Socket\.IO' 'send 40'
    for path in / /socket.io/; do
        both -n "ws://$ADDRESS$path"
        assert_stderr 'hint: .*Socket\.IO' '--as socket\.io'
    done
}

@test "socket.io: an event there and back, an acknowledgement, the end" {
    socketio
    dialogue "$URL" <<'END'
< ^0
> 40
< ^40
> 42["echo","hello, κόσμε",{"n":1}]
> 427["ask",42]
< ^43
> 42["bye"]
< ^41
END
    assert_equal "$status" 0
    assert_line '42["echo","hello, κόσμε",{"n":1}]'
    assert_line '437[42]'
}

@test "socket.io: an event with bytes: a text message, then a binary one" {
    socketio
    dialogue --json "$URL" <<'END'
> 40
< "text":"40[{]
> 42["blob"]
< "type":"binary"
END
    assert_equal "$status" 0
    assert_equal "$(jq -r 'select(.event == "message" and .dir == "in") | .text // .base64' <<<"$output" | tail -n 2)" \
        $'451-["blob",{"_placeholder":true,"num":0}]\nAP8='
}

@test "socket.io: a namespace with a password" {
    socketio
    both -n -e '40/members,{"token":"right"}' --count 2 "$URL"
    assert_equal "$status" 0
    assert_line --index 1 --regexp '^40/members,\{"sid":'
    both -n -e '40/members,{"token":"wrong"}' --count 2 "$URL"
    assert_line --index 1 '44/members,{"message":"not a member"}'
}

@test "socket.io: its pings are messages: answered they keep the session, unanswered they end it" {
    socketio 100 $((500 * SLOW))
    dialogue -w 0 "$URL" < <(
        echo '> 40'
        printf '< ^2$\n> 3\n%.0s' {1..10}
    )
    assert_equal "$status" 0
    assert_stderr 'closed by us'
    both -n -e 40 "$URL"
    assert_equal "$status" 0
    assert_line 2
    assert_stderr 'closed by the peer: 1005'
}

@test "socket.io: what it refuses: exit 22, its reason shown" {
    socketio
    both -n "ws://$ADDRESS/socket.io/?EIO=4&transport=nonsense"
    assert_equal "$status" 22
    assert_stderr '400 Bad Request' 'Transport unknown'
    both -n "ws://$ADDRESS/socket.io/?EIO=4&transport=websocket&sid=nonsense"
    assert_equal "$status" 22
    assert_stderr '400 Bad Request' 'Session ID unknown' sticky
    # An HTTP answer after the 101, which is no frame.
    both -n "ws://$ADDRESS/socket.io/?EIO=3&transport=websocket"
    assert_equal "$status" 65
    assert_stderr 'protocol violation' 'RFC 6455' 'hint: .*version in the URL \(EIO=\)'
}
