#!/usr/bin/env bats
# Scripts against the npm package ws.

load peers

setup() {
    need_ws
    cd "$BATS_TEST_TMPDIR" || return
}

ws_server() {
    await '^port ([0-9]+)$' node "$PEERS_HERE/ws_server.js" "$@"
    PORT=$found
    URL=ws://127.0.0.1:$PORT
}

@test "run: a script passes against ws, and fails where it should" {
    local mode
    cat >a.wscope <<'END'
test echo
connect
expect header Upgrade websocket
send {"id":12345678901234567890,"op":"ping"}
expect json /id == 12345678901234567890 /op == ping
binary 00 01 02
expect next binary 000102
fragment 4 a message in pieces
expect next text a message in pieces
ping are you there
expect pong are you there
close 4001 enough
expect close 4001

test malformed frames are refused
frames: connect
frames: frame op=text rsv=2 text=x
frames: expect close 1002
masks: connect
masks: frame op=text mask=off text=x
masks: expect close 1002
long: connect
long: frame op=ping fin=0 text=x
long: expect close 1002
utf8: connect
utf8: frame op=text hex=c0af
utf8: expect close 1007

test two at a time
alice: connect
bob: connect
alice: send from alice
bob: send from bob
any-order {
  alice: expect text from alice
  bob: expect text from bob
}
END
    for mode in plain deflate; do
        ws_server "$mode"
        both run --against "$URL/echo" a.wscope
        assert_success
        both run --against "$URL/echo" --no-compress a.wscope
        assert_success
    done
    cat >b.wscope <<'END'
test fails
connect
send x
expect next text y
END
    both run --against "$URL/echo" b.wscope
    assert_equal "$status" 3
    assert_output --partial "text: 'x'"
}
