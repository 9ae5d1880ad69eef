#!/usr/bin/env bats
# Against mosquitto: MQTT in binary messages.

load peers

setup() {
    PATH=$PATH:/usr/sbin:/usr/local/sbin
    need mosquitto
    PORT=$(free_port)
    cat >"$BATS_TEST_TMPDIR/mosquitto.conf" <<END
user $(id -un)
persistence false
allow_anonymous true
listener $PORT 127.0.0.1
protocol websockets
END
    start_on "$PORT" mosquitto -c "$BATS_TEST_TMPDIR/mosquitto.conf"
    URL=ws://127.0.0.1:$PORT/mqtt
}

# MQTT 3.1.1: a CONNECT with a clean session, a minute's keep-alive, no name.
CONNECT=100c00044d5154540402003c0000

@test "mosquitto: a CONNECT is acknowledged" {
    both --hex -s mqtt -1 -i "$URL" <<<"$CONNECT"
    assert_equal "$status" 0
    assert_output 20020000
    assert_stderr 'Sec-WebSocket-Protocol: mqtt'
}

@test "mosquitto: subscribe, publish, ping, disconnect" {
    # SUBSCRIBE 1 to "a"; PUBLISH "hi" to "a"; PINGREQ; DISCONNECT, upon which it hangs up.
    both --hex -s mqtt "$URL" <<END
$CONNECT
8206000100016100
30050001616869
c000
e000
END
    assert_equal "$status" 0
    assert_equal "$(tr -d '\n' <<<"$output")" 20020000900300010030050001616869d000
}
