#!/usr/bin/env bats
# wscope fanout: many connections to a service of several nodes, with and without planted faults.

load helpers

# Start a service: its arguments are those of nodes.py. $port; $server is its process.
nodes() {
    await '^port ([0-9]+)$' "$PYTHON3" "$HERE/nodes.py" "$@"
    port=$found
    server=${PEERS[-1]}
    url=ws://127.0.0.1:$port/
}

# Run it with --json. $status, $result: the object.
fan() {
    both fanout --json "$@"
    result=$(jq -c 'select(.event == "fanout")' <<<"$output")
}

# holds FILTER: true of the result.
holds() {
    [[ $result ]] && jq -e "$1" <<<"$result" >/dev/null && return
    printf 'not so: %s\nin: %s\nstderr: %s\n' "$1" "$result" "$stderr" >&2
    return 1
}

setup() {
    need jq
    cd "$BATS_TEST_TMPDIR" || return
}

@test "a healthy service: every message reaches everyone, and no fault is named" {
    nodes 3
    fan -c 9 --rounds 2 "$url"
    assert_equal "$status" 0
    holds '.verdict.faults == [] and .total.published == 18 and .total.delivered == 162 and .total.lost == 0'
    holds '.spread.named and (.spread.nodes | map(.connections)) == [3, 3, 3]'
    holds '(.matrix | length) == 9 and all(.matrix[]; .delivered == 18 and .p50_ms > 0)'
    holds '.stickiness.by == "none" and .spread.opening_ms > 0'
}

@test "the verdict comes first as text, with a table of nodes" {
    nodes 2
    both fanout -c 4 "$url"
    assert_equal "$status" 0
    assert_regex "${lines[0]}" '^Every message reached all 4 connections on 2 nodes'
    assert_output --regexp 'n0 → n1 +12 +0 +0 +0'
    assert_equal "$stderr" ""
}

@test "each planted fault is named" {
    local fault word
    while read -r fault word; do
        nodes 3 "$fault"
        fan -c 6 --within 0.5 "$url"
        assert_equal "$status" 3
        holds ".verdict.faults[0].fault == \"$word\""
    done <<END
no-bus no-bus
deaf deaf
mute mute
double double
drop loss
END
}

@test "without names the nodes are islands" {
    nodes 2 no-bus silent
    fan -c 4 --within 0.5 "$url"
    assert_equal "$status" 3
    holds '(.spread.named | not) and (.spread.nodes | map(.connections)) == [2, 2]'
    fan -c 4 --within 0.5 --expect islands:2 "$url"
    assert_equal "$status" 0
    fan -c 4 --within 0.5 --expect islands:3 "$url"
    assert_equal "$status" 3
}

@test "what comes after --within is late" {
    nodes 2 late
    fan -c 2 --rounds 1 --within 1.6 "$url"
    assert_equal "$status" 3
    holds '.total.late == 4 and .total.lost == 0 and .verdict.faults[0].fault == "late"'
}

@test "who should receive a message can be said" {
    serve
    fan -c 3 --expect sender "$SERVE/echo"
    assert_equal "$status" 0
    holds '.total.delivered == 9'
    fan -c 3 --within 0.5 "$SERVE/echo"
    assert_equal "$status" 3
    fan -c 3 --within 0.5 --expect none "$SERVE/echo"
    assert_equal "$status" 3
}

@test "the first connection is shown in detail, and only that" {
    nodes 1
    both fanout -i -c 3 --rounds 1 "$url"
    assert_equal "$status" 0
    assert_equal "$(grep -c 'Sec-WebSocket-Key' <<<"$stderr")" 1
}

@test "the placeholders of --publish and --subscribe are filled in" {
    nodes 1
    both fanout --json --events message -c 2 --rounds 1 --subscribe 'sub {i} of {n}' \
        --publish '{"say":"{nonce}","who":{i},"of":{n}}' "$url"
    assert_equal "$status" 0
    assert_equal "$(jq -r 'select(.event == "message" and .dir == "in" and .client == 1).text' <<<"$output" |
        grep -c '^sub [12] of 2$')" 2
    assert_equal "$(jq -r 'select(.event == "message" and .client == 2).text' <<<"$output" |
        grep -cE '^\{"say":"fan[a-z0-9]{19}","who":[12],"of":2\}$')" 2
}

@test "messages are published by a command, and its failure is an error" {
    need curl
    nodes 2
    fan -c 2 --rounds 1 --publish-cmd "curl -sSf -d 'x {nonce} {i}' http://127.0.0.1:$port/" "$url"
    assert_equal "$status" 0
    holds '.total.published == 2 and .total.delivered == 4'
    fan -c 2 --publish-cmd "echo no such queue >&2; exit 4" "$url"
    assert_equal "$status" 1
    assert_stderr '--publish-cmd: the command ended with status 4: no such queue'
}

@test "messages are published by a request, and a refusal is an error" {
    nodes 2
    fan -c 2 --publish-http "http://127.0.0.1:$port/" "$url"
    assert_equal "$status" 0
    holds '.total.published == 6 and .total.delivered == 12 and .matrix[0].from == "http"'
    fan -c 2 --publish-http "http://127.0.0.1:$port/" --data '{"to":"all","text":"{nonce}"}' "$url"
    assert_equal "$status" 0
    fan -c 2 --publish-http "http://127.0.0.1:$port/" --method GET "$url"
    assert_equal "$status" 1
    assert_stderr '--publish-http: the server answered 503'
}

@test "an answer to a request that is cut off is an error" {
    serve
    peer short
    fan -c 2 --rounds 1 --publish-http "http://127.0.0.1:$PORT/" "$SERVE/chat"
    assert_equal "$status" 56
    assert_stderr 'in the middle of its answer, after 2 bytes'
}

@test "--sticky finds a cookie, an address, and nothing" {
    nodes 3 cookie
    fan --sticky -c 6 "$url"
    assert_equal "$status" 0
    holds '.stickiness.by == "cookie" and .stickiness.cookie == "node"'
    nodes 3 address
    fan --sticky -c 4 "$url"
    holds '.stickiness.by == "address"'
    nodes 3
    fan --sticky -c 4 "$url"
    holds '.stickiness.by == "none" and .connections == 4'
}

@test "some connections that are refused are reported, all of them are a failure" {
    nodes 1 refuse
    fan -c 5 --rounds 1 "$url"
    assert_equal "$status" 3
    holds '.spread.open == 2 and .spread.refused == 3 and .verdict.faults[0].fault == "refused"'
    fan -c 5 "$url"
    assert_equal "$status" 22
    holds '.spread.open == 0 and .spread.refused == 5'
    both fanout "ws://127.0.0.1:$(free_port)/"
    assert_equal "$status" 7
    assert_output ""
    assert_stderr 'connection refused'
}

@test "a drill: all are closed and come back" {
    nodes 2
    fan -c 6 -r --retry-delay 0.05 --drill "kill -HUP $server" --expect-drill 'clean>=99%,back<20s' "$url"
    assert_equal "$status" 0
    holds '.drill | .count == 6 and .ended == 6 and .clean == 6 and .back == 6 and .gone == 0'
    holds 'all(.drill.connections[]; .code == 1012 and .away_ms > 0 and .clean)'
    holds '.expectations | map(.ok) == [true, true]'
    holds '.drill.unaffected + .drill.ended == .drill.count'
}

# A service of Socket.IO by polling: nodes a and b take turns, until the file "moved" exists: node b
# alone is left.
@test "a connection that polls is known by the node of its last handshake" {
    cat >polling.py <<'END'
import itertools, json, os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep

sessions = {}
numbers = itertools.count()  # atomic: two threads never get the same

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, node, text, status=200):
        self.send_response(status)
        self.send_header("X-Node", node)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def session(self):
        sid = self.path.partition("sid=")[2].partition("&")[0]
        return sessions[sid]

    def do_GET(self):
        if "sid=" not in self.path:
            number = next(numbers)
            sid = f"s{number}"
            node = "b" if os.path.exists("moved") else "ab"[number % 2]
            sessions[sid] = {"node": node, "says": []}
            self.answer(node, "0" + json.dumps({"sid": sid, "upgrades": [], "pingInterval": 25000,
                                                "pingTimeout": 20000, "maxPayload": 100000}))
        elif self.session()["node"] == "a" and os.path.exists("moved"):
            self.answer("b", '{"code":1,"message":"Session ID unknown"}', 400)
        else:
            sleep(0.02)
            says = self.session()["says"]
            self.answer(self.session()["node"], says.pop() if says else "6")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if body.startswith(b"40"):
            self.session()["says"].append('40{"sid":"x"}')
        self.answer(self.session()["node"], "ok")

    def log_message(self, *_):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print("port", server.server_port, flush=True)
server.serve_forever()
END
    await '^port ([0-9]+)$' "$PYTHON3" polling.py
    fan -c 2 -r --retry-delay 0.05 --rounds 2 --expect none --node header:x-node --drill 'touch moved' \
        --as socket.io,transport=polling "http://127.0.0.1:$found/"
    holds '[.drill.connections[] | select(.ends > 0) | .before, .after] == ["a", "b"]'
    # The sessions of node a ended with it, which is no fault of the balancer.
    holds '.stickiness.session_unknown == 0'
}

@test "a drill that resets connections fails clean, and without -r also back" {
    nodes 2
    fan -c 4 --drill "kill -USR1 $server" --expect-drill 'clean>=99%,back<20s' "$url"
    assert_equal "$status" 3
    holds '.drill | .ended == 4 and .clean == 0 and .gone == 4 and .back == 0'
    holds '.expectations | map(.ok) == [false, false]'
}

@test "a drill's command that fails is an error; what it prints is shown" {
    nodes 1
    fan -c 2 --rounds 1 --drill 'echo rolling; exit 3' "$url"
    assert_equal "$status" 1
    assert_stderr 'rolling'
    assert_stderr '--drill: the command ended with status 3'
    holds '.drill.status == 3'
}

@test "^C reports what is known, and exits with 130" {
    nodes 1
    "${WSCOPE_COMMAND[@]}" fanout --json --events message -c 2 --rounds 1000000 "$url" >output 3>&- &
    local pid=$! code=0
    eventually grep -q '"from.":2' output
    kill -INT "$pid"
    wait "$pid" || code=$?
    assert_equal "$code" 130
    result=$(tail -n 1 output)
    holds '.event == "fanout" and .total.lost == 0 and .total.published > 0'
}

@test "^C also ends what the command of a drill has started" {
    nodes 1
    mkfifo fifo
    "${WSCOPE_COMMAND[@]}" fanout -c 2 --rounds 1 --drill 'exec 3>fifo; echo on >&3; sleep 300 | cat; sleep 300' "$url" \
        3>&- &
    local pid=$! code=0
    exec {fifo}<fifo
    read -r -u "$fifo" on
    assert_equal "$on" on
    kill -INT "$pid"
    wait "$pid" || code=$?
    assert_equal "$code" 130
    run timeout $((60 * SLOW)) cat <&"$fifo" # until no process can write to it
    assert_equal "$status" 0
}

@test "--for ends the rounds" {
    nodes 1
    fan -c 2 --rounds 100000 --for 1 "$url"
    assert_equal "$status" 0
    holds '.total.lost == 0'
}

@test "the page is written" {
    nodes 2
    both fanout -c 2 -r --retry-delay 0.05 --drill "kill -HUP $server" --report page.html "$url?token=secret"
    assert_equal "$status" 0
    grep -q '</html>' page.html
    run ! grep secret page.html
}

@test "on a terminal the nodes are painted in place, at most ten times a second" {
    need script
    nodes 2 deaf
    SECONDS=0
    TERM=xterm script -qec "stty cols 40; ${WSCOPE_COMMAND[*]@Q} fanout -c 4 --within 0.5 $url" /dev/null \
        >screen </dev/null || assert_equal "$?" 3
    # A line of more than 40 columns takes two rows, which are taken away again.
    grep -q $'\r\e\[[4-9]A\e\[J' screen
    grep -q 'n1: 2 open' screen
    (($(grep -c 'connections open' screen) <= 10 * SECONDS + 10))
}

# A server that answers each command of Redis with a line. $port
redis_that_answers() {
    cat >redis.py <<'END'
import re, socket, sys
listener = socket.create_server(("127.0.0.1", 0))
print("port", listener.getsockname()[1], flush=True)
while True:
    s, _ = listener.accept()
    while data := s.recv(4096):
        for word in re.findall(rb"\*\d+\r\n\$\d+\r\n([A-Z]+)", data):
            s.sendall(dict(a.encode().split(b"=", 1) for a in sys.argv[1:]).get(word, b"+OK") + b"\r\n")
END
    await '^port ([0-9]+)$' "$PYTHON3" redis.py "$@"
    port=$found
}

@test "what Redis refuses is reported with its address" {
    redis_that_answers PSUBSCRIBE='-NOPERM no permission'
    both fanout -c 2 --redis "redis://127.0.0.1:$port" ws://127.0.0.1:1/
    assert_equal "$status" 1
    assert_stderr "Redis at 127\.0\.0\.1:$port: PSUBSCRIBE to all channels \(--redis\) was refused: NOPERM no permission" \
        'ACL SETUSER'
}

@test "mistakes on the command line are explained" {
    local options
    while read -r options; do
        # shellcheck disable=SC2086 # several words
        both fanout $options ws://127.0.0.1:1/
        assert_equal "$status" 2
    done <<END
--publish x
--publish {nonce} --publish-cmd x
--publish-http http://h/ --publish-redis x --redis redis://h
--publish-redis x
--expect-drill lost=0
--expect-drill lost~0 --drill true
-c 0
-c 10001
--rounds 0
--expect most
--node serial
--redis http://h/
--sticky --drill true
END
    both fanout --expect most ws://127.0.0.1:1/
    assert_stderr '--expect takes all, others, sender, none or islands:K' '^  most$'
    both fanout --node hedaer:x ws://127.0.0.1:1/
    assert_stderr '--node takes json:POINTER, header:NAME or cookie:NAME' '^  hedaer:x$'
    both fanout
    assert_equal "$status" 2
    assert_stderr 'usage: wscope fanout \[OPTION\]... URL'
    refute_stderr 'wscope compare'
    both fanout ws://127.0.0.1:1/ ws://127.0.0.1:2/
    assert_equal "$status" 2
    refute_stderr 'one connection'
}

@test "too few file descriptors or ports are reported before the first connection" {
    # shellcheck disable=SC2016 # the inner shell expands these
    run bash -c 'ulimit -Sn 1000; ulimit -Hn 1000; "$@"' - "${WSCOPE_COMMAND[@]}" fanout -c 809 ws://127.0.0.1:1/
    assert_equal "$status" 1
    assert_output --partial '809 connections need 1001 file descriptors, but the limit is 1000'
    unshare -rn true 2>/dev/null || missing 'no network of its own'
    # shellcheck disable=SC2016
    run unshare -rn sh -c 'echo "40000 40099" >/proc/sys/net/ipv4/ip_local_port_range; "$@"' - \
        "${WSCOPE_COMMAND[@]}" fanout -c 201 --interface 127.0.0.1,127.0.0.2 ws://127.0.0.1:1/
    assert_equal "$status" 1
    assert_output --partial '201 connections need as many local ports, but 2 addresses have 200'
}
