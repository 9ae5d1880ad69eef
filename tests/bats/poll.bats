#!/usr/bin/env bats
# Polling, event streams and falling back from the command line.

load helpers

@test "--poll and --sse with what makes no sense beside them are refused in one sentence" {
    local line
    while IFS='|' read -r line words; do
        # shellcheck disable=SC2086
        both $line
        assert_equal "$line: $status" "$line: 2"
        assert_output ''
        assert_equal "$(grep -c '^wscope:' <<<"$stderr")" 1
        # shellcheck disable=SC2086
        assert_stderr $words
    done <<'END'
--poll http://127.0.0.1:1/ ws://127.0.0.1:1/|--poll --fallback
--poll http://127.0.0.1:1/ --sse http://127.0.0.1:1/|--poll --sse
--poll http://127.0.0.1:1/ -e hello|--poll sends?|receives
--sse http://127.0.0.1:1/ --echo|--sse --echo
--poll ws://127.0.0.1:1/|--poll http://
--sse gopher://127.0.0.1:1/|--sse http://
--every 1 ws://127.0.0.1:1/|--every --poll
--poll http://127.0.0.1:1/ --every 0|--every
--poll http://127.0.0.1:1/ --items data|--items JSON.Pointer
--poll http://127.0.0.1:1/ --method G/T|--method G/T
--poll http://127.0.0.1:1/ --data @/nonexistent|--data nonexistent
--fallback http://127.0.0.1:1/ ws://127.0.0.1:1/|--fallback --reconnect
-r --fallback ws://127.0.0.1:1/ ws://127.0.0.1:1/|--fallback sse\+
-r --fallback http://h:99999/ ws://127.0.0.1:1/|--fallback port
-r --fallback-after 2 ws://127.0.0.1:1/|--fallback-after --fallback
-r --fallback http://127.0.0.1:1/ --fallback-after 0 ws://127.0.0.1:1/|--fallback-after
END
}

@test "a password in the URL of --poll and --sse is sent and never shown" {
    local option
    serve
    for option in --poll --sse; do
        both "$option" "http://me:hush@127.0.0.1:$SERVE_PORT/none" -i
        assert_equal "$status" 22
        refute_stderr hush
        assert_stderr 'Authorization: .*redacted'
    done
}

@test "--poll and --sse of the embedded server, into head" {
    serve --rate 50
    run bash -c '"$@" --poll "http://127.0.0.1:$0/feed.json" --every 0.1 --count 3 2>/dev/null | wc -l' "$SERVE_PORT" "${WSCOPE_COMMAND[@]}"
    assert_output --regexp '^ *3$'
    run bash -c '"$@" --sse "http://127.0.0.1:$0/feed.sse" 2>/dev/null | head -5 | wc -l; echo "${PIPESTATUS[0]}"' "$SERVE_PORT" "${WSCOPE_COMMAND[@]}"
    assert_line --index 0 --regexp '^ *5$'
    assert_line --index 1 0
}

@test "an answer in which --count is reached is reported before the end, with what was given of it" {
    need jq
    serve --rate 50 --burst 10
    both --poll "http://127.0.0.1:$SERVE_PORT/feed.json?since=0" --count 3 --json
    assert_equal "$status" 0
    assert_equal "$(jq -r 'select(.event == "poll") | "\(.fresh) of \(.items % 10)"' <<<"$output" | tail -n 1)" '3 of 0'
    assert_equal "$(jq -r .event <<<"$output" | tail -n 3 | paste -sd ' ')" 'poll close summary'
}

@test "sse+http is an event stream wherever a URL to poll is accepted" {
    serve --rate 50
    both --poll "sse+http://127.0.0.1:$SERVE_PORT/feed.sse" --count 2 --json
    assert_equal "$status" 0
    assert_equal "$(grep -c '"channel":"sse"' <<<"$output")" "$(wc -l <<<"$output")"
}

@test "each poll has its line with -v, and nothing without" {
    serve --rate 50
    both --poll "http://127.0.0.1:$SERVE_PORT/feed.json" --every 0.1 --for "$(tenths 5)"
    assert_equal "$status" 0
    refute_stderr 'answered'
    both --poll "http://127.0.0.1:$SERVE_PORT/feed.json" --every 0.1 --for "$(tenths 5)" -v
    assert_stderr 'answered 200: [0-9]+ items?, [0-9]+ fresh' 'up [0-9]+ bytes, down'
}

@test "faults reach polls and streams" {
    serve --rate 50
    both --poll "http://127.0.0.1:$SERVE_PORT/feed.json" --fault 'status:503' --count 1
    assert_equal "$status" 22
    both --sse "http://127.0.0.1:$SERVE_PORT/feed.sse" -r --retry-delay 0.01 --fault 'rst@bytes:900' --seq /id --count 20 --json
    assert_equal "$status" 0
    grep -q '"how":"fault"' <<<"$output"
    both --poll "http://127.0.0.1:$SERVE_PORT/feed.json" --fault 'latency:100ms' --count 1 -v --no-keepalive
    assert_stderr 'opened .* · ([2-9][0-9][0-9] ms|[0-9.]+ s)'
}
