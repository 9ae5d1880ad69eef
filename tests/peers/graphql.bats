#!/usr/bin/env bats
# Against the npm package graphql-ws: the subprotocol graphql-transport-ws. --as graphql also against its version 6.

load peers

setup() {
    need_npm graphql
    need_npm graphql-ws
    need_npm ws
    need jq
    server graphql-ws
}

# server PACKAGE
server() {
    need_npm "$1"
    await '^port ([0-9]+)$' node "$PEERS_HERE/graphql_server.js" "$1"
    URL=ws://127.0.0.1:$found/graphql
}

# With its subprotocol.
graphql() {
    both -s graphql-transport-ws "$@" "$URL"
}

INIT='{"type":"connection_init"}'

@test "graphql-ws: connection_init is acknowledged, a query answered" {
    graphql -n -e "$INIT" -1
    assert_equal "$status" 0
    assert_output '{"type":"connection_ack"}'
    assert_stderr 'graphql-transport-ws'
    dialogue -s graphql-transport-ws "$URL" <<END
> $INIT
< connection_ack
> {"id":"q","type":"subscribe","payload":{"query":"{ hello }"}}
< complete
END
    assert_equal "$status" 0
    assert_equal "$(jq -r 'select(.type == "next") | .payload.data.hello' <<<"$output")" 'hello, κόσμε'
}

@test "graphql-ws: a subscription of three values" {
    dialogue -s graphql-transport-ws "$URL" <<END
> $INIT
< connection_ack
> {"id":"s","type":"subscribe","payload":{"query":"subscription { count(to: 3) }"}}
END
    assert_equal "$status" 0
    assert_equal "$(jq -r '"\(.type) \(.payload.data.count // .id // "-")"' <<<"$output")" \
        $'connection_ack -\nnext 1\nnext 2\nnext 3\ncomplete s'
}

@test "graphql-ws: a subscription that is completed from here, a ping of the subprotocol" {
    dialogue -s graphql-transport-ws "$URL" <<END
> $INIT
< connection_ack
> {"id":"t","type":"subscribe","payload":{"query":"subscription { ticks }"}}
< "ticks":3
> {"type":"ping","payload":{"n":1}}
< pong
> {"id":"t","type":"complete"}
END
    assert_equal "$status" 0
    assert_line '{"type":"pong","payload":{"n":1}}'
    assert_equal "$(jq '.payload.data.ticks // empty' <<<"$output" | head -n 3)" $'1\n2\n3'
}

@test "graphql-ws: the errors of a query are messages, not the end" {
    dialogue -s graphql-transport-ws "$URL" <<END
> $INIT
< connection_ack
> {"id":"e","type":"subscribe","payload":{"query":"{ nothing }"}}
< "error"
END
    assert_equal "$status" 0
    assert_output --partial 'Cannot query field'
}

@test "graphql-ws: its own close codes: exit 8, code and reason reported" {
    graphql -n -e '{"id":"s","type":"subscribe","payload":{"query":"{ hello }"}}'
    assert_equal "$status" 8
    assert_stderr 4401 Unauthorized
    graphql -n -e '{"type":"connection_init","payload":{"token":"wrong"}}'
    assert_equal "$status" 8
    assert_stderr 4403 Forbidden
    graphql -n
    assert_equal "$status" 8
    assert_stderr 4408 'Connection initialisation timeout'
    graphql -n -e "$INIT" -e "$INIT"
    assert_equal "$status" 8
    assert_stderr 4429 'Too many initialisation requests'
    graphql -n -e nonsense
    assert_equal "$status" 8
    assert_stderr 4400
    both -n -e "$INIT" "$URL"
    assert_equal "$status" 8
    assert_stderr 4406 'Subprotocol not acceptable'
}

@test "graphql-ws: many values in order" {
    local many=$((10000 / SLOW))
    dialogue -s graphql-transport-ws -q -w 5 --until complete "$URL" <<END
> $INIT
< connection_ack
> {"id":"s","type":"subscribe","payload":{"query":"subscription { count(to: $many) }"}}
END
    assert_equal "$status" 0
    jq '.payload.data.count // empty' <<<"$output" | cmp - <(seq 1 "$many")
}

shakes_hands() {
    both --as graphql -n -e '{ hello }' --count 1 "$URL"
    assert_equal "$status" 0
    assert_output '{"data":{"hello":"hello, κόσμε"}}'
    assert_stderr 'graphql-transport-ws'
    both --as graphql --variables '{"n":3}' -n -e 'subscription Count($n: Int!) { count(to: $n) }' --count 3 "$URL"
    assert_equal "$(jq .data.count <<<"$output")" $'1\n2\n3'
    both --as graphql --count 1 "$URL" <<<'{"query":"{ nothing }"}'
    assert_output --partial '{"errors":[{"message":"Cannot query field'
}

@test "graphql-ws: --as graphql shakes hands, asks and subscribes" {
    shakes_hands
    server graphql-ws-6
    shakes_hands
}

# closed CODE NAME ADVICE ARGUMENT...: the server closes with it, and what the protocol calls that is named with what to do.
closed() {
    local code=$1 name=$2 advice=$3
    shift 3
    both -n "$@" "$URL"
    assert_equal "$status" 8
    assert_stderr "hint: graphql calls $code \"$name\": .*$advice"
    refute_stderr 'older protocol needs'
}

# Each close code of the protocol that a client can bring about.
codes() {
    local raw=(-s graphql-transport-ws --as auto -v) ask='"type":"subscribe","payload":{"query":"subscription { ticks }"}'
    closed 4400 BadRequest 'could not read a message' "${raw[@]}" -e nonsense
    closed 4401 Unauthorized 'before connection_ack' "${raw[@]}" -e "{\"id\":\"s\",$ask}"
    closed 4403 Forbidden 'check --init' --as graphql --init '{"token":"wrong"}'
    closed 4406 SubprotocolNotAcceptable '-s graphql-transport-ws' --as graphql -s graphql-ws
    closed 4408 ConnectionInitialisationTimeout 'within 3 s' "${raw[@]}"
    closed 4409 SubscriberAlreadyExists 'an id that no running one has' --as graphql \
        -e "{\"id\":\"s\",$ask}" -e "{\"id\":\"s\",$ask}"
    closed 4429 TooManyInitialisationRequests 'only once' "${raw[@]}" -e "$INIT" -e "$INIT"
}

@test "graphql-ws: its close codes are named, and what to do about each" {
    codes
    server graphql-ws-6
    codes
}

@test "graphql-ws: auto displays it, and what is malformed as such" {
    both --json -s graphql-transport-ws -n -e "$INIT" --until ack "$URL"
    assert_equal "$(jq -c 'select(.event == "decoded" and .dir == "in") | [.as, .type]' <<<"$output")" \
        '["graphql","connection_ack"]'
    both --json -s graphql-transport-ws -n -e nonsense "$URL"
    assert_equal "$(jq -r 'select(.event == "decoded" and .dir == "out") | .error // empty' <<<"$output")" \
        'not GraphQL: no JSON'
}

@test "graphql-ws: the examples of wscope-as(7)" {
    manual_examples graphql "$URL"
}
