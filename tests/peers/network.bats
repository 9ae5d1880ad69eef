#!/usr/bin/env bats
# Two network namespaces and a cable between them that is pulled, and a machine that moves to another address: losses that
# no program announces.

load peers

SERVER_IP=198.18.77.1
CLIENT_IP=198.18.77.2
OTHER_IP=198.18.77.3

setup() {
    need ip
    need_ws
    NEAR=wscope-near-$$
    FAR=wscope-far-$$
    if ! ip netns add "$NEAR" 2>/dev/null; then
        skip "no right to make network namespaces"
    fi
    ip netns add "$FAR"
    if ! ip -n "$NEAR" link add cable type veth peer name cable netns "$FAR" 2>/dev/null; then
        skip "no right to make network interfaces"
    fi
    ip -n "$FAR" addr add "$SERVER_IP/24" dev cable
    ip -n "$FAR" link set cable up
    ip -n "$NEAR" addr add "$CLIENT_IP/24" dev cable
    ip -n "$NEAR" link set cable up
    await '^port ([0-9]+)$' ip netns exec "$FAR" node "$PEERS_HERE/feed_server.js" 100 0 0 "$SERVER_IP"
    FEED=ws://$SERVER_IP:$found/feed
    NUMBERS=$BATS_TEST_TMPDIR/numbers
    TOLD=$BATS_TEST_TMPDIR/told
}

teardown() {
    stop_peers
    ip netns del "$NEAR" 2>/dev/null || true
    ip netns del "$FAR" 2>/dev/null || true
}

has_numbers() {
    (($(wc -l <"$NUMBERS") >= $1))
}

has_told() {
    grep -q -- "$1" "$TOLD"
}

follow() {
    : >"$NUMBERS"
    : >"$TOLD"
    ip netns exec "$NEAR" "${WSCOPE_COMMAND[@]}" -n -r --retry-delay 0.1 --retry-max-delay 0.3 --connect-timeout 1 \
        --ping-interval 0.3 --ping-timeout 0.6 --max-time 60 --seq /id --resume '{"since":{last}}' "$FEED" \
        >"$NUMBERS" 2>"$TOLD" 3>&- &
    FOLLOWER=$!
    PEERS+=("$FOLLOWER")
    wait_until has_numbers 50
}

followed() {
    wait_until has_told 'back after' || {
        cat "$TOLD" >&2
        return 1
    }
    kill "$FOLLOWER"
    wait "$FOLLOWER" || true
    # For assert_stderr.
    # shellcheck disable=SC2034
    stderr=$(<"$TOLD")
    cat "$TOLD" >&2
    "$PYTHON3" - "$NUMBERS" <<'END'
import json, sys
numbers = [json.loads(line)["id"] for line in open(sys.argv[1])]
assert sorted(numbers) == list(range(min(numbers), min(numbers) + len(numbers))), "not each number once"
END
    refute_stderr '[0-9] lost'
}

@test "network: a link that goes down is found by pings, and when it is up again nothing is missing" {
    follow
    ip -n "$NEAR" link set cable down
    wait_until has_told 'no pong came in time'
    wait_until has_told 'attempt 2'
    ip -n "$NEAR" link set cable up
    followed
    assert_stderr 'detected in [0-9.]+ s \(ping timeout\) · [0-9]+ attempts'
}

@test "network: another source address is noticed, the old connection is found dead, nothing is missing" {
    follow
    ip -n "$NEAR" addr add "$OTHER_IP/24" dev cable
    ip -n "$NEAR" addr del "$CLIENT_IP/24" dev cable
    # The kernel deletes the second address of a network with its first, or promotes it.
    ip -n "$NEAR" addr add "$OTHER_IP/24" dev cable 2>/dev/null || true
    followed
    assert_stderr "the source address is now $OTHER_IP, it was $CLIENT_IP: the network has changed"
}
