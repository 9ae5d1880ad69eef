#!/usr/bin/env bats
# The embedded server, seen by clients that are not ours where there are any.

load helpers

@test "/ is a page for people and curl" {
    need curl
    serve
    run curl -sS -i "http://127.0.0.1:$SERVE_PORT/"
    assert_success
    assert_line --regexp '^HTTP/1\.1 200'
    assert_output --partial /echo
    assert_output --partial /feed
}

@test "an unknown path is 404, an endpoint without an upgrade 426" {
    need curl
    serve
    run curl -sS -o /dev/null -w '%{http_code}' "http://127.0.0.1:$SERVE_PORT/nothing"
    assert_output 404
    run curl -sS -o /dev/null -w '%{http_code}' "http://127.0.0.1:$SERVE_PORT/echo"
    assert_output 426
}

@test "an unknown path refuses a WebSocket: exit 22" {
    serve
    both -n "$SERVE/nothing"
    assert_equal "$status" 22
    assert_stderr 404
}

@test "/feed sends numbered updates" {
    need jq
    serve --rate 200
    run bash -c "${WSCOPE_COMMAND[*]} -n -q --count 20 $SERVE/feed | jq .id"
    assert_success
    local first=${lines[0]}
    assert_equal "$output" "$(seq "$first" $((first + 19)))"
}

@test "/feed?since=N goes on after N" {
    need jq
    serve --rate 200
    run bash -c "${WSCOPE_COMMAND[*]} -n -q --count 10 $SERVE/feed | jq .id | tail -n 1"
    local last=$output
    run bash -c "${WSCOPE_COMMAND[*]} -n -q --count 10 '$SERVE/feed?since=$last' | jq .id"
    assert_equal "$output" "$(seq $((last + 1)) $((last + 10)))"
}

@test "--rate is kept roughly" {
    serve --rate 50
    both -n -q --for 1 "$SERVE/feed"
    local count
    count=$(wc -l <<<"$output")
    [[ $count -ge 25 && $count -le 75 ]]
}

@test "--allow-origin refuses other origins with 403" {
    serve --allow-origin https://good.example
    both -n -o https://evil.example "$SERVE/echo"
    assert_equal "$status" 22
    assert_stderr 403
    both -n -o https://good.example -e x -1 "$SERVE/echo"
    assert_equal "$status" 0
    assert_output x
}

@test "a garbled request is answered with 400, a masked rule kept" {
    serve
    run "$PYTHON3" - "$SERVE_PORT" <<'END'
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"NONSENSE\r\n\r\n")
print(s.recv(100).split(b"\r\n")[0].decode())
END
    assert_output --partial ' 400'
}

@test "an empty line before a request is ignored, what follows its head is not" {
    serve
    run "$PYTHON3" - "$SERVE_PORT" <<'END'
import socket, sys
get = b"\r\nGET /feed.json?since=0 HTTP/1.1\r\nHost: a\r\nIf-None-Match: *\r\n\r\n"
upgrade = (b"\r\nGET /echo HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.settimeout(60)
s.sendall(get + get + upgrade + b"\x81\x82\0\0\0\0hi\x88\x80\0\0\0\0")
got = b""
while True:
    piece = s.recv(4096)
    if not piece:
        break
    got += piece
print(got.count(b"HTTP/1.1 304"), got.count(b"HTTP/1.1 101"), got.split(b"\r\n\r\n")[-1].hex())
END
    assert_output "2 1 810268698800"
}

@test "a request that RFC 9112 has refused is answered with 400 everywhere" {
    serve
    run "$PYTHON3" - "$SERVE_PORT" <<'END'
import socket, sys
fields = (b"Host: a b", b"X: y", b"Host: a\r\nHost: a", b"Host: a\r\nContent-Length: x",
          b"Host: a\r\nTransfer-Encoding: gzip", b"Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3",
          b"Host: a\r\nX: \x01", b"Host: a")
for path in (b"/", b"/feed.json", b"/feed.sse", b"/nowhere"):
    for field in fields:
        s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
        s.sendall(b"GET " + path + b" HTTP/1.1\r\n" + field + b"\r\n\r\n")
        status = s.recv(100).split(b" ")[1]
        if (status == b"400") != (field != b"Host: a"):
            print("wrong", path, field, status)
        s.close()
print("done")
END
    assert_output "done"
}

@test "an unmasked frame is answered with Close 1002" {
    serve
    run "$PYTHON3" - "$SERVE_PORT" <<'END'
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"GET /echo HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n\x81\x02hi")
data = b""
while True:
    piece = s.recv(1000)
    if not piece:
        break
    data += piece
head, _, rest = data.partition(b"\r\n\r\n")
print("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head.decode(), rest[:1].hex(), int.from_bytes(rest[2:4], "big"))
END
    assert_output 'True 88 1002'
}

@test "TLS with --cert and --key" {
    need openssl
    certificate localhost DNS:localhost,IP:127.0.0.1
    serve --cert "$BATS_TEST_TMPDIR/localhost.pem" --key "$BATS_TEST_TMPDIR/localhost.key"
    [[ $SERVE == wss://* ]]
    both --cacert "$BATS_TEST_TMPDIR/ca.pem" "$SERVE/echo" <<<'over TLS'
    assert_equal "$status" 0
    assert_output 'over TLS'
    both "$SERVE/echo" <<<'not trusted'
    assert_equal "$status" 60
    assert_stderr 'Bats Test Root' hint
}

@test "a million lines over TLS come back in order" {
    need openssl
    certificate localhost DNS:localhost,IP:127.0.0.1
    serve --cert "$BATS_TEST_TMPDIR/localhost.pem" --key "$BATS_TEST_TMPDIR/localhost.key"
    local lines=$((1000000 / SLOW))
    seq 1 "$lines" | wscope --cacert "$BATS_TEST_TMPDIR/ca.pem" "$SERVE/echo" | cmp - <(seq 1 "$lines")
}

@test "a thousand clients at once" {
    serve --rate 20
    run "$PYTHON3" "$HERE/crowd.py" "$SERVE_PORT" $((SLOW > 1 ? 200 : 1000))
    assert_success
    assert_output --partial 'all served'
}

resident_within() {
    local now
    now=$(resident "$1")
    ((now <= $2)) || ! echo "$now kB, which should become at most $2 kB"
}

@test "the memory of clients that have left is returned" {
    ((SLOW == 1 && ${#WSCOPE_COMMAND[@]} == 1)) || skip 'instrumented programs keep freed memory'
    [[ -e /proc/self/status ]] || skip 'there is no /proc'
    serve --rate 20
    local round before
    before=$(resident "${PEERS[-1]}")
    for round in 1 2; do
        run "$PYTHON3" "$HERE/crowd.py" "$SERVE_PORT" 1000
        assert_success
    done
    # The server notices the end of each connection in its own time.
    eventually resident_within "${PEERS[-1]}" $((before + 32 * 1024))
}

@test "an idle client costs at most 8 KiB, over TLS 40" {
    ((SLOW == 1 && ${#WSCOPE_COMMAND[@]} == 1)) || skip 'instrumented programs have memory of their own'
    grep -q RssAnon /proc/self/status || skip 'there is no RssAnon in /proc'
    need openssl
    serve
    run "$PYTHON3" "$HERE/crowd.py" "$SERVE_PORT" 1000 idle "${PEERS[-1]}" $((8 * 1024))
    assert_success
    echo "# $output" >&3
    certificate localhost DNS:localhost,IP:127.0.0.1
    serve --cert "$BATS_TEST_TMPDIR/localhost.pem" --key "$BATS_TEST_TMPDIR/localhost.key"
    run "$PYTHON3" "$HERE/crowd.py" "${SERVE##*:}" 1000 idle "${PEERS[-1]}" $((40 * 1024)) "$BATS_TEST_TMPDIR/ca.pem"
    assert_success
    echo "# $output" >&3
}

# resident PID: the memory of a process, in kB
resident() {
    awk '/^VmRSS:/ { print $2 }' "/proc/$1/status"
}

@test "more clients than there may be are refused with 503, and the rest served on" {
    # The server takes as many as its descriptors allow.
    await '(ws://[^ ]*[0-9])' bash -c 'ulimit -n "$1"; shift; exec "$@" serve 0' bash $((SLOW > 1 ? 256 : 128)) "${WSCOPE_COMMAND[@]}"
    SERVE=$found
    run "$PYTHON3" "$HERE/crowd.py" "${SERVE##*:}" 400 limit
    assert_success
    assert_output --partial 'refused with 503'
    # The ends of so many connections reach the server one after the other.
    local try
    for try in {1..50}; do
        both -n -e 'still there' -1 "$SERVE/echo"
        [[ $status == 22 ]] || break
    done
    assert_output 'still there'
}

@test "SIGTERM closes every client with 1001 and ends with 0" {
    need jq
    serve --rate 50
    local log=$BATS_TEST_TMPDIR/client
    mkfifo "$BATS_TEST_TMPDIR/out"
    wscope -n --json "$SERVE/feed" >"$BATS_TEST_TMPDIR/out" 2>/dev/null 3>&- &
    local client=$! line
    while IFS= read -r line; do
        echo "$line" >>"$log"
        # The first message says that it is well connected.
        if [[ $line == *'"event":"message"'* && -n ${PEERS[0]:-} ]]; then
            kill -TERM "${PEERS[0]}"
            run wait_for "${PEERS[0]}"
            PEERS=()
        fi
    done <"$BATS_TEST_TMPDIR/out"
    wait "$client"
    assert_equal "$(jq -r 'select(.event == "close") | "\(.code) \(.by) \(.clean)"' "$log")" '1001 peer true'
}

wait_for() {
    wait "$1"
}

@test "an address in use: exit 7, said so" {
    serve
    both serve "127.0.0.1:$SERVE_PORT"
    assert_equal "$status" 7
    assert_stderr 'in use' "$SERVE_PORT"
}

@test "serve listens on the loopback by default" {
    serve
    [[ $SERVE == ws://127.0.0.1:* ]]
}

@test "--path echoes at that path too, also at /" {
    serve --path /ws/chat
    both "$SERVE/ws/chat" <<<'hello'
    assert_equal "$status" 0
    assert_output hello
    both "$SERVE/ws/other" <<<'hello'
    assert_equal "$status" 22
    serve --path /
    both "$SERVE/" <<<'hello'
    assert_output hello
    run curl -s "http${SERVE#ws}/"
    assert_output --partial 'embedded WebSocket server'
    both serve --path ws 0
    assert_equal "$status" 2
    assert_stderr 'path takes a path .*, not "ws"'
    both serve --path /feed.json 0
    assert_equal "$status" 2
}

@test "the log and the events name the client's address" {
    serve
    both "$SERVE/echo" <<<'hello'
    both "$SERVE/nothing" <<<'hello'
    await_log 'opened ws://[^ ]*/echo from 127\.0\.0\.1:[0-9]+'
    await_log 'GET /nothing: answered 404, .* \(from 127\.0\.0\.1:[0-9]+\)'
    serve --json
    both "$SERVE/echo" <<<'hello'
    await_log '"event":"open".*"peer":"127\.0\.0\.1:[0-9]+"'
}

# await_log REGEX: until the server's log has such a line.
await_log() {
    appears "$1" "$BATS_TEST_TMPDIR"/peer.*
}

@test "the log shows the protocol that a client speaks: below its frames with -vv, always with --as" {
    need jq
    local text='{"jsonrpc":"2.0","id":4,"method":"sum","params":[1,2]}' log=$BATS_TEST_TMPDIR/peer
    serve -vv
    both -n -q -e "$text" --count 1 "$SERVE/echo"
    appears '← #1 request sum 4 \[1,2\]' "$log.0"
    appears '→ #1 request sum 4 \[1,2\]' "$log.0"
    serve --as jsonrpc
    both -n -q -e "$text" -e nonsense --count 2 "$SERVE/echo"
    appears '← #1 request sum 4 \[1,2\]' "$log.1"
    appears '← #1 \? not JSON-RPC: no JSON' "$log.1"
    serve
    both -n -q -e "$text" --count 1 "$SERVE/echo"
    appears '#1 closed' "$log.2"
    run grep sum "$log.2"
    assert_failure
    serve --json
    both -n -q -e "$text" --count 1 "$SERVE/echo"
    appears '"decoded"' "$log.3"
    assert_equal "$(jq -c 'select(.event == "decoded" and .dir == "in") | [.conn, .as, .name, .id]' < <(grep '^{' "$log.3"))" \
        '[1,"jsonrpc","sum",4]'
}
