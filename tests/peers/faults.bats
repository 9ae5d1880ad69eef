#!/usr/bin/env bats
# Faults made by wscope, as a server of the npm package ws sees them.

load peers

setup() {
    need_ws
    await '^port ([0-9]+)$' node "$PEERS_HERE/fault_server.js"
    URL=ws://127.0.0.1:$found
    SEEN=$BATS_TEST_TMPDIR/peer.$((${#PEERS[@]} - 1))
}

# saw REGEX: the server told so, soon.
saw() {
    wait_until grep -qE -- "^$1\$" "$SEEN" || {
        cat "$SEEN" >&2
        return 1
    }
}

never_saw() {
    if grep -E -- "$1" "$SEEN" >&2; then
        return 1
    fi
}

# line LINE ARGUMENTS...: one line to the server and back, or as far as it gets.
line() {
    local text=$1
    shift
    both -w 0.3 --close-timeout 2 "$@" "$URL" <<<"$text"
}

@test "faults: rst is ECONNRESET to node, 1006 to ws" {
    line x --fault rst@message:2
    assert_equal "$status" 56
    saw '1 message x'
    saw '1 socket ECONNRESET [0-9]+'
    saw '1 close 1006'
}

@test "faults: fin is the end of the stream, 1006" {
    line x --fault fin@message:2
    assert_equal "$status" 56
    saw '1 socket end [0-9]+'
    saw '1 close 1006'
    never_saw ECONNRESET
}

@test "faults: a truncated frame is a reset after this many bytes" {
    line 0123456789 --fault truncate:9,side=out@open --json
    assert_equal "$status" 56
    # With bytes to be read before it, node takes the reset for the end now and then.
    saw '1 socket (ECONNRESET|end) [0-9]+'
    saw '1 close 1006'
    never_saw message
}

@test "faults: a corrupted header breaks the protocol, and the same seed breaks it the same way" {
    # The generator is a promise: these seeds flip RSV1, and RSV2 or RSV3.
    line x --fault corrupt:1,side=out@open --seed 8
    line x --fault corrupt:1,side=out@open --seed 3
    saw '1 websocket WS_ERR_UNEXPECTED_RSV_1'
    saw '2 websocket WS_ERR_UNEXPECTED_RSV_2_3'
}

@test "faults: pongs are dropped, altered or late" {
    line ping --fault drop-pong
    line ping --fault wrong-pong
    line ping --fault delay-pong:200ms
    saw '3 pong p'
    saw '2 pong [^p].*|2 pong p.+'
    never_saw '^1 pong'
}

@test "faults: messages are dropped, doubled and change places on their way out" {
    line x --fault drop-out:1
    line y --fault dup-out:1
    saw '2 message y'
    wait_until eval '(($(grep -c "^2 message y$" "$SEEN") == 2))'
    never_saw '^1 message'
    printf '%s\n' 1 2 | both -w 1 --fault 'reorder:1,side=out*1' "$URL"
    assert_equal "$(grep -oE '^3 message [12]' "$SEEN" | cut -d' ' -f3 | tr '\n' ' ')" '2 1 '
}

@test "faults: rebind leaves the old connection open and comes back from another address" {
    await '"local":"(127\.0\.0\.9):' wscope -n -r --retry-delay 0.05 --json --on-connect hello --fault 'rebind:127.0.0.9@message:2*1' "$URL"
    saw '1 message hello'
    saw '2 message hello'
    never_saw '^1 (socket|close)'
}

@test "faults: simulated refusals never reach the server" {
    local spec
    for spec in refuse dns-fail status:503; do
        line x --fault "$spec"
        assert [ "$status" -ne 0 ]
    done
    assert_equal "$(wc -l <"$SEEN")" 1
}
