#!/usr/bin/env bats
# A numbered feed in Node (ws) that drops its clients: nothing is missing at the end, and nothing comes twice.

load peers

setup() {
    need_ws
    await '^port ([0-9]+)$' node "$PEERS_HERE/feed_server.js" 200
    PORT=$found
    FEED=ws://127.0.0.1:$PORT/feed
}

# once_each: $output has each number from its first to its last once, and more than a few of them.
once_each() {
    "$PYTHON3" - "$BATS_TEST_TMPDIR/numbers" <<'END'
import json, sys
numbers = [json.loads(line)["id"] for line in open(sys.argv[1])]
assert len(numbers) > 50, f"only {len(numbers)} came"
assert len(numbers) == len(set(numbers)), "a number came twice"
whole = range(min(numbers), max(numbers) + 1)
assert len(numbers) == len(whole), f"missing: {sorted(set(whole) - set(numbers))[:20]}"
END
}

# follow SECONDS ARGUMENTS...: the feed for so long, numbers into a file, the rest into $stderr.
follow() {
    local seconds=$1
    shift
    status=0
    wscope -n -r --retry-delay 0.05 --stable-after 0.1 --seq /id --for "$seconds" "$@" \
        >"$BATS_TEST_TMPDIR/numbers" 2>"$BATS_TEST_TMPDIR/stderr" || status=$?
    stderr=$(<"$BATS_TEST_TMPDIR/stderr")
}

log_of_server() {
    "$PYTHON3" -c "import sys, urllib.request as u; print(u.urlopen('http://127.0.0.1:$PORT/log').read().decode())"
}

@test "feed: --resume brings everything back across drops, each number once" {
    follow 3 --resume '{"since":{last}}' --fail-on-loss "$FEED?every=400"
    assert_equal "$status" 0
    once_each
    assert_stderr 'connection lost' 'opened again'
    refute_stderr '[0-9] lost'
    run log_of_server
    assert_output --regexp '\{"message":"\{\\"since\\":[0-9]+\}"\}'
}

@test "feed: --resume-query brings everything back" {
    follow 3 --resume-query 'since={last}' --fail-on-loss "$FEED?every=400"
    assert_equal "$status" 0
    once_each
    run log_of_server
    assert_output --regexp '"query":"\?every=400&since=[0-9]+"'
}

@test "feed: --catchup brings everything back, an array, NDJSON, and deep inside" {
    local form items
    for form in array lines deep; do
        items=()
        [[ $form == deep ]] && items=(--items /data/items)
        follow 2 "${items[@]}" --catchup "http://127.0.0.1:$PORT/since?since={last}&form=$form" "$FEED?every=700"
        assert_equal "$status" 0
        once_each
        # A live update may overtake the answer, which then holds it too.
        assert_stderr 'missed [0-9]+.*: [0-9]+ recovered( · [0-9]+ duplicates?)?$'
        refute_stderr '[0-9] lost'
    done
}

@test "feed: --catchup from a server that is not there is reported, and the feed goes on" {
    follow 2 --catchup "http://127.0.0.1:1/{last}" "$FEED?every=500"
    assert_equal "$status" 0
    assert_stderr 'could not catch up: .*refused'
}

@test "feed: without any of them what was missed is lost: exit 3 with --fail-on-loss" {
    follow 2 --fail-on-loss "$FEED?every=500"
    assert_equal "$status" 3
    assert_stderr 'missed [0-9]+.* [0-9]+ lost: [0-9]+'
    follow 2 "$FEED?every=500"
    assert_equal "$status" 0
}

has_message() {
    (($(grep -c '"event":"message"' "$BATS_TEST_TMPDIR/numbers" 2>/dev/null) >= $1))
}

@test "feed: a server that counts anew is another epoch, and loses nothing" {
    local pid=${PEERS[0]}
    (wait_until has_message 150 && kill -USR1 "$pid") 3>&- &
    follow 2.5 --epoch /epoch --resume '{"since":{last},"epoch":"{epoch}"}' --json "$FEED?every=400"
    assert_equal "$status" 0
    run "$PYTHON3" -c "
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
# What came live before the server read {since} comes twice, and is marked.
items = [json.loads(e['text']) for e in events if e['event'] == 'message' and e['dir'] == 'in' and not e.get('duplicate')]
second = [i['id'] for i in items if i['epoch'] == 'e2']
print(events[-1]['epochs'], second[0] < 100, len(second) == len(set(second)))" "$BATS_TEST_TMPDIR/numbers"
    assert_output '2 True True'
}
