#!/usr/bin/env bats
# RabbitMQ: STOMP and MQTT over WebSocket, by its plugins web_stomp and web_mqtt. One server for the file: it takes long
# to start.

load peers

setup_file() {
    local folder=$BATS_FILE_TMPDIR plugins=/usr/lib/rabbitmq server
    server=$(compgen -G "$plugins/lib/rabbitmq_server-*/sbin/rabbitmq-server" | head -n 1) || return 0
    export STOMP_PORT MQTT_PORT
    STOMP_PORT=$(free_port)
    MQTT_PORT=$(free_port)
    cat >"$folder/rabbitmq.conf" <<END
listeners.tcp = none
stomp.listeners.tcp = none
mqtt.listeners.tcp = none
web_stomp.tcp.ip = 127.0.0.1
web_stomp.tcp.port = $STOMP_PORT
web_mqtt.tcp.ip = 127.0.0.1
web_mqtt.tcp.port = $MQTT_PORT
END
    echo '[rabbitmq_web_stomp,rabbitmq_web_mqtt].' >"$folder/enabled_plugins"
    # Erlang's port mapper, which it starts, outlives it.
    pgrep -x epmd >/dev/null || export OUR_EPMD=1
    env HOME="$folder" RABBITMQ_NODENAME="wscope$$@localhost" RABBITMQ_MNESIA_BASE="$folder/mnesia" \
        RABBITMQ_LOG_BASE="$folder/log" RABBITMQ_CONFIG_FILE="$folder/rabbitmq.conf" \
        RABBITMQ_ENABLED_PLUGINS_FILE="$folder/enabled_plugins" RABBITMQ_PID_FILE="$folder/pid" \
        RABBITMQ_DIST_PORT="$(free_port)" ERL_EPMD_ADDRESS=127.0.0.1 \
        "$server" >"$folder/rabbitmq.log" 2>&1 </dev/null 3>&- &
    export RABBIT=$!
    wait_until_open "$STOMP_PORT" && wait_until_open "$MQTT_PORT"
}

wait_until_open() {
    local end=$((SECONDS + 120 * SLOW))
    until (: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; do
        if ((SECONDS > end)) || ! kill -0 "$RABBIT" 2>/dev/null; then
            cat "$BATS_FILE_TMPDIR/rabbitmq.log" >&2
            return 1
        fi
        read -r -t 0.2 <> <(:) || true
    done
}

no_node_is_left() {
    ! epmd -names 2>/dev/null | grep -q '^name '
}

teardown_file() {
    local pid=$BATS_FILE_TMPDIR/pid
    if [[ ${RABBIT-} ]]; then
        [[ -s $pid ]] && kill "$(<"$pid")" 2>/dev/null
        kill "$RABBIT" 2>/dev/null || true
        if [[ ${OUR_EPMD-} ]] && wait_until no_node_is_left; then
            epmd -kill >/dev/null
        fi
    fi
}

setup() {
    [[ ${RABBIT-} ]] || missing 'rabbitmq-server is not installed'
    need jq
    STOMP=ws://127.0.0.1:$STOMP_PORT/ws
    MQTT=ws://127.0.0.1:$MQTT_PORT/ws
}

@test "rabbitmq: --as stomp logs in, subscribes, sends and receives" {
    both --as stomp --login guest:guest -n -e 'sub /topic/a' -e 'send /topic/a {"x":1}' --count 1 "$STOMP"
    assert_equal "$status" 0
    assert_output '{"x":1}'
    both --as stomp,dest=/queue/q --login guest:guest -e 'sub /queue/q ack=client' --count 2 "$STOMP" \
        < <(printf '%s\n' one two)
    assert_equal "$status" 0
    assert_output $'one\ntwo'
}

@test "rabbitmq: --as stomp with a wrong password: exit 22, the reason is shown" {
    both --as stomp --login guest:wrong -n "$STOMP"
    assert_equal "$status" 22
    assert_stderr 'the server refused CONNECT: Bad CONNECT'
}

# TEXT: as digits for --hex, with a NUL after it.
frame() {
    printf '%s\0' "$1" | od -An -v -tx1 | tr -d ' \n'
}

@test "rabbitmq: auto displays STOMP, and what is no frame as such" {
    both --json -n --hex -s v12.stomp \
        -e "$(frame $'CONNECT\naccept-version:1.2\nhost:/\nlogin:guest\npasscode:guest\n\n')" --count 1 "$STOMP"
    assert_equal "$status" 0
    assert_equal "$(jq -c 'select(.event == "decoded" and .dir == "in") | [.as, .type, .fields.version]' <<<"$output")" \
        '["stomp","CONNECTED","1.2"]'
    both --json -n --hex -s v12.stomp -e "$(frame 'no frame')" --for 2 "$STOMP"
    assert_equal "$(jq -r 'select(.event == "decoded" and .dir == "out") | .error' <<<"$output")" \
        'not STOMP: it begins with "no frame", which is not a command'
}

@test "rabbitmq: --as mqtt subscribes and publishes" {
    both --as mqtt --login guest:guest -n -e 'sub a/b qos=1' -e 'pub a/b hi qos=1' --count 1 "$MQTT"
    assert_equal "$status" 0
    assert_output 'a/b hi'
    # It closes without a CONNACK.
    both --as mqtt --login guest:wrong -n "$MQTT"
    assert_equal "$status" 8
    assert_stderr unauthenticated 'never answered CONNECT'
}

@test "rabbitmq: the examples of wscope-as(7)" {
    manual_examples stomp "$STOMP"
}

@test "rabbitmq: the example for STOMP" {
    STOMP_LOGIN=guest:guest passes --var "stomp=$STOMP" "$EXAMPLES/stomp.wscope"
}

@test "rabbitmq: a client by stompjs exchanges messages with wscope on the same topic" {
    need_npm @stomp/stompjs
    need_ws
    await '^(ready)$' node "$PEERS_HERE/rabbit_client.js" "$STOMP"
    both --as stomp --login guest:guest -n -e 'sub /topic/both' -e 'send /topic/both ping' --count 2 "$STOMP"
    assert_equal "$status" 0
    assert_output $'ping\npong'
}

@test "rabbitmq: a frame written by hand, with the NUL that --eol nul appends" {
    both -n -s v12.stomp --as none --eol nul -e $'CONNECT\naccept-version:1.2\nhost:/\nlogin:guest\npasscode:guest\n\n' -1 "$STOMP"
    assert_equal "$status" 0
    assert_line CONNECTED
}
