#!/usr/bin/env bats
# wscope fanout: services of three nodes, as they should be and with a planted fault, behind load balancers of others.

load fanout

setup() {
    start_redis
}

# row FAULT: of the table fault × verdict, for whoever reads the test's output.
row() {
    printf '# %-22s %-16s exit %s  %s\n' "$1" "$(faults)" "$status" "$(field .verdict.text)" >&3
}

# verdict FAULT EXPECTED [ARGUMENTS...]: the third of three nodes has the fault; of no-bus all have it.
verdict() {
    local fault=$1 expected=$2 name=${1}${3:+ ${3%%=*}}
    shift 2
    if [[ $fault == no-bus* ]]; then
        start_nodes "$fault" "$fault" "$fault"
    elif [[ $fault == *nameless* ]]; then
        start_nodes nameless nameless "$fault"
    else
        start_nodes none none "$fault"
    fi
    start_balancer roundrobin
    fanout -c 9 --rounds 2 "$@" "$BALANCER/"
    row "$name"
    assert_equal "$(faults)" "$expected"
    if [[ $expected == none ]]; then
        assert_equal "$status" 0
    else
        assert_equal "$status" 3
    fi
    kill "${NODES[@]}" "$HAPROXY"
}

# named PATTERN: the node that the verdict is about.
named() {
    local node

    node=$(field '.verdict.faults[0].node')
    [[ $node == $1 ]] || { echo "the node is $node"; return 1; }
}

@test "fanout: each planted fault is named, and nothing else" {
    printf '# %-22s %s\n' fault verdict >&3
    verdict none none
    verdict no-bus no-bus
    verdict deaf deaf
    named n3
    verdict mute mute
    named n3
    verdict double double
    named n3
    verdict prefix isolated
    named n3
    verdict no-bus none --expect=islands:3
    verdict late late
    verdict loss loss --rounds=4
}

@test "fanout: the same of nodes that nothing names" {
    verdict nameless none
    assert_equal "$(field '.spread.nodes | length')" 1
    verdict no-bus+nameless no-bus
    assert_equal "$(field '[.spread.nodes[].connections] | join(",")')" 3,3,3
    # Which island has which number depends on the order in which the connections were opened.
    verdict deaf+nameless deaf
    named 'island [123]'
    verdict mute+nameless mute
    named 'island [123]'
    verdict double+nameless double
    verdict loss+nameless loss --rounds=4
}

@test "fanout: what Redis carries tells never published, not delivered and wrong channel apart" {
    local redis="redis://127.0.0.1:$REDIS_PORT"
    verdict none none --redis="$redis"
    assert_equal "$(field .redis.seen)" 18
    verdict no-bus never-published --redis="$redis"
    verdict prefix wrong-channel --redis="$redis"
    named n3
    assert_equal "$(field '.redis.channels | sort | join(",")')" chat,other:chat
    verdict mute mute --redis="$redis"
    verdict deaf deaf --redis="$redis"
    verdict double double --redis="$redis"
    [[ $(field .verdict.text) == *'published to Redis twice'* ]]
    # Published by hand where nobody listens.
    start_nodes none none none
    start_balancer roundrobin
    fanout --redis "$redis" --publish-redis elsewhere "$BALANCER/"
    row 'another channel'
    assert_equal "$(faults)" not-delivered
    fanout --redis "$redis" --publish-redis chat --data '{"origin":"wscope","text":"{nonce}"}' "$BALANCER/"
    row 'by Redis'
    assert_equal "$(faults)" none
}

@test "fanout: messages published by HTTP, of which any node may have been asked" {
    start_nodes none none none
    start_balancer roundrobin
    fanout -c 9 --rounds 2 --publish-http "http${BALANCER#ws}/publish" "$BALANCER/"
    row 'by HTTP'
    assert_equal "$(faults)" none
    assert_equal "$(field '[.matrix[].from] | unique | join(",")')" http
    kill "${NODES[@]}" "$HAPROXY"
    start_nodes no-bus no-bus no-bus
    start_balancer roundrobin
    fanout -c 9 --rounds 2 --publish-http "http${BALANCER#ws}/publish" "$BALANCER/"
    row 'no-bus by HTTP'
    assert_equal "$(faults)" no-bus
}

@test "fanout: a service as it should be gives no finding, ten times in a row" {
    local kind i
    start_nodes none none none
    for kind in roundrobin cookie source; do
        start_balancer "$kind"
        for i in {1..10}; do
            fanout -c 8 --rounds 1 "$BALANCER/"
            assert_equal "$(faults)" none
            assert_equal "$status" 0
            assert_equal "$(field .total.lost)" 0
            assert_equal "$(field .total.delivered)" 64
        done
        row "haproxy $kind × 10"
        kill "$HAPROXY"
    done
}

@test "fanout: what haproxy goes by is one sentence" {
    start_nodes none none none
    start_balancer cookie
    fanout --sticky "$BALANCER/"
    printf '# %s\n' "$(field .stickiness.text)" >&3
    assert_equal "$(field .stickiness.by)" cookie
    assert_equal "$(field .stickiness.cookie)" SERVERID
    kill "$HAPROXY"
    start_balancer roundrobin
    fanout --sticky "$BALANCER/"
    printf '# %s\n' "$(field .stickiness.text)" >&3
    assert_equal "$(field .stickiness.by)" none
    kill "$HAPROXY"
    start_balancer source
    fanout --sticky "$BALANCER/"
    printf '# %s\n' "$(field .stickiness.text)" >&3
    [[ $(field .stickiness.by) == @(address|one-node) ]]
}
