#!/usr/bin/env bats
# One numbered sequence by socket, event stream and polling, served by Node, and by nginx from a file: each way
# alone, and falling back from one to another.

load peers

setup() {
    need_ws
    await '^http ([0-9]+)$' node "$PEERS_HERE/updates_server.js" 40
    HTTP=http://127.0.0.1:$found
    SOCKET=ws://127.0.0.1:$(sed -n 's/^port //p' "$BATS_TEST_TMPDIR/peer.0")
}

ask() {
    "$PYTHON3" -c "import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).read().decode(), end='')" "$HTTP/$1"
}

# once_each: the file numbers has each number from its first to its last once.
once_each() {
    "$PYTHON3" - "$BATS_TEST_TMPDIR/numbers" <<'END'
import json, sys
numbers = [json.loads(line)["id"] for line in open(sys.argv[1])]
assert len(numbers) > 20, f"only {len(numbers)} came"
assert numbers and len(numbers) == len(set(numbers)), "a number came twice"
missing = sorted(set(range(min(numbers), max(numbers) + 1)) - set(numbers))
assert not missing, f"missing: {missing[:20]}"
END
}

# follow ARGUMENTS...: in the background, numbers and the rest into files; FOLLOWED is its pid.
follow() {
    timeout -k 2 $((90 * SLOW)) "${WSCOPE_COMMAND[@]}" "$@" >"$BATS_TEST_TMPDIR/numbers" 2>"$BATS_TEST_TMPDIR/stderr" \
        3>&- </dev/null &
    FOLLOWED=$!
}

# until_says REGEX: it is in the followed program's stderr.
until_says() {
    wait_until grep -qE -- "$1" "$BATS_TEST_TMPDIR/stderr" || {
        printf 'stderr never said /%s/:\n' "$1" >&2
        cat "$BATS_TEST_TMPDIR/stderr" >&2
        return 1
    }
}

# until_written REGEX: it is in what the followed program printed.
until_written() {
    wait_until grep -qE -- "$1" "$BATS_TEST_TMPDIR/numbers"
}

# until_more N: so many more lines are there.
until_more() {
    wait_until has_lines $(($(wc -l <"$BATS_TEST_TMPDIR/numbers") + $1))
}

has_lines() {
    (($(wc -l <"$BATS_TEST_TMPDIR/numbers") >= $1))
}

followed() {
    status=0
    wait "$FOLLOWED" || status=$?
    stderr=$(<"$BATS_TEST_TMPDIR/stderr")
}

@test "updates: polling gives each number once, compressed, from an array, whatever its order" {
    local path
    for path in feed.json 'feed.json?since={last}' newest.json; do
        local items=()
        [[ $path == newest* ]] && items=(--items /data/items)
        follow --poll "$HTTP/$path" --every 0.2 --seq /id --for 2 "${items[@]}"
        followed
        assert_equal "$path: $status" "$path: 0"
        once_each
        refute_stderr 'missed|lost'
    done
    run ask log
    assert_output --regexp 'since=[0-9]+ .*"accept-encoding":"gzip, deflate"'
    assert_output --partial '"if-none-match"'
}

@test "updates: polling keeps one connection" {
    follow --poll "$HTTP/feed.json" --every 0.1 --for 1 --json
    followed
    run grep -c '"event":"connect"' "$BATS_TEST_TMPDIR/numbers"
    assert_output 1
}

@test "updates: an event stream gives each number once, with LF and with CR, also into head" {
    local lines
    for lines in lf cr; do
        follow --sse "$HTTP/feed.sse?lines=$lines" --seq /id --for 1.5
        followed
        assert_equal "$status" 0
        once_each
    done
    run bash -c '"$@" --sse "$0/feed.sse" 2>"$BATS_TEST_TMPDIR/stderr" | head -5 | wc -l' "$HTTP" "${WSCOPE_COMMAND[@]}"
    assert_output --regexp '^ *5$'
}

@test "updates: --fallback polls while the socket is refused, and gives way to it: each number once, two changes" {
    follow -n -r --retry-max-delay 0.5 --stable-after 1 --every 0.3 --seq /id --fail-on-loss --for 60 \
        --fallback "$HTTP/feed.json" "$SOCKET/feed"
    until_says 'opened ws'
    ask shut
    ask cut
    until_says 'falling back from ws to poll: 3 failed attempts in a row'
    until_says 'opened again http'
    until_more 20
    ask open
    until_says 'falling back from poll to ws: the socket has been up for'
    until_more 10
    kill "$FOLLOWED"
    followed
    once_each
    assert_equal "$(grep -c 'falling back' <<<"$stderr")" 2
}

@test "updates: --fallback from the first attempt on, the socket's port closed" {
    ask close
    follow -n -r --retry-max-delay 0.5 --stable-after 1 --every 0.3 --seq /id --for 60 --json \
        --fallback "$HTTP/feed.json" --fallback-after 1 "$SOCKET/feed"
    until_written '"event":"fallback".*"to":"poll"'
    until_written '"event":"poll"'
    ask open
    until_written '"event":"fallback".*"to":"ws"'
    kill "$FOLLOWED"
    followed
    grep '"event":"message"' "$BATS_TEST_TMPDIR/numbers" | grep -v '"again":true' | sed 's/.*"text":"//; s/",.*//; s/\\//g' >"$BATS_TEST_TMPDIR/texts"
    mv "$BATS_TEST_TMPDIR/texts" "$BATS_TEST_TMPDIR/numbers"
    once_each
}

@test "updates: --fallback to an event stream goes on after the last number" {
    follow -n -r --retry-max-delay 0.5 --stable-after 1 --seq /id --for 60 --fallback "sse+$HTTP/feed.sse" "$SOCKET/feed"
    until_says 'opened ws'
    ask shut
    ask cut
    until_says 'opened again http'
    until_more 20
    ask open
    until_says 'falling back from sse to ws'
    kill "$FOLLOWED"
    followed
    once_each
    run ask log
    assert_output --regexp 'feed.sse .*"last-event-id":"[0-9]+"'
}

@test "updates: a fallback that fails too is reported, and the socket tried on" {
    ask close
    follow -n -r --retry-max-delay 0.3 --stable-after 1 --seq /id --for 60 --fallback "$HTTP/nothing" "$SOCKET/feed"
    until_says 'falling back from poll to ws: the fallback failed: the server answered the poll with 404'
    ask open
    until_says 'opened ws'
    kill "$FOLLOWED"
    followed
    refute_stderr 'falling back.*falling back'
}

@test "updates: nginx serves a file, compressed, with validators" {
    local folder=$BATS_TEST_TMPDIR port
    port=$(free_port)
    mkdir "$folder/root"
    "$PYTHON3" -c 'import json; print(json.dumps([{"id": i, "pad": "x" * 50} for i in range(100)]))' >"$folder/root/list.json"
    start_nginx "$port" <<END
    types { application/json json; }
    gzip on;
    gzip_types application/json;
    server {
        listen 127.0.0.1:$port;
        root $folder/root;
    }
END
    follow --poll "http://127.0.0.1:$port/list.json" --every 0.1 --for 1 --json -v
    followed
    assert_equal "$status" 0
    run grep -c '"event":"message"' "$folder/numbers"
    assert_output 100
    grep -q '"status":304' "$folder/numbers"
    grep -q '"Content-Encoding","gzip"' "$folder/numbers"
    run bash -c "grep -c '\" 304 ' '$folder/access.log'"
    ((output > 2))
}
