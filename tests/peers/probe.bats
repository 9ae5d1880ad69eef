#!/usr/bin/env bats
# wscope probe and proxies of others before an echo: healthy, forgetful, and with idle timers. The metrics, by a parser of others.

load peers

setup() {
    need_ws
    need jq
    await '^port ([0-9]+)$' node "$PEERS_HERE/ws_server.js" deflate
    UPSTREAM=$found
    PLAIN=$(free_port)
}

# probe ARGUMENTS...: its checks in $output, as JSON.
probe() {
    both probe --json "$@"
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

through_nginx() {
    start_nginx "$PLAIN" <<END
    server {
        listen 127.0.0.1:$PLAIN;
        location / {
            proxy_pass http://127.0.0.1:$UPSTREAM/;
            proxy_http_version 1.1;
            proxy_set_header Upgrade \$http_upgrade;
            proxy_set_header Connection upgrade;
        }
        location /forgetful/ {
            proxy_pass http://127.0.0.1:$UPSTREAM/;
        }
        location /idle/ {
            proxy_pass http://127.0.0.1:$UPSTREAM/;
            proxy_http_version 1.1;
            proxy_set_header Upgrade \$http_upgrade;
            proxy_set_header Connection upgrade;
            proxy_read_timeout 3s;
        }
    }
END
}

@test "probe: ws alone has no finding" {
    probe "ws://127.0.0.1:$UPSTREAM/echo"
    well
}

@test "probe: nginx has no finding, and without the three directives they are the advice" {
    through_nginx
    probe "ws://127.0.0.1:$PLAIN/echo"
    well
    probe "ws://127.0.0.1:$PLAIN/forgetful/echo"
    assert_equal "$status" 22
    check 'map(select(.stage == "path"))[0] | .status == "fail" and (.message | test("answered by nginx")) and
        (.advice | test("proxy_http_version 1.1; proxy_set_header Upgrade \\$http_upgrade; proxy_set_header Connection \"upgrade\";"))'
}

@test "probe --idle: nginx's proxy_read_timeout, reset by traffic either way" {
    through_nginx
    probe --idle=5 "ws://127.0.0.1:$PLAIN/idle/echo"
    assert_equal "$status" 0
    check 'map(select(.status == "warn")) | length == 1 and .[0].stage == "idle" and
        (.[0].message | test("idle timer of (2\\.[5-9]|3\\.[0-9]) s.*probably nginx .Server: nginx.*frames of the client reset it")) and
        (.[0].advice | test("proxy_read_timeout"))'
}

@test "probe: haproxy has no finding; --idle: its timeout tunnel" {
    PATH=$PATH:/usr/sbin:/usr/local/sbin
    need haproxy
    local port
    port=$(free_port)
    cat >"$BATS_TEST_TMPDIR/haproxy.cfg" <<END
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
    timeout tunnel 3s
frontend plain
    bind 127.0.0.1:$port
    default_backend echo
backend echo
    server ws 127.0.0.1:$UPSTREAM
END
    start_on "$port" haproxy -db -f "$BATS_TEST_TMPDIR/haproxy.cfg"
    probe "ws://127.0.0.1:$port/echo"
    well
    probe --idle=5 "ws://127.0.0.1:$port/echo"
    check 'map(select(.status == "warn")) | length == 1 and .[0].stage == "idle" and
        (.[0].message | test("idle timer of 3\\.[0-9] s.*by a proxy or a load balancer")) and (.[0].advice | test("timeout tunnel"))'
}

@test "probe --prom: another parser reads it, of a success and of a failure" {
    need_python_module prometheus_client
    local prom=$BATS_TEST_TMPDIR/probe.prom url
    for url in "ws://127.0.0.1:$UPSTREAM/echo?a=%22b%5Cc" "ws://127.0.0.1:1/"; do
        both probe --prom "$prom" "$url"
        run "$PYTHON3" - "$prom" "$url" <<'END'
import sys
from prometheus_client.parser import text_string_to_metric_families

with open(sys.argv[1], encoding="utf-8") as file:
    families = {f.name: f for f in text_string_to_metric_families(file.read())}
for family in families.values():
    assert family.name.startswith("wscope_") and family.type == "gauge" and family.documentation, family
    assert family.samples and all(s.labels["url"] == sys.argv[2] for s in family.samples), family
value = families["wscope_probe_success"].samples[0].value
assert value == (0 if ":1/" in sys.argv[2] else 1), value
stages = {s.labels["stage"] for s in families["wscope_probe_stage_status"].samples}
assert {"tcp", "path", "extensions", "browser", "ping", "close"} <= stages, stages
print("read")
END
        assert_output read
    done
}

@test "probe --sizes: the limit of Python's websockets, to the byte" {
    need_python_module websockets
    cat >"$BATS_TEST_TMPDIR/limited.py" <<'END'
import asyncio

import websockets


async def take(socket, *_):
    async for _ in socket:
        pass


async def main():
    async with websockets.serve(take, "127.0.0.1", 0, max_size=1 << 20) as server:
        print(f"port {server.sockets[0].getsockname()[1]}", flush=True)
        await asyncio.Future()


asyncio.run(main())
END
    await '^port ([0-9]+)$' "$PYTHON3" "$BATS_TEST_TMPDIR/limited.py"
    probe --sizes "ws://127.0.0.1:$found/"
    assert_equal "$status" 0
    check 'map(select(.stage == "sizes")) | length == 2 and
        all(.[]; .message | test("of 1048576 bytes get through, of 1048577 do not: Close 1009"))'
}
