"""Exit codes and the sentences that go with them, and the shape of --json."""

import base64
import socket
import struct

from events import named, single
from frames import PING, PONG, TEXT, frame
from judge import MIB, same
from program import NULL, SLOW
from rawserver import Ended, Unmet
from runner import case


def dead_port():
    """A port that nothing listens on: bound, so that nobody else takes it, and not listening."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    return sock


@case("exit 0: closed 1000, 1001 or without a code")
def zero(t):
    for body in (b"\x03\xe8", b"\x03\xe9", b""):
        made, conn = t.open("-n")
        conn.send(b"\x88" + bytes([len(body)]) + body)
        conn.expect_close(struct.unpack(">H", body)[0] if body else None)
        conn.fin()
        conn.expect_eof()
        made.exits(0)


@case("exit 2: unknown option, with the nearest spelling")
def unknown_option(t):
    made = t.start("--chunck", "5", t.url)
    made.exits(2)
    made.says("--chunck", "--chunk\\b")
    same(made.out, b"")


@case("exit 6: a host that does not resolve, with the stage and a hint")
def unresolved(t):
    made = t.start("-n", "ws://no-such-host.invalid/")
    made.exits(6)
    made.says("no-such-host\\.invalid", "resolve", "hint")
    made = t.start("-n", "--json", "ws://no-such-host.invalid/")
    made.exits(6)
    error = single(made.json(), "error")
    same((error["code"], error["stage"]), (6, "resolve"))


@case("exit 7: nothing listens: address, port, reason, hint")
def not_connected(t):
    with dead_port() as sock:
        port = sock.getsockname()[1]
        made = t.start("-n", f"ws://127.0.0.1:{port}/")
        made.exits(7)
        made.says("127\\.0\\.0\\.1", str(port), "refused", "hint")
        made = t.start("-n", "--json", f"ws://127.0.0.1:{port}/")
        made.exits(7)
        error = single(made.json(), "error")
        same((error["code"], error["stage"], error["errno"]), (7, "connect", 111))
        same(single(made.json(), "summary")["exit"], 7)


@case("exit 7: every address that was tried is named")
def all_refused(t):
    with dead_port() as sock:
        port = sock.getsockname()[1]
        made = t.start("-n", "--resolve", f"two.example:{port}:127.0.0.1,127.0.0.2", f"ws://two.example:{port}/")
        made.exits(7)
        made.says("127\\.0\\.0\\.1", "127\\.0\\.0\\.2")


@case("a second address is used when the first refuses, and both attempts are reported")
def second_address(t):
    made = t.start("-n", "--json", "--resolve", f"two.example:{t.port}:127.0.0.2,127.0.0.1", f"ws://two.example:{t.port}/")
    conn = t.accept()
    conn.open()
    conn.finish()
    made.exits(0)
    told = single(made.json(), "connect")
    same([(a["address"], bool(a["error"])) for a in told["attempts"]], [("127.0.0.2", True), ("127.0.0.1", False)])


@case("exit 7: a unix socket that is not there")
def no_unix(t):
    made = t.start("-n", "ws+unix:/nonexistent/s.sock:/")
    made.exits(7)
    made.says("/nonexistent/s\\.sock")


@case("exit 8: closed by the peer with an error code, the code and reason reported")
def closed_error(t):
    made, conn = t.open("-n", "--json")
    conn.finish(1011, b"it broke")
    made.exits(8)
    told = single(made.json(), "close")
    same((told["code"], told["reason"], told["by"], told["how"], told["clean"]), (1011, "it broke", "peer", "close-frame", True))


@case("exit 28: --connect-timeout with a server that does not answer")
def connect_timeout(t):
    made = t.start("-n", "--json", "--connect-timeout", "0.3", t.url)
    conn = t.accept()
    conn.request()
    made.exits(28)
    same(single(made.json(), "error")["code"], 28)


@case("exit 28: --connect-timeout says which stage it was")
def connect_timeout_said(t):
    made = t.start("-n", "--connect-timeout", "0.3", t.url)
    conn = t.accept()
    conn.request()
    made.exits(28)
    made.says("handshake|answer|response|upgrade", "0\\.3")


@case("exit 28: -m ends a run that is well")
def max_time(t):
    seconds = str(0.3 * SLOW)
    made, conn = t.open("-n", "-m", seconds)
    conn.send(frame(TEXT, b"x"))
    try:
        opcode, _ = conn.next("a Close, or the end")
        same(opcode, 8)
    except Ended:
        pass
    conn.fin()
    made.exits(28)
    made.says("max-time|-m\\b|" + seconds)
    made.prints(b"x\n")


@case("exit 52: the server hangs up before it answers")
def hangup(t):
    for how in ("fin", "rst"):
        made = t.start("-n", t.url)
        conn = t.accept()
        conn.request()
        getattr(conn, how)()
        made.exits(52)
        made.says("hung up|closed|reset", "hint")


@case("exit 52: the server hangs up inside the head")
def hangup_inside(t):
    made = t.start("-n", "--json", t.url)
    conn = t.accept()
    conn.request()
    conn.send(b"HTTP/1.1 101 Switching Pro")
    conn.fin()
    made.exits(52)
    same(single(made.json(), "error")["stage"], "handshake")


@case("exit 56: lost, with its uptime, idle times and a hint in JSON")
def lost(t):
    made, conn = t.open("-n", "--json")
    conn.fin()
    made.exits(56)
    told = single(made.json(), "close")
    same((told["by"], told["how"], told["code"], told["clean"]), ("peer", "fin", 1006, False))
    if told["uptime_ms"] < 0 or told["idle_in_ms"] < 0:
        raise Unmet(f"{told}")


# -- JSON --------------------------------------------------------------------------------------------


@case("json: a whole run in events, every field there")
def whole_run(t):
    made = t.start("--json", "-vv", "-s", "chat", f"ws://localhost:{t.port}/x?y=1", stdin=b"hi\n")
    conn = t.accept()
    conn.open("Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: permessage-deflate\r\n")
    conn.agree_deflate()
    conn.expect(TEXT, b"hi")
    conn.send(frame(TEXT, b"hello") + frame(PING, b"p"))
    conn.expect(PONG, b"p")
    conn.answer_close()
    made.exits(0)
    events = made.json()
    names = [e["event"] for e in events]
    for name in ("resolve", "connect", "request", "response", "open", "frame", "message", "ping", "pong", "close", "summary"):
        if name not in names:
            raise Unmet(f"no {name} event: {names}")
    request = single(events, "request")
    same((request["method"], request["target"]), ("GET", "/x?y=1"))
    opened = single(events, "open")
    same((opened["subprotocol"], opened["url"]), ("chat", f"ws://localhost:{t.port}/x?y=1"))
    same(single(events, "response")["status"], 101)
    same({e["conn"] for e in events if e["event"] != "summary"}, {1})
    out = [e for e in named(events, "frame", dir="out") if e["opcode"] == "text"][0]
    same((out["masked"], out["text"], out["length"]), (True, "hi", 2))


@case("json: frames are not printed without -vv")
def no_frames(t):
    made, conn = t.open("-n", "--json")
    conn.send(frame(TEXT, b"x"))
    conn.finish()
    made.exits(0)
    same(named(made.json(), "frame"), [])


@case("json: --events selects by name")
def selected(t):
    made, conn = t.open("-n", "--json", "--events", "message,close")
    conn.send(frame(TEXT, b"x"))
    conn.finish()
    made.exits(0)
    names = set(line.split(b'"event":"')[1].split(b'"')[0] for line in made.out.splitlines())
    same(names - {b"summary"}, {b"message", b"close"})


@case("json: --events with an unknown name is a usage error that names the event")
def selected_unknown(t):
    made = t.start("-n", "--json", "--events", "mesage", t.url)
    made.exits(2)
    made.says("mesage", "message")


@case("json: text with every awkward character comes through exactly")
def exact_text(t):
    text = 'quote " backslash \\ slash / tab \t nul \0 esc \x1b del \x7f c1 \x85 ls \u2028 bidi \u202e astral \U0001f600 é'
    made, conn = t.open("-n", "--json")
    conn.send(frame(TEXT, text.encode()))
    conn.finish()
    made.exits(0)
    told = single(made.json(), "message")
    same((told["text"], told["length"], told["fragments"], told["dir"]), (text, len(text.encode()), 1, "in"))


@case("json: binary is base64")
def binary(t):
    made, conn = t.open("-n", "--json")
    conn.send(frame(2, bytes(range(256))))
    conn.finish()
    made.exits(0)
    told = single(made.json(), "message")
    same((told["type"], base64.b64decode(told["base64"])), ("binary", bytes(range(256))))


@case("json: a message over 1 MiB comes in parts")
def parts(t):
    made, conn = t.open("-n", "--json")
    data = "é".encode() * (3 * MIB // 2)
    conn.send(frame(TEXT, data))
    conn.finish()
    made.exits(0)
    told = named(made.json(), "message")
    same("".join(e["text"] for e in told).encode() == data, True)
    same([e["part"] for e in told], list(range(1, len(told) + 1)))
    same([e["final"] for e in told], [False] * (len(told) - 1) + [True])


@case("json: a violation names rule, sentence and offset")
def violation(t):
    made, conn = t.open("-n", "--json")
    conn.send(b"\x81\x02hi\x83\x00")
    conn.expect_failed(1002)
    made.exits(65)
    told = single(made.json(), "violation")
    same(told["offset"], 4)
    ended = single(made.json(), "close")
    same((ended["by"], ended["how"], ended["code"]), ("local", "violation", 1002))


@case("json: an error about the command line is reported on stderr")
def usage(t):
    made = t.start("--json", "--no-such-option", t.url, stdin=NULL)
    made.exits(2)
    made.says("--no-such-option")
