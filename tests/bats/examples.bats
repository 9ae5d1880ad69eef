#!/usr/bin/env bats
# The scripts of examples/ are right, and the recipes around them name what there is.

load helpers

setup() {
    EXAMPLES=${top_srcdir:-$HERE/../..}/examples
}

@test "all examples pass against the embedded server; those for others say what they need" {
    both run --against serve "$EXAMPLES"/*.wscope
    assert_equal "$status" 0
    assert_equal "$stderr" ''
    local file
    for file in "$EXAMPLES"/*.wscope; do
        grep -qF "$file: " <<<"$output" || {
            echo "no test of $file in: $output" >&2
            return 1
        }
    done
    assert_equal "$(grep -c '^ok .* # SKIP' <<<"$output")" "$(grep -c ' # SKIP needs a.*: --var [a-z]*=VALUE$' <<<"$output")"
    for file in echo feed resume malformed close-codes; do
        refute_line --regexp "/$file\.wscope: .*# SKIP"
    done
}

@test "as many tests in the JUnit of all examples as in their TAP" {
    need xmllint
    both run --against serve --jobs 4 --junit "$BATS_TEST_TMPDIR/out.xml" "$EXAMPLES"/*.wscope
    assert_equal "$status" 0
    xmllint --noout --schema "$HERE/junit.xsd" "$BATS_TEST_TMPDIR/out.xml"
    assert_equal "1..$(xmllint --xpath 'count(//testcase)' "$BATS_TEST_TMPDIR/out.xml")" "${lines[1]}"
}

@test "a broken expectation is found, and reported by itself" {
    sed 's/expect text hello, κόσμε/expect text goodbye within 0.3/' "$EXAMPLES/echo.wscope" >"$BATS_TEST_TMPDIR/broken.wscope"
    both run --against serve "$BATS_TEST_TMPDIR/broken.wscope"
    assert_equal "$status" 3
    assert_line 'not ok 1 - a text comes back'
    assert_line "      text: 'hello, κόσμε'"
    assert_line --regexp '^# 7 tests: 6 passed, 1 failed'
}

@test "a slip is found before anything is sent" {
    serve --json
    sed 's/^expect close 4001/expct close 4001/' "$EXAMPLES/close-codes.wscope" >"$BATS_TEST_TMPDIR/slip.wscope"
    both run --against "$SERVE" "$BATS_TEST_TMPDIR/slip.wscope"
    assert_equal "$status" 2
    assert_output ''
    assert_stderr 'slip\.wscope:[0-9]+:1: ' 'expct close 4001' 'did you mean "expect"'
    # This one is logged, after what else there might have been.
    wscope -q -n --for "$(tenths 5)" "$SERVE/echo?second"
    local log=$BATS_TEST_TMPDIR/peer.0
    appears 'echo\?second' "$log"
    assert_equal "$(grep -c '"event":"request"' "$log")" 1
}

@test "the options of the recipes for CI exist, and the files are YAML" {
    local word all
    all=$(wscope --help=all)
    for word in $(grep -hE '^[^#]*(wscope (run|-q)|--junit)' "$EXAMPLES"/*.yml | grep -oE -- '--[a-z-]+'); do
        grep -qF -- "$word" <<<"$all" || {
            echo "wscope has no $word" >&2
            return 1
        }
    done
    need_python_module yaml
    for word in "$EXAMPLES"/*.yml; do
        "$PYTHON3" -c 'import sys, yaml; yaml.safe_load(open(sys.argv[1]))' "$word"
    done
}

@test "the recipes' way to wait for a service waits until it is there" {
    local port
    port=$(free_port)
    wscope -q -w 0 --reconnect --retry-max-time 30 "ws://127.0.0.1:$port/echo" </dev/null &
    local waiting=$!
    await '(ws://.*)' "${WSCOPE_COMMAND[@]}" serve "$port"
    wait "$waiting"
}
