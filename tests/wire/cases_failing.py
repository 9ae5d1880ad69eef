"""Every way in which a run fails reports exactly one error at every level, with its hint; and the ends of a run without a connection."""

import re
import socket

from events import named, single
from frames import TEXT, close, frame
from judge import same
from program import NULL, SLOW
from rawserver import Unmet, response
from runner import case

QUICK = ("-r", "--retry-delay", "0.01", "--retry-max-delay", "0.01")
LEVELS = ((), ("-q",), ("-v",), ("--json",))


def only_error(made, status, level, stage, sentence):
    """The one error of a run that has failed with this status."""
    made.exits(status)
    if level == ("--json",):
        error = single(made.json(), "error", code=status, stage=stage)
        if not re.search(sentence, error["message"]) or not error["hint"]:
            raise Unmet(f"the error is {error}")
        return
    lines = made.err.splitlines()
    found = [i for i, line in enumerate(lines) if line.startswith("wscope: ")]
    if len(found) != 1 or not re.search(sentence, lines[found[0]]):
        raise Unmet(f"not one error that says /{sentence}/: {made.err}")
    rest = lines[found[0] + 1:]
    if level == ("-q",):
        same(len(lines), 1)
        if "(hint: " not in lines[0]:
            raise Unmet(f"no hint in {lines[0]}")
    elif not rest or not rest[0].startswith("  hint: "):
        raise Unmet(f"no hint after the error: {made.err}")


def walk(t, status, stage, sentence, act, *args):
    for level in LEVELS:
        made, conn = t.open("-n", *level, *args)
        act(conn)
        only_error(made, status, level, stage, sentence)


@case("failing: FIN without a Close: one error at every level")
def fin(t):
    walk(t, 56, "io", r"connection lost: .*FIN", lambda conn: (conn.send(frame(TEXT, b"x")), conn.fin()))


@case("failing: RST: one error at every level")
def rst(t):
    walk(t, 56, "io", r"connection lost: .*RST", lambda conn: conn.rst())


@case("failing: a missed pong: one error at every level")
def pong(t):
    walk(t, 56, "io", "connection lost: no pong", lambda conn: None, "--ping-interval", "0.1", "--ping-timeout", "0.1")


@case("failing: Close 1011 and 4321: one error at every level, with the code and the reason")
def closed(t):
    for code, words in ((1011, "1011 internal error \"boom\""), (4321, "4321 .*\"boom\"")):
        walk(t, 8, "protocol", words, lambda conn, code=code: (conn.send(close(code, b"boom")), conn.expect_close(code), conn.fin()))


@case("failing: a violation: one error at every level, with the rule")
def violation(t):
    walk(t, 65, "protocol", r"broke the protocol: .*RFC 6455", lambda conn: (conn.send(b"\xc1\x00"), conn.expect_failed(1002)))


@case("failing: a message beyond --max-message: one error at every level")
def too_big(t):
    walk(t, 63, "protocol", "beyond the limits: ", lambda conn: (conn.send(frame(TEXT, b"12345678")), conn.expect_failed(1009)), "--max-message", "4")


@case("failing: messages lost under --fail-on-loss: one error at every level")
def lost(t):
    def act(conn):
        conn.send(frame(TEXT, b'{"s":1}') + frame(TEXT, b'{"s":4}'))
        conn.finish()

    walk(t, 3, "protocol", "2 messages were lost", act, "--seq", "/s", "--fail-on-loss")


@case("failing: a Close that stays unanswered: one error at every level")
def unanswered(t):
    for level in LEVELS:
        made, conn = t.open("-w", "0", "--close-timeout", "0.1", *level, stdin=NULL)
        conn.expect_close(1000)
        only_error(made, 28, level, "io", "did not answer the Close")


@case("failing: retries exhausted, after a loss and without any opening: one error at every level")
def exhausted(t):
    for level in LEVELS:
        made, conn = t.open("-n", *QUICK, "--retry", "2", *level)
        conn.fin()
        for _ in range(2):
            t.accept().fin()
        only_error(made, 52, level, "handshake", "")
    for level in LEVELS:
        made = t.start("-n", *QUICK, "--retry", "1", *level, t.url)
        for _ in range(2):
            conn = t.accept()
            conn.request()
            conn.send(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
            conn.fin()
        only_error(made, 22, level, "handshake", "503")


@case("failing: a refused upgrade, a dead port, --max-time: one error at every level, its hint after it")
def refused(t):
    for level in LEVELS:
        made = t.start("-n", *level, t.url)
        conn = t.accept()
        conn.request()
        conn.send(b"HTTP/1.1 418 No\r\nContent-Length: 3\r\n\r\ntea")
        conn.fin()
        only_error(made, 22, level, "handshake", "418")
        with dead_port() as dead:
            made = t.start("-n", *level, f"ws://127.0.0.1:{dead.getsockname()[1]}/")
            only_error(made, 7, level, "connect", "refused")
        made, conn = t.open("-n", "-m", "0.3", *level)
        only_error(made, 28, level, "io", "max-time")


@case("failing: an event stream that breaks off: one error at every level")
def stream(t):
    for level in LEVELS:
        made = t.start(*level, "--sse", t.url.replace("ws", "http"))
        conn = t.accept()
        conn.request()
        conn.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
        conn.rst()
        only_error(made, 56, level, "io", "connection lost")


@case("failing: attempts that are made again are no errors, their sentences and hints are there")
def again(t):
    for level in LEVELS:
        made = t.start("-n", *QUICK, *level, t.url)
        t.accept().fin()
        conn = t.accept()
        conn.open()
        conn.finish()
        made.exits(0)
        if level == ("--json",):
            retry = named(made.json(), "retry")[0]
            same((retry["code"], retry["stage"], bool(retry["message"]), bool(retry["hint"])), (52, "handshake", True, True))
        elif level == ("-q",):
            same(made.err, "")
        else:
            made.says("hung up", "hint: ", "reconnecting")
            made.silent("wscope:")


# -- --for without a connection ----------------------------------------------------------------------


def dead_port():
    """A port that nothing listens on: bound, so that nobody else takes it, and not listening."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    return sock


@case("for: ends a run whose attempts all fail, with the last failure: exit 7")
def for_attempts(t):
    with dead_port() as dead:
        for delay in ("0.01", "60"):  # ended most likely within an attempt, and while it waits
            made = t.start("-n", "--json", "-r", "--retry-delay", delay, "--retry-max-delay", delay, "--for", "0.4", f"ws://127.0.0.1:{dead.getsockname()[1]}/")
            made.exits(7)
            same(single(made.json(), "error")["stage"], "connect")


@case("for: ends a run whose first attempt gets no answer: exit 28")
def for_mute(t):
    made = t.start("-n", "--json", "--for", "0.3", t.url)
    t.accept()
    made.exits(28)
    same("--for" in single(made.json(), "error")["message"], True)


@case("for: a connection was there, and the next is awaited: exit 0")
def for_waiting(t):
    for delay in ("0.01", "60"):
        listener = t.listen()  # whose further connections nobody accepts
        made = t.start("-n", "--json", "-r", "--retry-delay", delay, "--retry-max-delay", delay, "--for", f"{1 * SLOW}", f"ws://127.0.0.1:{listener.port}/")
        conn = listener.accept(t.deadline)
        conn.open()
        conn.fin()
        made.exits(0)
        same(named(made.json(), "error"), [])
