#!/usr/bin/env bats
# The examples of wscope-script(5) are run. tests/unit/command_manual.c sees to it that there is one for everything.

load helpers

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    count=$("$PYTHON3" "$HERE/manual_examples.py" "${top_srcdir:-$HERE/../..}/man/wscope-script.5" .)
}

@test "the examples of the manual pass, in one run" {
    ((count > 30))
    both run --against serve --jobs 2 example-*.wscope
    if [[ $status != 0 ]]; then
        printf 'exit %s\n%s\n%s\n' "$status" "$output" "$stderr" >&2
        return 1
    fi
    # Those that show what is not run or may fail: needs, skip, todo.
    assert_equal "$(grep -c ' # SKIP ' <<<"$output")" 4
    assert_equal "$(grep -c ' # TODO ' <<<"$output")" 1
}

@test "each example is a script by itself" {
    local file
    for file in example-*.wscope; do
        # All of it is read before the names are looked at, and no test is run.
        both run --against serve --only 'none of them' "$file"
        assert_equal "$file: ${stderr%%$'\n'*}" "$file: wscope: --only: no test matches \"none of them\""
    done
}
