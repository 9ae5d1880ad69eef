#!/usr/bin/env bats
# Rules and confined faults of wscope proxy, between wscope and wscope serve.

load helpers

# proxy OPTION...: in front of `serve`; its address is then $PROXY, what it prints is in $LOG.
proxy() {
    LOG=$BATS_TEST_TMPDIR/peer.${#PEERS[@]}
    await '(wss?://127[^ ]*[0-9])' "${WSCOPE_COMMAND[@]}" proxy --json "$@" 127.0.0.1:0 "$SERVE"
    PROXY=$found
}

# talk LINE... -- OPTION...: send the lines through the proxy to the echo; what comes back is $output.
talk() {
    local lines=()
    while [[ $1 != -- ]]; do
        lines+=("$1")
        shift
    done
    shift
    printf '%s\n' "${lines[@]}" >"$BATS_TEST_TMPDIR/lines"
    both "$@" "$PROXY/echo" <"$BATS_TEST_TMPDIR/lines"
}

# logged JQ-FILTER COUNT: wait until that many events of the proxy fit.
logged() {
    local end=$((SECONDS + 10 * SLOW))
    until [[ $(grep '^{' "$LOG" | jq -c "select($1)" | grep -c .) -ge $2 ]]; do
        ((SECONDS < end)) || { cat "$LOG" >&2; return 1; }
        "$PYTHON3" -c 'import select; select.select([], [], [], 0.05)'
    done
}

@test "a mistyped rule is pointed at, and nothing listens: exit 2" {
    both proxy --rule 'up text -> dropp' 127.0.0.1:0 ws://127.0.0.1:9/
    assert_equal "$status" 2
    assert_stderr 'did you mean "drop"' '^ {13}\^'
}

@test "drop and dup, in the direction that was given" {
    serve
    proxy --rule 'up /^b$/ -> drop' --rule 'up /^c$/ -> dup' --rule 'up /^d$/ -> drop' --rule 'down /^a$/ -> dup'
    talk a b c d e -- --count 5
    assert_output $'a\na\nc\nc\ne'
}

@test "the first rule that matches acts" {
    serve
    proxy --rule 'up message 2 -> replace second' --rule 'up any -> replace other'
    talk a b c -- --count 3
    assert_output $'other\nsecond\nother'
}

@test "replace, sub and set; set leaves all other bytes" {
    serve
    proxy --rule 'up /^old$/ -> replace new' --rule 'up /[0-9]/ -> sub /([0-9])-/<\1>/' \
        --rule 'up json /op = old -> set /op "new"' --rule 'up json /none -> set /none 1'
    talk old 1-2-3- '{ "n": x, "op" : "old" }' '{ "op" :  "old", "e": "\t" }' -- --count 4
    assert_output $'new\n<1><2><3>\n{ "n": x, "op" : "old" }\n{ "op" :  "new", "e": "\\t" }'
}

@test "a changed stream is inflated correctly" {
    serve
    proxy --rule 'up /line 3 / -> drop' --rule 'down /line 5 / -> sub /line/changed/' --rule 'up /line 7 / -> dup'
    local lines=() want=() i
    for i in 1 2 3 4 5 6 7 8 9; do
        lines+=("line $i of a text that is much like the other lines of the text, so that it compresses")
        [[ $i == 3 ]] && continue
        want+=("${lines[-1]}")
        [[ $i == 7 ]] && want+=("${lines[-1]}")
    done
    want[3]=${want[3]/line/changed}
    want[3]=${want[3]//lines/changeds}
    talk "${lines[@]}" -- --compress --count 9
    assert_output "$(printf '%s\n' "${want[@]}")"
}

@test "a late message is overtaken" {
    serve
    proxy --rule 'up /^a$/ -> delay 300ms'
    talk a b c -- --count 3
    assert_output $'b\nc\na'
}

@test "inject sends a message of its own, and the one that matches passes" {
    serve
    proxy --rule 'up /^b$/ -> inject up x' --rule 'down /^c$/ -> inject down y'
    talk a b c -- --count 5
    assert_output $'a\nx\nb\ny\nc'
}

@test "close and rst end both legs" {
    need jq
    serve
    proxy --rule 'up /^b$/ -> close 4001' --rule 'up /^c$/ -> rst'
    talk a b -- --json --events close
    assert_equal "$(jq -r '"\(.by) \(.how) \(.code)"' <<<"$output")" 'peer close-frame 4001'
    talk a c -- --json --events close
    assert_equal "$(jq -r .how <<<"$output")" rst
}

@test "pings are dropped" {
    serve
    proxy --rule 'up ping -> drop'
    both -n --ping-interval 0.1 --ping-timeout 0.3 "$PROXY/echo"
    refute [ "$status" = 0 ]
    assert_stderr 'pong'
}

@test "pings and pongs are changed, doubled and late" {
    need jq
    serve
    proxy --rule 'up ping -> sub /x/y/' --rule 'down pong -> dup'
    printf 'test t\nconnect %s/echo\nping x\nexpect pong y\nexpect pong y\n' "$PROXY" >"$BATS_TEST_TMPDIR/script"
    wscope run "$BATS_TEST_TMPDIR/script"
}

@test "a Close is late, and what was held goes before it" {
    need jq
    serve
    proxy --rule 'up /^b$/ -> hold' --rule 'up close -> delay 300ms'
    talk a b c -- --json --events message,close
    assert_equal "$(jq -r 'select(.dir == "in") | .text' <<<"$output" | sort | tr '\n' ' ')" 'a b c '
    assert_equal "$(jq -r 'select(.event == "close") | "\(.how) \(.code)"' <<<"$output")" 'close-frame 1000'
}

@test "each action is an event, and a rule that changes nothing is none" {
    need jq
    serve
    proxy --rule 'up json /op -> set /op 1' --rule 'up /^b$/ -> drop' --rule 'up /^c/ -> sub /x/y/'
    talk '{"op":1}' '{"op":2}' b cx c -- --count 4
    logged '.event == "rule"' 3
    assert_equal "$(grep '^{' "$LOG" | jq -r 'select(.event == "rule") | "\(.action) \(.rule)"')" \
        $'set up json /op -> set /op 1\ndrop up /^b$/ -> drop\nsub up /^c/ -> sub /x/y/'
}

@test "a fault of a path or a kind of traffic applies to no other" {
    need jq
    serve --rate 50
    proxy --fault 'rst:path=/ech?@message:2' --fault 'status:503,path=/feed.json,only=http' \
        --fault 'status:504,path=/feed.json,only=ws'
    talk a b c -- --json --events close
    assert_equal "$(jq -r .how <<<"$output")" rst
    both -n --count 5 "$PROXY/feed"
    assert_equal "$status" 0
    run curl -s -o /dev/null -w '%{http_code}' "http://${PROXY#ws://}/feed.json"
    assert_output 503
}

@test "after=: once that many messages have passed" {
    serve --rate 50
    proxy --fault 'drop-out:1,after=5'
    both -n --for 1 "$PROXY/feed"
    assert_equal "${#lines[@]}" 5
}

@test "close:CODE,REASON goes to the client, or to the server with leg=server" {
    need jq
    serve
    proxy --fault 'close:1012,try again@message:1'
    talk a -- --json --events close
    assert_equal "$(jq -r '"\(.code) \(.reason)"' <<<"$output")" '1012 try again'
}

@test "a fault of the server's leg ends the client's too" {
    serve --rate 50
    proxy --fault 'rst:leg=server@message:3'
    both -n "$PROXY/feed"
    refute [ "$status" = 0 ]
}

@test "a share of nobody, and of everybody" {
    serve --rate 50
    proxy --fault 'rst:share=0@message:2' --fault 'fin:share=1,path=/echo@message:2'
    both -n --count 5 "$PROXY/feed"
    assert_equal "$status" 0
    talk a b -- -w 5
    refute [ "$status" = 0 ]
}

@test "offline drops what is connected and refuses what comes, for its time" {
    need jq
    serve --rate 50
    proxy --fault 'offline@message:5+1s*1'
    both -n -r --retry-delay 0.1 --count 20 --json --events open,close,retry "$PROXY/feed"
    assert_equal "$status" 0
    assert [ "$(jq -r 'select(.event == "retry") | .event' <<<"$output" | wc -l)" -ge 2 ]
    both -n --count 3 "$PROXY/feed"
    assert_equal "$status" 0
}

@test "offline silently: the connection is lost for good, and that is an outage" {
    need jq
    serve --rate 50
    proxy --outages 1 --fault 'offline:silent@message:5+1s*1'
    both -n -r --retry-delay 0.1 --connect-timeout 1 --ping-interval 0.2 --ping-timeout 0.4 --for 4 "$PROXY/feed"
    logged '.event == "report" and (.clients | length) == 1' 1
    assert_equal "$(grep '^{' "$LOG" | jq -c 'select(.event == "report") | .clients[0] | [(.outages | length), .double_ms]')" '[1,0]'
}

@test "the report waits for what the clients recover after the last of --outages" {
    need jq
    serve --rate 20
    # What the server sends into the black hole is missing when the client returns.
    proxy -q --seq /id --outages 1 --expect lost=0 --fault 'blackhole@message:20+5s*1'
    local proxy=${PEERS[-1]} status=0
    both -n -r --retry-delay 0.1 --seq /id --resume '{"since":{last}}' --ping-interval 0.2 --ping-timeout 0.4 --for 8 \
        "$PROXY/feed"
    wait "$proxy" || status=$?
    assert_equal "$status" 0
    assert_equal "$(grep '^{' "$LOG" | jq -c 'select(.event == "report") | .clients[0] | [.lost, .recovered > 0]')" '[0,true]'
}
