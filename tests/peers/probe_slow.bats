#!/usr/bin/env bats
# wscope probe --slow: what servers of others, and wscope serve, do for a connection that does not read.

load probing

setup() {
    need jq
    ((SLOW == 1)) || skip "the program is slowed down"
}

# The second where a busy machine kept it waiting, which is no finding.
UNHARMED='a second connection (is not affected|waited [0-9.]+ s at most)'

# slow STATUS REGEX: what was found of it.
slow() {
    assert_equal "$status" 0
    jq -se --arg status "$1" --arg message "$2" 'map(select(.stage == "slow")) | length == 1 and .[0].status == $status and
        (.[0].message | test($message))' <<<"$output" >/dev/null && return
    printf 'not found: %s\n%s\n' "$2" "$output" >&2
    return 1
}

fast_feed() {
    await '^ws://127\.0\.0\.1:([0-9]+)$' "${WSCOPE_COMMAND[@]}" serve -n --rate 20000 127.0.0.1:0
    FEED=$found
}

@test "probe --slow: wscope serve's feed cuts with 1013 once a MiB waits" {
    fast_feed
    probe --slow=30 "ws://127.0.0.1:$FEED/feed"
    slow ok "cut after about .* with Close 1013 .*more than 1 MiB waited.* MiB waited for it; $UNHARMED"
}

@test "probe --slow: the same feed with nginx before it" {
    local port
    fast_feed
    port=$(free_port)
    start_nginx "$port" <<END
    server {
        listen 127.0.0.1:$port;
        location / {
            proxy_pass http://127.0.0.1:$FEED;
            proxy_http_version 1.1;
            proxy_set_header Upgrade \$http_upgrade;
            proxy_set_header Connection upgrade;
            send_timeout 10s;
        }
    }
END
    probe --slow=25 "ws://127.0.0.1:$port/feed"
    slow ok "is cut .* MiB waited for it; $UNHARMED"
}

@test "probe --slow: wscope serve's echo takes no more" {
    fast_feed
    probe --slow=12 "ws://127.0.0.1:$FEED/echo"
    slow ok "takes [0-9.]+ .iB from a connection that does not read, then no more .backpressure.; .*$UNHARMED"
}

@test "probe --slow: Python's websockets take no more" {
    need_python_module websockets
    await '^port ([0-9]+)$' "$PYTHON3" "$PEERS_HERE/echo_websockets.py" plain
    probe --slow=12 "ws://127.0.0.1:$found/"
    slow ok "takes [0-9.]+ .iB from a connection that does not read, then no more .backpressure.; .*$UNHARMED"
}

@test "probe --slow: a feed of ws that never looks at bufferedAmount" {
    need_ws
    cat >"$BATS_TEST_TMPDIR/feed.js" <<'END'
const { WebSocketServer } = require("ws");
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false }, () => {
  console.log(`port ${server.address().port}`);
});
const update = "u".repeat(64000);
setInterval(() => server.clients.forEach((ws) => ws.send(update)), 10);
END
    await '^port ([0-9]+)$' node "$BATS_TEST_TMPDIR/feed.js"
    probe --slow=60 "ws://127.0.0.1:$found/"
    slow warn 'no limit: [0-9.]+ MiB are kept for a connection that has not read'
    finds slow 'still open' 'bufferedAmount'
}
