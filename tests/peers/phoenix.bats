#!/usr/bin/env bats
# Phoenix channels, against a stand-in for their server that the official client accepts.

load peers

setup() {
    need_npm phoenix
    need_ws
    need jq
    await '^port ([0-9]+)$' node "$PEERS_HERE/phoenix_server.js"
    URL=ws://127.0.0.1:$found/socket
}

@test "phoenix: the official client accepts the stand-in" {
    run node "$PEERS_HERE/phoenix_client.js" "$URL"
    assert_success
    assert_output $'join ok {}\nshout ok {}\nevent {"x":1}\nfail error {"reason":"as asked"}\nbytes ok ff01'
}

@test "phoenix: --as phoenix joins, pushes, and receives" {
    both --as phoenix -n -e 'join room:1' -e 'push room:1 shout {"x":1}' --count 3 "$URL/websocket"
    assert_equal "$status" 0
    assert_line '["room:1","phx_reply",{"status":"ok","response":{}}]'
    assert_line '["room:1","shout",{"x":1}]'
    both --as phoenix -n -e 'join refused' --count 1 "$URL/websocket"
    assert_output '["refused","phx_reply",{"status":"error","response":{"reason":"unauthorized"}}]'
    both --as phoenix --count 2 "$URL/websocket" < <(printf '%s\n' '["a","phx_join",{}]' '["a","fail",{}]')
    assert_line '["a","phx_reply",{"status":"error","response":{"reason":"as asked"}}]'
}

@test "phoenix: auto displays it, and what is no message as such" {
    both --json -n -e '["1","1","a","phx_join",{}]' -e '["1","2","a","bytes",{}]' -e '["1","3","a","garbage",{}]' \
        --until garbage --until 'no message' "$URL/websocket?vsn=2.0.0"
    assert_equal "$(jq -c 'select(.event == "decoded" and .re == "2") | [.as, .type, .name, .base64]' <<<"$output")" \
        '["phoenix","reply","bytes","/wE="]'
    assert_equal "$(jq -r 'select(.event == "decoded") | .error // empty' <<<"$output")" \
        'not Phoenix: neither a JSON array nor an object'
}

@test "phoenix: the examples of wscope-as(7)" {
    manual_examples phoenix "$URL"
}
