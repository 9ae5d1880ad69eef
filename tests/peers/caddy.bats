#!/usr/bin/env bats
# Through caddy: a reverse proxy that sees to its certificates by itself.

load peers

setup() {
    need caddy
    need_ws
    need openssl
    await '^port ([0-9]+)$' node "$PEERS_HERE/ws_server.js" deflate
    local upstream=$found
    certificate localhost DNS:localhost
    PLAIN=$(free_port)
    SECURE=$(free_port)
    local folder=$BATS_TEST_TMPDIR
    cat >"$folder/Caddyfile" <<END
{
    admin off
    auto_https disable_redirects
    skip_install_trust
    storage file_system $folder/caddy
    log {
        level ERROR
    }
    grace_period 500ms
    servers {
        protocols h1 h2
    }
}
(routes) {
    bind 127.0.0.1
    handle /gone/* {
        reverse_proxy 127.0.0.1:1
    }
    handle /page {
        respond "nothing but a page"
    }
    handle /forgetful/* {
        uri strip_prefix /forgetful
        reverse_proxy 127.0.0.1:$upstream {
            header_up -Upgrade
            header_up -Connection
        }
    }
    handle {
        reverse_proxy 127.0.0.1:$upstream
    }
}
http://:$PLAIN {
    import routes
}
https://localhost:$SECURE {
    tls $folder/localhost.pem $folder/localhost.key
    import routes
}
https://internal.localhost:$SECURE {
    tls internal
    import routes
}
END
    export HOME=$folder XDG_DATA_HOME=$folder XDG_CONFIG_HOME=$folder
    start_on "$PLAIN" caddy run --config "$folder/Caddyfile" --adapter caddyfile
    CADDY=${PEERS[-1]}
    await_port "$SECURE"
}

@test "caddy: an echo behind it; -i shows both heads" {
    both -i "ws://127.0.0.1:$PLAIN/echo" <<<'through the proxy'
    assert_equal "$status" 0
    assert_output 'through the proxy'
    assert_stderr 'GET /echo HTTP/1\.1' '101 Switching Protocols' 'Server: Caddy' 'permessage-deflate'
}

@test "caddy: wss with a certificate of ours" {
    both --cacert "$BATS_TEST_TMPDIR/ca.pem" "wss://localhost:$SECURE/echo" <<<'over TLS'
    assert_equal "$status" 0
    assert_output 'over TLS'
    both -n "wss://localhost:$SECURE/echo"
    assert_equal "$status" 60
    assert_stderr 'Bats Test Root'
}

@test "caddy: wss with a certificate of its own authority" {
    local root=$BATS_TEST_TMPDIR/caddy/pki/authorities/local/root.crt
    wait_until test -s "$root"
    both --cacert "$root" "wss://internal.localhost:$SECURE/echo" <<<'over TLS'
    assert_equal "$status" 0
    assert_output 'over TLS'
    both -n "wss://internal.localhost:$SECURE/echo"
    assert_equal "$status" 60
    assert_stderr 'Caddy Local Authority'
}

@test "caddy: a host that it has no certificate for: exit 35, the alert reported" {
    both -n --cacert "$BATS_TEST_TMPDIR/ca.pem" "wss://127.0.0.1:$SECURE/echo"
    assert_equal "$status" 35
    assert_stderr 'alert internal_error' '--servername'
}

@test "caddy: stopping it closes what is open with 1001: exit 0" {
    await '(opened)' "${WSCOPE_COMMAND[@]}" -n "ws://127.0.0.1:$PLAIN/echo"
    kill "$CADDY"
    last_ended 0 'closed by the peer: 1001'
}

@test "caddy: no backend, a mere page, a forgotten Upgrade: exit 22, each with its status" {
    both -n "ws://127.0.0.1:$PLAIN/gone/echo"
    assert_equal "$status" 22
    assert_stderr '502 Bad Gateway'
    both -n "ws://127.0.0.1:$PLAIN/page"
    assert_equal "$status" 22
    assert_stderr '200 OK' 'nothing but a page'
    both -n "ws://127.0.0.1:$PLAIN/forgetful/echo"
    assert_equal "$status" 22
    assert_stderr '426 Upgrade Required' hint
}

@test "caddy: a plain request to the TLS port: exit 22, its page shown" {
    both -n "ws://127.0.0.1:$SECURE/echo"
    assert_equal "$status" 22
    assert_stderr '400 Bad Request' 'HTTPS server'
}

@test "caddy: many lines there and back, plain and over TLS" {
    MANY=$((MANY / 10))
    MANY=$((MANY / 20)) round_trip --no-compress "ws://127.0.0.1:$PLAIN/echo"
    MANY=$((MANY / 20)) round_trip --no-compress --cacert "$BATS_TEST_TMPDIR/ca.pem" "wss://localhost:$SECURE/echo"
}
