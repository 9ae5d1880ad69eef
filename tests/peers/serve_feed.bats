#!/usr/bin/env bats
# The embedded server's feed over HTTP: behind nginx, and read by clients of others.

load peers

setup() {
    need jq
    need curl
}

# nginx in front of the embedded server, on port $PROXY.
through_nginx() {
    PROXY=$(free_port)
    start_nginx "$PROXY" <<END
    gzip on;
    gzip_types application/json;
    gzip_min_length 100;
    upstream feed {
        server 127.0.0.1:$SERVE_PORT;
        keepalive 4;
    }
    server {
        listen 127.0.0.1:$PROXY;
        location / {
            proxy_pass http://feed;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host \$http_host;
        }
        location /old/ {
            proxy_pass http://feed/;
        }
    }
END
}

@test "nginx: polls go through it on connections that are kept; If-None-Match and long polls too" {
    await '(ws://[^ ]*[0-9])' "${WSCOPE_COMMAND[@]}" serve --rate 2 0
    SERVE_PORT=${found##*:}
    through_nginx
    local url=http://127.0.0.1:$PROXY tag i
    run curl -sSf "$url/feed.json?since=0&wait=10"
    assert_success
    assert_equal "$(jq '.[0].id' <<<"$output")" 1
    tag=$(curl -sSi "$url/feed.json?since=0" | sed -n 's/^etag: \(.*\)\r$/\1/Ip')
    run curl -sS -o /dev/null -w '%{http_code}' -H "If-None-Match: $tag" "$url/feed.json?since=0&wait=5"
    assert_output 200
    for i in {1..10}; do
        curl -sSf "$url/feed.json" >/dev/null
    done
    # One upstream connection for all of them; the second is one that nginx may open beside it.
    [[ $(grep -c 'GET /feed.json' "$BATS_TEST_TMPDIR/peer.0") -le 2 ]]
    # An upstream in HTTP/1.0, which is what nginx speaks unless told otherwise.
    run curl -sSf "$url/old/feed.json?since=0"
    assert_equal "$(jq '.[0].id' <<<"$output")" 1
}

@test "nginx: a stream is not held back, and gzip is undone" {
    serve --rate 20
    through_nginx
    run bash -c "curl -sN 'http://127.0.0.1:$PROXY/feed.sse?since=0' | sed -un 's/^id: //p' | head -n 3"
    assert_output $'1\n2\n3'
    curl -sSf "http://127.0.0.1:$SERVE_PORT/feed.json?since=4&wait=5" >/dev/null
    run curl -sSi -H 'Accept-Encoding: gzip' -o /dev/null -D - "http://127.0.0.1:$PROXY/feed.json?since=0"
    assert_line --regexp '^Content-Encoding: gzip'
    both -q --poll "http://127.0.0.1:$PROXY/feed.json?since={last}" --every 0.2 --seq /id --count 10
    assert_equal "$status" 0
    assert_equal "$(jq -s 'map(.id) | .[-1] - .[0] + 1 == length' <<<"$output")" true
}

@test "wscope --poll and --sse on the embedded server: nothing missing, nothing twice" {
    serve --rate 20
    both --json --poll "http://127.0.0.1:$SERVE_PORT/feed.json?since={last}" --every 0.3 --seq /id --count 20
    assert_equal "$status" 0
    assert_equal "$(jq -r 'select(.event == "summary") | "\(.missed) \(.lost) \(.duplicates)"' <<<"$output")" '0 0 0'
    # A server that has just begun, as the first answer brings all that went before it.
    serve --rate 20
    both --json --poll "http://127.0.0.1:$SERVE_PORT/feed.json?since={last}&wait=10" --long-poll --seq /id --count 40
    assert_equal "$status" 0
    assert_equal "$(jq -s 'map(select(.event == "poll" and .status == 200 and .items > 0)) | length >= 5' <<<"$output")" true
    both --json --sse "http://127.0.0.1:$SERVE_PORT/feed.sse?since=0" --seq /id --count 10
    assert_equal "$status" 0
    assert_equal "$(jq -r 'select(.event == "message") | .id' <<<"$output" | xargs)" '1 2 3 4 5 6 7 8 9 10'
}

@test "EventSource of Node comes back with Last-Event-ID after a drop: each event once" {
    need node
    [[ $(node --experimental-eventsource -p 'typeof EventSource' 2>/dev/null) == function ]] || missing "this Node has no EventSource"
    serve --rate 20 --fault 'rst@message:5'
    run timeout $((30 * SLOW)) node --no-warnings --experimental-eventsource "$PEERS_HERE/eventsource_client.js" \
        "http://127.0.0.1:$SERVE_PORT/feed.sse?since=0" 12
    assert_success
    assert_equal "$(sed -n 's/^event //p' <<<"$output" | xargs)" '1 2 3 4 5 6 7 8 9 10 11 12'
    [[ $(grep -c '^error again' <<<"$output") -ge 2 ]]
    # It stops for good where the answer is no stream (the HTML standard, section 9.2.3).
    serve --fault 'status:503'
    run timeout $((30 * SLOW)) node --no-warnings --experimental-eventsource "$PEERS_HERE/eventsource_client.js" \
        "http://127.0.0.1:$SERVE_PORT/feed.sse" 1
    assert_output 'error closed'
}
