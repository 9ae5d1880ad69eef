#!/usr/bin/env bats
# The examples that need another server than the embedded one, and those that any server suits, against the npm packages
# ws, graphql-ws and socket.io. Those for STOMP and MQTT are in rabbitmq.bats and mosquitto.bats.

load peers

setup() {
    need_npm ws
}

@test "examples: login, chat and JSON-RPC against ws" {
    await '^port ([0-9]+)$' node "$PEERS_HERE/examples_server.js"
    local url=ws://127.0.0.1:$found
    APP_PASSWORD='correct horse' passes --var "app=$url/app" "$EXAMPLES/login-subscribe.wscope"
    passes --var "chat=$url/chat" "$EXAMPLES/chat.wscope"
    passes --var "rpc=$url/rpc" "$EXAMPLES/json-rpc.wscope"
}

@test "examples: all of them side by side" {
    await '^port ([0-9]+)$' node "$PEERS_HERE/examples_server.js"
    local url=ws://127.0.0.1:$found
    APP_PASSWORD='correct horse' passes --jobs 3 --var "app=$url/app" --var "chat=$url/chat" --var "rpc=$url/rpc" \
        "$EXAMPLES"/{login-subscribe,chat,json-rpc}.wscope
    assert_equal "$(grep -c '^ok' <<<"$output")" 14
}

@test "examples: a wrong password shows what came, and never the password" {
    await '^port ([0-9]+)$' node "$PEERS_HERE/examples_server.js"
    APP_PASSWORD=s3cret both run --var "app=ws://127.0.0.1:$found/app" "$EXAMPLES/login-subscribe.wscope"
    assert_equal "$status" 3
    assert_line '      code: 4401'
    assert_line "      reason: 'wrong user or password'"
    refute_output --partial s3cret
}

@test "examples: that of the manual for pings" {
    await '^port ([0-9]+)$' node "$PEERS_HERE/examples_server.js"
    cd "$BATS_TEST_TMPDIR"
    "$PYTHON3" "$PEERS_HERE/../bats/manual_examples.py" "$PEERS_HERE/../../man/wscope-script.5" .
    passes --var "pinging=ws://127.0.0.1:$found/ping" "$(grep -l pinging example-*.wscope)"
}

@test "examples: graphql-transport-ws against graphql-ws" {
    need_npm graphql
    need_npm graphql-ws
    await '^port ([0-9]+)$' node "$PEERS_HERE/graphql_server.js"
    passes --var "graphql=ws://127.0.0.1:$found/graphql" "$EXAMPLES/graphql-transport-ws.wscope"
}

@test "examples: GraphQL against graphql-ws" {
    need_npm graphql
    need_npm graphql-ws
    await '^port ([0-9]+)$' node "$PEERS_HERE/graphql_server.js"
    passes --var "graphql=ws://127.0.0.1:$found/graphql" "$EXAMPLES/graphql.wscope"
}

@test "examples: Socket.IO against socket.io 4, 3 and 2" {
    local package
    for package in socket.io socket.io-3 socket.io-2; do
        need_npm "$package"
        await '^port ([0-9]+)$' node "$PEERS_HERE/socketio_any.js" "$package"
        passes --var "socketio=ws://127.0.0.1:$found" "$EXAMPLES/socket.io.wscope"
    done
}

@test "examples: echo and malformed frames against ws" {
    await '^port ([0-9]+)$' node "$PEERS_HERE/ws_server.js" plain
    passes --against "ws://127.0.0.1:$found" "$EXAMPLES/echo.wscope"
    passes --against "ws://127.0.0.1:$found" "$EXAMPLES/malformed.wscope"
}
