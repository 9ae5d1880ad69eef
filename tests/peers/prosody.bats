#!/usr/bin/env bats
# Against prosody: XMPP over WebSockets (RFC 7395).

load peers

setup() {
    need prosody
    PORT=$(free_port)
    local folder=$BATS_TEST_TMPDIR
    mkdir "$folder/data"
    cat >"$folder/prosody.cfg.lua" <<END
run_as_root = true
pidfile = "$folder/prosody.pid"
data_path = "$folder/data"
certificates = "$folder"
modules_enabled = { "disco", "ping", "saslauth", "websocket" }
modules_disabled = { "s2s" }
c2s_ports = {}
c2s_direct_tls_ports = {}
s2s_ports = {}
https_ports = {}
http_ports = { $PORT }
http_interfaces = { "127.0.0.1" }
http_default_host = "localhost"
consider_websocket_secure = true
log = { warn = "*console" }
VirtualHost "localhost"
    authentication = "anonymous"
END
    start_on "$PORT" prosody -F --config "$folder/prosody.cfg.lua"
    PROSODY=${PEERS[-1]}
    URL=ws://127.0.0.1:$PORT/xmpp-websocket
}

OPEN='<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="localhost" version="1.0"/>'
CLOSE='<close xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>'

@test "prosody: <open/> is answered, features follow" {
    both -i -s xmpp -n -e "$OPEN" --count 2 "$URL"
    assert_equal "$status" 0
    # The order of its attributes changes from run to run.
    assert_line --index 0 --regexp "^<open .*xmlns='urn:ietf:params:xml:ns:xmpp-framing'"
    assert_line --index 0 --regexp "^<open .*from='localhost'"
    assert_line --index 1 --regexp '^<stream:features .*ANONYMOUS'
    assert_stderr 'Sec-WebSocket-Protocol: xmpp'
}

@test "prosody: a session, from logging in to a clean end" {
    dialogue -s xmpp "$URL" <<END
> $OPEN
< <stream:features
> <auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="ANONYMOUS"/>
< <success
> $OPEN
< <stream:features
> <iq xmlns="jabber:client" type="set" id="1"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></iq>
< <jid>[^<]+@localhost/
> <iq xmlns="jabber:client" type="get" id="2" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>
< id='2'
> $CLOSE
< <close
END
    assert_equal "$status" 0
    assert_stderr 'closed by the peer: 1000 .*Stream closed'
}

@test "prosody: errors of the stream come before it closes" {
    both -s xmpp -n -e "${OPEN/localhost/nowhere.example}" "$URL"
    assert_equal "$status" 0
    assert_output --partial 'This server does not serve nowhere.example'
    both -s xmpp -n -e "$OPEN" -e '<<<' "$URL"
    assert_equal "$status" 0
    assert_output --partial '<not-well-formed '
}

@test "prosody: a binary message is refused: exit 8, 1003" {
    both -s xmpp -n -b -e hi "$URL"
    assert_equal "$status" 8
    assert_stderr 1003 'RFC 7395 3\.2'
}

@test "prosody: without its subprotocol, and at another path: exit 22" {
    both -n "$URL"
    assert_equal "$status" 22
    assert_stderr '501 Not Implemented'
    both -n -s xmpp "ws://127.0.0.1:$PORT/nowhere"
    assert_equal "$status" 22
    assert_stderr '404 Not Found' hint
}

@test "prosody: stopping it ends what is open: exit 0, the reason printed" {
    await '(<stream:features)' "${WSCOPE_COMMAND[@]}" -s xmpp -n -e "$OPEN" "$URL"
    kill "$PROSODY"
    last_ended 0 '<system-shutdown '
}
