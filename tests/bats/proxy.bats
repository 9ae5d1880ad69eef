#!/usr/bin/env bats
# The command line of wscope proxy: what it prints, what it writes, how it ends.

load helpers

@test "the address is printed alone on standard output; --for ends with 0" {
    both proxy --for 0.2 127.0.0.1:0 ws://127.0.0.1:9/
    assert_equal "$status" 0
    assert_line --index 0 --regexp '^ws://127\.0\.0\.1:[0-9]+$'
    assert_stderr 'relaying ws://127'
}

@test "--json: the event stream alone on standard output, with a report" {
    need jq
    both proxy --json --for 0.2 127.0.0.1:0 ws://127.0.0.1:9/
    assert_equal "$status" 0
    assert_equal "$(jq -r 'select(.event == "report") | .clients | length' <<<"$output")" 0
    assert_stderr '^ws://127'
}

@test "--help lists its options" {
    both proxy --help
    assert_equal "$status" 0
    assert_output --partial -- '--keep-host'
    assert_output --partial -- '--outages'
}

@test "mistakes on the command line: exit 2, and nothing listens" {
    local args
    for args in '' '127.0.0.1:0' '1 2 ws://x/' '--identity nonsense ws://127.0.0.1:9/' '--expect bakc<3s ws://127.0.0.1:9/' \
        '--outages x ws://127.0.0.1:9/'; do
        # shellcheck disable=SC2086
        both proxy $args
        assert_equal "$status" 2
        refute_output --partial 'ws://127'
    done
}

@test "a report that is not as expected: exit 3, with TAP and JUnit" {
    both proxy --for 0.2 --expect 'back<3s' --tap --junit "$BATS_TEST_TMPDIR/junit.xml" 127.0.0.1:0 ws://127.0.0.1:9/
    assert_equal "$status" 3
    assert_output --partial '1..1'
    assert_output --partial 'not ok 1 '
    grep -q '<testsuite' "$BATS_TEST_TMPDIR/junit.xml"
}

@test "--report is a page" {
    both proxy --for 0.2 --report "$BATS_TEST_TMPDIR/page.html" 127.0.0.1:0 ws://127.0.0.1:9/
    assert_equal "$status" 0
    grep -qi '<!doctype html' "$BATS_TEST_TMPDIR/page.html"
}

@test "an interrupt ends with 130 after the report" {
    local log=$BATS_TEST_TMPDIR/out
    "${WSCOPE_COMMAND[@]}" proxy --json 127.0.0.1:0 ws://127.0.0.1:9/ >"$log" 2>"$log.err" 3>&- &
    local pid=$! end=$((SECONDS + 10 * SLOW))
    until grep -q '^ws://' "$log.err"; do
        ((SECONDS < end)) || return 1
        read -rt 0.05 <> <(:) || :
    done
    kill -INT "$pid"
    status=0
    wait "$pid" || status=$?
    assert_equal "$status" 130
    grep -q '"event":"report"' "$log"
}

@test "an address in use: exit 7" {
    serve
    both proxy "${SERVE#*://}" ws://127.0.0.1:9/
    assert_equal "$status" 7
}
