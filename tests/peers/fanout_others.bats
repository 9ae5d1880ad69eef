#!/usr/bin/env bats
# wscope fanout behind nginx, with Socket.IO and its Redis adapter, with nchan over Redis.

load fanout

setup() {
    start_redis
}

# clean_runs COUNT ARGUMENTS...: so many in a row without a finding.
clean_runs() {
    local count=$1 i
    shift
    for ((i = 0; i < count; i++)); do
        fanout --rounds 1 "$@"
        assert_equal "$(faults)" none
        assert_equal "$status" 0
        assert_equal "$(field .total.lost)" 0
    done
}

# row NAME: what came of the last run, for whoever reads the test's output.
row() {
    printf '# %-34s %-12s %s\n' "$1" "$(faults)" "$(field .verdict.text)" >&3
}

# nginx_before LINE: nginx in front of $NODE_PORTS, with that line in its upstream block; then $BALANCER.
nginx_before() {
    local port node
    port=$(free_port)
    start_nginx "$port" <<END
    map \$http_upgrade \$connection_upgrade { default upgrade; '' close; }
    upstream nodes {
        $1
        $(for node in "${NODE_PORTS[@]}"; do echo "server 127.0.0.1:$node;"; done)
    }
    server {
        listen 127.0.0.1:$port;
        location / {
            proxy_pass http://nodes;
            proxy_http_version 1.1;
            proxy_set_header Upgrade \$http_upgrade;
            proxy_set_header Connection \$connection_upgrade;
        }
    }
END
    NGINX=${PEERS[-1]}
    BALANCER=ws://127.0.0.1:$port
}

@test "fanout: nginx, in turn and by ip_hash: no finding ten times in a row" {
    start_nodes none none none
    nginx_before ''
    clean_runs 10 "$BALANCER/"
    row 'nginx × 10'
    assert_equal "$(field '.spread.nodes | length')" 3
    kill "$NGINX"
    wait "$NGINX" || true
    nginx_before 'ip_hash;'
    clean_runs 10 "$BALANCER/"
    row 'nginx ip_hash × 10'
    assert_equal "$(field '.spread.nodes | length')" 1
    [[ $(field .stickiness.text) == *'sticky by source address, or there is only one node'* ]]
}

# socketio_nodes REDIS_PORT: three nodes of fanout_socketio.js.
socketio_nodes() {
    local i
    need_npm socket.io
    need_npm @socket.io/redis-adapter
    NODE_PORTS=() NODES=()
    for i in 1 2 3; do
        await '^port ([0-9]+)$' node "$PEERS_HERE/fanout_socketio.js" "n$i" "$1"
        NODE_PORTS+=("$found")
        NODES+=("${PEERS[-1]}")
    done
}

@test "fanout: Socket.IO with its Redis adapter: no finding ten times; without it no shared bus" {
    local as=(--as socket.io,transport=websocket --publish 'chat {"wscope":"{nonce}"}')
    socketio_nodes "$REDIS_PORT"
    start_balancer roundrobin
    clean_runs 10 "${as[@]}" "$BALANCER/"
    row 'Socket.IO with the adapter × 10'
    assert_equal "$(field '.spread.nodes | length')" 3
    fanout "${as[@]}" --redis "redis://127.0.0.1:$REDIS_PORT" "$BALANCER/"
    assert_equal "$(faults)" none
    assert_equal "$(field .redis.seen)" 24
    kill "${NODES[@]}" "$HAPROXY"
    socketio_nodes 0
    start_balancer roundrobin
    fanout "${as[@]}" "$BALANCER/"
    row 'Socket.IO without the adapter'
    assert_equal "$(faults)" no-bus
    assert_equal "$status" 3
}

@test "fanout: Socket.IO's polling handshake without stickiness: 400 Session ID unknown is explained" {
    local as=(--as socket.io --publish 'chat {"wscope":"{nonce}"}')
    socketio_nodes "$REDIS_PORT"
    start_balancer roundrobin
    fanout "${as[@]}" "$BALANCER/" || true
    row 'Socket.IO, polling, roundrobin'
    [[ $(faults) == *not-sticky* ]]
    assert_equal "$(field .stickiness.by)" none
    [[ $(field .verdict.text) == *'Session ID unknown'* ]]
    kill "$HAPROXY"
    start_balancer source
    clean_runs 1 "${as[@]}" "$BALANCER/"
    row 'Socket.IO, polling, source'
}

# nchan_node [LINE]: another nginx, whose /chat passes on what its clients send; its port is added to $NODE_PORTS.
nchan_node() {
    local port folder module='' at
    PATH=$PATH:/usr/sbin:/usr/local/sbin
    need nginx
    for at in /usr/lib/nginx/modules /usr/lib64/nginx/modules /usr/share/nginx/modules; do
        [[ -e $at/ngx_nchan_module.so ]] && module=$at/ngx_nchan_module.so
    done
    [[ $module ]] || missing "nginx has no nchan module (Debian: libnginx-mod-nchan)"
    port=$(free_port)
    folder=$BATS_TEST_TMPDIR/nchan.$port
    mkdir "$folder"
    cat >"$folder/nginx.conf" <<END
$([[ $(id -u) != 0 ]] || echo 'user root;')
load_module $module;
daemon off;
pid $folder/nginx.pid;
error_log stderr warn;
worker_processes 1;
events { worker_connections 128; }
http {
    access_log off;
    client_body_temp_path $folder/body;
    proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi;
    uwsgi_temp_path $folder/uwsgi;
    scgi_temp_path $folder/scgi;
    ${1-}
    server {
        listen 127.0.0.1:$port;
        location = /chat {
            nchan_pubsub websocket;
            nchan_channel_id chat;
            nchan_subscriber_first_message newest;
            ${1:+nchan_redis_pass redis;}
        }
    }
}
END
    start_on "$port" nginx -e stderr -p "$folder" -c "$folder/nginx.conf"
    NODE_PORTS+=("$port")
}

@test "fanout: nchan over Redis: no finding ten times in a row; each for itself: no shared bus" {
    local i redis="upstream redis { nchan_redis_server redis://127.0.0.1:$REDIS_PORT; }"
    NODE_PORTS=()
    for i in 1 2; do nchan_node "$redis"; done
    start_balancer roundrobin
    clean_runs 10 "$BALANCER/chat"
    row 'nchan over Redis × 10'
    kill "$HAPROXY"
    NODE_PORTS=()
    for i in 1 2; do nchan_node; done
    start_balancer roundrobin
    fanout "$BALANCER/chat"
    row 'nchan without Redis'
    assert_equal "$(faults)" no-bus
}

@test "fanout: three wscope serve --pubsub: no finding ten times in a row; without Redis each is an island" {
    local i
    NODE_PORTS=() NODES=()
    for i in 1 2 3; do
        serve --pubsub "redis://127.0.0.1:$REDIS_PORT" --node "n$i"
        NODE_PORTS+=("$SERVE_PORT")
        NODES+=("${PEERS[-1]}")
    done
    start_balancer roundrobin
    clean_runs 10 "$BALANCER/chat"
    row 'wscope serve --pubsub × 10'
    assert_equal "$(field '[.spread.nodes[].node] | join(",")')" n1,n2,n3
    kill "${NODES[@]}" "$HAPROXY"
    NODE_PORTS=()
    for i in 1 2 3; do
        serve --node "n$i"
        NODE_PORTS+=("$SERVE_PORT")
    done
    start_balancer roundrobin
    fanout "$BALANCER/chat"
    row 'wscope serve without Redis'
    assert_equal "$(faults)" no-bus
}
