#!/usr/bin/env bats
# Through nginx: a reverse proxy in front of an echo, plain and with TLS.

load peers

setup() {
    need_ws
    need openssl
    await '^port ([0-9]+)$' node "$PEERS_HERE/ws_server.js" deflate
    local upstream=$found
    certificate localhost DNS:localhost,DNS:proxy.example
    PLAIN=$(free_port)
    SECURE=$(free_port)
    local folder=$BATS_TEST_TMPDIR
    start_nginx "$PLAIN" <<END
    server {
        listen 127.0.0.1:$PLAIN;
        listen 127.0.0.1:$SECURE ssl;
        ssl_certificate $folder/localhost.pem;
        ssl_certificate_key $folder/localhost.key;
        location / {
            proxy_pass http://127.0.0.1:$upstream;
            proxy_http_version 1.1;
            proxy_set_header Upgrade \$http_upgrade;
            proxy_set_header Connection upgrade;
        }
        location /forgetful/ {
            proxy_pass http://127.0.0.1:$upstream/;
        }
        location /gone/ {
            proxy_pass http://127.0.0.1:1/;
        }
        location /idle/ {
            proxy_pass http://127.0.0.1:$upstream/;
            proxy_http_version 1.1;
            proxy_set_header Upgrade \$http_upgrade;
            proxy_set_header Connection upgrade;
            proxy_read_timeout 1s;
        }
    }
END
    await_port "$SECURE"
}

@test "nginx: an echo behind it; -i shows both heads" {
    both -i "ws://127.0.0.1:$PLAIN/echo" <<<'through the proxy'
    assert_equal "$status" 0
    assert_output 'through the proxy'
    assert_stderr 'GET /echo HTTP/1\.1' '101 Switching Protocols' 'Server: nginx'
}

@test "nginx: wss with its certificate" {
    both --cacert "$BATS_TEST_TMPDIR/ca.pem" "wss://localhost:$SECURE/echo" <<<'over TLS'
    assert_equal "$status" 0
    assert_output 'over TLS'
}

@test "nginx: without the CA: exit 60, the certificate and the reason named" {
    both -n "wss://localhost:$SECURE/echo"
    assert_equal "$status" 60
    assert_stderr localhost 'Bats Test Root' 'issuer|unknown|trust' hint
}

@test "nginx: a wrong host: exit 60, both names" {
    both -n --cacert "$BATS_TEST_TMPDIR/ca.pem" "wss://127.0.0.1:$SECURE/echo"
    assert_equal "$status" 60
    assert_stderr '127\.0\.0\.1' 'proxy\.example'
    both -n --cacert "$BATS_TEST_TMPDIR/ca.pem" --servername proxy.example -e x -1 "wss://127.0.0.1:$SECURE/echo"
    assert_equal "$status" 0
    assert_output x
}

@test "nginx: a plain request to the TLS port: exit 22, its page shown" {
    both -n "ws://127.0.0.1:$SECURE/echo"
    assert_equal "$status" 22
    assert_stderr '400' 'HTTPS port' 'wss://|TLS'
}

@test "nginx: a TLS handshake to the plain port: exit 35" {
    both -n "wss://127.0.0.1:$PLAIN/echo"
    assert_equal "$status" 35
    assert_stderr 'ws://'
}

@test "nginx: a proxy that forgets Upgrade: exit 22, with a hint" {
    both -n "ws://127.0.0.1:$PLAIN/forgetful/echo"
    assert_equal "$status" 22
    assert_stderr '426|400' nginx hint
}

@test "nginx: no backend: exit 22, 502" {
    both -n "ws://127.0.0.1:$PLAIN/gone/echo"
    assert_equal "$status" 22
    assert_stderr 502 nginx
}

@test "nginx: an idle timeout: exit 56; with --ping-interval the connection stays" {
    both -n "ws://127.0.0.1:$PLAIN/idle/echo"
    assert_equal "$status" 56
    assert_stderr 'idle'
    both -n --ping-interval 0.3 --for 2 "ws://127.0.0.1:$PLAIN/idle/echo"
    assert_equal "$status" 0
}

@test "nginx: three idle drops in a row name the timeout and the option that cures it, which does" {
    both -n -r --retry-delay 0.05 --retry 9 -m 8 "ws://127.0.0.1:$PLAIN/idle/echo"
    assert_stderr 'the last 3 connections were each dropped after 1 s of silence: an idle timeout of 1 s .*proxy_read_timeout.*--ping-interval 0\.5'
    # Not before the third; later where a drop came late on a busy machine.
    run awk '/the last 3 connections/ { print (drops >= 3); exit } /connection lost/ { drops++ }' <<<"$stderr"
    assert_output 1
    both -n -r --ping-interval 0.5 --for 4 "ws://127.0.0.1:$PLAIN/idle/echo"
    assert_equal "$status" 0
    refute_stderr 'connection lost'
}

@test "nginx: many lines there and back" {
    MANY=$((MANY / 4)) round_trip --no-compress "ws://127.0.0.1:$PLAIN/echo"
}

@test "nginx: many lines there and back over TLS" {
    MANY=$((MANY / 4)) round_trip --no-compress --cacert "$BATS_TEST_TMPDIR/ca.pem" "wss://localhost:$SECURE/echo"
}
