#!/usr/bin/env bats
# wscope compare: the same updates over several channels. Bounds are wide: the machine may be busy.

load helpers

# Compare all channels of the embedded server: everything but the JSON lines is left out.
compare_feed() {
    both compare --json --id /id "$SERVE/feed" --sse "${SERVE/ws/http}/feed.sse" \
        --poll "${SERVE/ws/http}/feed.json?since={last}" "$@"
    final=$(jq -c 'select(.event == "compare" and .final)' <<<"$output")
}

# figure NAME FILTER: of one channel in the final line.
figure() {
    jq -r --arg name "$1" ".channels[] | select(.name == \$name) | $2" <<<"$final"
}

# holds FILTER: true of the final line.
holds() {
    jq -e "$1" <<<"$final" >/dev/null && return
    printf 'not so: %s\nin: %s\n' "$1" "$final" >&2
    return 1
}

@test "push comes at once, a poll half its interval later" {
    need jq
    serve --rate 20
    compare_feed --every 0.2,1 --for 5
    assert_equal "$status" 0
    holds '[.channels[].name] == ["ws", "sse", "poll 0.2 s", "poll 1 s"]'
    holds '.updates > 60 and .lag_behind == "first" and .scale.enough'
    holds '.channels[0].lag.p50_ms < 100 and .channels[1].lag.p50_ms < 100'
    holds '.channels[3].lag.p50_ms > 250 and .channels[3].lag.p50_ms < 1000'
    holds '.channels[2].lag.p50_ms < .channels[3].lag.p50_ms'
    holds 'all(.channels[]; .missed == 0 and .duplicates == 0)'
    holds '.channels[3].requests >= 5 and .channels[3].requests <= 8'
    holds '.channels[0].bytes_per_update < .channels[2].bytes_per_update'
    holds '.verdict | startswith("The WebSocket is the better way here")'
    assert_equal "$(jq -r .event <<<"${lines[-1]}")" summary
    assert_equal "$(jq -s 'map(select(.event == "compare" and (.final | not))) | length >= 3' <<<"$output")" true
}

@test "what a poll finds overwritten is missed" {
    need jq
    serve --rate 50
    both compare --json --id /id --for 3 --every 0.5 "$SERVE/feed" --poll "${SERVE/ws/http}/feed.json?last=1"
    final=$(jq -c 'select(.event == "compare" and .final)' <<<"$output")
    holds '.channels[0].missed == 0'
    holds '.channels[1].missed > 50 and .channels[1].updates <= 8'
}

@test "lag behind the server's own time, with the clocks' difference shown" {
    need jq
    serve --rate 20
    compare_feed --every 1 --for 3 --time /time --fault latency:200ms
    holds '.lag_behind == "server" and .clock.basis == "same" and .clock.resolution_ms == 0.001'
    holds '.channels[0].delay.p50_ms >= 200 and .channels[0].delay.p50_ms < 900'
    holds '.channels[1].delay.p50_ms >= 200 and .channels[1].delay.p50_ms < 900'
    holds '.channels[2].delay.p50_ms >= 400'
}

@test "bytes are those that went through a relay" {
    need jq
    serve --rate 20
    local sums up down count again
    coproc RELAY { exec "$PYTHON3" "$HERE/relay.py" "$SERVE_PORT"; }
    PEERS+=("$RELAY_PID")
    read -r _ PORT <&"${RELAY[0]}"
    both compare --json --id /id --for 2 --every 0.3 --no-keepalive \
        --poll "http://127.0.0.1:$PORT/feed.json?since={last}" "$SERVE/feed"
    echo >&"${RELAY[1]}"
    read -r up down count <&"${RELAY[0]}"
    final=$(jq -c 'select(.event == "compare" and .final)' <<<"$output")
    echo "relay: $up $down $count"
    # A request may be under way when the time is over.
    holds '.channels[1].kernel'
    assert [ "$(figure 'poll 0.3 s' .connections)" -ge $((count - 1)) ]
    assert [ "$(figure 'poll 0.3 s' .connections)" -le "$count" ]
    again=$(($(figure 'poll 0.3 s' .retransmits) * 1000))
    assert [ "$(figure 'poll 0.3 s' .bytes_up.total)" -le $((up + again)) ]
    assert [ "$(figure 'poll 0.3 s' .bytes_up.total)" -ge $((up - 200)) ]
    assert [ "$(figure 'poll 0.3 s' .bytes_down.total)" -le "$down" ]
    assert [ "$(figure 'poll 0.3 s' .bytes_down.total)" -ge $((down - 2000)) ]
    holds 'all(.channels[]; (.bytes_down | .total == .payload + .heads + .framing + .tls) and
                            (.bytes_up | .total == .payload + .heads + .framing + .tls))'
}

# What is still to come when the figures are final: a Close, an answer, what the feed sent since.
@test "bytes of every channel are those that went through its own relay, without TLS and with it" {
    need jq
    need openssl
    local secure ports sums i name sum again
    certificate localhost DNS:localhost
    for secure in '' s; do
        if [[ $secure ]]; then
            serve --rate 20 --cert "$BATS_TEST_TMPDIR/localhost.pem" --key "$BATS_TEST_TMPDIR/localhost.key"
        else
            serve --rate 20
        fi
        coproc RELAYS { exec "$PYTHON3" "$HERE/relay.py" "$SERVE_PORT" 3; }
        PEERS+=("$RELAYS_PID")
        read -r -a ports <&"${RELAYS[0]}"
        ports=("${ports[@]:1}") # behind the word
        both compare --json --id /id --for 2 --every 0.3 --cacert "$BATS_TEST_TMPDIR/ca.pem" \
            "ws$secure://localhost:${ports[0]}/feed" --sse "http$secure://localhost:${ports[1]}/feed.sse" \
            --poll "http$secure://localhost:${ports[2]}/feed.json?since={last}"
        assert_equal "$status" 0
        echo >&"${RELAYS[1]}"
        read -r -a sums <&"${RELAYS[0]}"
        final=$(jq -c 'select(.event == "compare" and .final)' <<<"$output")
        echo "relays: ${sums[*]}"
        for i in 0 1 2; do
            name=$(jq -r ".channels[$i].name" <<<"$final")
            assert_equal "$(figure "$name" .connections)" "${sums[i * 3 + 2]}"
            sum=$(figure "$name" .bytes_up.total)
            # On a busy machine the kernel sends something again, which TCP carried and the relay did not see.
            again=$(($(figure "$name" .retransmits) * 1000))
            ((sum <= sums[i * 3] + again && sum >= sums[i * 3] - 300)) || fail "$name: $sum up, not ${sums[i * 3]}"
            sum=$(figure "$name" .bytes_down.total)
            ((sum <= sums[i * 3 + 1] && sum >= sums[i * 3 + 1] - 2000)) || fail "$name: $sum down, not ${sums[i * 3 + 1]}"
        done
        holds 'all(.channels[]; .kernel and .updates > 20)'
        holds 'all(.channels[]; (.bytes_down | .total == .payload + .heads + .framing + .tls) and
                                (.bytes_up | .total == .payload + .heads + .framing + .tls))'
        [[ $secure ]] || holds 'all(.channels[]; .bytes_up.tls == 0 and .bytes_down.tls == 0)'
        [[ ! $secure ]] || holds 'all(.channels[]; .bytes_up.tls > 300 and .bytes_down.tls > 500)'
        kill "$RELAYS_PID" "${PEERS[@]}" 2>/dev/null || true
        wait "$RELAYS_PID" || true
    done
}

@test "a channel that never delivers gives its code, the others are measured all the same" {
    need jq
    serve --rate 20
    both compare --json --id /id --for 1 "$SERVE/feed" --sse "${SERVE/ws/http}/nothing"
    assert_equal "$status" 22
    assert_stderr 'sse: .*404'
    final=$(jq -c 'select(.event == "compare" and .final)' <<<"$output")
    holds '.channels[0].updates > 10 and .channels[1].state == "failed" and .channels[1].code == 22'
    assert_equal "$(jq -r 'select(.event == "summary").exit' <<<"$output")" 22
}

@test "a page that is well-formed, needs no network and has the figures of the JSON" {
    need jq
    serve --rate 20
    compare_feed --every 0.5 --for 2 --report "$BATS_TEST_TMPDIR/r.html" --bearer hush-hush
    assert_equal "$status" 0
    printf '%s\n' "$final" >"$BATS_TEST_TMPDIR/line.json"
    run "$PYTHON3" "$HERE/page.py" "$BATS_TEST_TMPDIR/r.html" "$BATS_TEST_TMPDIR/line.json"
    assert_output well-formed
    run cat "$BATS_TEST_TMPDIR/r.html"
    assert_output --partial 'GET /feed HTTP/1.1'
    assert_output --partial 'redacted, '
    refute_output --partial hush-hush
}

@test "the page fits a phone and a desk, and complains of nothing" {
    local chromium=chromium width
    need chromium
    serve --rate 20
    wscope compare --id /id --for 2 --every 0.5,1 --report "$BATS_TEST_TMPDIR/r.html" "$SERVE/feed" \
        --sse "${SERVE/ws/http}/feed.sse" --poll "${SERVE/ws/http}/feed.json?since={last}&long=$(printf '%0150d' 0)"
    # A script may look for what is wider than the window once its policy against scripts is gone.
    sed -e 's/<meta http-equiv="Content-Security-Policy"[^>]*>//' \
        -e 's|</body>|<script>document.title="wide:"+(document.documentElement.scrollWidth>innerWidth)</script></body>|' \
        "$BATS_TEST_TMPDIR/r.html" >"$BATS_TEST_TMPDIR/looked.html"
    # Headless windows are 500 pixels at least: a frame is the phone.
    for width in 360 390 1280; do
        printf '<iframe style="border:0" width=%s height=900 src=looked.html onload="%s"></iframe>' "$width" \
            "document.title=frames[0].document.title+'@'+frames[0].innerWidth" >"$BATS_TEST_TMPDIR/frame.html"
        run timeout $((60 * SLOW)) "$chromium" --headless --no-sandbox --disable-gpu --allow-file-access-from-files \
            --enable-logging=stderr --user-data-dir="$BATS_TEST_TMPDIR/chromium" --window-size=1400,1000 --dump-dom \
            "file://$BATS_TEST_TMPDIR/frame.html"
        assert_output --partial "<title>wide:false@$width</title>"
        refute_output --partial CONSOLE
    done
    timeout $((60 * SLOW)) "$chromium" --headless --no-sandbox --disable-gpu --disable-background-networking \
        --user-data-dir="$BATS_TEST_TMPDIR/chromium" --no-pdf-header-footer \
        --print-to-pdf="$BATS_TEST_TMPDIR/r.pdf" "file://$BATS_TEST_TMPDIR/r.html" 2>/dev/null
    pages=$(grep -ac '/Type */Page$' "$BATS_TEST_TMPDIR/r.pdf")
    ((pages >= 1 && pages <= 3)) || fail "printed on $pages pages"
}

@test "--on-connect subscribes once, on the socket" {
    need jq
    serve
    both compare --json --for 1 --on-connect hello "$SERVE/echo" --sse "${SERVE/ws/http}/feed.sse"
    final=$(jq -c 'select(.event == "compare" and .final)' <<<"$output")
    holds '.channels[0].messages == 1 and .channels[1].messages > 0'
}

@test "tables for people: no sequences in a file, the verdict last" {
    serve --rate 30
    both compare --id /id --for 1.5 --every 0.3 "$SERVE/feed" --poll "${SERVE/ws/http}/feed.json?since={last}"
    assert_equal "$status" 0
    refute_output --partial $'\033'
    assert_output --regexp 'updates +missed +dup +lag p50 +p90 +p99 +max'
    assert_output --partial 'At scale, on paper'
    assert_output --partial '100 000'
    assert_output --partial 'The WebSocket'
    assert_equal "$stderr" ''
}

@test "nothing is concluded from a few updates" {
    serve --rate 2
    both compare --id /id --for 1.5 "$SERVE/feed" --sse "${SERVE/ws/http}/feed.sse"
    assert_output --partial 'Too few to tell'
}

two_results() {
    (($(grep -c '"event":"compare"' "$1") >= 2))
}

@test "SIGINT reports what was measured: exit 130" {
    need jq
    serve --rate 20
    "${WSCOPE_COMMAND[@]}" compare --json --for 60 "$SERVE/feed" >"$BATS_TEST_TMPDIR/out" &
    local pid=$! code=0
    eventually two_results "$BATS_TEST_TMPDIR/out"
    kill -INT "$pid"
    wait "$pid" || code=$?
    assert_equal "$code" 130
    assert_equal "$(jq -r 'select(.event == "compare" and .final) | .updates > 0' "$BATS_TEST_TMPDIR/out")" true
}

@test "a page that cannot be written is reported before anything is opened: exit 2" {
    both compare --report "$BATS_TEST_TMPDIR/no/such/folder.html" ws://127.0.0.1:9/
    assert_equal "$status" 2
    assert_stderr 'no/such/folder.html.*--report.*No such file'
}

@test "--events selects the lines of the comparison and the summary as any other" {
    serve --rate 20
    compare_feed --for 1 --events compare
    assert_equal "$status" 0
    assert_equal "$(jq -r .event <<<"$output" | sort -u)" compare
    compare_feed --for 1 --events open,summary
    assert_equal "$status" 0
    assert_equal "$(jq -r .event <<<"$output" | sort -u)" $'open\nsummary'
}

@test "--max-time ends a comparison: exit 28, and the reason on stderr" {
    serve
    for quiet in '' -q; do
        both compare $quiet -m 0.3 "$SERVE/feed" --sse "${SERVE/ws/http}/feed.sse"
        assert_equal "$status" 28
        assert_output --partial sse
        assert_equal "$stderr" 'wscope: the time limit of 0.3 s (--max-time) is over'
    done
}
