"""Faults made on purpose (--fault): what the server sees of each kind, what the events say, and how the run ends."""

import re
import time

from events import named, single
from frames import PING, PONG, TEXT, close, frame
from judge import same
from rawserver import Ended, Unmet
from runner import case
import tls_material


def sees(conn, how):
    """The client's connection ends like this, whatever bytes come before it."""
    try:
        while True:
            conn.reader.buffer.clear()
            conn.fill("the end")
    except Ended as end:
        same(end.how, how)


def actions(made, kind):
    """The phases of a fault, in order, with the connection each happened to."""
    return [(e["phase"], e["conn"]) for e in named(made.json(), "fault", kind=kind)]


def cut(made, kind):
    """The run with --json ended with a connection that this fault cut."""
    made.exits(56)
    events = made.json()
    end = single(events, "close")
    same((end["by"], end["how"], end["code"], end["clean"], end["hint"]), ("local", "fault", 1006, False, ""))
    if not named(events, "fault", kind=kind, phase="begin"):
        raise Unmet(f"no event tells that {kind} began")


def opened(t, *args, **options):
    """The connection, once the client has seen the opening: what comes now comes after the trigger `open`."""
    made, conn = t.open("--json", *args, **options)
    made.await_out(b'"event":"open"')
    return made, conn


# -- the connection is ended -------------------------------------------------------------------------


@case("fault rst: the server sees ECONNRESET; by local, how fault, exit 56")
def rst(t):
    made, conn = t.open("-n", "--json", "--fault", "rst@message:2")
    conn.send(frame(TEXT, b"one") + frame(TEXT, b"two"))
    sees(conn, "rst")
    cut(made, "rst")
    same(actions(made, "rst"), [("armed", 0), ("begin", 1)])
    made, conn = t.open("-n", "--fault", "rst@message:1")
    conn.send(frame(TEXT, b"one"))
    sees(conn, "rst")
    made.exits(56)
    made.says("fault armed: rst @message:1.*fault begin: rst.*cut by an injected fault")


@case("fault at a message: what came after it in the same read is lost with it, a Close too")
def at_the_message(t):
    made, conn = t.open("-n", "--json", "--fault", "rst@message:3", then=b"")
    conn.send(b"".join(frame(TEXT, n) for n in (b"1", b"2", b"3", b"4", b"5")) + close(1000))
    sees(conn, "rst")
    cut(made, "rst")
    same([e["text"] for e in named(made.json(), "message")], ["1", "2", "3"])


@case("fault at a message that is sent: it leaves first, and nothing after it")
def at_the_sent_message(t):
    for trigger in ("message:2", "frame:2"):
        made, conn = t.open("-w", "5", "--json", "--fault", f"fin@{trigger}", stdin=b"1\n2\n3\n")
        conn.expect(TEXT, b"1")
        conn.expect(TEXT, b"2")
        conn.expect_eof()
        cut(made, "fin")


@case("fault at a byte: the messages before it are whole")
def at_the_byte(t):
    made, conn = opened(t, "-n", "--fault", "truncate:8,side=in@open")
    conn.send(frame(TEXT, b"1") + frame(TEXT, b"2") + frame(TEXT, b"3"))
    sees(conn, "rst")
    cut(made, "truncate")
    same([e["text"] for e in named(made.json(), "message")], ["1", "2"])


@case("fault fin: the server sees the end of the stream and no Close frame")
def fin(t):
    made, conn = t.open("-n", "--json", "--fault", "fin@message:1")
    conn.send(frame(TEXT, b"one"))
    conn.expect_eof()
    cut(made, "fin")


@case("fault half-close: the server's end comes, and what it still says is read")
def half_close(t):
    made, conn = t.open("-n", "--fault", "half-close@message:1")
    conn.send(frame(TEXT, b"one"))
    conn.expect_eof()
    conn.send(frame(TEXT, b"two") + close(1000))
    conn.fin()
    made.exits(0)
    made.prints(b"one\ntwo\n")


@case("fault truncate: this many bytes of a frame, then a reset")
def truncate(t):
    made, conn = t.open("--json", "-w", "5", "--fault", "truncate:9,side=out@open", stdin=b"0123456789\n")
    try:
        while True:
            conn.fill("the cut")
    except Ended as end:
        same(end.how, "rst")
    same(len(conn.reader.buffer), 9)  # 2 of the header, 4 of the key, 3 of the text
    cut(made, "truncate")


@case("fault truncate of what comes in: the cut frame is in the post-mortem")
def truncate_in(t):
    made, conn = opened(t, "-n", "--fault", "truncate:5,side=in@open")
    conn.send(frame(TEXT, b"0123456789"))
    sees(conn, "rst")
    cut(made, "truncate")
    end = single(made.json(), "close")
    same((end["cut_have"], end["cut_want"]), (3, 10))


@case("fault rebind: the old socket dangles, the next connection comes from elsewhere")
def rebind(t):
    made = t.start("-n", "-r", "--retry-delay", "0.01", "--json", "--count", "2", "--fault", "rebind:127.0.0.5@message:1*1", t.url)
    first = t.accept()
    first.open()
    first.send(frame(TEXT, b"one"))
    second = t.accept()
    second.open()
    same(second.sock.getpeername()[0], "127.0.0.5")
    first.quiet(0.1)  # neither FIN nor RST
    second.send(frame(TEXT, b"two"))
    second.answer_close(1000)
    made.exits(0)
    same(named(made.json(), "close")[0]["how"], "fault")


# -- silence -----------------------------------------------------------------------------------------


@case("fault blackhole: found by the ping time-out within 2.5 s, and its fidelity is reported", seconds=30)
def blackhole(t):
    made, conn = t.open("-n", "--json", "--ping-interval", "1", "--ping-timeout", "1", "--fault", "blackhole@1s")
    try:
        while True:
            opcode, payload = conn.next("a ping, or the end")
            same(opcode, PING)
            conn.send(frame(PONG, payload))
    except (Ended, Unmet):
        pass
    made.exits(56)
    events = made.json()
    begun = single(events, "fault", kind="blackhole", phase="begin")
    end = single(events, "close")
    same((end["by"], end["how"]), ("network", "ping-timeout"))
    took = end["at"] - begun["at"]
    if took < 0.9:
        raise Unmet(f"noticed after {took:.2f} s already")
    armed = single(events, "fault", kind="blackhole", phase="armed")
    if "kernel" not in begun["args"] or armed["args"] != begun["args"]:
        raise Unmet(f"the fidelity is not told, or not the same: {armed['args']!r}, {begun['args']!r}")


@case("fault blackhole for a while: what was sent meanwhile arrives after it")
def blackhole_heals(t):
    made, conn = t.open("-n", "--count", "2", "--fault", "blackhole@message:1+300ms")
    conn.send(frame(TEXT, b"one"))
    made.await_err("fault begin: blackhole.*kernel")
    conn.send(frame(TEXT, b"two"))
    conn.answer_close(1000)
    made.exits(0)
    made.prints(b"one\ntwo\n")


@case("fault stall-read: the server's window fills, while the client's own messages go out")
def stall_read(t):
    made, conn = t.open("-w", "9", "--fault", "stall-read@open", stdin=b"out\n")
    conn.expect(TEXT, b"out")
    if conn.send_until_full(frame(TEXT, b"x" * 60000), 0.3, 64 << 20) >= 64 << 20:
        raise Unmet("everything was taken")
    made.kill()


@case("fault stall-write: nothing goes out for its time, and then all of it")
def stall_write(t):
    made, conn = t.open("-w", "5", "--count", "1", "--fault", "stall-write@open+400ms", stdin=b"out\n")
    conn.quiet(0.2)
    conn.expect(TEXT, b"out")
    conn.send(frame(TEXT, b"in"))
    conn.answer_close(1000)
    made.exits(0)
    made.prints(b"in\n")


# -- slowness ----------------------------------------------------------------------------------------


@case("fault latency: each way takes at least its time")
def latency(t):
    made, conn = t.open("-n", "--json", "--ping-interval", "0.2", "--fault", "latency:150ms@open", "--for", "2")
    opcode, payload = conn.next("a ping")
    same(opcode, PING)
    conn.send(frame(PONG, payload))
    while True:
        opcode, payload = conn.next("pings, then the Close")
        if opcode != PING:
            break
        conn.send(frame(PONG, payload))
    conn.send(close(1000))
    conn.fin()
    made.exits(0)
    trips = [e["rtt_ms"] for e in named(made.json(), "pong", dir="in")]
    if not trips or min(trips) < 300:
        raise Unmet(f"round trips of {trips} ms, awaited 300 at least")


@case("fault rate: this many bytes a second, no more")
def rate(t):
    begun = time.monotonic()
    made, conn = t.open("-n", "--count", "1", "--fault", "rate:20k,side=in")
    conn.send(frame(TEXT, b"x" * 20000))
    conn.answer_close(1000)
    took = time.monotonic() - begun
    made.exits(0)
    same(len(made.out), 20001)
    if took < 0.8:
        raise Unmet(f"20 kB took {took:.2f} s")


@case("fault slice: the server gets it in small pieces, the messages are whole")
def slices(t):
    made, conn = opened(t, "-w", "9", "--count", "1", "--fault", "slice:2,30ms@open", stdin=b"0123456789\n")
    begun = time.monotonic()
    conn.expect(TEXT, b"0123456789")
    if time.monotonic() - begun < 0.15:
        raise Unmet("it came at once")
    conn.send(frame(TEXT, b"and back"))
    conn.answer_close(1000)
    made.exits(0)
    same(single(made.json(), "message", dir="in")["text"], "and back")


@case("fault corrupt below TLS: the record's check fails", seconds=30)
def corrupt_tls(t):
    made = t.start("-n", "--json", "-k", "--fault", "corrupt:30,side=in@message:1", f"wss://127.0.0.1:{t.port}/")
    conn = t.accept()
    conn.start_tls(tls_material.of(t).server("good"))
    conn.open()
    conn.send(frame(TEXT, b"one"))
    try:
        while not made.ended(0.02):
            conn.send(frame(TEXT, b"x" * 50))
    except (Ended, OSError):
        pass
    made.exits(35, 56)
    same(single(made.json(), "close")["how"], "tls")
    error = single(made.json(), "error")
    if not re.search("TLS failed: .*", error["message"]) or "changed or lost on the way" not in error["hint"]:
        raise Unmet(f"no reason or no hint: {error}")


@case("fault corrupt without TLS: one bit of the byte that was named")
def corrupt_plain(t):
    made, conn = t.open("-w", "5", "--count", "1", "--fault", "corrupt:7,side=out@open", stdin=b"AAAA\n")
    found = conn.frame("the message")  # which may be no UTF-8 any more
    different = [bin(byte ^ 0x41).count("1") for byte in found.payload]
    same((found.opcode, different), (TEXT, [1, 0, 0, 0]))
    conn.send(frame(TEXT, b"ok"))
    conn.answer_close(1000)
    made.exits(0)


@case("fault over TLS: cut, slowed and sliced like plain TCP", seconds=30)
def over_tls(t):
    made = t.start("-n", "-k", "--count", "1", "--fault", "slice:7;latency:20ms", f"wss://127.0.0.1:{t.port}/")
    conn = t.accept()
    conn.start_tls(tls_material.of(t).server("good"))
    conn.open()
    conn.send(frame(TEXT, b"x" * 2000))
    conn.expect_close(1000)
    conn.send(close(1000))
    conn.fin()
    made.exits(0)
    made.prints(b"x" * 2000 + b"\n")


# -- messages and control frames ---------------------------------------------------------------------


def ping_of(t, *args):
    made, conn = t.open("-n", *args)
    conn.send(frame(PING, b"p1"))
    return made, conn


@case("fault drop-pong: pings are not answered from then on")
def drop_pong(t):
    made, conn = ping_of(t, "--fault", "drop-pong@message:1")
    conn.expect(PONG, b"p1")
    conn.send(frame(TEXT, b"one") + frame(PING, b"p2"))
    conn.finish()  # the Close comes where the pong would
    made.exits(0)


@case("fault drop-pong*2, wrong-pong*1: COUNT counts pongs")
def counted_pongs(t):
    made, conn = ping_of(t, "--fault", "drop-pong*2")
    for ping in (b"p2", b"p3", b"p4"):
        conn.send(frame(TEXT, b"apart") + frame(PING, ping))
        if ping != b"p2":
            conn.expect(PONG, ping)
    conn.finish()
    made.exits(0)
    made, conn = ping_of(t, "--fault", "wrong-pong*1")
    opcode, payload = conn.next("a pong")
    if opcode != PONG or payload == b"p1":
        raise Unmet(f"opcode {opcode}, payload {payload!r}")
    conn.send(frame(PING, b"p2"))
    conn.expect(PONG, b"p2")
    conn.finish()
    made.exits(0)


@case("fault delay-pong: the answer comes late")
def delay_pong(t):
    begun = time.monotonic()
    made, conn = ping_of(t, "--fault", "delay-pong:300ms")
    conn.expect(PONG, b"p1")
    if time.monotonic() - begun < 0.3:
        raise Unmet("it came at once")
    conn.finish()
    made.exits(0)


@case("fault wrong-pong: the answer has another payload")
def wrong_pong(t):
    made, conn = ping_of(t, "--fault", "wrong-pong")
    opcode, payload = conn.next("a pong")
    if opcode != PONG or payload == b"p1":
        raise Unmet(f"opcode {opcode}, payload {payload!r}")
    conn.finish()
    made.exits(0)


NUMBERS = [str(i).encode() for i in range(200)]


def numbered(t, *args):
    """What is printed of numbered messages that come in."""
    made, conn = t.open("-n", "--seed", "7", *args)
    conn.send(b"".join(frame(TEXT, n) for n in NUMBERS))
    conn.finish()
    made.exits(0)
    return made.out.split(b"\n")[:-1]


@case("fault drop-in, dup-in: some messages are missing or come twice, the same ones with the same seed")
def chance_in(t):
    dropped = numbered(t, "--fault", "drop-in:0.25")
    if not 100 <= len(dropped) <= 190 or [n for n in NUMBERS if n in set(dropped)] != dropped:
        raise Unmet(f"{len(dropped)} of 200 left: {dropped}")
    same(numbered(t, "--fault", "drop-in:0.25"), dropped)
    doubled = numbered(t, "--fault", "dup-in:0.25")
    if not 210 <= len(doubled) <= 300 or sorted(set(doubled)) != sorted(NUMBERS):
        raise Unmet(f"{len(doubled)} of 200 came: {doubled}")
    same(numbered(t, "--fault", "drop-in:1"), [])


@case("fault reorder: all are there, some in another place")
def reorder_in(t):
    came = numbered(t, "--fault", "reorder:0.25,side=in")
    same(sorted(came), sorted(NUMBERS))
    if came == NUMBERS:
        raise Unmet("the order is as it was")


@case("fault drop-out, dup-out, reorder: what the server gets of the lines of stdin")
def chance_out(t):
    lines = b"".join(n + b"\n" for n in NUMBERS)
    for spec in ("drop-out:0.25", "dup-out:0.25", "reorder:0.25,side=out"):
        made, conn = t.open("-w", "0", "--seed", "7", "--fault", spec, stdin=lines)
        came = []
        while True:
            opcode, payload = conn.next("messages, then the Close")
            if opcode != TEXT:
                break
            came.append(payload)
        conn.send(close(1000))
        conn.fin()
        made.exits(0)
        if spec.startswith("drop"):
            good = 100 <= len(came) <= 190 and [n for n in NUMBERS if n in set(came)] == came
        elif spec.startswith("dup"):
            good = 210 <= len(came) <= 300 and sorted(set(came)) == sorted(NUMBERS)
        else:
            good = sorted(came) == sorted(NUMBERS) and came != NUMBERS
        if not good:
            raise Unmet(f"{spec}: {len(came)} came: {came}")


# -- instead of a connection -------------------------------------------------------------------------


@case("fault refuse, dns-fail, status: made up before any I/O, with the codes of the real thing")
def instead(t):
    for spec, code, stage in (("refuse", 7, "connect"), ("dns-fail", 6, "resolve"), ("status:503", 22, "handshake")):
        made = t.start("-n", "--json", "--fault", spec, t.url)
        made.exits(code)
        error = single(made.json(), "error")
        same((error["code"], error["stage"]), (code, stage))
        if t.listener.waiting():
            raise Unmet(f"{spec}: a connection came all the same")
        made.says("fault")


@case("fault status with retry-after: waited for as a server's would be, then the real server")
def retry_after(t):
    begun = time.monotonic()
    made = t.start("-n", "-r", "--json", "--count", "1", "--fault", "status:503,retry-after=1*1", t.url)
    conn = t.accept()
    if time.monotonic() - begun < 1:
        raise Unmet("it came at once")
    conn.open()
    conn.send(frame(TEXT, b"x"))
    conn.answer_close(1000)
    made.exits(0)
    events = made.json()
    same([r["status"] for r in named(events, "response")], [503, 101])
    same(single(events, "retry")["delay_ms"], 1000)


@case("fault dns-slow: the look-up takes at least its time, and --connect-timeout counts it")
def dns_slow(t):
    begun = time.monotonic()
    made, conn = t.open("-n", "--fault", "dns-slow:300ms")
    if time.monotonic() - begun < 0.3:
        raise Unmet("it came at once")
    conn.finish()
    made.exits(0)
    made = t.start("-n", "--connect-timeout", "0.2", "--fault", "dns-slow:30s", t.url)
    made.exits(28)
    made.says("resolving")


@case("fault refuse@connect:2: the attempt that was named, counted over the session")
def second_attempt(t):
    made = t.start("-n", "-r", "--retry-delay", "0.01", "--json", "--count", "2", "--fault", "refuse@connect:2;fin@message:1*1", t.url)
    first = t.accept()
    first.open()
    first.send(frame(TEXT, b"one"))
    first.expect_eof()
    second = t.accept()
    second.open()
    second.send(frame(TEXT, b"two"))
    second.answer_close(1000)
    made.exits(0)
    same([e["because"] for e in named(made.json(), "retry")][1:], [named(made.json(), "retry")[1]["because"]])
    same(named(made.json(), "retry")[1]["code"], 7)


# -- triggers, seeds, options ------------------------------------------------------------------------


@case("fault triggers by count: frame:N, bytes:SIZE, and each connection anew")
def counted(t):
    made = t.start("-n", "-r", "--retry-delay", "0.01", "--json", "--count", "9", "--fault", "rst@frame:3*2", t.url)
    for payloads in ((b"1", b"2", b"3"), (b"4", b"5", b"6"), ()):
        conn = t.accept()
        conn.open()
        for payload in payloads:
            conn.send(frame(TEXT, payload))
        if payloads:
            sees(conn, "rst")
    for payload in (b"7", b"8", b"9"):
        conn.send(frame(TEXT, payload))
    conn.answer_close(1000)
    made.exits(0)
    found = named(made.json(), "fault", phase="begin")
    same([e["conn"] for e in found], [1, 2])


@case("fault events: the same seed gives the same, another seed others")
def seeds(t):
    def run(seed):
        made, conn = t.open("-n", "--json", "--seed", seed, "--fault", "drop-in:0.5;dup-in:0.3")
        conn.send(b"".join(frame(TEXT, n) for n in NUMBERS))
        conn.finish()
        made.exits(0)
        events = made.json()
        same(events[-1]["seed"], int(seed))
        return [(e["kind"], e["phase"], e["trigger"], e["args"]) for e in named(events, "fault")]

    first = run("42")
    same(run("42"), first)
    if run("43") == first:
        raise Unmet("another seed changes nothing")


@case("fault: a random one reports the seed, which is in the summary with or without faults")
def seed_told(t):
    made, conn = t.open("-n", "--fault", "drop-in:0.5")
    conn.finish()
    made.exits(0)
    made.says(r"--seed \d+")
    made, conn = t.open("-n", "--json")
    conn.finish()
    made.exits(0)
    same(type(made.json()[-1]["seed"]), int)
    made, conn = t.open("-n", "--fault", "rst@message:1")  # nothing random
    conn.finish()
    made.exits(0)
    made.silent("seed")


@case("fault: a mistyped SPEC points at the character, before anything is tried")
def mistyped(t):
    for text, column in (("blckhole", 0), ("rst;latency:x", 12), ("rst@every:0", 10), ("drop-in:1.5", 8), ("rst*0", 4), ("close:1000", 0)):
        made = t.start("-n", "--fault", text, t.url)
        made.exits(2)
        lines = made.err.split("\n")
        if "  " + text not in lines:
            raise Unmet(f"{text!r} is not shown")
        same(lines[lines.index("  " + text) + 1], " " * (2 + column) + "^")
    if t.listener.waiting():
        raise Unmet("a connection came")
