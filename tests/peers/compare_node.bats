#!/usr/bin/env bats
# wscope compare against a server of Node that knows what it sent, when, and what it let be overwritten.

load peers

compare_node() {
    need_ws
    need jq
    await '^port ([0-9]+)$' node "$PEERS_HERE/compare_server.js"
    PORT=$found
    both compare --json --id /n "ws://127.0.0.1:$PORT/ws$SKEW" --sse "http://127.0.0.1:$PORT/events$SKEW" \
        --poll "http://127.0.0.1:$PORT/state$SKEW" "$@"
    assert_equal "$status" 0
    final=$(jq -c 'select(.event == "compare" and .final)' <<<"$output")
}

holds() {
    jq -e "$1" <<<"$final" >/dev/null && return
    printf 'not so: %s\nin: %s\n' "$1" "$final" >&2
    return 1
}

@test "lag is what the server made it" {
    compare_node --every 0.3 --for 4 --time /sent
    holds '.lag_behind == "server" and .clock.basis == "same" and .clock.resolution_ms == 1'
    holds '.channels[0].delay.p50_ms < 100'
    # 150 ms are slept by the server itself; a busy machine only adds to them.
    holds '.channels[1].delay.p50_ms >= 149 and .channels[1].delay.p50_ms < 400'
    holds '.channels[1].lag.p50_ms >= 120 and .channels[1].lag.p50_ms < 400'
    holds '.channels[0].missed == 0 and .channels[1].missed == 0'
}

@test "missed is what the server did not answer any more" {
    compare_node --every 0.3 --for 4
    # The first answer is the state before; a last one may have come too late to count.
    run curl -sS "http://127.0.0.1:$PORT/answered"
    local wanted
    wanted=$(jq -c '.[1:] | [., .[:-1]] | map((unique | length) as $shown | [$shown, (max - min + 1) - $shown])' <<<"$output")
    echo "updates and missed: $wanted"
    holds "[.channels[2] | .updates, .missed] as \$told | $wanted | index([\$told]) != null"
    holds '.channels[2].missed > 20'
}

@test "another clock is recognised by the Date and taken out" {
    SKEW='?skew=90' compare_node --every 0.13 --for 4 --time /sent
    holds '.clock.basis == "date" and .clock.offset_ms > 88900 and .clock.offset_ms <= 90050'
    holds '.clock.low_ms <= 90000 and .clock.high_ms >= 90000'
    holds '.channels[0].delay.p50_ms > -1200 and .channels[0].delay.p50_ms < 1200'
    holds '.channels[1].delay.p50_ms - .channels[0].delay.p50_ms > 100'
}
