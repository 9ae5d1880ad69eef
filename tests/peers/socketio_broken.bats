#!/usr/bin/env bats
# Set-ups of Socket.IO that are broken, and the sentence on the first screen that names what is wrong with each. At the end
# they are printed as a table.

load peers
load socketio

# shows WHAT STATUS SENTENCE: the run ended with this status (or one of several) and showed a line that matches; that is
# its row.
shows() {
    local line
    [[ $status =~ ^($2)$ ]] || assert_equal "$status" "$2"
    assert_stderr "$3"
    line=$(grep -m 1 -E -- "$3" <<<"$stderr")
    [[ $(wc -l <<<"$stderr") -le 24 ]] # a screen
    line=${line#"${line%%[![:blank:]]*}"}
    printf '# %-52s %s\n' "$1" "$line" >>"$BATS_FILE_TMPDIR/table"
}

teardown_file() {
    if [[ -s $BATS_FILE_TMPDIR/table ]]; then
        cat "$BATS_FILE_TMPDIR/table" >&3
    fi
}

# proxy DIRECTIVE...: nginx before the server.
front_nginx() {
    FRONT=$(free_port)
    start_nginx "$FRONT" <<END
    server {
        listen 127.0.0.1:$FRONT;
        location / { proxy_pass ${URL/ws:/http:}; $1 }
    }
END
}

# front_haproxy PORT PORT: haproxy before two servers, without stickiness on FRONT, with it on STICKY.
front_haproxy() {
    PATH=$PATH:/usr/sbin:/usr/local/sbin
    need haproxy
    FRONT=$(free_port)
    STICKY=$(free_port)
    cat >"$BATS_TEST_TMPDIR/haproxy.cfg" <<END
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend front
    bind 127.0.0.1:$FRONT
    default_backend any
frontend sticky
    bind 127.0.0.1:$STICKY
    default_backend same
backend any
    balance roundrobin
    server a 127.0.0.1:$1
    server b 127.0.0.1:$2
backend same
    balance roundrobin
    cookie node insert
    server a 127.0.0.1:$1 cookie a
    server b 127.0.0.1:$2 cookie b
END
    start_on "$FRONT" haproxy -db -f "$BATS_TEST_TMPDIR/haproxy.cfg"
}

# works URL ARGUMENT...: an event comes back.
works() {
    both -n --as socket.io "$1" -e 'echo 1' --count 1
    assert_equal "$status" 0
    assert_output '["echo",1]'
}

@test "broken Socket.IO: the path" {
    server socket.io
    both -n "$URL"
    shows 'a URL without a path' 52 'if it is Socket\.IO, --as socket\.io connects to it'
    both -n --as socket.io,path=/wrong "$URL"
    shows 'a wrong path' 22 'hint: there is no Socket\.IO server at this path: the default is /socket\.io/'
    both -n --as socket.io,path=/wrong,transport=websocket "$URL"
    shows 'a wrong path, WebSocket alone' 52 'hint: there is no Socket\.IO server at this path'
    both -n "${URL}socket.io/"
    shows 'no EIO and transport in the URL' 22 'hint: this is a Socket\.IO server.*--as socket\.io'
}

@test "broken Socket.IO: the version" {
    server socket.io
    both -n --as socket.io,version=2 "$URL"
    shows 'EIO=3 at a server of version 4' 22 'hint: .*speaks protocol 5 \(EIO=4\) only'
    both -n "${URL}socket.io/?EIO=3&transport=websocket"
    shows 'the same, WebSocket alone' 65 'hint: a Socket\.IO server that does not speak the version in the URL \(EIO='
    server socket.io-2
    both -n --as socket.io,version=4,transport=websocket "$URL" --for 1
    shows 'EIO=4 at a server of version 2' 0 'the server is Socket\.IO 2 .*use version=2'
}

@test "broken Socket.IO: refusals" {
    server socket.io
    both -n --as socket.io,nsp=/members --auth '{"token":"wrong"}' "$URL"
    shows 'auth refused' 22 'the server refused the namespace /members: .*not a member'
    both -n --as socket.io,nsp=/nowhere "$URL"
    shows 'namespace refused' 22 'the server refused the namespace /nowhere: .*Invalid namespace'
    server socket.io json '{"connectTimeout":300}'
    both -n "${URL}socket.io/?EIO=4&transport=websocket"
    shows 'no CONNECT sent' 0 'no CONNECT packet \(packet 40\) was sent'
    need_npm socket.io-msgpack-parser
    server socket.io msgpack
    both -n --as socket.io "$URL" -e 'echo 1'
    shows 'another parser' 0 'did not answer the CONNECT .* another parser'
}

@test "broken Socket.IO: nginx that drops the Upgrade header" {
    server socket.io
    front_nginx
    works "ws://127.0.0.1:$FRONT/" # by polling
    both -n --as socket.io,transport=websocket "ws://127.0.0.1:$FRONT/" -e 'echo 1' --count 1
    shows 'nginx without upgrade headers' 22 'hint: .*without its Upgrade header, which nginx.* dropped'
    # The line that the hint gives.
    kill "${PEERS[-1]}"
    front_nginx 'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";'
    both -n --as socket.io,transport=websocket "ws://127.0.0.1:$FRONT/" -e 'echo 1' --count 1
    assert_equal "$status" 0
}

@test "broken Socket.IO: two nodes behind haproxy without sticky sessions" {
    local first
    server socket.io
    first=$found
    server socket.io
    front_haproxy "$first" "$found"
    both -n --as socket.io,transport=polling "ws://127.0.0.1:$FRONT/" -e 'echo 1' --count 1
    shows 'two nodes without stickiness' '22|56' 'hint: this Socket\.IO server does not know the session: .*sticky'
    works "ws://127.0.0.1:$STICKY/"
}

# unrecovered WHAT REASON EVENT...: after these events and the loss of the connection, its state is not recovered.
unrecovered() {
    local what=$1 reason=$2 events=()
    shift 2
    for event; do events+=(-e "$event"); done
    both -n -r --as socket.io,transport=websocket "$URL" "${events[@]}" -e drop --for 2
    shows "recovery impossible: $what" 0 "the state of / was not recovered: .*$reason"
}

@test "broken Socket.IO: recovery of the state is impossible, for each reason" {
    local first
    server socket.io
    unrecovered 'not enabled' 'does not offer recovery' 'echo 5'
    server socket.io json "$RECOVERY"
    first=$found
    unrecovered 'no event before' 'no event with an offset had been received'
    unrecovered 'an argument taken for the offset' 'is an argument of the application' shout
    server socket.io json '{"connectionStateRecovery":{"maxDisconnectionDuration":1}}'
    unrecovered 'expired' 'had expired' 'echo 5'
    server socket.io json "$RECOVERY"
    front_haproxy "$first" "$found"
    URL=ws://127.0.0.1:$FRONT/
    unrecovered 'another node' 'another node' 'echo 5'
}
