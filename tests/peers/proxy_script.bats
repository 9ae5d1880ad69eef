#!/usr/bin/env bats
# Scripts with a proxy, and the example for it, with a client that is not ours: reconnecting-websocket.

load peers

setup() {
    need_ws
    need_npm reconnecting-websocket
    await '^port ([0-9]+)$' node "$PEERS_HERE/ws_server.js" plain
    SERVER=ws://127.0.0.1:$found
    PORT=$("$PYTHON3" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    # It tries until the proxy is there.
    node -e '
        const ReconnectingWebSocket = require("reconnecting-websocket"), options = { WebSocket: require("ws") };
        Object.assign(options, { minReconnectionDelay: 200, maxReconnectionDelay: 400 });
        new ReconnectingWebSocket(process.argv[1], [], options);' "ws://127.0.0.1:$PORT/" &
    PEERS+=($!)
}

@test "the example passes with an application that returns" {
    sed "s/9002/$PORT/" "$PEERS_HERE/../../examples/app-reconnect.wscope" >"$BATS_TEST_TMPDIR/app.wscope"
    both run --var "app=$SERVER" "$BATS_TEST_TMPDIR/app.wscope"
    [[ $status == 0 && $output != *'# SKIP'* ]] || {
        printf 'exit %s\n%s\n%s\n' "$status" "$output" "$stderr" >&2
        return 1
    }
    assert_equal "$(grep -c '^ok' <<<"$output")" 4
}

@test "a return that takes too long fails, with what the report has" {
    printf '%s\n' 'option timeout 30' 'test x' "proxy start 127.0.0.1:$PORT $SERVER" 'proxy drop rst' 'expect back within 30' \
        'expect report back<1ms within 0.2' >"$BATS_TEST_TMPDIR/app.wscope"
    both run "$BATS_TEST_TMPDIR/app.wscope"
    assert_equal "$status" 3
    assert_line --regexp 'back<1ms: client 1: was back [0-9.]+ m?s after the loss'
}
