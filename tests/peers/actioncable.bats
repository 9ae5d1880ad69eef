#!/usr/bin/env bats
# Action Cable of Rails, on puma.

load peers

setup() {
    need puma
    ruby -e 'require "action_cable"' 2>/dev/null || missing 'Action Cable is not installed (ruby-actioncable)'
    need jq
    local port
    port=$(free_port)
    start_on "$port" puma --quiet -b "tcp://127.0.0.1:$port" -t 1:4 "$PEERS_HERE/actioncable.ru"
    URL=ws://127.0.0.1:$port/cable
}

@test "actioncable: --as actioncable subscribes, performs, and receives" {
    both --as actioncable -n -e 'sub ChatChannel {"room":1}' -e 'perform ChatChannel speak {"text":"hi"}' \
        --count 1 "$URL"
    assert_equal "$status" 0
    assert_output '{"text":"hi"}'
    assert_stderr 'actioncable-v1-json'
}

@test "actioncable: a subscription that is refused, a connection that is not authorized" {
    both --as actioncable --json -n -e 'sub ChatChannel {"room":"none"}' --until reject "$URL"
    assert_equal "$status" 0
    assert_equal "$(jq -c 'select(.event == "decoded" and .type == "reject_subscription") | [.name, .ms > 0]' <<<"$output")" \
        '["ChatChannel",true]'
    both --as actioncable -n "$URL?token=wrong"
    assert_equal "$status" 8
    assert_stderr 'the server disconnected: unauthorized'
}

@test "actioncable: auto displays it, and what is malformed as such" {
    # As clients do it, not before the welcome: the server can lose what comes while it opens.
    dialogue --json -s actioncable-v1-json "$URL" <<'END'
< welcome
> {"command":"subscribe","identifier":"{\"channel\":\"ChatChannel\"}"}
< confirm_subscription
> no command
END
    assert_equal "$status" 0
    assert_equal "$(jq -c 'select(.event == "decoded" and .type == "confirm_subscription") | [.as, .name]' <<<"$output")" \
        '["actioncable","ChatChannel"]'
    assert_equal "$(jq -r 'select(.event == "decoded" and .dir == "out") | .error // empty' <<<"$output")" \
        'not Action Cable: no JSON object'
}

@test "actioncable: the examples of wscope-as(7)" {
    manual_examples actioncable "$URL"
}
