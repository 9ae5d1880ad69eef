#!/usr/bin/env bats
# The embedded server's faults, as a client of another make sees them (npm package ws, curl, Python) and as wscope does.

load peers

setup() {
    need_ws
    need jq
}

ws_client() {
    run timeout $((30 * SLOW)) node "$PEERS_HERE/ws_client.js" "$@"
}

@test "status:503,retry-after=2*3: three are sent away, the fourth is let in; node and wscope wait two seconds each time" {
    serve --fault 'status:503,retry-after=2*3'
    ws_client "$SERVE/echo" attempts=5 for=10
    assert_equal "$(grep -v waited <<<"$output")" "$(printf '%s\n' 'status 503 retry-after 2' 'status 503 retry-after 2' 'status 503 retry-after 2' open 'close 1000 ')"
    assert_equal "$(grep -c waited <<<"$output")" 3

    serve --fault 'status:503,retry-after=2*3'
    both --json -r -e x -1 "$SERVE/echo"
    assert_equal "$status" 0
    assert_equal "$(jq -r 'select(.event == "response") | .status' <<<"$output" | xargs)" '503 503 503 101'
    assert_equal "$(jq -r 'select(.event == "retry" and .will) | .delay_ms >= 2000 and .delay_ms < 2600' <<<"$output" | xargs)" 'true true true'
}

@test "status: polls and pages are answered so as well, other codes with their own fields" {
    need curl
    serve --fault 'status:429,retry-after=7*2;status:401*1'
    run curl -sSi "http://127.0.0.1:$SERVE_PORT/feed.json"
    assert_line --regexp '^HTTP/1\.1 429 Too Many Requests'
    assert_line --regexp '^Retry-After: 7'
    run curl -sSi "http://127.0.0.1:$SERVE_PORT/feed.sse"
    assert_line --regexp '^HTTP/1\.1 429'
    run curl -sSi "http://127.0.0.1:$SERVE_PORT/"
    assert_line --regexp '^HTTP/1\.1 401'
    assert_line --regexp '^WWW-Authenticate: Basic'
    refute_line --regexp '^Retry-After'
    run curl -sSi "http://127.0.0.1:$SERVE_PORT/"
    assert_line --regexp '^HTTP/1\.1 200'
}

@test "close:CODE, for each client at its own count" {
    serve --rate 100 --fault 'close:1012@message:3'
    local i
    for i in 1 2; do
        ws_client "$SERVE/feed"
        assert_line --index 0 open
        assert_equal "$(grep -c ^message <<<"$output")" 3
        assert_line --regexp '^close 1012 on purpose'
    done
    both -n --json "$SERVE/feed"
    assert_equal "$status" 8
    assert_equal "$(jq -r 'select(.event == "close") | "\(.by) \(.how) \(.code)"' <<<"$output")" 'peer close-frame 1012'
    assert_equal "$(jq -r 'select(.event == "message") | .event' <<<"$output" | wc -l)" 3
}

@test "close:CODE@open and at once" {
    serve --fault 'close:4001@open'
    ws_client "$SERVE/echo"
    assert_line --regexp '^close 4001'
    ws_client "$SERVE/echo"
    assert_line --regexp '^close 4001'
    serve --fault 'close:1013'
    ws_client "$SERVE/echo"
    assert_line --regexp '^close 1013'
    ws_client "$SERVE/echo" for=10
    assert_line 'close 1000 '
}

@test "rst: ECONNRESET, and RST in wscope's post-mortem" {
    serve --rate 100 --fault 'rst@message:3'
    ws_client "$SERVE/feed"
    assert_line --regexp '^close 1006'
    assert_equal "$(grep -c ^message <<<"$output")" 3
    both -n --json "$SERVE/feed"
    assert_equal "$status" 56
    assert_equal "$(jq -r 'select(.event == "close") | "\(.how) \(.got_rst) \(.got_close_frame)"' <<<"$output")" 'rst true false'
    # Node's loop takes an RST that comes together with data for the end: here it comes alone.
    serve --fault 'drop-in:1;rst@message:1'
    ws_client "$SERVE/echo" send=x
    assert_output $'open\nsocket ECONNRESET\nclose 1006 '
}

@test "fin and half-close: the end of the stream without a Close" {
    local kind
    for kind in fin half-close; do
        serve --rate 100 --fault "$kind@message:3"
        ws_client "$SERVE/feed"
        refute_line --partial error
        assert_line --regexp '^close 1006'
        both -n --json "$SERVE/feed"
        assert_equal "$status" 56
        assert_equal "$(jq -r 'select(.event == "close") | "\(.how) \(.got_fin)"' <<<"$output")" 'fin true'
    done
}

@test "truncate: a frame that is cut, then RST" {
    # 9 bytes of a frame whose text is longer than 50.
    serve --rate 100 --fault 'truncate:9,side=out@message:3'
    both -n --json --no-compress "$SERVE/feed"
    assert_equal "$status" 56
    assert_equal "$(jq -r 'select(.event == "close") | "\(.how) \(.cut_have) \(.cut_want > 50)"' <<<"$output")" 'rst 7 true'
}

@test "corrupt: the same bit under the same seed; below TLS a bad record" {
    local first second
    serve --rate 100 --seed 7 --fault 'corrupt:8,side=out@message:3'
    first=$(wscope -n -q --lenient --count 5 --no-compress "$SERVE/feed?since=0" | sed 's/T[0-9:.]*Z//' | od -c)
    serve --rate 100 --seed 7 --fault 'corrupt:8,side=out@message:3'
    second=$(wscope -n -q --lenient --count 5 --no-compress "$SERVE/feed?since=0" | sed 's/T[0-9:.]*Z//' | od -c)
    assert_equal "$second" "$first"
    # The header of the fourth frame has two bytes, the id is the seventh of its payload; no other is touched.
    first=$(wscope -n -q --lenient --count 5 --no-compress "$SERVE/feed?since=0")
    assert_equal "$(grep -caF -e '{"id":1,"time' -e '{"id":2,"time' -e '{"id":3,"time' -e '{"id":5,"time' <<<"$first")" 4
    refute grep -qaF '{"id":4,"time' <<<"$first"

    need openssl
    certificate localhost DNS:localhost,IP:127.0.0.1
    serve --rate 100 --fault 'corrupt:9,side=out@message:3' --cert "$BATS_TEST_TMPDIR/localhost.pem" --key "$BATS_TEST_TMPDIR/localhost.key"
    both -n --json -k "$SERVE/feed"
    assert_equal "$status" 56
    assert_equal "$(jq -r 'select(.event == "close") | .how' <<<"$output")" tls
}

@test "blackhole: nothing comes and no one is notified; a client that pings notices" {
    serve --rate 100 --fault 'blackhole@message:3'
    both -n --json --ping-interval 0.3 --ping-timeout 0.5 "$SERVE/feed"
    assert_equal "$status" 56
    assert_equal "$(jq -r 'select(.event == "close") | "\(.how) \(.got_fin) \(.got_rst)"' <<<"$output")" 'ping-timeout false false'
    assert_equal "$(jq -r 'select(.event == "message") | .event' <<<"$output" | wc -l)" 3
    # How faithful it is stands in the server's log.
    grep -qE 'fault begin: blackhole (in the kernel|by not reading)' "$BATS_TEST_TMPDIR/peer.0"
}

@test "drop-pong, delay-pong, wrong-pong" {
    serve --fault drop-pong
    ws_client "$SERVE/echo" ping=50 send=x for=400
    assert_line 'message x'
    refute_line --partial pong
    both -n --ping-interval 0.2 --ping-timeout 0.4 "$SERVE/echo"
    assert_equal "$status" 56
    serve --fault wrong-pong
    ws_client "$SERVE/echo" ping=50 for=400
    assert_line --partial pong
    refute_line 'pong abc'
    serve --fault 'delay-pong:0.3s'
    both -n --json --ping-interval 0.2 --ping-timeout 5 --for 1 "$SERVE/echo"
    assert_equal "$(jq -s '[.[] | select(.event == "pong" and .dir == "in") | .rtt_ms] | length > 0 and min >= 300' <<<"$output")" true
}

@test "drop, dup and reorder are reported message by message, the same under the same seed" {
    local kind ids before run
    for kind in drop-out:0.3 dup-out:0.3 reorder:0.3; do
        for run in first second; do
            serve --rate 200 --seed 11 --fault "$kind"
            ids=$(wscope -n -q --count 60 "$SERVE/feed?since=0" | jq .id | xargs)
            [[ $run == second ]] || before=$ids
        done
        assert_equal "$ids" "$before"
        case $kind in
            drop*) [[ $(tr ' ' '\n' <<<"$ids" | tail -n 1) -gt 60 ]] ;;
            dup*) [[ $(tr ' ' '\n' <<<"$ids" | uniq -d | wc -l) -gt 5 ]] ;;
            reorder*) [[ $(tr ' ' '\n' <<<"$ids" | sort -n | xargs) != "$ids" ]] ;;
        esac
    done
}

@test "refuse: the connection is reset before a word" {
    serve --fault 'refuse*2'
    ws_client "$SERVE/echo" attempts=3 for=10
    assert_equal "$(grep -c ECONNRESET <<<"$output")" 2
    assert_line 'close 1000 '
    serve --fault 'refuse@connect:2'
    ws_client "$SERVE/echo" for=10
    assert_line 'close 1000 '
    ws_client "$SERVE/echo"
    assert_line 'error ECONNRESET'
}

@test "a slow handshake: stall-write@bytes:1+1s" {
    serve --fault 'stall-write@bytes:1+1s'
    both -n --json --for "$(tenths 30)" "$SERVE/echo"
    assert_equal "$status" 0
    assert_equal "$(jq 'select(.event == "open") | .ms >= 1000' <<<"$output")" true
    both -n --connect-timeout 0.4 "$SERVE/echo"
    assert_equal "$status" 28
}

@test "a time applies to all who are connected then" {
    serve --rate 50 --fault 'close:1001@every:1s'
    wscope -n -q "$SERVE/feed" >/dev/null 2>&1 3>&- &
    local first=$!
    ws_client "$SERVE/feed"
    assert_line --regexp '^close 1001'
    wait "$first"
}

@test "slice and rate: bytes come in pieces, and slowly" {
    serve --fault 'slice:1,side=out'
    both -n -e 'in pieces' -1 "$SERVE/echo"
    assert_output 'in pieces'
    serve --fault 'rate:2k,side=out'
    both -n --json -e "$(printf '%04000d' 1)" -1 --no-compress "$SERVE/echo"
    assert_equal "$status" 0
    assert_equal "$(jq -s '.[-1].duration_ms // ([.[] | .at] | max * 1000) | . >= 1000' <<<"$output")" true
}

@test "faults over TLS and on the feeds by HTTP: latency, a stream that is reset" {
    need openssl
    need curl
    certificate localhost DNS:localhost,IP:127.0.0.1
    serve --fault 'latency:150ms,side=out' --cert "$BATS_TEST_TMPDIR/localhost.pem" --key "$BATS_TEST_TMPDIR/localhost.key"
    both -n --json -k -e x -1 "$SERVE/echo"
    assert_equal "$status" 0
    # TLS's own answer and the 101 are late.
    assert_equal "$(jq 'select(.event == "open") | .ms >= 300' <<<"$output")" true
    serve --rate 100 --fault 'rst@message:5'
    run curl -sSN "http://127.0.0.1:$SERVE_PORT/feed.sse"
    assert_equal "$status" 56
    assert_equal "$(grep -c ^data: <<<"$output")" 5
}

@test "what a cut at a message finds after it, already read, is lost" {
    "${WSCOPE_COMMAND[@]}" serve --json --fault 'fin@message:2' 0 >"$BATS_TEST_TMPDIR/json" 2>"$BATS_TEST_TMPDIR/log" 3>&- &
    PEERS+=($!)
    local server=$! url
    until grep -q . "$BATS_TEST_TMPDIR/log"; do kill -0 "$server"; done
    url=$(grep -m 1 -oE 'ws://[0-9.:]+' "$BATS_TEST_TMPDIR/log")
    printf '%s\n' 1 2 3 4 5 >"$BATS_TEST_TMPDIR/lines"
    run wscope -q -w 5 "$url/echo" <"$BATS_TEST_TMPDIR/lines"
    assert_equal "$status" 56
    kill -TERM "$server"
    wait "$server"
    PEERS=()
    assert_equal "$(jq -r 'select(.event == "message" and .dir == "in") | .text' "$BATS_TEST_TMPDIR/json")" 1
    assert_equal "$(jq -r 'select(.event == "close") | "\(.by) \(.how)"' "$BATS_TEST_TMPDIR/json")" 'local fault'
}

@test "what happened is in the server's JSON, with the seed in its summary" {
    "${WSCOPE_COMMAND[@]}" serve --json --rate 100 --seed 5 --fault 'rst@message:3*1' 0 >"$BATS_TEST_TMPDIR/json" 2>"$BATS_TEST_TMPDIR/log" 3>&- &
    PEERS+=($!)
    local server=$!
    until grep -q . "$BATS_TEST_TMPDIR/log"; do kill -0 "$server"; done
    local url
    url=$(grep -m 1 -oE 'ws://[0-9.:]+' "$BATS_TEST_TMPDIR/log")
    both -n -q "$url/feed"
    assert_equal "$status" 56
    both -n -q --count 10 "$url/feed"
    assert_equal "$status" 0
    kill -TERM "$server"
    wait "$server"
    PEERS=()
    assert_equal "$(jq -r 'select(.event == "fault") | "\(.kind) \(.phase) \(.conn) \(.trigger)"' "$BATS_TEST_TMPDIR/json")" $'rst armed 0 message:3\nrst begin 1 message:3'
    assert_equal "$(jq -r 'select(.event == "close" and .conn == 1) | "\(.by) \(.how)"' "$BATS_TEST_TMPDIR/json")" 'local fault'
    assert_equal "$(jq -r 'select(.event == "summary") | .seed' "$BATS_TEST_TMPDIR/json")" 5
}

@test "faults of a client's side, and what is none, are refused with exit 2" {
    both serve --fault dns-fail 0
    assert_equal "$status" 2
    assert_stderr 'dns-fail is a fault of a client'
    both serve --fault 'rst;blackhule' 0
    assert_equal "$status" 2
    assert_stderr blackhule
}
