#!/usr/bin/env bats
# `wscope demo`: outside a terminal a tour of what the program shows.

load helpers

setup_file() {
    # One run for all: the tests only look at what it said.
    load helpers
    run bash -c "${WSCOPE_COMMAND[*]} demo </dev/null 2>&1"
    echo "$status" >"$BATS_FILE_TMPDIR/status"
    echo "$output" >"$BATS_FILE_TMPDIR/tour"
}

teardown() {
    :
}

tour() {
    grep -qE -- "$1" "$BATS_FILE_TMPDIR/tour" || {
        echo "the tour does not show /$1/:"
        cat "$BATS_FILE_TMPDIR/tour"
        return 1
    } >&2
}

@test "it ends with 0" {
    assert_equal "$(<"$BATS_FILE_TMPDIR/status")" 0
}

@test "proxies of the environment are not for the embedded server" {
    run env -u no_proxy -u NO_PROXY http_proxy=http://127.0.0.1:1 all_proxy=http://127.0.0.1:1 \
        bash -c "timeout 120 ${WSCOPE_COMMAND[*]} demo </dev/null 2>&1"
    assert_success
    refute_output --partial proxy
}

@test "it shows both heads of the handshake" {
    tour 'GET /[^ ]* HTTP/1\.1'
    tour 'Sec-WebSocket-Key: '
    tour '101 Switching Protocols'
    tour 'Sec-WebSocket-Accept: '
}

@test "it shows frames both ways" {
    tour '(→|>).*text'
    tour '(←|<).*text'
}

@test "it shows a ping and its round trip" {
    tour '[Pp]ing'
    tour '[Pp]ong'
    tour 'round trip.* [0-9.]+ (ms|µs|us)'
}

@test "it shows a clean close" {
    tour '1000'
    tour '[Cc]lose'
}

@test "it shows a drop, the return, the gap and its recovery, with what they came to" {
    tour 'fault begin: rst'
    tour 'connection lost'
    tour 'reconnecting in 300 ms'
    tour 'opened again'
    tour 'gap: [0-9]+ messages'
    tour 'missed [0-9]+(.[0-9]+ \([0-9]+\)| between [0-9]+ and [0-9]+): [0-9]+ recovered'
    tour 'missed and recovered: each number from [0-9]+ to [0-9]+ came, once'
}

@test "it compares the ways of getting the same updates" {
    tour '^\$ wscope compare ws://'
    tour '^ *ws +[0-9]+ +0 +0 '
    tour '^ *sse +[0-9]+ +0 +0 '
    tour '^ *poll 1 s +[0-9]+ '
}

@test "as JSON it ends with one summary of all of it" {
    need jq
    run bash -c "timeout 120 ${WSCOPE_COMMAND[*]} demo --json </dev/null 2>/dev/null"
    assert_success
    assert_equal "$(jq -r 'select(.event == "summary") | .connections' <<<"$output")" 3
    assert_equal "$(tail -n 1 <<<"$output" | jq -r '"\(.event) \(.lost) \(.missed == .recovered) \(.missed > 0)"')" 'summary 0 true true'
    assert_equal "$(jq -r 'select(.event == "message" and .dir == "in" and (.duplicate | not)) | .text // "" | fromjson? | .id? // empty' <<<"$output" | sort -n | uniq -d | wc -l)" 0
}

@test "it takes no notice of a dead stdin, and needs no terminal" {
    run bash -c "timeout 120 ${WSCOPE_COMMAND[*]} demo <&- 2>&1"
    assert_success
}

@test "a reader of its output that leaves is no failure" {
    run bash -c "set -o pipefail; timeout 120 ${WSCOPE_COMMAND[*]} demo </dev/null 2>/dev/null | head -n 1"
    assert_success
}
