#!/usr/bin/env bats
# wscope fanout --drill: what deployments do to connections through haproxy; the accounts add up.

load fanout

setup() {
    start_redis
    start_rolling 3
    start_balancer roundrobin
}

teardown() {
    stop_rolling
    stop_peers
}

# drill ARGUMENTS...: nine connections, a round before and one after.
drill() {
    WSCOPE_LIMIT=110 fanout -c 9 --rounds 2 "$@" "$BALANCER/"
    printf '# exit %s: %s\n' "$status" \
        "$(field '.drill | "\(.count): \(.unaffected) unaffected, \(.ended) ended, \(.clean) cleanly; \(.back) back, \(.gone) not, \(.moved) moved; away at most \(.away_max_ms) ms; \(.lost) lost; peak \(.peak_per_s)/s; even \(.even)"')" >&3
    # Each connection is in one account, and the totals are their sums.
    field '.drill as $d | $d.connections as $c |
        ($c | length) == $d.count and $d.count == 9 and
        $d.unaffected + $d.ended == $d.count and $d.back + $d.gone == $d.ended and
        ([$c[] | select(.ends == 0)] | length) == $d.unaffected and
        ([$c[] | select(.ends > 0 and .clean)] | length) == $d.clean and
        ([$c[] | select(.ends > 0 and .back)] | length) == $d.back and
        ([$c[].lost] | add) == $d.lost' >"$BATS_TEST_TMPDIR/adds_up"
    assert_equal "$(<"$BATS_TEST_TMPDIR/adds_up")" true
}

@test "fanout: a rolling restart that closes each connection: all end cleanly and are back" {
    drill -r --drill "$PEERS_HERE/fanout_roll.bash $ROLL TERM" --expect-drill 'clean>=99%,back<60s,ended=9' \
        --report "$BATS_TEST_TMPDIR/page.html"
    assert_equal "$(faults)" none
    assert_equal "$status" 0
    assert_equal "$(field .drill.back)" 9
    assert_equal "$(field '[.drill.connections[].code] | unique | join(",")')" 1001
    grep -q '<h2>The drill</h2>' "$BATS_TEST_TMPDIR/page.html"
    grep -q 'Connection 9</title>' "$BATS_TEST_TMPDIR/page.html"
}

@test "fanout: a rolling restart by kill -9: no end is clean, which --expect-drill reports" {
    drill -r --drill "$PEERS_HERE/fanout_roll.bash $ROLL KILL" --expect-drill 'clean>=99%,back<60s'
    assert_equal "$(faults)" none
    assert_equal "$status" 3
    assert_equal "$(field '[.expectations[].ok | tostring] | join(",")')" false,true
    assert_equal "$(field .drill.back)" 9
    assert_equal "$(field .drill.clean)" 0
    assert_equal "$(field '[.drill.connections[].code] | unique | join(",")')" 1006
}

@test "fanout: all nodes at once: all are back; without -r none is, which fails back" {
    drill -r --drill "$PEERS_HERE/fanout_roll.bash $ROLL KILL once" --expect-drill 'back<60s,ended=9'
    assert_equal "$status" 0
    assert_equal "$(field .drill.back)" 9
    drill --drill "$PEERS_HERE/fanout_roll.bash $ROLL KILL once" --expect-drill 'back<60s'
    assert_equal "$status" 3
    assert_equal "$(field .drill.gone)" 9
    assert_equal "$(field '.expectations[0].reason')" '9 of the 9 connections that ended did not return'
}
