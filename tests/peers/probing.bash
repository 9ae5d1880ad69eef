# What the tests of wscope probe with servers of others share.

load peers

# probe ARGUMENTS...: its checks in $output, as JSON. Its findings are printed, or "-".
probe() {
    both probe --json "$@"
    echo "# $BATS_TEST_DESCRIPTION: $(findings)" >&3
}

findings() {
    jq -rs 'map(select(.event == "check" and (.status == "warn" or .status == "fail" or .stage == "slow"))
        | "\(.stage) \(.status): \(.message)") | join("; ") | if . == "" then "-" else . end' <<<"$output"
}

# check FILTER: true of the checks, an array.
check() {
    jq -se "map(select(.event == \"check\")) | $1" <<<"$output" >/dev/null && return
    printf 'not so: %s\n%s\nexit %s\n' "$1" "$output" "$status" >&2
    return 1
}

well() {
    assert_equal "$status" 0
    check 'all(.[]; .status == "ok" or .status == "info")'
}

# finds STAGE REGEX [ADVICE]: exactly one finding, of that stage, which is a warning.
finds() {
    assert_equal "$status" 0
    jq -se --arg stage "$1" --arg message "$2" --arg advice "${3-}" 'map(select(.event == "check" and
        (.status == "warn" or .status == "fail"))) | length == 1 and .[0].stage == $stage and .[0].status == "warn" and
        (.[0].message | test($message)) and (.[0].advice | test($advice))' <<<"$output" >/dev/null && return
    printf 'not found: %s\n%s\n' "$2" "$output" >&2
    return 1
}
