#!/usr/bin/env bats
# SignalR, against a stand-in for its server that the official client accepts.

load peers

setup() {
    need_npm @microsoft/signalr
    need_ws
    need jq
    await '^port ([0-9]+)$' node "$PEERS_HERE/signalr_server.js"
    HUB=127.0.0.1:$found/hub
    URL=ws://$HUB
}

@test "signalr: the official client accepts the stand-in" {
    run node "$PEERS_HERE/signalr_client.js" "http://$HUB"
    assert_success
    assert_output $'sum 3\nerror it failed\nnews hi\nitems 1,2,3'
}

@test "signalr: --as signalr calls, streams, and receives invocations" {
    both --as signalr -n -e 'Add 1 2' --count 1 "$URL"
    assert_equal "$status" 0
    assert_output '{"result":3}'
    both --as signalr -n -e Fail --count 1 "$URL"
    assert_output '{"error":"it failed"}'
    both --as signalr -n -e 'stream Count 3' --count 4 "$URL"
    assert_output $'{"item":1}\n{"item":2}\n{"item":3}\n{"result":null}'
    both --as signalr --count 1 "$URL" <<<'["Say","hi"]'
    assert_output '["news","hi"]'
}

@test "signalr: auto displays it, and a message that is no record as such" {
    both -v --json -n -e $'{"protocol":"json","version":1}\x1e' \
        -e $'{"type":1,"invocationId":"1","target":"Add","arguments":[1,2]}\x1e' \
        -e $'{"type":1,"invocationId":"2","target":"Garbage","arguments":[]}\x1e' --until record "$URL"
    assert_equal "$status" 0
    assert_equal "$(jq -c 'select(.event == "decoded" and .re == "1") | [.as, .type, .name, .data]' <<<"$output")" \
        '["signalr","completion","Add",3]'
    assert_equal "$(jq -r 'select(.event == "decoded") | .error // empty' <<<"$output")" \
        'not SignalR: no 0x1e at the end'
}

@test "signalr: the examples of wscope-as(7)" {
    manual_examples signalr "$URL"
}

@test "signalr: negotiate=yes asks for the id that a strict server wants, also of a server that it is sent on to" {
    await '^port ([0-9]+)$' node "$PEERS_HERE/signalr_server.js" strict
    local host=127.0.0.1:$found
    both --as signalr -n -e 'Add 1 2' --count 1 "ws://$host/hub"
    assert_equal "$status" 22
    both --as signalr,negotiate=yes -n -e 'Add 1 2' --count 1 "ws://$host/hub?a=1"
    assert_equal "$status" 0
    assert_output '{"result":3}'
    both --as signalr,negotiate=yes -v -n -H 'X-Key: mine' -e 'Add 1 2' --count 1 "ws://$host/moved"
    assert_equal "$status" 0
    assert_output '{"result":3}'
    assert_stderr 'POST /moved/negotiate\?negotiateVersion=1' 'GET /hub\?id=t%2F%2B%3D&moved=1'
    refute_stderr 'Bearer tok'
}

@test "signalr: a negotiation that fails says why" {
    both --as signalr,negotiate=yes -n "ws://${HUB%/hub}/none"
    assert_equal "$status" 22
    assert_stderr 'refused the negotiation: this hub is closed'
    both --as signalr,negotiate=yes -n "ws://${HUB%/hub}/nothing"
    assert_equal "$status" 22
    assert_stderr 'answered the negotiation with 404' 'leave out negotiate=yes'
    both --as signalr,negotiate=maybe -n "$URL"
    assert_equal "$status" 2
}

@test "signalr: records written by hand, with the 0x1e that --eol rs appends" {
    both -n --as none --eol rs -e '{"protocol":"json","version":1}' \
        -e '{"type":1,"invocationId":"1","target":"Add","arguments":[1,2]}' --count 2 "$URL"
    assert_equal "$status" 0
    assert_line $'{}\x1e'
    assert_line $'{"type":3,"invocationId":"1","result":3}\x1e'
}
