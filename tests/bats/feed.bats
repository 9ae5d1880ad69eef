#!/usr/bin/env bats
# The embedded server's feed over plain HTTP, seen by curl, Python and a proxy.

load helpers

setup() {
    need curl
    need jq
}

# The value of a field in the answer's head, which is in $output.
field() {
    sed -n "s/^$1: \(.*\)\r$/\1/Ip" <<<"$output"
}

@test "/feed.json is an array: ?since=N what came after N, ?last=N the latest, else those of 5 seconds" {
    serve --rate 200
    local url=http://127.0.0.1:$SERVE_PORT/feed.json last
    run curl -sSf --retry 10 --retry-delay 1 "$url?since=0&wait=5"
    assert_success
    assert_equal "$(jq '.[0].id' <<<"$output")" 1
    run curl -sSf "$url?last=1"
    assert_equal "$(jq length <<<"$output")" 1
    run curl -sSf "$url?last=3&since="
    [[ $(jq -c 'map(.id) | .[-1] - .[0] + 1 == length and length <= 3' <<<"$output") == true ]]
    run curl -sSf "$url?since=999999999"
    assert_equal "$(jq '.[0].id' <<<"$output")" 1
    run curl -sSf "$url?last=1"
    last=$(jq '.[0].id' <<<"$output")
    run curl -sSf "$url?since=0"
    assert_equal "$(jq -c 'map(.id) == [range(1; length + 1)]' <<<"$output")" true
    [[ $(jq length <<<"$output") -ge $last ]]
    run curl -sSf "$url?since=$last&wait=5"
    assert_equal "$(jq '.[0].id' <<<"$output")" $((last + 1))
}

@test "/feed, /feed.sse and /feed.json send the same update alike" {
    serve --rate 50
    local url=http://127.0.0.1:$SERVE_PORT ws sse json
    ws=$(wscope -n -q --count 5 "$SERVE/feed?since=0")
    sse=$(curl -sN "$url/feed.sse?since=0" 2>/dev/null | sed -un 's/^data: //p' | head -n 5)
    json=$(curl -s "$url/feed.json?since=0" | sed 's/^\[//; s/[],]*$//' | head -n 5)
    assert_equal "$sse" "$ws"
    assert_equal "$json" "$ws"
    assert_equal "$(jq -s 'map(.id) == [1, 2, 3, 4, 5]' <<<"$ws")" true
}

@test "If-None-Match: 304 while nothing is new, the update once there is" {
    serve --rate 1
    local url=http://127.0.0.1:$SERVE_PORT/feed.json tag
    run curl -sSi "$url?wait=5"
    assert_line --regexp '^HTTP/1\.1 200'
    tag=$(field etag)
    [[ $tag == \"*\" ]]
    run curl -sSi -H "If-None-Match: W/\"other\", $tag" "$url"
    assert_line --regexp '^HTTP/1\.1 304'
    assert_equal "$(field etag)" "$tag"
    # Held until there is something new.
    run curl -sSi -H "If-None-Match: $tag" "$url?wait=5"
    assert_line --regexp '^HTTP/1\.1 200'
    assert_line --partial '"id":2'
    # Held until the time is over.
    tag=$(field etag)
    run curl -sSi -H "If-None-Match: $tag" "$url?wait=0.2"
    assert_line --regexp '^HTTP/1\.1 304'
}

@test "a long poll for what does not come ends empty, and after its time" {
    serve --rate 0.01
    run curl -sS -w '%{http_code} %{time_total}' "http://127.0.0.1:$SERVE_PORT/feed.json?since=0&wait=0.5"
    assert_line --index 0 '[]'
    local code seconds
    read -r code seconds <<<"${lines[1]}"
    assert_equal "$code" 200
    [[ $(jq -n "$seconds >= 0.49") == true ]]
}

@test "several requests on one connection; Connection: close ends it" {
    serve --rate 100
    local url=http://127.0.0.1:$SERVE_PORT
    run curl -sSv "$url/feed.json" "$url/feed.json?since=3" "$url/feed.json?since=1&wait=1" "$url/"
    assert_success
    assert_equal "$(grep -c 'Connected to' <<<"$output")" 1
    assert_equal "$(grep -c '^< HTTP/1.1 200' <<<"$output")" 4
    run curl -sSv -H 'Connection: close' "$url/feed.json" "$url/feed.json"
    assert_equal "$(grep -c 'Connected to' <<<"$output")" 2
    run curl -sSv0 "$url/feed.json" "$url/feed.json"
    assert_equal "$(grep -c 'Connected to' <<<"$output")" 2
}

@test "requests that come in one piece are answered in order, held ones too" {
    serve --rate 20
    run "$PYTHON3" - "$SERVE_PORT" <<'END'
import json, re, socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
def request(query, extra=""):
    return f"GET /feed.json{query} HTTP/1.1\r\nHost: x\r\n{extra}\r\n".encode()
# The third head comes in two pieces, the second of them while the first request is held.
s.sendall(request("?since=0&wait=10") + request("?since=0&wait=9")[:20])
data = s.recv(65536)
s.sendall(request("?since=0&wait=9")[20:] + request("", "If-None-Match: *\r\n") + request("?since=1&wait=9", "Connection: close\r\n"))
while True:
    piece = s.recv(65536)
    if not piece:
        break
    data += piece
answers = re.findall(rb"HTTP/1.1 (\d+) .*?\r\n\r\n(\[[^]]*\]\n)?", data, re.S)
print(" ".join(a[0].decode() for a in answers))
print([json.loads(a[1])[0]["id"] for a in answers if a[1]])
END
    assert_success
    assert_line '200 200 304 200'
    assert_line '[1, 1, 2]'
}

@test "HEAD is the head alone" {
    serve --rate 100
    run curl -sSI "http://127.0.0.1:$SERVE_PORT/feed.json?since=0&wait=5"
    assert_line --regexp '^HTTP/1\.1 200'
    assert_line --regexp '^Content-Length: [0-9]+'
    run curl -sSI "http://127.0.0.1:$SERVE_PORT/feed.sse"
    assert_line --regexp '^Content-Type: text/event-stream'
}

@test "a client that hangs up while it is waited for leaves no trace" {
    serve --rate 0.01
    run curl -sS -m 0.3 "http://127.0.0.1:$SERVE_PORT/feed.json?since=0&wait=60"
    assert_equal "$status" 28
    run curl -sS "http://127.0.0.1:$SERVE_PORT/feed.json"
    assert_output '[]'
}

@test "all that is kept comes whole, whoever else is served meanwhile" {
    serve --rate 1000000
    run "$PYTHON3" - "$SERVE_PORT" <<'END'
import http.client, json, sys
c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=60)
c.request("GET", "/feed.json?since=0&wait=5")
c.getresponse().read()
while True:
    c.request("GET", "/feed.json?since=0")
    answer = c.getresponse()
    items = json.loads(answer.read())
    ids = [i["id"] for i in items]
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    if len(ids) == 65536:
        break
print(len(ids), answer.status)
END
    assert_output '65536 200'
}

@test "server-sent events: retry once, ids, Last-Event-ID before ?since" {
    serve --rate 100
    run "$PYTHON3" - "$SERVE_PORT" <<'END'
import http.client, json, sys
def events(path, headers={}, count=5):
    c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=20)
    c.request("GET", path, headers=headers)
    answer = c.getresponse()
    assert answer.status == 200 and answer.headers["Content-Type"] == "text/event-stream"
    found, event, retries = [], {}, 0
    while len(found) < count:
        line = answer.fp.readline().decode()
        assert line, "the stream ended"
        if line == "\n":
            if "data" in event:
                found.append((int(event["id"]), json.loads(event["data"])["id"]))
            event = {}
            continue
        name, _, value = line.rstrip("\n").partition(":")
        event[name] = value.removeprefix(" ")
        retries += name == "retry"
    assert retries == 1
    assert all(a == b for a, b in found)
    return [a for a, _ in found]
print(events("/feed.sse?since=0"))
print(events("/feed.sse?since=0", {"Last-Event-ID": "3"}))
first, *rest = events("/feed.sse")
print(rest == [first + 1 + i for i in range(4)])
END
    assert_success
    assert_line --index 0 '[1, 2, 3, 4, 5]'
    assert_line --index 1 '[4, 5, 6, 7, 8]'
    assert_line --index 2 True
}

@test "a stream whose reader sleeps is cut, and the others are not" {
    serve --rate 20000
    run "$PYTHON3" - "$SERVE_PORT" <<'END'
import socket, sys
port = int(sys.argv[1])
def connect(size=None):
    s = socket.socket()
    if size:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
    s.settimeout(50)
    s.connect(("127.0.0.1", port))
    s.sendall(b"GET /feed.sse HTTP/1.1\r\nHost: x\r\n\r\n")
    return s
asleep, awake = connect(4096), connect()
# The one that reads measures: a sleeper is behind by what waits for it and what its socket holds.
total = 0
while total < 24 << 20:
    piece = awake.recv(1 << 16)
    assert piece, "cut though it reads"
    total += len(piece)
read = 0
try:
    while True:
        piece = asleep.recv(1 << 16)
        if not piece:
            break
        read += len(piece)
except ConnectionResetError:
    pass
print("cut", 0 < read < total)
END
    assert_output 'cut True'
}

@test "--allow-origin holds for the feeds over HTTP" {
    serve --rate 100 --allow-origin https://good.example
    local url=http://127.0.0.1:$SERVE_PORT
    run curl -sSi -H 'Origin: https://good.example' "$url/feed.json"
    assert_line --regexp '^HTTP/1\.1 200'
    assert_equal "$(field access-control-allow-origin)" https://good.example
    assert_equal "$(field vary)" Origin
    for path in feed.json feed.sse; do
        run curl -sS -o /dev/null -w '%{http_code}' -H 'Origin: https://evil.example' "$url/$path"
        assert_output 403
    done
    run curl -sSi -X OPTIONS -H 'Origin: https://good.example' -H 'Access-Control-Request-Method: GET' "$url/feed.json"
    assert_line --regexp '^HTTP/1\.1 204'
    assert_equal "$(field access-control-allow-origin)" https://good.example
}

@test "--burst N sends N updates at once, at the rate all the same" {
    serve --rate 20 --burst 10
    run curl -sS "http://127.0.0.1:$SERVE_PORT/feed.json?since=0&wait=5"
    assert_equal "$(jq length <<<"$output")" 10
    assert_equal "$(jq 'map(.time) | unique | length' <<<"$output")" 1
    run bash -c "${WSCOPE_COMMAND[*]} -n -q --count 20 '$SERVE/feed?since=0' | jq -r .time | uniq -c | awk '{ print \$1 }'"
    assert_output $'10\n10'
    both serve --burst 0 0
    assert_equal "$status" 2
    both serve --burst 8193 0
    assert_equal "$status" 2
    assert_stderr 8192
}

@test "events of the server: the channels, the polls, the end of a stream" {
    await 'listening on (ws://[^ ]*[0-9])' "${WSCOPE_COMMAND[@]}" serve -v --rate 50 0
    local url=http${found#ws} log=$BATS_TEST_TMPDIR/peer.0
    curl -sS "$url/feed.json?since=0&wait=5" >/dev/null
    curl -sN "$url/feed.sse" 2>/dev/null | head -n 8 >/dev/null
    # What the server tells of the stream's end comes when it notices it, with the next update.
    until grep -q 'hung up' "$log"; do
        curl -sS "$url/feed.json" >/dev/null
    done
    grep -q '\[poll\] GET /feed.json: answered 200' "$log"
    grep -qE '\[poll\] answered 200: [0-9]+ items?' "$log"
    grep -q "\[sse\] opened $url/feed.sse" "$log"
    grep -q '\[sse\] the client hung up' "$log"
}

@test "the feeds over TLS" {
    need openssl
    certificate localhost DNS:localhost,IP:127.0.0.1
    serve --rate 100 --cert "$BATS_TEST_TMPDIR/localhost.pem" --key "$BATS_TEST_TMPDIR/localhost.key"
    local url=https${SERVE#wss}
    run curl -sSf --cacert "$BATS_TEST_TMPDIR/ca.pem" "$url/feed.json?since=0&wait=5"
    assert_equal "$(jq '.[0].id' <<<"$output")" 1
    run bash -c "curl -sN --cacert '$BATS_TEST_TMPDIR/ca.pem' '$url/feed.sse?since=0' | sed -un 's/^id: //p' | head -n 3"
    assert_output $'1\n2\n3'
}

@test "SIGTERM ends streams and long polls as well" {
    serve --rate 0.01
    curl -sN "http://127.0.0.1:$SERVE_PORT/feed.sse" >"$BATS_TEST_TMPDIR/stream" 2>/dev/null 3>&- &
    local stream=$!
    curl -s "http://127.0.0.1:$SERVE_PORT/feed.json?since=0&wait=60" >/dev/null 2>&1 3>&- &
    local poll=$!
    until grep -q retry "$BATS_TEST_TMPDIR/stream"; do
        curl -s "http://127.0.0.1:$SERVE_PORT/" >/dev/null
    done
    kill -TERM "${PEERS[0]}"
    wait "${PEERS[0]}"
    PEERS=()
    wait "$stream" || true
    wait "$poll" || true
}
