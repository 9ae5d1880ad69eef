#!/usr/bin/env bats
# wscope proxy grades real clients, and wrong ones. PROXY_CLIENTS=all (make check-proxy-clients): all clients and faults.

load peers

need_clients() {
    local package
    need_ws
    need_python_module websockets
    for package in socket.io socket.io-client socket.io-client-2 reconnecting-websocket phoenix @microsoft/signalr graphql-ws-6 \
        @rails/actioncable mqtt @stomp/stompjs centrifuge; do
        need_npm "$package"
    done
}

# matrix OUTAGE RUN CLIENTS FAULTS: the table goes to the report of the tests.
matrix() {
    need_clients
    await '^port ([0-9]+)$' node "$PEERS_HERE/proxy_servers.js"
    WSCOPE="${WSCOPE_COMMAND[*]}" run node "$PEERS_HERE/proxy_clients.js" "$found" "$@"
    sed 's/^/# /' <<<"$output" >&3
    assert_equal "$status" 0
}

@test "clients are graded as what they are, whichever way they lose a connection" {
    if [[ ${PROXY_CLIENTS:-} == all ]]; then
        matrix 25 52 all all
        # A page by itself: a browser needs seconds to open it.
        command -v chromium >/dev/null || missing 'chromium is not installed'
        matrix 25 52 page all
    else
        matrix 8 15 phoenix,stomp rst,close:1012
    fi
}

@test "each defect fails its row, and a correct client none" {
    need_ws
    WSCOPE="${WSCOPE_COMMAND[*]}" run node "$PEERS_HERE/proxy_defects.js"
    sed 's/^/# /' <<<"$output" >&3
    assert_equal "$status" 0
}

# An application of Socket.IO loses its connection three times: what is recovered is not lost.
socketio() {
    need_npm socket.io
    need_npm socket.io-client
    await '^port ([0-9]+)$' node "$PEERS_HERE/proxy_socketio.js" server "$1"
    await '^ws://127.0.0.1:([0-9]+)$' "${WSCOPE_COMMAND[@]}" proxy -n --json --seq /1/n --fault rst@every:3s --outages 3 \
        --expect 'back<3s,lost=0' 0 "ws://127.0.0.1:$found"
    local proxy=${PEERS[-1]} log=$BATS_TEST_TMPDIR/peer.$((${#PEERS[@]} - 1))
    await '^(started)$' node "$PEERS_HERE/proxy_socketio.js" client "http://127.0.0.1:$found" ${2:+"$2"}
    status=0
    wait "$proxy" || status=$?
    wait_until grep -q '"event":"summary"' "$log"
    stderr=$(grep '^wscope: ' "$log") || true
}

@test "Socket.IO with connection state recovery loses nothing" {
    socketio recovery
    assert_equal "$status" 0
}

@test "Socket.IO without it does, which is the first thing to be said" {
    socketio none
    assert_equal "$status" 3
    [[ ${stderr%%$'\n'*} == 'wscope: lost=0: client 1: lost '* ]]
}

@test "Socket.IO that returns by polling: what it lost is not known, which is said" {
    socketio recovery polling
    assert_equal "$status" 3
    [[ ${stderr%%$'\n'*} == 'wscope: lost=0: client 1: lost an unknown number of messages: what it received by polling '* ]]
}
