#!/usr/bin/env bats
# Against the npm package sockjs.

load peers

setup() {
    need_npm sockjs
    need jq
    await '^port ([0-9]+)$' node "$PEERS_HERE/sockjs_server.js"
    HOST=127.0.0.1:$found
    URL=ws://$HOST/echo/000/wscope/websocket
}

@test "sockjs: lines are framed, and what comes back is unframed" {
    both --as sockjs "$URL" --count 3 < <(printf '%s\n' 'hello "you"' κόσμε '{"n":1}')
    assert_equal "$status" 0
    assert_output $'hello "you"\nκόσμε\n{"n":1}'
}

@test "sockjs: it carries another protocol" {
    both --as sockjs+jsonrpc -n "$URL" -e 'sum [1,2]' --count 1 --json --for 5
    assert_equal "$(jq -c 'select(.event == "decoded" and .as == "sockjs+jsonrpc") | [.dir, .name, .id]' <<<"$output")" \
        $'["out","sum",1]\n["in","sum",1]'
}

@test "sockjs: auto displays it, and what is malformed as such" {
    dialogue --json "$URL" <<END
< "type":"open"
> ["hi"]
< "a\[
> nonsense
< "close"
END
    assert_equal "$(jq -c 'select(.event == "decoded") | [.dir, .type, .text // .error]' <<<"$output")" \
        '["in","open",null]
["out","message","hi"]
["in","message","hi"]
["out","malformed","not SockJS: no JSON array of messages"]'
}

@test "sockjs: the code with which the server closes" {
    both --as sockjs -n "$URL" -e bye
    assert_stderr '4001' 'as you wish'
}

@test "sockjs: at its raw path messages are as they are" {
    both -n "ws://$HOST/echo/websocket" -e hello --count 1
    assert_output hello
}
