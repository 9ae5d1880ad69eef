#!/usr/bin/env bats
# Through other people's proxies: HTTP (squid, tinyproxy) and SOCKS5 (microsocks, dante), to an echo that speaks TLS.

load peers

# It is the tunnel that is looked at, not how fast the echo behind it is.
MANY=$((MANY / 10))

setup() {
    PATH=$PATH:/usr/sbin:/usr/local/sbin
    folder=$BATS_TEST_TMPDIR
    need_python_module websockets
    need openssl
    certificate localhost DNS:localhost
    await '^port ([0-9]+)$' "$PYTHON3" "$PEERS_HERE/echo_websockets.py" deflate "$folder/localhost.pem" "$folder/localhost.key"
    ECHO=$found
    URL=wss://localhost:$ECHO/
    CA=$folder/ca.pem
    PORT=$(free_port)
}

teardown() {
    stop_peers
    [[ -z ${USERS:-} ]] || rm -r "$USERS"
}

# COMMAND...: a proxy in the background that listens on $PORT.
proxy() {
    need "$1" || return
    "$@" >"$folder/proxy.log" 2>&1 </dev/null 3>&- &
    PEERS+=($!)
    await_port "$PORT" || {
        cat "$folder/proxy.log" >&2
        return 1
    }
}

start_squid() {
    need squid || return
    [[ $(id -u) != 0 ]] || chmod 777 "$folder"
    cat >"$folder/squid.conf" <<END
pid_filename $folder/squid.pid
access_log none
cache_log $folder/cache.log
coredump_dir $folder
cache deny all
shutdown_lifetime 0 seconds
pinger_enable off
$1 127.0.0.1:$PORT ${2:-}
acl here dst 127.0.0.1
acl forbidden port 1
http_access deny forbidden
${3:-}
http_access allow here
http_access deny all
END
    command squid -N -f "$folder/squid.conf" >"$folder/proxy.log" 2>&1 </dev/null 3>&- &
    PEERS+=($!)
    await_port "$PORT" || {
        cat "$folder/proxy.log" "$folder/cache.log" >&2
        return 1
    }
}

start_tinyproxy() {
    printf '%s\n' "Port $PORT" 'Listen 127.0.0.1' 'Allow 127.0.0.1' 'Timeout 60' 'MaxClients 10' "$@" \
        >"$folder/tinyproxy.conf"
    proxy tinyproxy -d -c "$folder/tinyproxy.conf"
}

start_danted() {
    local user
    user=$(id -un)
    cat >"$folder/danted.conf" <<END
logoutput: stderr
internal: 127.0.0.1 port = $PORT
external: lo
clientmethod: none
socksmethod: $1
user.privileged: $user
user.unprivileged: $user
client pass { from: 127.0.0.1/32 to: 0.0.0.0/0 }
socks pass { from: 127.0.0.1/32 to: 127.0.0.1/32 }
socks block { from: 0.0.0.0/0 to: 0.0.0.0/0 }
END
    proxy danted -f "$folder/danted.conf" -p "$folder/danted.pid"
}

# ARGUMENTS...: a message goes through and comes back.
echoes() {
    both --cacert "$CA" -v "$@" "$URL" <<<'through the proxy'
    assert_equal "$status" 0
    assert_output 'through the proxy'
    assert_stderr "proxy 127\.0\.0\.1:$PORT answered"
}

# REGEX...: exit 97, and the sentence names the proxy and has each of these.
refused() {
    assert_equal "$status" 97
    assert_stderr "127\.0\.0\.1:$PORT" "$@"
    refute_stderr hush
}

@test "squid: an echo over TLS through CONNECT, a long stream too" {
    start_squid http_port
    echoes -x "http://127.0.0.1:$PORT"
    MANY=$((MANY / 20)) round_trip --cacert "$CA" -x "http://127.0.0.1:$PORT" "$URL"
}

@test "squid: what it denies and what it can't reach" {
    start_squid http_port
    both -n -x "127.0.0.1:$PORT" ws://127.0.0.1:1/
    refused 'answered 403 Forbidden' 'noproxy'
    both -n -x "127.0.0.1:$PORT" "ws://127.0.0.1:$(free_port)/"
    refused 'answered 503' 'ERR_CONNECT_FAIL' 'could not reach'
}

@test "squid: CONNECT for ws:// too, by the environment, and no_proxy goes around it" {
    start_squid http_port
    await '^port ([0-9]+)$' "$PYTHON3" "$PEERS_HERE/echo_websockets.py" plain
    URL=ws://localhost:$found/ http_proxy=http://127.0.0.1:$PORT echoes
    http_proxy=http://127.0.0.1:$PORT no_proxy=localhost both -v -1 -e x "ws://localhost:$found/"
    assert_equal "$status" 0
    refute_stderr 'proxy'
}

@test "squid: credentials, right, wrong and none" {
    local auth=/usr/lib/squid/basic_ncsa_auth
    [[ -x $auth ]] || missing "squid has no $auth"
    # Read by squid's own user, who can't see the test's folder.
    USERS=$(mktemp -d)
    chmod 755 "$USERS"
    printf 'me:%s\n' "$(openssl passwd -apr1 hush)" >"$USERS/users"
    start_squid http_port '' "auth_param basic program $auth $USERS/users
acl known proxy_auth REQUIRED
http_access deny !known"
    echoes -x "http://me:hush@127.0.0.1:$PORT"
    both --cacert "$CA" -n -x "http://me:wrong-hush@127.0.0.1:$PORT" "$URL"
    refused '407 Proxy Authentication Required' '--proxy http://USER:PASS@HOST:PORT' 'not accept'
    both --cacert "$CA" -n -x "http://127.0.0.1:$PORT" "$URL"
    refused '407 Proxy Authentication Required' '--proxy http://USER:PASS@HOST:PORT'
}

@test "squid: TLS to the proxy, and the echo's TLS inside" {
    certificate proxy IP:127.0.0.1
    [[ $(id -u) != 0 ]] || chmod 644 "$folder/proxy.key"
    start_squid https_port "tls-cert=$folder/proxy.pem tls-key=$folder/proxy.key"
    echoes -x "https://127.0.0.1:$PORT"
    MANY=$((MANY / 20)) round_trip --cacert "$CA" -x "https://127.0.0.1:$PORT" "$URL"
    both -n -x "https://127.0.0.1:$PORT" "$URL"
    assert_equal "$status" 60
    assert_stderr "proxy 127\.0\.0\.1:$PORT"
    both --cacert "$CA" -n -x "http://127.0.0.1:$PORT" "$URL"
    refused 'https://HOST:PORT'
}

@test "tinyproxy: an echo over TLS" {
    start_tinyproxy
    echoes -x "http://127.0.0.1:$PORT"
    https_proxy=127.0.0.1:$PORT echoes
    # Asked in SOCKS it waits for more.
    both --cacert "$CA" -n --connect-timeout 1 -x "socks5h://127.0.0.1:$PORT" "$URL"
    assert_equal "$status" 28
    assert_stderr "waiting for the proxy 127\.0\.0\.1:$PORT"
}

@test "tinyproxy: no and wrong credentials name the proxy, the status and the option" {
    start_tinyproxy 'BasicAuth me hush'
    echoes -x "http://me:hush@127.0.0.1:$PORT"
    both --cacert "$CA" -n -x "http://127.0.0.1:$PORT" "$URL"
    refused '407 Proxy Authentication Required' '--proxy http://USER:PASS@HOST:PORT'
    both --cacert "$CA" -n -x "http://me:wrong-hush@127.0.0.1:$PORT" "$URL"
    refused '40[17]' '--proxy http://USER:PASS@HOST:PORT' 'not accept'
}

@test "microsocks: an echo over TLS, names resolved there and here" {
    proxy microsocks -i 127.0.0.1 -p "$PORT"
    echoes -x "socks5h://127.0.0.1:$PORT"
    echoes -x "socks5://127.0.0.1:$PORT"
    ALL_PROXY=socks5h://127.0.0.1:$PORT echoes
    MANY=$((MANY / 20)) round_trip --cacert "$CA" -x "socks5h://127.0.0.1:$PORT" "$URL"
    both -n -x "socks5h://127.0.0.1:$PORT" ws://127.0.0.1:1/
    refused 'refused' 'SOCKS reply 5'
    both --cacert "$CA" -n -x "http://127.0.0.1:$PORT" "$URL"
    refused 'hung up|HTTP proxy' 'socks5h://'
}

@test "microsocks: credentials, right, wrong and none" {
    proxy microsocks -i 127.0.0.1 -p "$PORT" -u me -P hush
    echoes -x "socks5h://me:hush@127.0.0.1:$PORT"
    both --cacert "$CA" -n -x "socks5h://me:wrong-hush@127.0.0.1:$PORT" "$URL"
    refused 'refused the user name or password' '--proxy socks5h://USER:PASS@HOST:PORT'
    both --cacert "$CA" -n -x "socks5h://127.0.0.1:$PORT" "$URL"
    refused 'without credentials' '--proxy socks5h://USER:PASS@HOST:PORT'
}

@test "dante: an echo over TLS, and what its rules block" {
    start_danted none
    echoes -x "socks5h://127.0.0.1:$PORT"
    echoes -x "socks5://127.0.0.1:$PORT"
    both -n -x "socks5h://127.0.0.1:$PORT" ws://127.1.1.1:1/
    refused 'rules' 'SOCKS reply 2'
}

@test "dante: a user name it does not know" {
    start_danted username
    both --cacert "$CA" -n -x "socks5h://nobody-here:hush@127.0.0.1:$PORT" "$URL"
    refused 'refused the user name or password' '--proxy socks5h://USER:PASS@HOST:PORT'
    both --cacert "$CA" -n -x "socks5h://127.0.0.1:$PORT" "$URL"
    refused 'without credentials' '--proxy socks5h://USER:PASS@HOST:PORT'
}

@test "a proxy that can't be found or reached: exit 6 and 7, called the proxy" {
    both -n -x http://no-such-proxy.invalid:3128 "$URL"
    assert_equal "$status" 6
    assert_stderr 'proxy no-such-proxy\.invalid:3128' 'noproxy'
    https_proxy=127.0.0.1:$PORT both -n "$URL"
    assert_equal "$status" 7
    assert_stderr "proxy 127\.0\.0\.1:$PORT \(from https_proxy\)" refused
}
