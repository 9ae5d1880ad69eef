#!/usr/bin/env bats
# Through Apache's httpd: its two ways to forward a WebSocket, its passwords, its time limits.

load peers

setup() {
    PATH=$PATH:/usr/sbin:/usr/local/sbin
    HTTPD=$(command -v apache2 || command -v httpd) || missing 'neither apache2 nor httpd is installed'
    MODULES=$(modules_folder) || missing 'the modules of Apache are not found'
    need_ws
    need openssl
    await '^port ([0-9]+)$' node "$PEERS_HERE/ws_server.js" deflate
    local upstream=$found
    certificate localhost DNS:localhost
    PLAIN=$(free_port)
    SECURE=$(free_port)
    IMPATIENT=$(free_port)
    local folder=$BATS_TEST_TMPDIR
    # Started by root it becomes another user, who can't see the test's folder.
    USERS=$(mktemp -d)
    chmod 755 "$USERS"
    printf 'me:%s\n' "$(openssl passwd -apr1 hush)" >"$USERS/users"
    {
        load_modules mpm_event authn_core authn_file authz_core authz_user auth_basic unixd headers ssl \
            proxy proxy_http proxy_wstunnel
        cat <<END
ServerName localhost
ServerRoot $folder
DefaultRuntimeDir $folder
PidFile $folder/httpd.pid
User #65534
Group #65534
ErrorLog $folder/error.log
LogLevel error
Listen 127.0.0.1:$PLAIN
Listen 127.0.0.1:$SECURE
Listen 127.0.0.1:$IMPATIENT
ProxyPass /tunnel/ ws://127.0.0.1:$upstream/
ProxyPass /secret/ ws://127.0.0.1:$upstream/
ProxyPass /upgrade http://127.0.0.1:$upstream/echo upgrade=websocket
ProxyPass /forgetful http://127.0.0.1:$upstream/ping
ProxyPass /gone ws://127.0.0.1:1/
<Location /secret/>
    AuthType Basic
    AuthName "the echo"
    AuthBasicProvider file
    AuthUserFile $USERS/users
    Require valid-user
</Location>
<Location /denied/>
    Require all denied
</Location>
# The longer time limit of both sides holds.
<VirtualHost 127.0.0.1:$IMPATIENT>
    Timeout 1
    ProxyTimeout 1
</VirtualHost>
<VirtualHost 127.0.0.1:$SECURE>
    SSLEngine on
    SSLCertificateFile $folder/localhost.pem
    SSLCertificateKeyFile $folder/localhost.key
</VirtualHost>
END
    } >"$folder/httpd.conf"
    start_on "$PLAIN" "$HTTPD" -X -f "$folder/httpd.conf"
}

teardown() {
    stop_peers
    [[ -z ${USERS:-} ]] || rm -r "$USERS"
}

modules_folder() {
    local folder
    for folder in /usr/lib/apache2/modules /usr/lib64/httpd/modules /usr/lib/httpd/modules \
        /opt/homebrew/lib/httpd/modules /usr/local/lib/httpd/modules; do
        if [[ -e $folder/mod_proxy_wstunnel.so ]]; then
            echo "$folder"
            return
        fi
    done
    return 1
}

# What is built in need not be loaded.
load_modules() {
    local name
    for name in "$@"; do
        [[ ! -e $MODULES/mod_$name.so ]] || echo "LoadModule ${name}_module $MODULES/mod_$name.so"
    done
}

@test "apache: an echo through mod_proxy_wstunnel and through mod_proxy_http" {
    local way
    for way in tunnel/echo upgrade; do
        both -i "ws://127.0.0.1:$PLAIN/$way" <<<"through $way"
        assert_equal "$status" 0
        assert_output "through $way"
        assert_stderr "GET /$way HTTP/1\.1" '101 Switching Protocols' 'permessage-deflate'
    done
}

@test "apache: wss with its certificate, and without the CA" {
    both --cacert "$BATS_TEST_TMPDIR/ca.pem" "wss://localhost:$SECURE/tunnel/echo" <<<'over TLS'
    assert_equal "$status" 0
    assert_output 'over TLS'
    both -n "wss://localhost:$SECURE/tunnel/echo"
    assert_equal "$status" 60
    assert_stderr 'Bats Test Root'
}

@test "apache: a password: right, wrong and none" {
    both -u me:hush "ws://127.0.0.1:$PLAIN/secret/echo" <<<'let in'
    assert_equal "$status" 0
    assert_output 'let in'
    both -n -u me:wrong-hush "ws://127.0.0.1:$PLAIN/secret/echo"
    assert_equal "$status" 22
    assert_stderr '401 Unauthorized' 'not accepted'
    refute_stderr hush
    both -n "ws://127.0.0.1:$PLAIN/secret/echo"
    assert_equal "$status" 22
    assert_stderr '401 Unauthorized' '-u USER:PASS'
}

@test "apache: denied, not found, no backend, a forgotten Upgrade: exit 22, each with its status" {
    both -n "ws://127.0.0.1:$PLAIN/denied/echo"
    assert_equal "$status" 22
    assert_stderr '403 Forbidden' Apache
    both -n "ws://127.0.0.1:$PLAIN/nowhere"
    assert_equal "$status" 22
    assert_stderr '404 Not Found'
    both -n "ws://127.0.0.1:$PLAIN/gone"
    assert_equal "$status" 22
    assert_stderr '50[23]'
    both -n "ws://127.0.0.1:$PLAIN/forgetful"
    assert_equal "$status" 22
    assert_stderr '426|400' Apache hint
}

@test "apache: an idle timeout: exit 56, and how long; with --ping-interval the connection stays" {
    both -n "ws://127.0.0.1:$IMPATIENT/tunnel/echo"
    assert_equal "$status" 56
    assert_stderr 'last received [0-9.]+ s ago'
    both -n --ping-interval 0.3 --for 1.5 "ws://127.0.0.1:$IMPATIENT/upgrade"
    assert_equal "$status" 0
}

@test "apache: a plain request to the TLS port: exit 22, its page shown; a TLS handshake to the plain port: exit 35" {
    both -n "ws://127.0.0.1:$SECURE/tunnel/echo"
    assert_equal "$status" 22
    assert_stderr '400 Bad Request' 'plain HTTP to an SSL-enabled server port'
    both -n "wss://127.0.0.1:$PLAIN/tunnel/echo"
    assert_equal "$status" 35
    assert_stderr 'ws://'
}

@test "apache: many lines there and back, both ways, and over TLS" {
    MANY=$((MANY / 20))
    MANY=$((MANY / 20)) round_trip --no-compress "ws://127.0.0.1:$PLAIN/tunnel/echo"
    MANY=$((MANY / 20)) round_trip --no-compress "ws://127.0.0.1:$PLAIN/upgrade"
    MANY=$((MANY / 20)) round_trip --no-compress --cacert "$BATS_TEST_TMPDIR/ca.pem" "wss://localhost:$SECURE/tunnel/echo"
}

@test "apache: wscope probe has no finding with upgrade=websocket, which is the advice without it" {
    need jq
    both probe --json "ws://127.0.0.1:$PLAIN/upgrade"
    assert_equal "$status" 0
    jq -se 'map(select(.status == "warn" or .status == "fail")) == []' <<<"$output"
    both probe --json "ws://127.0.0.1:$PLAIN/forgetful"
    assert_equal "$status" 22
    jq -se 'map(select(.stage == "path"))[0] | .status == "fail" and (.message | test("answered by Apache")) and
        (.advice | test("upgrade=websocket"))' <<<"$output"
    both probe --json "ws://127.0.0.1:$PLAIN/secret/echo"
    assert_equal "$status" 22
    jq -se 'map(select(.event == "check" and .status == "fail")) | length == 1 and .[0].stage == "auth"' <<<"$output"
    both probe --json -u me:hush "ws://127.0.0.1:$PLAIN/secret/echo"
    jq -se 'map(select(.stage == "auth"))[0] | .status == "ok" and
        (.message | test("without them it is refused with 401"))' <<<"$output"
}
