"""--as: a protocol above the messages is recognised, displayed and spoken."""

import json

from events import named
from frames import TEXT, frame
from judge import same
from runner import case


@case("as: a protocol that is recognised is named once, and each thing in it follows its message")
def recognised(t):
    made, conn = t.open("-n", "--json")
    conn.send(frame(TEXT, b'{"jsonrpc":"2.0","method":"tick","params":[1]}'))
    conn.send(frame(TEXT, b'[{"jsonrpc":"2.0","method":"a"},{"jsonrpc":"2.0","id":"7","result":{}}]'))
    conn.finish()
    made.exits(0)
    order = [e["event"] for e in made.json() if e["event"] in ("message", "decoded")]
    assert order == ["message", "decoded", "message", "decoded", "decoded"], order
    first, second, third = named(made.json(), "decoded")
    assert (first["as"], first["type"], first["name"], first["data"]) == ("jsonrpc", "notification", "tick", [1])
    assert (second["name"], third["re"], third["data"]) == ("a", "7", {})
    assert "ms" not in third, "nothing was asked"


@case("as: a plain feed stays one, also with --json")
def plain(t):
    made, conn = t.open("-n", "--json")
    for n in range(20):
        conn.send(frame(TEXT, b'{"method":"tick","id":%d}' % n))
    conn.finish()
    made.exits(0)
    assert not named(made.json(), "decoded")
    assert len(named(made.json(), "message")) == 20


@case("as: auto prints messages as they are, and says once what was recognised")
def auto_pipe(t):
    made, conn = t.open("-n")
    message = b'{"jsonrpc":"2.0","method":"tick"}'
    for _ in range(3):
        conn.send(frame(TEXT, message))
    conn.finish()
    made.exits(0)
    made.prints((message + b"\n") * 3)
    assert made.err.count("--as jsonrpc") == 1, made.err


@case("as: none recognises nothing")
def none(t):
    made, conn = t.open("-n", "--as", "none")
    conn.send(frame(TEXT, b'{"jsonrpc":"2.0","method":"tick"}'))
    conn.finish()
    made.exits(0)
    assert "jsonrpc" not in made.err, made.err


@case("as: a name takes lines in its form, and prints what answers them")
def spoken(t):
    made, conn = t.open("--as", "jsonrpc", "-w", "30", "--count", "2", stdin=b'{"method":"sum","params":[1,2]}\n')
    conn.expect(TEXT, b'{"jsonrpc":"2.0","id":1,"method":"sum","params":[1,2]}')
    conn.send(frame(TEXT, b'{"jsonrpc":"2.0","id":1,"result":3}'))
    conn.send(frame(TEXT, b'{"jsonrpc":"2.0","id":9,"result":[]}'))
    conn.answer_close(1000)
    made.exits(0)
    made.prints(b"3\n[]\n")
    made.says("1 answer matched no request")


@case("as: -e takes the typed form, and the end reports what had no answer")
def typed(t):
    made, conn = t.open("--as", "jsonrpc", "-n", "--for", "0.5", "-e", "sum [1,2]")
    conn.expect(TEXT, b'{"jsonrpc":"2.0","id":1,"method":"sum","params":[1,2]}')
    conn.answer_close(1000)
    made.exits(0)
    made.says(r"1 request had no answer: sum \(id 1\)")


@case("as: a line that is not in the form ends the run with 2 and says what is wrong")
def malformed_line(t):
    made, conn = t.open("--as", "jsonrpc", stdin=b"sum 1 2\n")
    conn.answer_close(1000)
    made.exits(2)
    made.says("a line must be a JSON object")


@case("as: a malformed message is shown, then what is wrong, and the connection goes on")
def malformed(t):
    made, conn = t.open("--as", "jsonrpc", "-n", "--json")
    conn.send(frame(TEXT, b"hello"))
    conn.send(frame(TEXT, b'{"jsonrpc":"2.0","method":"tick"}'))
    conn.finish()
    made.exits(0)
    bad, good = named(made.json(), "decoded")
    assert bad["error"] == "not JSON-RPC: no JSON", bad
    assert good["name"] == "tick"


@case("as: a name that does not exist is exit 2 with the nearest one")
def unknown(t):
    made = t.start("--as", "jsnrpc", t.url)
    made.exits(2)
    made.says("did you mean 'jsonrpc'")


@case("as: an option of another protocol is refused")
def refused(t):
    made = t.start("--as", "jsonrpc", "--auth", "{}", t.url)
    made.exits(2)
    made.says("--auth needs --as socket.io")
    made = t.start("--as", "jsonrpc", "--hex", t.url)
    made.exits(2)
    made.says("exclude each other")


@case("as: what a lost connection left unanswered is reported when it is lost, and not again")
def findings_of_each(t):
    made, conn = t.open("--as", "jsonrpc", "-n", "-r", "--retry-delay", "0.05", "-e", "sum [1,2]")
    conn.expect(TEXT, b'{"jsonrpc":"2.0","id":1,"method":"sum","params":[1,2]}')
    conn.rst()
    conn = t.accept()
    conn.open(then=frame(TEXT, b'{"jsonrpc":"2.0","id":9,"result":3}'))
    conn.finish()
    made.exits(0)
    words = ("opened", "had no answer", "no request", "closed by")
    same(
        [w for line in made.err.splitlines() for w in words if w in line],
        ["opened", "had no answer", "opened", "closed by", "no request"],
    )


# What wscope sends as a client of STOMP, up to the subscription.
CONNECT = b"CONNECT\naccept-version:1.0,1.1,1.2\nhost:/\nheart-beat:0,0\n\n\0"
CONNECTED = b"CONNECTED\nversion:1.2\n\n\0"
SUBSCRIBE = b"SUBSCRIBE\nid:1\ndestination:/a\nack:auto\nreceipt:sub-1\n\n\0"


def stomp_message(body):
    return b"MESSAGE\nsubscription:1\nmessage-id:m\ndestination:/a\n\n" + body + b"\0"


@case("as: --on-connect takes the typed form of the protocol, on each connection")
def greeting(t):
    made, conn = t.open("--as", "stomp,heart-beat=0", "--on-connect", "sub /a", "-n", "-r", "--retry-delay", "0.05")
    for n in range(2):
        conn.expect(TEXT, CONNECT)
        conn.send(frame(TEXT, CONNECTED))
        conn.expect(TEXT, SUBSCRIBE)
        conn.send(frame(TEXT, stomp_message(b"%d" % n)))
        if n == 0:
            conn.fin()
            conn = t.accept()
            conn.open()
    conn.finish()
    made.exits(0)
    made.prints(b"0\n1\n")


@case("as: --on-connect that is not in the form of the protocol ends the run with 2")
def bad_greeting(t):
    made, conn = t.open("--as", "jsonrpc", "--on-connect", "sum 1 2", "-n", "-r")
    conn.answer_close(1001)
    made.exits(2)
    made.says("the parameters of sum are not a JSON object or array")


@case("as: compare counts what a protocol carries, and displays it with -vv")
def compared(t):
    made, conn = t.open("compare", "--as", "stomp,heart-beat=0", "--on-connect", "sub /a", "--json", "--for", "1", "-vv")
    conn.expect(TEXT, CONNECT)
    conn.send(frame(TEXT, CONNECTED))
    conn.expect(TEXT, SUBSCRIBE)
    conn.send(frame(TEXT, b"\n"))
    for n in range(3):
        conn.send(frame(TEXT, stomp_message(b'{"n":%d}' % (n % 2))))
    conn.expect(TEXT, b"DISCONNECT\n\n\0")
    conn.answer_close(1000)
    made.exits(0)
    events = map(json.loads, made.out.splitlines())
    (final,) = [e for e in events if e["event"] == "compare" and e["final"]]
    channel = final["channels"][0]
    same([channel["messages"], channel["updates"], channel["duplicates"]], [3, 2, 1])
    made.says(r'/a m \{"n":1\}')


def negotiated(t, token):
    """Answer SignalR's negotiation, then open the WebSocket that names its id."""
    conn = t.accept()
    same(conn.request().line, "POST /hub/negotiate?negotiateVersion=1 HTTP/1.1")
    body = b'{"negotiateVersion":1,"connectionToken":"%s"}' % token
    conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    conn = t.accept()
    same(conn.open().line, f"GET /hub?id={token.decode()} HTTP/1.1")
    conn.expect(TEXT, b'{"protocol":"json","version":1}\x1e')
    conn.send(frame(TEXT, b"{}\x1e"))
    return conn


@case("as: signalr negotiates before each connection")
def negotiation(t):
    made = t.start("--as", "signalr,negotiate=yes", "-n", "-r", "--retry-delay", "0.05", t.url + "hub")
    negotiated(t, b"one").fin()
    negotiated(t, b"two").finish()
    made.exits(0)


@case("as: a negotiation that is not answered ends with the time that the run has")
def silent_negotiation(t):
    made = t.start("--as", "signalr,negotiate=yes", "-n", "--for", "0.3", t.url + "hub")
    conn = t.accept()
    conn.request()
    conn.expect_eof()
    made.exits(28)


@case("as: a handshake of the protocol that is never answered ends the run with 28, and a retry follows with -r")
def unanswered_handshake(t):
    made, conn = t.open("--as", "stomp", "--connect-timeout", "0.3", "-n", "-e", "send /a hi")
    assert conn.next()[1].startswith(b"CONNECT\n")
    conn.answer_close(1000)
    made.exits(28)
    made.says(r"the handshake of stomp was not complete after 0\.3 s \(--connect-timeout\)")
    made, conn = t.open("--as", "stomp", "--connect-timeout", "0.3", "-n", "--json", "-r", "--retry-delay", "0.05", "-e", "send /a hi")
    assert conn.next()[1].startswith(b"CONNECT\n")
    conn.expect_eof()
    conn = t.accept()
    conn.open(then=frame(TEXT, b"CONNECTED\nversion:1.2\n\n\0"))
    assert conn.next()[1].startswith(b"CONNECT\n")
    assert b"hi" in conn.next()[1]
    conn.finish()
    made.exits(0)
    first = named(made.json(), "close")[0]
    same((first["by"], first["how"]), ("network", "handshake"))
