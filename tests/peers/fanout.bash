# What the tests of fanout share: Redis, nodes of a chat service, load balancers before them.
#
# The variables set here are for the tests; those of bats are set by helpers.bash.
# shellcheck disable=SC2034,SC2154

load peers

# A Redis of its own on a free port, then $REDIS_PORT.
start_redis() {
    need redis-server
    need jq
    REDIS_PORT=$(free_port)
    start_on "$REDIS_PORT" redis-server --port "$REDIS_PORT" --bind 127.0.0.1 --save '' --appendonly no \
        --dir "$BATS_TEST_TMPDIR"
    REDIS=${PEERS[-1]}
}

# start_nodes FAULT...: a node of fanout_node.js for each; their names are n1, n2 ..., their ports $NODE_PORTS, their
# processes $NODES.
start_nodes() {
    local fault
    need_npm redis
    need_ws
    NODE_PORTS=() NODES=()
    for fault; do
        await '^port ([0-9]+)$' node "$PEERS_HERE/fanout_node.js" "n$((${#NODES[@]} + 1))" "$REDIS_PORT" "$fault"
        NODE_PORTS+=("$found")
        NODES+=("${PEERS[-1]}")
    done
}

# start_rolling COUNT: nodes without faults that fanout_roll.bash can restart; their folder is then $ROLL.
start_rolling() {
    local i port command
    need_npm redis
    need_ws
    ROLL=$BATS_TEST_TMPDIR/nodes
    mkdir "$ROLL"
    NODE_PORTS=()
    for ((i = 1; i <= $1; i++)); do
        port=$(free_port)
        command=(node "$PEERS_HERE/fanout_node.js" "n$i" "$REDIS_PORT" none "$port")
        echo "${command[*]}" >"$ROLL/n$i.cmd"
        "${command[@]}" >"$ROLL/n$i.log" 2>&1 </dev/null 3>&- &
        echo $! >"$ROLL/n$i.pid"
        NODE_PORTS+=("$port")
        await_port "$port"
    done
}

stop_rolling() {
    local file
    for file in "${ROLL:-/nowhere}"/n*.pid; do
        [[ ! -e $file ]] || kill "$(<"$file")" 2>/dev/null || true
    done
}

# start_balancer roundrobin|cookie|source: haproxy in front of $NODE_PORTS, then $BALANCER is its URL.
start_balancer() {
    local port file=$BATS_TEST_TMPDIR/haproxy.cfg i
    PATH=$PATH:/usr/sbin:/usr/local/sbin
    need haproxy
    port=$(free_port)
    {
        cat <<END
global
    maxconn 2000
    hard-stop-after 500ms
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    timeout tunnel 60s
    retries 3
    option redispatch
    default-server check inter 200ms fall 1 rise 1
frontend all
    bind 127.0.0.1:$port
    bind 127.0.0.2:$port
    default_backend nodes
backend nodes
    balance $([[ $1 == source ]] && echo source || echo roundrobin)
    $([[ $1 == source ]] && echo hash-type map-based)
    $([[ $1 == cookie ]] && echo cookie SERVERID insert indirect nocache)
END
        for i in "${!NODE_PORTS[@]}"; do
            echo "    server n$((i + 1)) 127.0.0.1:${NODE_PORTS[i]} $([[ $1 == cookie ]] && echo "cookie n$((i + 1))")"
        done
    } >"$file"
    start_on "$port" haproxy -db -f "$file"
    HAPROXY=${PEERS[-1]}
    BALANCER=ws://127.0.0.1:$port
}

# fanout ARGUMENTS...: with --json; what came of it is in $json, the exit status in $status.
fanout() {
    both fanout --json --within 1 "$@"
    json=$(grep '"event":"fanout"' <<<"$output") || {
        printf 'no result (exit %s):\n%s\n%s\n' "$status" "$output" "$stderr" >&2
        return 1
    }
}

# field EXPRESSION: of $json, as jq prints it.
field() {
    jq -r "$1" <<<"$json"
}

# faults: the words of all that was found, joined by commas; "none" for none.
faults() {
    field '[.verdict.faults[].fault] | if length == 0 then "none" else join(",") end'
}
