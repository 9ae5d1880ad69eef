#!/usr/bin/env bats
# Several embedded servers that share a feed and a room through a redis-server.

load helpers

setup() {
    need redis-server
    need_python_module websockets
    export SLOW WSCOPE="${WSCOPE_COMMAND[*]}" PYTHONPATH=$HERE PYTHONDONTWRITEBYTECODE=1
}

# A script of tests/bats/pubsub.py on standard input.
pubsub() {
    run timeout $((120 * SLOW)) "$PYTHON3" -
    [[ $status == 0 ]] || echo "$output" >&2
    assert_success
}

@test "--pubsub: what a client of one server sends, those of all receive, once" {
    pubsub <<'END'
from pubsub import *

async def main():
    redis = Redis().start()
    nodes = [Node(name, redis.url) for name in ("a", "b", "")]
    clients = [await Client.join(node) for node in nodes]
    await clients[0].says("hello \u00e4")
    for c in clients[1:]:
        await c.gets("hello \u00e4")
    await clients[2].says(b"\x00\xff")
    for c in clients[:2]:
        await c.gets(b"\x00\xff")
    await clients[1].says("")
    await clients[1].says("x" * 65536)
    for c in (clients[0], clients[2]):
        await c.gets("", "x" * 65536)
    many = [f"{i} of {c.node.name}" for c in clients for i in range(300)]
    for i in range(300):
        for c in clients:
            await c.socket.send(f"{i} of {c.node.name}")
    for c in clients:
        await c.gets_all(many)
    # What other programs publish is a message as it is.
    redis.command("PUBLISH", "wscope:chat", "from outside")
    for c in clients:
        await c.gets("from outside")
    for node in nodes:
        assert node.counts("missed") == 0, node.logged()
        assert node.stop() == 0

run(main)
END
}

@test "--pubsub: the feed is numbered once, since= is valid everywhere, a late server joins" {
    pubsub <<'END'
from pubsub import *

async def main():
    redis = Redis().start()
    nodes = [Node("", redis.url, "--rate", "100") for name in ("a", "b")]
    a, b = nodes
    first = a.json("?since=0")
    eventually(lambda: a.latest() >= 30, "thirty updates")
    nodes.append(Node("", redis.url, "--rate", "100"))
    late = nodes[2]
    last = a.json("?last=1")[0]["id"]
    # The same bytes of every update, whoever sends it.
    eventually(lambda: late.latest() >= last and b.latest() >= last, "the others")
    # Of two servers that start together the later may have told Redis first: all agree at the next look at it.
    lists = []
    def agree():
        lists[:] = [n.json("?since=0")[:last] for n in nodes]
        return lists[0] == lists[1] == lists[2]
    eventually(agree, lambda: f"the same everywhere: {lists}")
    assert [u["id"] for u in lists[2]] == list(range(1, last + 1))
    # Over a WebSocket on another server, from the number that the first gave.
    async with websockets.connect(f"{late.ws}/feed?since={last - 5}") as ws:
        for number in range(last - 4, last + 20):
            assert json.loads(await asyncio.wait_for(ws.recv(), LIMIT))["id"] == number
    # And as an event stream.
    request = urllib.request.Request(f"http{b.ws[2:]}/feed.sse", headers={"Last-Event-ID": str(last - 2)})
    with urllib.request.urlopen(request, timeout=LIMIT) as f:
        ids = [line for line in (f.readline().decode().strip() for _ in range(30)) if line.startswith("id: ")]
    assert ids[:3] == [f"id: {last - 1}", f"id: {last}", f"id: {last + 1}"], ids
    # The live updates come at the same time: the clocks agree.
    async with websockets.connect(a.ws + "/feed") as x, websockets.connect(b.ws + "/feed") as y:
        texts = [set(), set()]
        while len(texts[0] & texts[1]) < 10:
            texts[0].add(await asyncio.wait_for(x.recv(), LIMIT))
            texts[1].add(await asyncio.wait_for(y.recv(), LIMIT))

run(main)
END
}

@test "--pubsub: the numbers survive the death of every server" {
    pubsub <<'END'
from pubsub import *

async def main():
    redis = Redis().start()
    a = Node("a", redis.url, "--rate", "50")
    eventually(lambda: a.json("?last=1")[0]["id"] > 20 if a.json("?last=1") else False, "updates")
    old = a.json("?since=0")
    a.stop(signal.SIGKILL)
    b = Node("a", redis.url, "--rate", "50")
    new = b.json("?since=0")
    assert new[:len(old)] == old, (old, new)
    eventually(lambda: len(b.json("?since=0")) > len(old), "more updates")

run(main)
END
}

@test "--pubsub: the rate is that of the server that began the feed, which another reports" {
    pubsub <<'END'
from pubsub import *

async def main():
    redis = Redis().start()
    a = Node("a", redis.url, "--rate", "20")
    a.awaits("joined Redis at 127.0.0.1:[0-9]+: /feed is at number [0-9]+, 20 a second, and /chat is one room")
    b = Node("b", redis.url, "--rate", "1000")
    b.awaits("the shared feed has 20 updates a second, 1 at once, as set by the server that began it: --rate and "
             "--burst have no effect here")
    assert a.counts("no effect") == 0
    assert redis.command("GET", "wscope:feed").split()[2:4] == ["20000000", "1"]
    other = Redis().start()
    Node("c", other.url, "--rate", "0.000001").awaits("numbered updates, 0.000001 a second(.|\\n)*, 0.000001 a second, and")
    Node("d", other.url).awaits("the shared feed has 0.000001 updates a second, 1 at once")

run(main)
END
}

@test "--pubsub: user, password and database; a wrong password is reported once and not shown" {
    pubsub <<'END'
from pubsub import *

async def main():
    redis = Redis("--requirepass", "s/cret").start()
    redis.command("ACL", "SETUSER", "app", "on", ">p:w", "~*", "&*", "+@all", password="s/cret")
    at = redis.url.replace("redis://", "")
    first = [Node("a", f"redis://:s%2Fcret@{at}/3"), Node("b", f"redis://app:p%3Aw@{at}/3")]
    other = Node("c", f"redis://:s%2Fcret@{at}")
    clients = [await Client.join(n) for n in first + [other]]
    await clients[0].says("in database 3")
    await clients[1].gets("in database 3")
    await clients[2].says("in database 0")
    await clients[1].says("again")
    await clients[0].gets("again")
    await clients[2].says("nothing came")
    for url in (f"redis://:wr0ng@{at}", f"redis://{at}", f"redis://nobody:wr0ng@{at}"):
        node = Node("d", url)
        node.awaits(r"Redis at 127\.0\.0\.1:[0-9]+: (AUTH|PING) was refused: (WRONGPASS|NOAUTH)")
        await (await Client.join(node)).says("an island still works")
        node.stop()
        log = node.logged()
        assert "wr0ng" not in log and log.count("was refused") == 1, log
        assert "hint" in log or "→" in log, log

run(main)
END
}

@test "--pubsub: the password is hidden in the process's arguments, and may be in a file or the environment" {
    pubsub <<'END'
from pubsub import *

async def main():
    redis = Redis("--requirepass", "s3cret").start()
    at = redis.url.replace("redis://", "")
    a = Node("a", f"redis://:s3cret@{at}")
    a.awaits("joined Redis")
    with open(f"/proc/{a.process.pid}/cmdline") as f:
        words = f.read()
    assert "s3cret" not in words and at in words, words
    with open(f"{FOLDER}/url", "w") as f:
        f.write(f"redis://:s3cret@{at}\n")
    Node("b", f"@{FOLDER}/url").awaits("joined Redis")
    os.environ["REDIS_URL"] = f"redis://:s3cret@{at}"
    Node("c", "env:REDIS_URL").awaits("joined Redis")

run(main)
END
}

@test "--pubsub rediss://: TLS with a private authority, and a client certificate" {
    need openssl
    certificate redis IP:127.0.0.1
    certificate me DNS:me
    pubsub <<'END'
from pubsub import *

async def main():
    pem = lambda name: f"{FOLDER}/{name}"
    redis = Redis(tls=("--tls-cert-file", pem("redis.pem"), "--tls-key-file", pem("redis.key"),
                       "--tls-ca-cert-file", pem("ca.pem"), "--tls-auth-clients", "yes")).start()
    url = redis.url.replace("redis://", "rediss://")
    mine = ("--pubsub-cert", pem("me.pem"), "--pubsub-key", pem("me.key"))
    a, b = Node("a", url, "--cacert", pem("ca.pem"), *mine), Node("b", url, "-k", *mine)
    x, y = await Client.join(a), await Client.join(b)
    await x.says("over TLS")
    await y.gets("over TLS")
    assert b.counts(r"was not verified \(-k\)") == 1 and a.counts("not verified") == 0, b.logged()
    Node("c", url, *mine).awaits("certificate")
    Node("d", redis.url).awaits(r"this server is an island(.|\n)*rediss://")

run(main)
END
}

@test "--pubsub: Redis ends and comes back without its data: all is passed on late, nothing is lost or doubled" {
    pubsub <<'END'
from pubsub import *

async def main():
    redis = Redis().start()
    nodes = [Node(name, redis.url, "--rate", "20") for name in ("a", "b", "c")]
    clients = [await Client.join(n) for n in nodes]
    await clients[0].says("before")
    for c in clients[1:]:
        await c.gets("before")
    redis.end()
    for node in nodes:
        node.awaits("until it is back, this server is an island: /feed goes on, and messages of /chat are passed on late")
    # An island: its own clients receive each other at once.
    for c in clients:
        for i in range(50):
            await c.says(f"{i} of {c.node.name}, alone")
    numbers = [n.json("?last=1")[0]["id"] for n in nodes]
    assert max(numbers) - min(numbers) <= 20, numbers
    back = time.monotonic()
    redis.start()
    for c in clients:
        await c.gets_all(f"{i} of {o.node.name}, alone" for o in clients if o is not c for i in range(50))
    assert time.monotonic() - back < 12 * int(os.environ["SLOW"]), "whole again within 12 s"
    for node in nodes:  # the first message is one of them if Redis ended before it had confirmed it
        node.awaits(r"Redis at [^ ]* is back after [0-9.]+ s: 5[01] messages of /chat passed on late, 0 not at all; "
                    r"of the other servers' [0-9]+ came late, 0 were missed")
    await clients[1].says("after")
    for c in clients[::2]:
        await c.gets("after")
    # The numbers go on where they were, on all of them, and in Redis.
    assert nodes[0].json("?last=1")[0]["id"] >= max(numbers)
    late = Node("d", redis.url, "--rate", "20")
    assert late.latest() >= max(numbers)
    for node in nodes:
        assert node.counts("is an island") == 1, node.logged()
        assert node.counts("error|refused") <= 4, node.logged()

run(main)
END
}

@test "--pubsub: Redis stops answering and goes on: all is passed on late, nothing is lost or doubled" {
    pubsub <<'END'
from pubsub import *

async def main():
    redis = Redis().start()
    nodes = [Node(name, redis.url) for name in ("a", "b")]
    x, y = [await Client.join(n) for n in nodes]
    await x.says("before")
    await y.gets("before")
    redis.send(signal.SIGSTOP)
    # These are on their way to a server that does not read them.
    for i in range(20):
        await x.says(f"early {i}")
    for node in nodes:
        node.awaits("did not answer a command within 3 s; until it is back, this server is an island")
    for i in range(20):
        await x.says(f"late {i}")
        await y.says(f"other {i}")
    redis.send(signal.SIGCONT)
    await y.gets_all([f"early {i}" for i in range(20)] + [f"late {i}" for i in range(20)])
    await x.gets_all(f"other {i}" for i in range(20))
    for node in nodes:
        node.awaits("is back after [0-9.]+ s: [0-9]+ messages of /chat passed on late, 0 not at all; .* 0 were missed")
    await x.says("after")
    await y.gets_nothing_before("after")

run(main)
END
}

@test "--pubsub: a server that was away alone reads what it missed from the log" {
    pubsub <<'END'
from pubsub import *

async def main():
    redis = Redis().start()
    a, b = [Node(name, redis.url) for name in ("a", "b")]
    x, y = [await Client.join(n) for n in (a, b)]
    await x.says("before")
    await y.gets("before")
    # b is stopped for longer than Redis keeps its connections, which are cut meanwhile.
    b.process.send_signal(signal.SIGSTOP)
    ids = re.findall(r"id=(\d+) ", redis.command("CLIENT", "LIST", "TYPE", "pubsub"))
    for i in range(10):
        await x.says(f"missed {i}")
    assert len(ids) == 2, ids
    redis.command("CLIENT", "KILL", "TYPE", "pubsub")
    for i in range(10, 20):
        await x.says(f"missed {i}")
    # What a passed on late, b must find in the log, not receive like the rest.
    a.awaits("is back after")
    b.process.send_signal(signal.SIGCONT)
    await y.gets_all(f"missed {i}" for i in range(20))
    b.awaits("is back after .* [0-9]+ came late, 0 were missed")
    await y.says("after")
    await x.gets("after")

run(main)
END
}

@test "--pubsub: more than can wait is counted, on both sides" {
    pubsub <<'END'
from pubsub import *

async def main():
    redis = Redis().start()
    a, b = [Node(name, redis.url, "-q") for name in ("a", "b")]  # which shows losses all the same
    x, y = [await Client.join(n) for n in (a, b)]
    await x.says("before")
    await y.gets("before")
    redis.end(signal.SIGKILL)
    a.awaits("is an island")
    b.awaits("is an island")
    for i in range(5000):
        await x.says(str(i))
    a.awaits("4096 messages of /chat wait for Redis: those that follow reach only the clients of this server")
    redis.start()
    # One more if Redis was killed before it had confirmed the first.
    a.awaits("4096 messages of /chat passed on late, 90[45] not at all")
    await x.says("after")
    got = []
    while not got or got[-1] != "after":
        got.append(await y.next())
    assert len(got) == len(set(got)), "none twice"
    # What did not come is reported: 904 that were dropped, and those that the log did not keep for b.
    eventually(lambda: 5001 - len(got) == sum(int(n) for n in re.findall(
        r"([0-9]+) (?:was|were) missed|([0-9]+) messages? that other servers sent", b.logged().replace("\n", " "))
        for n in n if n), lambda: f"{5001 - len(got)} messages are reported as missed: {b.logged()}")

run(main)
END
}

@test "--pubsub: Redis is down at the start: an island, until it is there" {
    pubsub <<'END'
from pubsub import *

async def main():
    redis = Redis()
    nodes = [Node(name, redis.url, "--rate", "50") for name in ("a", "b")]
    clients = [await Client.join(n) for n in nodes]
    for c in clients:
        await c.says(f"of {c.node.name}")
    nodes[0].awaits("connection refused; until it is back, this server is an island")
    redis.start()
    await clients[0].gets("of b")
    await clients[1].gets("of a")
    for n in nodes:
        n.awaits("joined Redis at")
        n.awaits("is back after .*: 1 message of /chat passed on late")
    # One of them began earlier: its numbers are the ones of both.
    times = lambda node: [update["time"] for update in node.json("?since=0")[:3]]
    eventually(lambda: times(nodes[0]) == times(nodes[1]), "one numbering")
    for n in nodes:
        assert n.counts("is an island") == 1, n.logged()

run(main)
END
}

@test "--pubsub: Redis forgets everything while it runs: numbers and messages go on" {
    pubsub <<'END'
from pubsub import *

async def main():
    redis = Redis().start()
    nodes = [Node("", redis.url, "--rate", "50") for name in ("a", "b")]
    x, y = [await Client.join(n) for n in nodes]
    for i in range(3):
        await x.says(f"before {i}")
        await y.gets(f"before {i}")
    eventually(lambda: len(nodes[0].json("?since=0")) >= 5, "five updates")
    before = nodes[0].json("?since=0")[:5]
    start = redis.command("GET", "wscope:feed").split()[1:4]
    redis.command("FLUSHALL")
    await x.says("after")
    await y.gets("after")
    eventually(lambda: redis.command("GET", "wscope:feed").split()[1:4] == start, "the start is there again")
    # And a start that is later than ours is none: a server that saw the empty one may have written it.
    redis.command("SET", "wscope:feed", "9000000000000000 1000000 1")
    eventually(lambda: redis.command("GET", "wscope:feed").split()[1:4] == start, "the earlier start is there again")
    redis.command("SET", "wscope:feed", "what is this")
    eventually(lambda: redis.command("GET", "wscope:feed").split()[1:4] == start, "the start is there again")
    late = Node("", redis.url, "--rate", "50")
    assert late.json("?since=0")[:5] == before == nodes[1].json("?since=0")[:5]
    for node in nodes:
        assert node.counts("missed|island") == 0, node.logged()

run(main)
END
}

@test "--pubsub: a shared start that is earlier is adopted, and clients of the feed go on with its numbers" {
    pubsub <<'END'
from pubsub import *

async def main():
    redis = Redis().start()
    node = Node("", redis.url, "--rate", "20")
    async with websockets.connect(node.ws + "/feed") as ws:
        first = json.loads(await asyncio.wait_for(ws.recv(), LIMIT))["id"]
        start, rate, burst = redis.command("GET", "wscope:feed").split()[1:4]
        redis.command("SET", "wscope:feed", f"{int(start) - 10_000_000} {rate} {burst}")
        node.awaits("/feed continues with number [0-9]+ of the shared feed, after [0-9]+ of its own")
        last = first
        while last < first + 250:
            number = json.loads(await asyncio.wait_for(ws.recv(), LIMIT))["id"]
            assert number == last + 1, (last, number)
            last = number

run(main)
END
}

@test "--pubsub: what never reached the others is reported at the end" {
    pubsub <<'END'
from pubsub import *

async def main():
    redis = Redis()
    node = Node("a", redis.url, "-q")
    c = await Client.join(node)
    await c.says("one")
    await c.says("two")
    assert node.stop() == 0
    assert node.counts("2 messages of /chat never reached the other servers") == 1, node.logged()

run(main)
END
}

@test "--pubsub: no server that is not Redis harms it, and the log is not flooded" {
    pubsub <<'END'
import threading

from pubsub import *

ANSWERS = [
    b"HTTP/1.1 400 Bad Request\r\n\r\n",
    b"\x15\x03\x01\x00\x02\x02\x46",
    b"+PONG\r\n" * 1000,
    b"*1\r\n" * 1000,
    b"$9999999999999999\r\n",
    b"*2\r\n$33554433\r\n",
    b"-ERR \x1b]0;title\x07\x1b[2J\r\n",
    b"+PONG\r\n*2\r\n$1\r\nx\r\n$1\r\ny\r\n",
    b"+PONG\r\n*2\r\n$10\r\n1790000000\r\n$1\r\n0\r\n+OK\r\n$30\r\n99999999999999999999999999 1 1\r\n",
    b"+PONG\r\n*3\r\n$9\r\nsubscribe\r\n$11\r\nwscope:chat\r\n:1\r\n" + b"*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$1\r\ny\r\n" * 100,
    b"",
]

def serve(listener, answer):
    while True:
        try:
            s, _ = listener.accept()
        except OSError:
            return
        try:
            s.recv(1000)
            s.sendall(answer)
            if answer:
                s.recv(1000)
        except OSError:
            pass
        s.close()

async def main():
    nodes = []
    for answer in ANSWERS:
        listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=serve, args=(listener, answer), daemon=True).start()
        nodes.append(Node(f"n{len(nodes)}", f"redis://127.0.0.1:{listener.getsockname()[1]}"))
    for node in nodes:
        node.awaits("until it is back, this server is an island")
        c = await Client.join(node)
        await c.says("works")
    await asyncio.sleep(3)
    for node in nodes:
        log = node.logged()
        assert "\x1b]" not in log and "\x1b[2J" not in log, log
        assert node.counts("Redis at") <= 5, log
        with open(f"/proc/{node.process.pid}/status") as f:
            assert int(re.search(r"VmRSS:\s+(\d+)", f.read())[1]) < 400000
        assert node.stop() == 0, log

run(main)
END
}

@test "--pubsub: faults of the connections to Redis, which leave the clients alone" {
    pubsub <<'END'
from pubsub import *

async def main():
    redis = Redis().start()
    a = Node("a", redis.url, "--fault", "refuse:leg=redis*2;rst:leg=redis@3s*1;latency:20ms,leg=redis")
    b = Node("b", redis.url)
    a.awaits("fault .*: refuse leg=redis(.|\\n)*Redis at .*: connection refused.*; until it is back")
    x, y = [await Client.join(n) for n in (a, b)]
    a.awaits("joined Redis")
    began = time.monotonic()
    await x.says("late")
    await y.gets("late")
    assert time.monotonic() - began >= 0.02, "latency"
    a.awaits("fault .*: rst leg=redis @3s(.|\\n)*cut on purpose: fault rst; until it is back")
    a.awaits("(.|\\n)*cut on purpose(.|\\n)*Redis at .* is back")
    await x.says("again")
    await y.gets("again")
    assert a.stop() == 0 and b.counts("fault|island") == 0

run(main)
END
}

@test "--pubsub: mistakes on the command line" {
    both serve --pubsub http://127.0.0.1 0
    assert_equal "$status" 2
    assert_stderr 'redis:// or rediss://'
    both serve --pubsub redis://u:pa/ss@h 0
    assert_equal "$status" 2
    assert_stderr "'/', '\?' or '#'"
    refute_stderr 'pa/ss'
    both serve --pubsub 'redis://h/x' 0
    assert_equal "$status" 2
    assert_stderr 'number of a database'
    both serve --cacert "${BASH_SOURCE[0]}" 0
    assert_equal "$status" 2
    assert_stderr '--cacert needs --pubsub: it is for the connection to Redis'
    both serve --pubsub-key "${BASH_SOURCE[0]}" 0
    assert_equal "$status" 2
    assert_stderr '--pubsub-key needs --pubsub'
    both serve --fault rst:leg=redis 0
    assert_equal "$status" 2
    assert_stderr 'leg=redis needs --pubsub'
    both serve --pubsub rediss://h --pubsub-cert "$BATS_TEST_TMPDIR/none" 0
    assert_equal "$status" 2
    assert_stderr 'cannot read'
}

@test "a config file may have options that are for the connection to Redis" {
    mkdir "$BATS_TEST_TMPDIR/wscope"
    printf 'cacert = %s\nproxy = http://127.0.0.1:1\n' "${BASH_SOURCE[0]}" >"$BATS_TEST_TMPDIR/wscope/config"
    export XDG_CONFIG_HOME=$BATS_TEST_TMPDIR
    serve
    both -n -e hello -1 --no-config "$SERVE/echo"
    assert_output hello
}
