#!/usr/bin/env bats
# The same updates by socket, event stream and polling from servers of others: nginx with nchan (whose polls are long
# ones that go on by validators) and hypercorn. Those of Node are in compare.bats and updates.bats.

load peers

holds() {
    jq -e "$1" <<<"$final" >/dev/null && return
    printf 'not so: %s\nin: %s\n' "$1" "$final" >&2
    return 1
}

# in_order: $output is numbers that follow each other.
in_order() {
    "$PYTHON3" -c '
import json, sys
numbers = [json.loads(line)["id"] for line in sys.stdin]
assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), numbers' <<<"$output"
}

compare_channels() {
    need jq
    both compare --json --id /id "$@"
    assert_equal "$status" 0
    final=$(jq -c 'select(.event == "compare" and .final)' <<<"$output")
}

nchan() {
    local module='' at
    for at in /usr/lib/nginx/modules /usr/lib64/nginx/modules /usr/share/nginx/modules; do
        [[ -e $at/ngx_nchan_module.so ]] && module=$at/ngx_nchan_module.so
    done
    [[ $module ]] || missing "nginx has no nchan module (Debian: libnginx-mod-nchan)"
    PORT=$(free_port)
    start_nginx "$PORT" "load_module $module;" <<END
    server {
        listen 127.0.0.1:$PORT;
        location = /publish {
            nchan_publisher;
            nchan_channel_id feed;
            nchan_message_buffer_length 500;
        }
        location = /feed {
            nchan_subscriber websocket eventsource longpoll;
            nchan_channel_id feed;
            nchan_subscriber_first_message newest;
        }
    }
END
    await '^(publishing)' "$PYTHON3" "$PEERS_HERE/publish.py" "$PORT" 20
    FEED=127.0.0.1:$PORT/feed
}

@test "nchan: one channel by socket, event stream and long poll, each number once and in order" {
    nchan
    both --count 20 -n "ws://$FEED"
    assert_equal "$status" 0
    in_order
    both --count 20 --sse "http://$FEED"
    assert_equal "$status" 0
    in_order
    both --count 20 --long-poll --poll "http://$FEED"
    assert_equal "$status" 0
    in_order
    # Every poll but the first says what was seen last.
    run grep -c '"GET /feed HTTP/1.1" 200' "$BATS_TEST_TMPDIR/access.log"
    ((output >= 20))
}

@test "nchan: compared, a long poll is as quick as a push and costs a request an update" {
    nchan
    compare_channels "ws://$FEED" --sse "http://$FEED" --long-poll --poll "http://$FEED" --for 3 --time /sent
    holds '[.channels[].name] == ["ws", "sse", "long poll"]'
    holds '.updates > 30 and .scale.enough and .lag_behind == "server" and .clock.basis == "same"'
    holds 'all(.channels[]; .missed == 0 and .duplicates == 0 and .connections == 1)'
    holds 'all(.channels[]; .delay.p50_ms < 200)'
    holds '.channels[2].requests_per_update > 0.9 and .channels[2].requests_per_update < 1.2'
    holds '.channels[2].bytes_per_update > 3 * .channels[0].bytes_per_update'
}

hypercorn_feed() {
    need hypercorn
    await 'Running on http://127\.0\.0\.1:([0-9]+)' env PYTHONPATH="$PEERS_HERE" PYTHONDONTWRITEBYTECODE=1 \
        hypercorn --bind 127.0.0.1:0 feed_asgi:app
    PORT=$found
}

@test "hypercorn: an event stream and polls, chunked, each number once and in order" {
    hypercorn_feed
    both --count 20 --sse "http://127.0.0.1:$PORT/feed.sse"
    assert_equal "$status" 0
    in_order
    both --count 30 --every 0.2 --seq /id --poll "http://127.0.0.1:$PORT/feed.json?since={last}" -i
    assert_equal "$status" 0
    in_order
    assert_stderr 'transfer-encoding: chunked'
}

@test "hypercorn: a poll waits as long as Retry-After says" {
    hypercorn_feed
    need jq
    both --for 2.5 --every 0.1 --json --poll "http://127.0.0.1:$PORT/busy.json"
    assert_equal "$status" 0
    run jq -s '[.[] | select(.event == "poll")] | [., .[1:]] | transpose | map(select(.[0].status == 503 and .[1]) | .[1].at - .[0].at) |
        length >= 1 and all(. >= 0.99)' <<<"$output"
    assert_output true
}

@test "hypercorn: a stream goes on after the last event after a cut" {
    hypercorn_feed
    both --count 30 -r --retry-delay 0.05 --seq /id --fail-on-loss --fault 'rst@message:10' --sse "http://127.0.0.1:$PORT/feed.sse"
    assert_equal "$status" 0
    in_order
    assert_stderr 'opened again'
}

@test "hypercorn: compared, polls are late by half their interval, and miss nothing of a list" {
    hypercorn_feed
    compare_channels "ws://127.0.0.1:$PORT/feed" --sse "http://127.0.0.1:$PORT/feed.sse" --every 0.4,1 \
        --poll "http://127.0.0.1:$PORT/feed.json?since={last}" --for 4 --time /sent
    holds '[.channels[].name] == ["ws", "sse", "poll 0.4 s", "poll 1 s"]'
    holds '.updates > 50 and .scale.enough and all(.channels[]; .missed == 0 and .duplicates == 0)'
    holds '.channels[0].delay.p50_ms < 200 and .channels[1].delay.p50_ms < 200'
    holds '.channels[2].delay.p50_ms > 100 and .channels[2].delay.p50_ms < .channels[3].delay.p50_ms'
    holds '.channels[3].delay.p50_ms > 300 and .channels[3].delay.p50_ms < 900'
}
