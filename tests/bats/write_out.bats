#!/usr/bin/env bats
# --write-out: a line of figures at the end.

load helpers

setup() {
    await 'ws://127.0.0.1:([0-9]+)' "${WSCOPE_COMMAND[@]}" serve 127.0.0.1:0
    URL=ws://127.0.0.1:$found
}

teardown() {
    local pid
    for pid in "${PEERS[@]}"; do
        kill "$pid" 2>/dev/null || true
    done
}

@test "figures follow the messages, on standard output" {
    both -q --write-out '%{http_code} %{messages_out}/%{messages_in} %{size_download} %{exit} %{close_code} 100%%\n' \
        --count 2 -e one -e three "$URL/echo"
    assert_equal "$status" 0
    assert_output $'one\nthree\n101 2/2 8 0 1000 100%'
    assert_equal "$stderr" ''
}

@test "times grow, and addresses are those of the connection" {
    both --write-out '%{time_connect} %{time_open} %{time_total} %{remote_ip} %{remote_port} %{url_effective}' \
        --count 1 -e x "$URL/echo"
    local connect open total ip port url
    read -r connect open total ip port url <<<"$(tail -n 1 <<<"$output")"
    awk -v a="$connect" -v b="$open" -v c="$total" 'BEGIN { exit !(0 < a && a <= b && b <= c) }'
    assert_equal "$ip $port $url" "127.0.0.1 ${URL##*:} $URL/echo"
}

@test "a failure has figures too, and %{stderr} goes there" {
    both --write-out '%{http_code} %{exit} %{num_connects}%{stderr}to %{errormsg}\n' -q -n "$URL/nowhere"
    assert_equal "$status" 22
    assert_output '404 22 0'
    assert_stderr '^to .*404'
}

@test "@FILE is read; unknown names are refused before anything is opened" {
    echo '%{exit}\t%{lost}' >"$BATS_TEST_TMPDIR/format"
    both --write-out "@$BATS_TEST_TMPDIR/format" --count 1 -e x "$URL/echo"
    assert_output $'x\n0\t0'
    both --write-out '%{http_cod}' "$URL/echo"
    assert_equal "$status" 2
    assert_stderr 'no variable "http_cod"; did you mean "http_code"'
    both --write-out '%{http_code' "$URL/echo"
    assert_equal "$status" 2
    assert_stderr 'is not followed by'
}
