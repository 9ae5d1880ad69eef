#!/usr/bin/env bats
# Faults as a person asks for them, against a server that does not know of them.

load helpers

@test "a mistyped fault is pointed at, and nothing is connected: exit 2" {
    both -n --fault 'rst@message:x' ws://127.0.0.1:9/
    assert_equal "$status" 2
    assert_stderr 'takes a number above 0' '^ {14}\^'
    both -n --fault 'latncy:3' ws://127.0.0.1:9/
    assert_equal "$status" 2
    assert_stderr 'did you mean "latency"'
    both -n --fault 'close:1000' ws://127.0.0.1:9/
    assert_equal "$status" 2
    assert_stderr 'wscope serve'
}

@test "rst and fin at a message end the connection as a fault: exit 56" {
    serve --rate 200
    for kind in rst fin; do
        both -n --fault "$kind@message:5" "$SERVE/feed"
        assert_equal "$status" 56
        assert [ "${#lines[@]}" -ge 5 ] # what came in the same read is told too
        assert_stderr 'cut by an injected fault'
    done
}

@test "what acts instead of a connection gives the codes of the real thing" {
    serve
    both -n --fault refuse "$SERVE/feed"
    assert_equal "$status" 7
    both -n --fault dns-fail "$SERVE/feed"
    assert_equal "$status" 6
    both -n -i --fault 'status:503,retry-after=2' "$SERVE/feed"
    assert_equal "$status" 22
    assert_stderr 'Retry-After: 2'
}

@test "status*2 is met twice, and Retry-After is waited for" {
    need jq
    serve
    both -n -r --retry-delay 0.01 --fault 'status:503,retry-after=1*2' --count 1 --json \
        --events retry,open "$SERVE/feed"
    assert_equal "$status" 0
    run jq -c '[.event, .delay_ms >= 1000]' <<<"$output"
    assert_line --index 0 '["retry",true]'
    assert_line --index 1 '["retry",true]'
    assert_line --index 2 '["open",false]'
}

@test "the same seed gives the same faults, another one others" {
    need jq
    serve --rate 500
    faults() {
        wscope -n --seed "$1" --fault 'drop-in:0.2;dup-in:0.1' --count 60 --json --events fault \
            "$SERVE/feed" 2>/dev/null | jq -c '[.kind, .phase, .trigger, .args]'
    }
    a=$(faults 7)
    assert_equal "$a" "$(faults 7)"
    refute [ "$a" = "$(faults 8)" ]
}

@test "the seed is in the summary, and shown where chance plays a part" {
    need jq
    serve
    both -n --seed 42 --count 1 --fault drop-in:0 --json --events summary "$SERVE/feed"
    run jq .seed <<<"$output"
    assert_output 42
    both -n --count 1 --fault reorder:0.5 "$SERVE/feed"
    assert_stderr '--seed [0-9]+ repeats'
}

@test "dropped messages are missing, doubled ones come twice" {
    need jq
    serve --rate 200
    both -n -q --fault 'dup-in:1*1' --count 3 "$SERVE/feed"
    assert_equal "${lines[0]}" "${lines[1]}"
    both -n --seq /id --fault 'drop-in:1@message:3*2' --count 6 --json --events gap "$SERVE/feed"
    run jq -c .count <<<"$output"
    assert_output 2
}

@test "latency delays what comes and what goes" {
    need jq
    serve
    both -e hi -1 --fault latency:150ms --json --events open,message "$SERVE/echo"
    assert_equal "$status" 0
    run jq -s '.[0].ms >= 300 and (.[2].at - .[1].at) >= 0.3' <<<"$output"
    assert_output true
}

@test "a black hole is found by the pings: exit 56, and how faithful it was" {
    need jq
    serve --rate 50
    both -n --fault blackhole@1s --ping-interval 0.3 --ping-timeout 0.3 --json \
        --events fault,close "$SERVE/feed"
    assert_equal "$status" 56
    run jq -r 'select(.event == "close").how, select(.phase == "begin").args' <<<"$output"
    assert_line --index 0 --regexp 'in the kernel|by not reading'
    assert_line --index 1 ping-timeout
}

@test "a corrupted byte is found, a truncated stream is cut" {
    serve --rate 200
    both -n --no-compress --fault 'truncate:10@message:2' "$SERVE/feed"
    assert_equal "$status" 56
    both -n --no-compress --seed 1 --fault 'corrupt:1@message:2' "$SERVE/feed"
    assert [ "$status" -ne 0 ]
}

@test "bytes a few at a time arrive whole" {
    serve --rate 200
    both -n -q --fault 'slice:1' --count 5 "$SERVE/feed"
    assert_equal "$status" 0
    assert_equal "${#lines[@]}" 5
    assert_line --index 4 --regexp '^\{"id":[0-9]+,.*\}$'
}

@test "COUNT of drop-pong counts pongs, the server's too" {
    need jq
    serve --fault 'drop-pong*1'
    both -n --json --ping-interval 0.1 --ping-timeout 60 --for "$(tenths 15)" "$SERVE/echo"
    assert_equal "$status" 0
    # The second; a later one where a busy server answered several pings with one pong (RFC 6455, section 5.5.3).
    assert_equal "$(jq -s '[.[] | select(.event == "pong" and .dir == "in")][0].text | tonumber >= 2' <<<"$output")" true
}
