#!/usr/bin/env bats
# wscope probe and healthy servers and proxies of others: there is no finding.

load probing

setup() {
    need jq
}

# An echo of ws, for a proxy.
upstream() {
    need_ws
    await '^port ([0-9]+)$' node "$PEERS_HERE/ws_server.js" deflate
    UPSTREAM=$found
    PLAIN=$(free_port)
}

@test "probe: healthy: ws" {
    upstream
    probe "ws://127.0.0.1:$UPSTREAM/echo"
    well
}

@test "probe: healthy: wscope serve" {
    await '^ws://127\.0\.0\.1:([0-9]+)$' "${WSCOPE_COMMAND[@]}" serve -n 127.0.0.1:0
    for path in echo feed; do
        probe "ws://127.0.0.1:$found/$path"
        well
    done
}

@test "probe: healthy: nginx before ws" {
    upstream
    start_nginx "$PLAIN" <<END
    server {
        listen 127.0.0.1:$PLAIN;
        location / {
            proxy_pass http://127.0.0.1:$UPSTREAM;
            proxy_http_version 1.1;
            proxy_set_header Upgrade \$http_upgrade;
            proxy_set_header Connection upgrade;
        }
    }
END
    probe "ws://127.0.0.1:$PLAIN/echo"
    well
}

@test "probe: healthy: haproxy before ws" {
    PATH=$PATH:/usr/sbin:/usr/local/sbin
    need haproxy
    upstream
    cat >"$BATS_TEST_TMPDIR/haproxy.cfg" <<END
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend plain
    bind 127.0.0.1:$PLAIN
    default_backend echo
backend echo
    server ws 127.0.0.1:$UPSTREAM
END
    start_on "$PLAIN" haproxy -db -f "$BATS_TEST_TMPDIR/haproxy.cfg"
    probe "ws://127.0.0.1:$PLAIN/echo"
    well
}

@test "probe: healthy: caddy before ws, plain and with TLS" {
    need caddy
    need openssl
    upstream
    certificate localhost DNS:localhost
    local folder=$BATS_TEST_TMPDIR secure
    secure=$(free_port)
    cat >"$folder/Caddyfile" <<END
{
    admin off
    auto_https disable_redirects
    skip_install_trust
    storage file_system $folder/caddy
    grace_period 500ms
}
(routes) {
    bind 127.0.0.1
    reverse_proxy 127.0.0.1:$UPSTREAM
}
http://:$PLAIN {
    import routes
}
https://localhost:$secure {
    tls $folder/localhost.pem $folder/localhost.key
    import routes
}
END
    export HOME=$folder XDG_DATA_HOME=$folder XDG_CONFIG_HOME=$folder
    start_on "$PLAIN" caddy run --config "$folder/Caddyfile" --adapter caddyfile
    await_port "$secure"
    probe "ws://127.0.0.1:$PLAIN/echo"
    well
    probe --cacert "$folder/ca.pem" "wss://localhost:$secure/echo"
    well
}

@test "probe: healthy: Python's websockets" {
    need_python_module websockets
    await '^port ([0-9]+)$' "$PYTHON3" "$PEERS_HERE/echo_websockets.py" deflate
    probe "ws://127.0.0.1:$found/"
    well
}

@test "probe: healthy: hypercorn" {
    need hypercorn
    await 'Running on http://127\.0\.0\.1:([0-9]+)' env PYTHONPATH="$PEERS_HERE" PYTHONDONTWRITEBYTECODE=1 \
        hypercorn --bind 127.0.0.1:0 echo_asgi:app
    probe "ws://127.0.0.1:$found/"
    well
}

@test "probe: healthy: uvicorn" {
    need_python_module uvicorn
    need_python_module websockets
    local port
    port=$(free_port)
    start_on "$port" env PYTHONPATH="$PEERS_HERE" PYTHONDONTWRITEBYTECODE=1 \
        "$PYTHON3" -m uvicorn --host 127.0.0.1 --port "$port" echo_asgi:app
    probe "ws://127.0.0.1:$port/"
    well
}

@test "probe: healthy: websocketd" {
    need websocketd
    local port
    port=$(free_port)
    start_on "$port" websocketd --loglevel=fatal --address=127.0.0.1 --port="$port" cat
    probe "ws://127.0.0.1:$port/"
    well
}

@test "probe: healthy: socket.io" {
    need_npm socket.io
    await '^port ([0-9]+)$' node "$PEERS_HERE/socketio_server.js"
    probe "ws://127.0.0.1:$found/socket.io/?EIO=4&transport=websocket"
    well
}

@test "probe: healthy: graphql-ws with its subprotocol" {
    need_npm graphql
    need_npm graphql-ws
    need_ws
    await '^port ([0-9]+)$' node "$PEERS_HERE/graphql_server.js" graphql-ws
    probe -s graphql-transport-ws --on-connect '{"type":"connection_init"}' "ws://127.0.0.1:$found/graphql"
    well
}
