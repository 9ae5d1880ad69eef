#!/usr/bin/env bats
# wscope probe --idle and what ends idle connections in earnest: timers of proxies and of a server, and a firewall that
# forgets them. The sentence about each is printed.

load probing

setup() {
    need_ws
    need jq
    NAMESPACES=()
}

teardown() {
    stop_peers
    local name
    for name in "${NAMESPACES[@]}"; do
        ip netns del "$name" 2>/dev/null || true
    done
}

# about SECONDS: a pattern; a busy machine sees the beginning late, or the end.
about() {
    echo "($(($1 - 1))\.[5-9]|$1\.[0-9])"
}

# await_server [HOST]: the one with timers, perhaps in the namespace $FAR.
await_server() {
    local within=()
    [[ ${FAR-} ]] && within=(ip netns exec "$FAR")
    await '^port ([0-9]+)$' "${within[@]}" node "$PEERS_HERE/timer_server.js" "$@"
}

@test "probe --idle: nginx, proxy_read_timeout 5s" {
    local port
    port=$(free_port)
    await_server
    start_nginx "$port" <<END
    server {
        listen 127.0.0.1:$port;
        location / {
            proxy_pass http://127.0.0.1:$found;
            proxy_http_version 1.1;
            proxy_set_header Upgrade \$http_upgrade;
            proxy_set_header Connection "upgrade";
            proxy_read_timeout 5s;
        }
    }
END
    probe --idle=7 "ws://127.0.0.1:$port/"
    finds idle "idle timer of $(about 5) s.*without a Close.*probably nginx .Server: nginx.*frames of the client reset it" \
        'nginx: proxy_read_timeout 1h'
}

@test "probe --idle: haproxy, timeout tunnel 4s" {
    PATH=$PATH:/usr/sbin:/usr/local/sbin
    need haproxy
    local port
    port=$(free_port)
    await_server
    cat >"$BATS_TEST_TMPDIR/haproxy.cfg" <<END
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
    timeout tunnel 4s
frontend plain
    bind 127.0.0.1:$port
    default_backend echo
backend echo
    server ws 127.0.0.1:$found
END
    start_on "$port" haproxy -db -f "$BATS_TEST_TMPDIR/haproxy.cfg"
    probe --idle=6 "ws://127.0.0.1:$port/"
    finds idle "idle timer of $(about 4) s.*without a Close, so by a proxy, a load balancer or a server.*frames of the client reset it" \
        'haproxy: timeout tunnel 1h'
}

@test "probe --idle: a timer of 4 s that only the client resets" {
    await_server
    probe --idle=6 "ws://127.0.0.1:$found/up?s=4"
    finds idle "idle timer of $(about 4) s.*only what the client sends resets it"
}

@test "probe --idle: a timer of 4 s that only the server resets" {
    await_server
    probe --idle=6 "ws://127.0.0.1:$found/down?s=4"
    finds idle "idle timer of $(about 4) s.*only what the server sends resets it"
}

@test "probe --idle: a lifetime of 6 s" {
    await_server
    probe --idle=8 "ws://127.0.0.1:$found/lifetime?s=6"
    finds lifetime "lifetime limit of $(about 6) s: a connection with traffic both ways ends then" 'reconnect'
}

# forgetful_firewall SECONDS: three namespaces in a row; the middle one passes on the packets of connections that it knows,
# and forgets those that were idle for so long.
forgetful_firewall() {
    PATH=$PATH:/usr/sbin:/sbin
    need ip
    need nft
    NEAR=wscope-near-$$ MIDDLE=wscope-middle-$$ FAR=wscope-far-$$
    ip netns add "$NEAR" 2>/dev/null || skip "no right to make network namespaces"
    NAMESPACES=("$NEAR" "$MIDDLE" "$FAR")
    ip netns add "$MIDDLE"
    ip netns add "$FAR"
    ip -n "$MIDDLE" link add near type veth peer name cable netns "$NEAR" 2>/dev/null ||
        skip "no right to make network interfaces"
    ip -n "$MIDDLE" link add far type veth peer name cable netns "$FAR"
    ip -n "$MIDDLE" addr add 198.18.77.1/24 dev near
    ip -n "$MIDDLE" addr add 198.18.78.1/24 dev far
    ip -n "$NEAR" addr add 198.18.77.2/24 dev cable
    ip -n "$FAR" addr add 198.18.78.2/24 dev cable
    ip -n "$MIDDLE" link set near up
    ip -n "$MIDDLE" link set far up
    ip -n "$NEAR" link set cable up
    ip -n "$FAR" link set cable up
    ip -n "$NEAR" route add default via 198.18.77.1
    ip -n "$FAR" route add default via 198.18.78.1
    ip netns exec "$MIDDLE" nft -f - 2>"$BATS_TEST_TMPDIR/nft" <<'END' || skip "packets cannot be filtered here: $(<"$BATS_TEST_TMPDIR/nft")"
table ip firewall {
    chain forward {
        type filter hook forward priority 0; policy drop;
        ct state new tcp flags & (fin | syn | rst | ack) == syn accept
        ct state established accept
    }
}
END
    ip netns exec "$MIDDLE" sh -c "cd /proc/sys/net && echo 1 >ipv4/ip_forward && echo 0 >netfilter/nf_conntrack_tcp_loose &&
        echo $1 >netfilter/nf_conntrack_tcp_timeout_established" 2>/dev/null || skip "no right to configure the firewall"
}

# within_half_a_second SECONDS: of a silent drop: still working before that time, dead after it.
within_half_a_second() {
    ((SLOW == 1)) || return 0
    jq -se --argjson s "$1" 'map(select(.stage == "idle"))[0].message | [scan("idle for ([0-9.]+) s") | .[0] | tonumber] |
        length == 2 and .[0] <= $s + 0.1 and .[1] >= $s - 0.1 and .[1] - .[0] <= 0.55' <<<"$output" >/dev/null && return
    echo "not within half a second: $output" >&2
    return 1
}

@test "probe --idle: a firewall that forgets a connection after 4 s" {
    forgetful_firewall 4
    await_server 198.18.78.2
    WSCOPE_COMMAND=(ip netns exec "$NEAR" "${WSCOPE_COMMAND[@]}")
    probe --idle=6 "ws://198.18.78.2:$found/"
    finds idle 'silent drop: a connection that is idle for [34]\.[0-9] s still works, one that is idle for [45]\.[0-9] s is dead' \
        'send a ping every 1\.[0-9] s.*--ping-interval'
    within_half_a_second 4
}
