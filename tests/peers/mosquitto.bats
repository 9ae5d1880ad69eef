#!/usr/bin/env bats
# Against mosquitto: MQTT in binary messages.

load peers

setup() {
    PATH=$PATH:/usr/sbin:/usr/local/sbin
    need mosquitto
    need jq
    PORT=$(free_port)
    TCP=$(free_port)
    # mosquitto 2.0 does not start with WebSockets alone.
    cat >"$BATS_TEST_TMPDIR/mosquitto.conf" <<END
user $(id -un)
persistence false
allow_anonymous true
listener $TCP 127.0.0.1
listener $PORT 127.0.0.1
protocol websockets
END
    start_on "$PORT" mosquitto -c "$BATS_TEST_TMPDIR/mosquitto.conf"
    URL=ws://127.0.0.1:$PORT/mqtt
}

# MQTT 3.1.1: CONNECT with a clean session, a minute's keep-alive, no name.
CONNECT=100c00044d5154540402003c0000
CONNACK=20020000
# SUBSCRIBE 1 to "a", QoS 0.
SUBSCRIBE=8206000100016100
SUBACK=9003000100
# PUBLISH "hi" to "a", QoS 0.
PUBLISH=30050001616869
PINGREQ=c000
PINGRESP=d000
DISCONNECT=e000

@test "mosquitto: the subprotocol mqtt is agreed, a CONNECT acknowledged" {
    both --hex -s mqtt -1 -i "$URL" <<<"$CONNECT"
    assert_equal "$status" 0
    assert_output "$CONNACK"
    assert_stderr '101 Switching Protocols' 'Sec-WebSocket-Protocol: mqtt'
}

@test "mosquitto: subscribe, publish, receive, ping" {
    both --hex -s mqtt "$URL" < <(printf '%s\n' $CONNECT $SUBSCRIBE $PUBLISH $PINGREQ)
    assert_equal "$status" 0
    assert_equal "$(tr -d '\n' <<<"$output")" "$CONNACK$SUBACK$PUBLISH$PINGRESP"
}

@test "mosquitto: packets cut across messages and several in one" {
    both --hex -s mqtt "$URL" < <(printf '%s\n' ${CONNECT:0:6} ${CONNECT:6} $SUBSCRIBE$PUBLISH$PINGREQ)
    assert_equal "$status" 0
    assert_equal "$(tr -d '\n' <<<"$output")" "$CONNACK$SUBACK$PUBLISH$PINGRESP"
}

@test "mosquitto: what one publishes another receives" {
    await "($SUBACK)" "${WSCOPE_COMMAND[@]}" --hex -s mqtt -n -e "$CONNECT" -e "$SUBSCRIBE" --until hi "$URL"
    both --hex -s mqtt "$URL" < <(printf '%s\n' $CONNECT $PUBLISH)
    assert_equal "$status" 0
    last_ended 0 "$PUBLISH"
}

@test "mosquitto: it ends the stream without a Close frame: exit 56, what came before is printed" {
    both --hex -s mqtt "$URL" < <(printf '%s\n' $CONNECT $DISCONNECT)
    assert_equal "$status" 56
    assert_output "$CONNACK"
    assert_stderr 'FIN' 'no Close frame'
    # A version 9 of the protocol: unacceptable.
    both --hex -s mqtt "$URL" <<<100c00044d5154540902003c0000
    assert_equal "$status" 56
    assert_output 20020001
}

@test "mosquitto: no subprotocol is taken as it is, an unknown one is hung up on: exit 52" {
    both -n --for "$(tenths 5)" "$URL"
    assert_equal "$status" 0
    both -n -s nonsense "$URL"
    assert_equal "$status" 52
    assert_stderr 'hung up before it answered'
}

@test "mosquitto: --as mqtt speaks 3.1.1 and 5" {
    local version
    for version in 3.1.1 5; do
        both --as "mqtt,version=$version" -n -e 'sub a/# qos=2' -e 'pub a/b {"x":1} qos=2' --count 1 "$URL"
        assert_equal "$status" 0
        assert_output 'a/b {"x":1}'
        both --as "mqtt,version=$version" -e 'sub t' --count 2 "$URL" < <(printf '%s\n' 't one' 't two')
        assert_equal "$status" 0
        assert_output $'t one\nt two'
    done
}

@test "mosquitto: --as mqtt keeps the connection alive by itself" {
    both --as mqtt,keepalive=1 --json -n --for 3 "$URL"
    assert_equal "$status" 0
    assert_equal "$(jq -rs 'map(select(.event == "decoded" and .type == "PINGRESP")) | length > 0' <<<"$output")" true
}

@test "mosquitto: auto displays it, and a packet that is malformed as such" {
    both --json --hex -s mqtt -n -e "$CONNECT" -e "$SUBSCRIBE" -e "$PUBLISH" --until hi "$URL"
    assert_equal "$(jq -c 'select(.event == "decoded" and .dir == "in") | [.as, .type, .name, .text]' <<<"$output")" \
        $'["mqtt","CONNACK","accepted",null]\n["mqtt","SUBACK","a",null]\n["mqtt","PUBLISH","a","hi"]'
    both --json --hex -s mqtt -n -e "$CONNECT" -e 308080808001 "$URL"
    assert_equal "$(jq -r 'select(.event == "decoded" and .dir == "out") | .error // empty' <<<"$output")" \
        'not MQTT: the length of a packet has more than four bytes'
}

@test "mosquitto: the examples of wscope-as(7)" {
    manual_examples mqtt "$URL"
}

@test "mosquitto: the example for MQTT" {
    passes --var "mqtt=$URL" "$EXAMPLES/mqtt.wscope"
}

@test "mosquitto: its own clients exchange messages with wscope on the same topics" {
    need mosquitto_pub
    local theirs=$BATS_TEST_TMPDIR/theirs
    await '(SUBACK)' "${WSCOPE_COMMAND[@]}" --as mqtt -n --json -e 'sub news/# qos=1' --count 1 "$URL"
    mosquitto_pub -p "$TCP" -t news/a -m 'from mosquitto_pub' -q 1
    last_ended 0 '"text":"from mosquitto_pub"'
    mosquitto_sub -p "$TCP" -t 'back/#' -C 1 -F '%t %p' >"$theirs" 2>&1 3>&- &
    PEERS+=($!)
    # Retained, so that it does not matter who is first.
    both --as mqtt,version=5 -n -e 'pub back/b from-wscope qos=1 retain' --for 1 "$URL"
    eventually grep -q '^back/b from-wscope$' "$theirs"
}
