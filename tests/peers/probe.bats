#!/usr/bin/env bats
# wscope probe and servers and proxies of others: healthy, and forgetful. The metrics, by a parser of others.

load probing

setup() {
    need_ws
    need jq
    await '^port ([0-9]+)$' node "$PEERS_HERE/ws_server.js" deflate
    UPSTREAM=$found
    PLAIN=$(free_port)
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
    }
END
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
