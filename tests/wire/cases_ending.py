"""When a run in a pipe ends: the end of stdin and its quiet time, --count, --until, --for."""

import time

from frames import BINARY, PONG, TEXT, PING, close, frame
from program import SLOW
from rawserver import Unmet
from runner import case

# -- the end of stdin --------------------------------------------------------------------------------


@case("pipe: end of stdin with a queueing server: no reply is lost")
def queueing(t):
    made, conn = t.open(stdin=b"1\n2\n3\n")
    for payload in (b"1", b"2", b"3"):
        conn.expect(TEXT, payload)
    for payload in (b"one", b"two", b"three", b"four"):
        conn.quiet(0.25)  # each reply comes late, but within the quiet time after the one before
        conn.send(frame(TEXT, payload))
    conn.expect_close(1000)
    conn.send(frame(TEXT, b"after the Close") + close(1000))
    conn.fin()
    conn.expect_eof()
    made.exits(0)
    made.prints(b"one\ntwo\nthree\nfour\nafter the Close\n")


@case("pipe: the quiet time is half a second, -w sets it")
def waiting(t):
    for args, least in (((), 0.4), (("-w", "1"), 0.9)):
        made, conn = t.open(*args, stdin=b"x\n")
        conn.expect(TEXT, b"x")
        begun = time.monotonic()
        conn.expect_close(1000)
        took = time.monotonic() - begun
        conn.send(close(1000))
        conn.fin()
        made.exits(0)
        if took < least:
            raise Unmet(f"the Close came after {took:.2f} s of quiet, awaited {least} at least")


@case("pipe: -w 0 closes at once, and still prints what comes before the peer's Close")
def wait_zero(t):
    made, conn = t.open("-w", "0", stdin=b"x\n")
    conn.expect(TEXT, b"x")
    begun = time.monotonic()
    conn.expect_close(1000)
    if time.monotonic() - begun > 0.45 * SLOW:
        raise Unmet("it waited")
    conn.send(frame(TEXT, b"late") + close(1000))
    conn.fin()
    conn.expect_eof()
    made.exits(0)
    made.prints(b"late\n")


@case("pipe: a peer that does not answer the Close: exit 28 after --close-timeout")
def unanswered(t):
    made, conn = t.open("-w", "0", "--close-timeout", "0.3", stdin=b"")
    conn.expect_close(1000)
    conn.expect_eof()
    made.exits(28)
    made.says("close")


@case("pipe: a peer that hangs up in place of answering the Close: exit 0")
def hung_up(t):
    made, conn = t.open("-w", "0", stdin=b"")
    conn.expect_close(1000)
    conn.fin()
    conn.expect_eof()
    made.exits(0)


@case("pipe: pings are answered while the Close is awaited")
def ping_while_quiet(t):
    made, conn = t.open("-w", "0.6", stdin=b"x\n")
    conn.expect(TEXT, b"x")
    conn.send(frame(PING, b"there?"))
    conn.expect(PONG, b"there?")
    conn.answer_close()
    made.exits(0)


# -- -1, --count, --until, --for ---------------------------------------------------------------------


@case("pipe: -1 ends after one message with a Close 1000")
def one(t):
    made, conn = t.open("-n", "-1")
    conn.send(frame(TEXT, b"first") + frame(TEXT, b"second"))
    conn.answer_close()
    made.exits(0)
    made.prints(b"first\n")


@case("pipe: --count N counts messages, not fragments or pings")
def count(t):
    made, conn = t.open("-n", "--count", "2")
    conn.send(b"\x01\x01a\x89\x00\x80\x01b")
    conn.expect(PONG, b"")
    conn.send(frame(BINARY, b"2"))
    conn.answer_close()
    made.exits(0)
    made.prints(b"ab\n2\n")


@case("pipe: -1 with a Close that stays unanswered: exit 0, reported")
def one_unanswered(t):
    made, conn = t.open("-n", "-1", "--close-timeout", "0.3")
    conn.send(frame(TEXT, b"x"))
    conn.expect_close(1000)
    conn.expect_eof()
    made.exits(0)
    made.says("close")


@case("pipe: --count that the peer's end cuts short reports that end")
def count_short(t):
    made, conn = t.open("-n", "--count", "5")
    conn.send(frame(TEXT, b"x"))
    conn.fin()
    made.exits(56)
    made.prints(b"x\n")


@case("pipe: --until ends after the first message that matches, printed")
def until(t):
    made, conn = t.open("-n", "--until", '"state": *"(done|failed)"')
    conn.send(frame(TEXT, b'{"state":"new"}') + frame(TEXT, b'{"state": "done"}') + frame(TEXT, b"more"))
    conn.answer_close()
    made.exits(0)
    made.prints(b'{"state":"new"}\n{"state": "done"}\n')


@case("pipe: --until with a bad expression is a usage error")
def until_bad(t):
    made = t.start("-n", "--until", "(", t.url)
    made.exits(2)
    made.says("--until")


@case("pipe: --for closes normally after its time, exit 0")
def for_seconds(t):
    made, conn = t.open("-n", "--for", str(0.5 * SLOW))
    conn.send(frame(TEXT, b"x"))
    conn.answer_close()
    made.exits(0)
    made.prints(b"x\n")
