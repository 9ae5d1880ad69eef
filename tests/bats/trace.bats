#!/usr/bin/env bats
# WSCOPE_TRACE: what goes on inside, on standard error.

load helpers

setup() {
    serve
}

# traced PATTERN: a line of the trace matches, after "trace SECONDS ".
traced() {
    grep -E '^trace [0-9]+\.[0-9]{6} ' <<<"$stderr" | grep -qE "^trace [0-9.]+ $1" && return
    printf 'no trace of /%s/:\n%s\n' "$1" "$stderr" >&2
    return 1
}

@test "nothing is traced unless it is asked for" {
    for value in '' 0; do
        WSCOPE_TRACE=$value both -n -e hello -1 "$SERVE/echo"
        assert_equal "$status" 0
        refute_stderr '^trace '
    done
}

@test "states, legs, peers and pumps are traced, each line with a time" {
    WSCOPE_TRACE=1 both -n -e hello -1 "$SERVE/echo"
    assert_equal "$status" 0
    assert_output hello
    traced 'session 0: connecting, was idle$'
    traced 'session 1: ended, was closing$'
    traced 'leg 1: socket opens //127\.0\.0\.1:[0-9]+/echo$'
    traced 'pump [0-9]+: begins$'
    traced 'pump [0-9]+: ends$'
    traced 'peer [0-9]+: ended$'
    # Times do not run backwards.
    awk '/^trace / { if ($2 < last) exit 1; last = $2; n++ } END { exit n < 5 }' <<<"$stderr"
}

@test "both legs are traced" {
    WSCOPE_TRACE=1 both -n -r --retry-delay 0.1 --fallback-after 1 --fallback "${SERVE/ws/http}/feed.json" --for "$(tenths 10)" ws://127.0.0.1:1/
    traced 'leg 1: socket opens //127\.0\.0\.1:1/$'
    traced 'leg 1: socket failed: '
    traced 'leg [0-9]+: fallback takes over: '
    traced "leg [0-9]+: fallback opens //127\\.0\\.0\\.1:$SERVE_PORT/feed\\.json\$"
}

@test "a trace shows no secrets" {
    WSCOPE_TRACE=1 both -n -e hello -1 "${SERVE/\/\//\/\/user:hunter2@}/echo?token=hunter3&a=1"
    assert_equal "$status" 0
    traced 'leg 1: socket opens //127\.0\.0\.1:[0-9]+/echo\?token=‹redacted, 7 bytes›&a=1$'
    refute_stderr 'hunter'
}

@test "a trace escapes what came from outside" {
    peer escapes
    WSCOPE_TRACE=1 both -n "ws://127.0.0.1:$PORT/"
    traced 'peer [0-9]+: end decided: by peer, close-frame, 1000 "\\e\[2Jgone"$'
    ! grep -q $'\e' <<<"$stderr"
}
