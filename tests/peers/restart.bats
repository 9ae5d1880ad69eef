#!/usr/bin/env bats
# kill -9 and restart, under a live feed: of the server itself, and of the proxies in front of it.

load peers

setup() {
    PATH=$PATH:/usr/sbin:/usr/local/sbin
    need_ws
    PORT=$(free_port)
    BORN=$("$PYTHON3" -c 'import time; print(int(time.time() * 1000))')
    node_feed
    NUMBERS=$BATS_TEST_TMPDIR/numbers
    TOLD=$BATS_TEST_TMPDIR/told
}

node_feed() {
    start_on "$PORT" node "$PEERS_HERE/feed_server.js" 200 "$PORT" "$BORN"
    NODE=${PEERS[-1]}
}

has_numbers() {
    (($(wc -l <"$NUMBERS") >= $1))
}

has_told() {
    (($(grep -c -- "$1" "$TOLD") >= $2))
}

murder() {
    kill -9 "$1"
    wait "$1" 2>/dev/null || true
}

# follow PORT: the feed behind that port, in the background: FOLLOWER.
follow() {
    : >"$NUMBERS"
    : >"$TOLD"
    "${WSCOPE_COMMAND[@]}" -n -r --retry-delay 0.05 --retry-max-delay 0.2 --max-time 60 --seq /id \
        --resume '{"since":{last}}' "ws://127.0.0.1:$1/feed" >"$NUMBERS" 2>"$TOLD" 3>&- &
    FOLLOWER=$!
    PEERS+=("$FOLLOWER")
    wait_until has_numbers 100
}

# followed OUTAGES: once each is over and its books are settled: each number once, none missing.
followed() {
    wait_until has_told 'back after' "$1" || {
        cat "$TOLD" >&2
        return 1
    }
    kill "$FOLLOWER"
    status=0
    wait "$FOLLOWER" || status=$?
    stderr=$(<"$TOLD")
    cat "$TOLD" >&2
    assert_equal "$status" 143
    "$PYTHON3" - "$NUMBERS" <<'END'
import json, sys
numbers = [json.loads(line)["id"] for line in open(sys.argv[1])]
assert len(numbers) > 300, f"only {len(numbers)} came"
assert sorted(numbers) == list(range(min(numbers), min(numbers) + len(numbers))), "not each number once"
END
    refute_stderr '[0-9] lost'
}

@test "restart: node is killed twice and comes back: nothing is lost, the scorecards report it" {
    local killed
    follow "$PORT"
    for killed in 1 2; do
        murder "$NODE"
        wait_until has_told 'reconnecting in' $((2 * killed)) # one attempt failed at least
        node_feed
        wait_until has_told 'opened again' "$killed"
        wait_until has_numbers $((200 * killed))
    done
    followed 2
    assert_stderr 'can.t connect' 'detected at once \((RST|FIN)\) · [0-9]+ attempts · waited .* · back after'
}

@test "restart: nginx in front of it is killed and comes back" {
    local front proxy
    front=$(free_port)
    start_nginx "$front" <<END
    server {
        listen 127.0.0.1:$front;
        location / {
            proxy_pass http://127.0.0.1:$PORT;
            proxy_http_version 1.1;
            proxy_set_header Upgrade \$http_upgrade;
            proxy_set_header Connection upgrade;
        }
    }
END
    proxy=${PEERS[-1]}
    follow "$front"
    murder "$proxy"
    wait_until has_told 'reconnecting in' 2
    restart_nginx "$front"
    wait_until has_told 'opened again' 1
    # And with nginx alive and the server gone, it answers 502 itself.
    murder "$NODE"
    wait_until has_told '502 Bad Gateway instead' 1
    node_feed
    wait_until has_told 'opened again' 2
    followed 2
}

@test "restart: haproxy in front of it is killed and comes back" {
    need haproxy
    local front proxy folder=$BATS_TEST_TMPDIR
    front=$(free_port)
    cat >"$folder/haproxy.cfg" <<END
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
    timeout tunnel 1m
    retries 0
frontend front
    bind 127.0.0.1:$front
    default_backend feed
backend feed
    server ws 127.0.0.1:$PORT
END
    start_on "$front" haproxy -db -f "$folder/haproxy.cfg"
    proxy=${PEERS[-1]}
    follow "$front"
    murder "$proxy"
    wait_until has_told 'reconnecting in' 2
    start_on "$front" haproxy -db -f "$folder/haproxy.cfg"
    wait_until has_told 'opened again' 1
    murder "$NODE"
    wait_until has_told '503 Service Unavailable instead' 1
    node_feed
    wait_until has_told 'opened again' 2
    followed 2
}
