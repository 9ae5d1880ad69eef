#!/usr/bin/env bats
# The control API of wscope proxy, between wscope and wscope serve.

load helpers

# proxy OPTION...: in front of `serve`, its address is then $PROXY, that of its control API $CONTROL.
proxy() {
    LOG=$BATS_TEST_TMPDIR/peer.${#PEERS[@]}
    await '^control: (.*)' "${WSCOPE_COMMAND[@]}" proxy --control "${ADDRESS:-0}" "$@" 127.0.0.1:0 "$SERVE"
    CONTROL=$found
    PROXY=$(grep -oE -m 1 'ws://127[^ ]*[0-9]' "$LOG")
}

# ask PATH [CURL-ARGUMENT...]: the answer is $output, its status $code.
ask() {
    local path=$1
    shift
    run curl -sS -m $((30 * SLOW)) -o "$BATS_TEST_TMPDIR/answer" -w '%{http_code}' "$@" "$CONTROL$path"
    code=$output
    output=$(<"$BATS_TEST_TMPDIR/answer")
}

# raw TEXT...: what the API answers to these bytes, in pieces, until it hangs up.
raw() {
    run "$PYTHON3" - "${CONTROL##*:}" $((20 * SLOW)) "$@" <<'END'
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), float(sys.argv[2]))
for piece in sys.argv[3:]:
    s.sendall(piece.encode().decode("unicode_escape").encode("latin-1"))
s.shutdown(socket.SHUT_WR)
while data := s.recv(65536):
    sys.stdout.write(data.decode("latin-1"))
END
}

# client OPTION...: a client of the feed in the background, once it is connected.
client() {
    local path=$BATS_TEST_TMPDIR/client.${#PEERS[@]}
    await '"event":"(open)"' "${WSCOPE_COMMAND[@]}" -n --json --events open,message,close "$@" "$PROXY/feed"
}

# waiting JSON: POST /wait in the background, once the API has it; waited: its answer is then $output.
waiting() {
    rm -f "$BATS_TEST_TMPDIR/sent"
    "$PYTHON3" - "${CONTROL##*:}" $((60 * SLOW)) "$1" "$BATS_TEST_TMPDIR/sent" <<'END' >"$BATS_TEST_TMPDIR/waited" &
import http.client, pathlib, sys
port, seconds, body, sent = sys.argv[1:]
api = http.client.HTTPConnection("127.0.0.1", int(port), timeout=float(seconds))
api.request("POST", "/wait", body)
pathlib.Path(sent).touch()
sys.stdout.buffer.write(api.getresponse().read())
END
    WAITING=$!
    until [ -e "$BATS_TEST_TMPDIR/sent" ]; do kill -0 "$WAITING" && sleep 0.02; done
    # Requests are read in the order of their arrival: the answer to this one comes after /wait was read.
    ask /clients
}

waited() {
    wait "$WAITING"
    output=$(<"$BATS_TEST_TMPDIR/waited")
}

@test "an address that is not of the loopback, or none, is a usage error" {
    local address
    for address in 0.0.0.0:9003 192.168.0.1:9003 example.com:9003 '[::]:1' :65536 x unix: '' 128.0.0.1:1; do
        both proxy --control "$address" 127.0.0.1:0 ws://127.0.0.1:9/
        assert_equal "$address $status" "$address 2"
    done
}

@test "clients and connections are bare arrays" {
    need jq
    serve --rate 20
    proxy
    ask /clients
    assert_equal "$code $output" '200 []'
    client
    ask /clients
    assert_equal "$(jq -c '[.[0].client, .[0].path, .[0].connected, length]' <<<"$output")" '[1,"/feed",true,1]'
    ask /connections
    assert_equal "$(jq -c '[.[0].conn, .[0].client, .[0].path, .[0].open, length]' <<<"$output")" '[1,1,"/feed",true,1]'
}

@test "a secret in a path is not shown" {
    serve --rate 20
    proxy
    await '"event":"(open)"' "${WSCOPE_COMMAND[@]}" -n --json --events open "$PROXY/feed?token=hush-hush"
    ask /connections
    [[ $output == */feed?token=* && $output != *hush* ]]
    ask /report
    [[ $output != *hush* ]]
    run curl -s -m 1 "$CONTROL/events?since=0"
    [[ $output == *'"event":"open"'* && $output != *hush* ]]
}

@test "the answer to a Close shows that the client has noticed it" {
    need jq
    serve
    proxy
    # It does not come back, so nothing else can show it.
    client
    ask /drop -d '{"how":"close:4000"}'
    assert_equal "$code $output" '200 {"dropped":1}'
    wait "${PEERS[-1]}" || true
    until ask /report && jq -e '.clients[0].faults[0].noticed_ms != null' <<<"$output"; do
        ((SECONDS < ${end:=SECONDS + 20 * SLOW})) || return 1
    done
    assert_equal "$(jq -c '.clients[0].faults[0].kind' <<<"$output")" '"close"'
}

@test "an Origin, or a Host that is no name of the loopback, is refused" {
    serve
    proxy
    local host
    for host in evil.example localhost.evil.example 127.0.0.1.evil.example 128.0.0.1 '[::2]' localhost:70000 10.0.0.1:80; do
        ask /clients -H "Host: $host"
        assert_equal "$host $code" "$host 403"
    done
    for host in localhost LOCALHOST:1 127.0.0.1 127.1.2.3:80 '[::1]' '[::1]:9003'; do
        ask /clients -H "Host: $host"
        assert_equal "$host $code" "$host 200"
    done
    ask /drop -H 'Origin: http://localhost' -d '{}'
    assert_equal "$code" 403
    ask /drop -H 'Origin: null' -d '{}'
    assert_equal "$code" 403
    ask /clients -H 'Origin;'
    assert_equal "$code" 403
}

@test "errors are 4xx, with error and hint" {
    need jq
    serve
    proxy
    local row path body
    for row in '404 /nothing {}' '404 / {}' '405 /clients {}' '404 /drop {"conn":7}' '404 /hold {"conn":7}' '404 /release {"conn":7}' \
        '404 /inject {"conn":7,"to":"client","text":""}' '400 /drop {"how":"gently"}' '400 /drop {"conn":0}' \
        '400 /drop {"conn":1.5}' '400 /drop {"conn":"1"}' '400 /drop {"conn":1,"conn":1}' '400 /drop {"kind":"rst"}' \
        '400 /drop []' '400 /drop {' '400 /drop {"for":-1}' '400 /drop {"for":1e9}' '400 /offline {"silent":1}' \
        '400 /fault {}' '400 /fault {"spec":"rest"}' '400 /fault {"spec":""}' '400 /rule {"rule":"text -> sing"}' \
        '400 /inject {"conn":1,"to":"nobody","text":""}' '400 /inject {"conn":1,"to":"client"}' \
        '400 /inject {"conn":1,"to":"client","base64":"x"}' '400 /inject {"conn":1,"to":"client","text":"\u0000"}' \
        '400 /hold {"direction":"left"}' '400 /wait {}' '400 /wait {"event":"lunch"}' '400 /heal?now {}'; do
        read -r status path body <<<"$row"
        ask "$path" -d "$body"
        assert_equal "$code $path $body" "$row"
        jq -e '.error | length > 0' <<<"$output"
    done
    ask /drop
    assert_equal "$code" 405
    ask '/events?since=x'
    assert_equal "$code" 400
    ask /drop -d '{"how":"gently"}'
    assert_equal "$(jq -r .hint <<<"$output")" 'rst, fin, close:CODE or blackhole'
}

@test "bodies are bounded in size and depth" {
    serve
    proxy
    local folder=$BATS_TEST_TMPDIR
    "$PYTHON3" -c 'print(" " * 1048575)' >"$folder/full"
    "$PYTHON3" -c 'print(" " * 1048576)' >"$folder/over"
    "$PYTHON3" -c 'print("{\"a\":" + "[" * 100000 + "]" * 100000 + "}")' >"$folder/deep"
    ask /heal --data-binary "@$folder/full"
    assert_equal "$code" 200
    ask /heal --data-binary "@$folder/full" -H 'Transfer-Encoding: chunked'
    assert_equal "$code" 200
    ask /heal --data-binary "@$folder/over"
    assert_equal "$code" 413
    ask /heal --data-binary "@$folder/over" -H 'Transfer-Encoding: chunked'
    assert_equal "$code" 413
    ask /heal --data-binary "@$folder/deep"
    assert_equal "$code" 400
}

@test "requests come in pieces, one after another, or not at all" {
    serve
    proxy
    raw 'GET /clients HT' 'TP/1.1\r\nHost: localh' 'ost\r\n\r\nGET /x HTTP/1.1\r\nHost: localhost\r\n' '\r\nPOST /heal HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{' '}'
    assert_equal "$(grep -c '^HTTP/1.1 ' <<<"$output")" 3
    assert_equal "$(grep -o '^HTTP/1.1 [0-9]*' <<<"$output" | tr '\n' ' ')" 'HTTP/1.1 200 HTTP/1.1 404 HTTP/1.1 200 '
    raw 'POST /heal HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
    [[ $output == 'HTTP/1.1 400 '* ]]
    raw 'GET /clients HTTP/1.1\r\n\r\n'
    [[ $output == 'HTTP/1.1 400 '* ]]
    raw 'nonsense\r\n\r\n'
    [[ $output == 'HTTP/1.1 400 '* ]]
    raw 'GET /clients HTTP/1.1\r\nHost: loc'
    assert_output ''
    raw 'POST /heal HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n' '{}'
    [[ $output == 'HTTP/1.1 '*'HTTP/1.1 200 OK'* || $output == 'HTTP/1.1 200 OK'* ]]
}

@test "drop, then wait for the client to be back, and the report has it" {
    need jq
    serve --rate 20
    proxy
    client -r --retry-delay 0.2
    waiting '{"event":"close","client":1,"within":20}'
    ask /drop -d '{"how":"rst","conn":1,"for":1}'
    assert_equal "$code $output" '200 {"dropped":1}'
    waited
    assert_equal "$(jq -r '"\(.event) \(.client)"' <<<"$output")" 'close 1'
    ask /wait -d '{"event":"back","within":20}'
    assert_equal "$code $(jq -r '"\(.event) \(.client)"' <<<"$output")" '200 back 1'
    ask /report
    assert_equal "$(jq -c '[.event, .outages, .clients[0].faults[0].kind, .clients[0].connected, (.clients[0].outages[0].back_ms >= 900)]' <<<"$output")" \
        '["report",1,"rst",true,true]'
}

@test "each way to drop" {
    need jq
    serve --rate 20
    proxy
    local how
    for how in rst fin close:1012; do
        client -r --retry-delay 0.1
        waiting '{"event":"back","within":20}'
        ask /drop -d "{\"how\":\"$how\"}"
        assert_equal "$code" 200
        waited
        assert_equal "$(jq -r .event <<<"$output")" back
        kill "${PEERS[-1]}"
    done
}

@test "a black hole ends after its time" {
    need jq
    serve --rate 20
    proxy
    client
    ask /drop -d '{"how":"blackhole","for":0.5}'
    assert_equal "$output" '{"dropped":1}'
    ask /wait -d '{"event":"message","within":20}'
    assert_equal "$code" 200
    ask /clients
    assert_equal "$(jq -r '.[0].connections' <<<"$output")" 1
}

@test "offline, until it is healed" {
    need jq
    serve --rate 20
    proxy
    client -r --retry-delay 0.1
    ask /offline -d '{}'
    ask /wait -d '{"event":"back","within":0.5}'
    assert_equal "$code" 408
    waiting '{"event":"back","within":20}'
    ask /heal -d '{}'
    waited
    assert_equal "$(jq -r .client <<<"$output")" 1
}

@test "inject, hold and release" {
    need jq
    serve
    proxy
    mkfifo "$BATS_TEST_TMPDIR/in"
    "${WSCOPE_COMMAND[@]}" --json --events message,open "$PROXY/echo" <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/got" 3>&- &
    PEERS+=($!)
    exec {typed}>"$BATS_TEST_TMPDIR/in"
    until ask /connections && [[ $(jq -r '.[0].open' <<<"$output") == true ]]; do :; done
    waiting '{"event":"message","within":20}'
    ask /inject -d '{"conn":1,"to":"server","text":"from outside"}'
    assert_equal "$code" 200
    waited
    assert_equal "$(jq -r .text <<<"$output")" 'from outside' # the echo
    ask /inject -d '{"conn":1,"to":"client","base64":"AAE="}'
    assert_equal "$code" 200
    ask /hold -d '{"direction":"up","count":2}'
    assert_equal "$output" '{"holding":1}'
    printf 'a\nb\nc\n' >&"$typed"
    until ask /connections && [[ $(jq -r '.[0].held.up' <<<"$output") == 2 ]]; do :; done
    ask /release -d '{"count":1}'
    assert_equal "$output" '{"released":1,"held":1}'
    ask /release -d '{}'
    assert_equal "$output" '{"released":1,"held":0}'
    exec {typed}>&-
    wait "${PEERS[-1]}"
    assert_equal "$(jq -r 'select(.dir == "in") | .text // .base64' "$BATS_TEST_TMPDIR/got" | tr '\n' ' ')" 'from outside AAE= c a b '
}

@test "faults and rules act on what is connected" {
    need jq
    serve --rate 20
    proxy
    client
    ask /rule -d '{"rule":"down text -> replace {\"id\":-1}"}'
    assert_equal "$code $output" '200 {"rules":1}'
    grep -q -m 1 '"text":"{\\"id\\":-1}"' <(tail -f "$BATS_TEST_TMPDIR/peer.$((${#PEERS[@]} - 1))")
    waiting '{"event":"close","within":20}'
    ask /fault -d '{"spec":"rst"}'
    assert_equal "$code" 200
    waited
    assert_equal "$(jq -r .event <<<"$output")" close
}

@test "events are numbered lines, and go on to the end of the run" {
    need jq
    serve --rate 20
    proxy
    curl -sS -N -m $((60 * SLOW)) "$CONTROL/events" >"$BATS_TEST_TMPDIR/events" &
    local reader=$!
    both -n --count 3 "$PROXY/feed"
    until [[ $(grep -c '"event":"message"' "$BATS_TEST_TMPDIR/events") -ge 3 ]]; do :; done
    kill -INT "${PEERS[-1]}"
    wait "$reader"
    assert_equal "$(jq -r .event "$BATS_TEST_TMPDIR/events" | tail -n 1)" summary
    assert_equal "$(jq -s 'map(.n) == [range(1; length + 1)]' "$BATS_TEST_TMPDIR/events")" true
}

@test "events from a number on" {
    need jq
    serve
    proxy
    both -n --for 0.2 "$PROXY/echo"
    run curl -s -m 1 "$CONTROL/events?since=3"
    assert_equal "$(head -n 1 <<<"$output" | jq .n)" 4
}

@test "a Unix socket is the user's own, and removed at the end" {
    serve
    ADDRESS=unix:$BATS_TEST_TMPDIR/control proxy
    assert_equal "$CONTROL" "unix:$BATS_TEST_TMPDIR/control"
    assert_equal "$(stat -c %a "$BATS_TEST_TMPDIR/control")" 600
    CONTROL=http://localhost
    ask /clients --unix-socket "$BATS_TEST_TMPDIR/control"
    assert_equal "$code $output" '200 []'
    ask /clients --unix-socket "$BATS_TEST_TMPDIR/control" -H 'Origin: http://localhost'
    assert_equal "$code" 403
    kill -INT "${PEERS[-1]}"
    wait "${PEERS[-1]}" || true
    refute [ -e "$BATS_TEST_TMPDIR/control" ]
}

@test "32 connections at once; more wait" {
    serve
    proxy
    run "$PYTHON3" - "${CONTROL##*:}" $((20 * SLOW)) <<'END'
import socket, sys
ask = b"GET /clients HTTP/1.1\r\nHost: localhost\r\n\r\n"
at, limit = ("127.0.0.1", int(sys.argv[1])), float(sys.argv[2])
conns = [socket.create_connection(at, limit) for _ in range(33)]
for c in conns[:32]:
    c.sendall(ask)
    assert c.recv(4096).startswith(b"HTTP/1.1 200 ")
conns[32].sendall(ask)
conns[32].settimeout(0.3)
try:
    conns[32].recv(4096)
    sys.exit("the 33rd was served")
except TimeoutError:
    pass
conns[0].close()
conns[32].settimeout(limit)
assert conns[32].recv(4096).startswith(b"HTTP/1.1 200 ")
END
    assert_success
}

# example COMMAND...: with `wscope` in its path, as after an installation.
example() {
    mkdir -p "$BATS_TEST_TMPDIR/bin"
    printf '#!/bin/sh\nexec %s "$@"\n' "${WSCOPE_COMMAND[*]}" >"$BATS_TEST_TMPDIR/bin/wscope"
    chmod +x "$BATS_TEST_TMPDIR/bin/wscope"
    PATH=$BATS_TEST_TMPDIR/bin:$PATH run timeout $((60 * SLOW)) "$@"
}

@test "the examples: an application that comes back passes, one that does not fails" {
    need node
    serve --rate 50
    local folder=${top_srcdir:-$HERE/../..}/examples
    example "$PYTHON3" "$folder/reconnect_test.py" "$SERVE" wscope -n -r --retry-delay 0.3 '{url}/feed'
    assert_success
    assert_output --partial 'back after'
    SERVER=$SERVE APP='exec wscope -n -r --retry-delay 0.3 {url}/feed' example node --test "$folder/reconnect.test.mjs"
    assert_success
    example "$PYTHON3" <(sed 's/"within": 30/"within": 2/' "$folder/reconnect_test.py") "$SERVE" wscope -n '{url}/feed'
    assert_failure
    assert_output --partial 'HTTP Error 408'
}
