#!/usr/bin/env bats
# The older protocol of GraphQL, subprotocol graphql-ws, against the npm package subscriptions-transport-ws.

load peers

setup() {
    need_npm graphql
    need_npm subscriptions-transport-ws
    need jq
    await '^port ([0-9]+)$' node "$PEERS_HERE/graphql_old_server.js"
    URL=ws://127.0.0.1:$found/graphql
}

@test "graphql-ws, the older: --as graphql speaks it" {
    both --as graphql -s graphql-ws -n -e '{ hello }' --count 1 "$URL"
    assert_equal "$status" 0
    assert_output '{"data":{"hello":"hello, κόσμε"}}'
    both --as graphql -s graphql-ws --variables '{"n":3}' -n -e 'subscription Count($n: Int!) { count(to: $n) }' --count 3 "$URL"
    assert_equal "$status" 0
    assert_equal "$(jq .data.count <<<"$output")" $'1\n2\n3'
    # The server takes the first subprotocol that is offered, and closes if that is the newer one.
    both --as graphql -n "$URL"
    assert_equal "$status" 8
    assert_stderr 'needs -s graphql-ws'
}

@test "graphql-ws, the older: a refused connection_init ends the run, exit 22" {
    both --as graphql -s graphql-ws --init '{"token":"wrong"}' -n "$URL"
    assert_equal "$status" 22
    assert_stderr 'refused connection_init' '--init'
}

@test "graphql-ws, the older: auto displays it" {
    both --json -s graphql-ws -n -e '{"type":"connection_init"}' \
        -e '{"id":"1","type":"start","payload":{"query":"{ hello }"}}' --until complete "$URL"
    assert_equal "$(jq -c 'select(.event == "decoded" and .type == "data") | [.as, .name, .data.data.hello]' <<<"$output")" \
        '["graphql","hello","hello, κόσμε"]'
}
