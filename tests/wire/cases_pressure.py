"""Back-pressure, broken pipes and signals."""

import fcntl
import os
import select
import signal

from events import single
from frames import BINARY, CLOSE, PING, PONG, TEXT, close, frame
from judge import MIB, bounded, same
from program import CLOSED, HOLD, PIPE, TTY
from rawserver import Ended, Unmet
from runner import case

LINE = b"%07d " + b"." * 1015


def numbered(first, count):
    return [LINE % i for i in range(first, first + count)]


@case("pressure: while stdout blocks pings are answered, then reading stops, said once, memory bounded", seconds=40)
def slow_reader(t):
    made = t.start("-n", "--no-compress", t.url, stdout=HOLD)
    conn = t.accept(sndbuf=1 << 16)
    conn.open()
    # More than a pipe holds, less than --buffer: it is read ahead, and pings are heard.
    sent = numbered(0, 400)
    conn.send(b"".join(frame(TEXT, m) for m in sent))
    conn.send(frame(PING, b"still there?"))
    conn.expect(PONG, b"still there?")
    block = [LINE % i for i in range(1000, 2000)]
    piece = b"".join(frame(TEXT, m) for m in block)
    total = conn.send_until_full(piece, 1.0, 256 * MIB)
    if total >= 256 * MIB:
        raise Unmet("256 MiB were read while nobody read stdout")
    bounded(made, 24 * MIB)
    made.await_err("stdout|standard output|reader")
    made.release()
    if total % len(piece):
        conn.send(piece[total % len(piece):])
    repeats = -(-total // len(piece))
    conn.finish()
    made.exits(0)
    wanted = b"".join(m + b"\n" for m in sent) + b"".join(m + b"\n" for m in block) * repeats
    if made.out != wanted:
        raise Unmet(f"stdout has {len(made.out)} bytes, awaited {len(wanted)}, or others")
    told = [line for line in made.err.split("\n") if "stdout" in line or "standard output" in line]
    if len(told) != 1:
        raise Unmet(f"stderr speaks of stdout {len(told)} times: {told}")


@case("pressure: --buffer sets how much is read ahead")
def buffer_size(t):
    made = t.start("-n", "--no-compress", "--buffer", "4M", t.url, stdout=HOLD)
    conn = t.accept()
    conn.open()
    sent = numbered(0, 3000)
    conn.send(b"".join(frame(TEXT, m) for m in sent) + frame(PING, b"x"))
    conn.expect(PONG, b"x")
    made.release()
    conn.finish()
    made.exits(0)
    made.prints(b"".join(m + b"\n" for m in sent))


@case("pressure: a peer that does not read stops stdin from being read, memory bounded", seconds=30)
def slow_peer(t):
    made = t.start("-b", "--chunk", "16k", "--no-compress", t.url, stdin=PIPE)
    conn = t.accept()
    conn.open()
    given, block = 0, os.urandom(1 << 16)
    os.set_blocking(made.stdin, False)
    while given < 512 * MIB:
        if not select.select([], [made.stdin], [], 0.5)[1]:
            break
        try:
            given += os.write(made.stdin, block[given % len(block):])
        except BlockingIOError:
            continue
    else:
        raise Unmet("512 MiB of stdin were taken although the peer reads nothing")
    bounded(made, 24 * MIB)
    os.set_blocking(made.stdin, True)
    made.end()
    got = 0
    while got < given:
        opcode, payload = conn.next("the rest of stdin")
        same(opcode, BINARY)
        got += len(payload)
    same(got, given)
    conn.answer_close()
    made.exits(0)


@case("pressure: messages keep coming while a large message goes out")
def both_ways(t):
    made, conn = t.open("--no-compress", "-e", "@-", stdin=b"y" * (6 * MIB))
    # The client's message is not read yet: it must go on reading ours.
    conn.send(b"".join(frame(TEXT, m) for m in numbered(0, 2000)))
    conn.expect(TEXT, b"y" * (6 * MIB))
    conn.answer_close()
    made.exits(0)
    made.prints(b"".join(m + b"\n" for m in numbered(0, 2000)))


@case("pressure: EPIPE on stdout: a clean Close, exit 0")
def epipe(t):
    made = t.start("-n", t.url, stdout=CLOSED)
    conn = t.accept()
    conn.open()
    try:
        for _ in range(1000):
            conn.send(frame(TEXT, b"x" * 1000))
            if conn.reader.buffer:
                break
    except Ended:
        pass
    opcode, body = conn.next("a Close")
    same((opcode, body[:2]), (CLOSE, b"\x03\xe8"))
    conn.send(close(1000))
    conn.fin()
    conn.expect_eof()
    made.exits(0)


@case("pressure: stdout's reader goes away in the middle: a clean Close, exit 0")
def epipe_later(t):
    made = t.start("-n", t.url, stdout=HOLD)
    conn = t.accept()
    conn.open()
    conn.send(b"".join(frame(TEXT, m) for m in numbered(0, 300)) + frame(PING, b"x"))
    conn.expect(PONG, b"x")
    made.drop_stdout()
    conn.send(frame(TEXT, b"one more"))
    conn.expect_close(1000)
    conn.send(close(1000))
    conn.fin()
    conn.expect_eof()
    made.exits(0)


@case("pressure: stderr's reader is gone: the run goes on")
def stderr_gone(t):
    ours, theirs = os.pipe()
    os.close(ours)
    made = t.start("-n", "-v", t.url, stderr=theirs)
    os.close(theirs)
    conn = t.accept()
    conn.open()
    conn.send(frame(TEXT, b"still here"))
    conn.finish()
    made.exits(0)
    made.prints(b"still here\n")


for _signal, _status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):

    @case(f"signals: {_signal.name} sends Close 1001, exit {_status}")
    def signalled(t, number=_signal, status=_status):
        made, conn = t.open("-n", "--json")
        conn.send(frame(PING, b"up"))
        conn.expect(PONG, b"up")
        made.signal(number)
        conn.answer_close(1001)
        made.exits(status)
        ended = single(made.json(), "close")
        same((ended["by"], ended["code"]), ("local", 1001))

    @case(f"signals: {_signal.name} waits at most about a second for the answer")
    def unanswered(t, number=_signal, status=_status):
        made, conn = t.open("-n")
        conn.send(frame(PING, b"up"))
        conn.expect(PONG, b"up")
        made.signal(number)
        conn.expect_close(1001)
        conn.expect_eof()  # within the case's time; --close-timeout alone would be 5 s
        made.exits(status)

    @case(f"signals: {_signal.name} twice ends at once")
    def twice(t, number=_signal, status=_status):
        made, conn = t.open("-n")
        conn.send(frame(PING, b"up"))
        conn.expect(PONG, b"up")
        made.signal(number)
        conn.expect_close(1001)
        made.signal(number)
        made.exits(status)

    @case(f"signals: {_signal.name} before the connection is open ends the run")
    def early(t, number=_signal, status=_status):
        made = t.start("-n", t.url)
        conn = t.accept()
        conn.request()
        made.signal(number)
        made.exits(status)


@case("signals: what came before the signal is printed")
def flushed(t):
    made, conn = t.open("-n")
    conn.send(frame(TEXT, b"before") + frame(PING, b"up"))
    conn.expect(PONG, b"up")
    made.signal(signal.SIGINT)
    conn.answer_close(1001)
    made.exits(130)
    made.prints(b"before\n")


@case("the terminal's and pipes' flags are as they were found")
def flags(t):
    ours_in, theirs_in = os.pipe()
    theirs_out, ours_out = os.pipe()
    found = [fcntl.fcntl(fd, fcntl.F_GETFL) for fd in (ours_in, ours_out)]
    made = t.start(t.url, stdin=ours_in, stdout=ours_out)
    conn = t.accept()
    conn.open()
    os.write(theirs_in, b"a line\n")
    conn.expect(TEXT, b"a line")
    conn.send(frame(TEXT, b"x"))
    same(os.read(theirs_out, 10), b"x\n")
    # While it runs and waits for more, for others would meet a flag that is set now.
    same([fcntl.fcntl(fd, fcntl.F_GETFL) for fd in (ours_in, ours_out)], found)
    os.write(theirs_in, b"another\n")
    conn.expect(TEXT, b"another")
    os.close(theirs_in)
    conn.answer_close(1000)
    made.exits(0)
    same([fcntl.fcntl(fd, fcntl.F_GETFL) for fd in (ours_in, ours_out)], found)
    for fd in (ours_in, theirs_out, ours_out):
        os.close(fd)


@case("a terminal's flags are as they were found, for reading and for writing")
def terminal_flags(t):
    made = t.start("-q", t.url, stdin=PIPE, stdout=TTY, stderr=TTY)
    conn = t.accept()
    conn.open()
    os.write(made.stdin, b"a line\n")
    conn.expect(TEXT, b"a line")
    # The terminal's other side has flags of its own: look at the description that the program shares.
    link = f"/proc/{made.process.pid}/fdinfo/"
    for fd in (1, 2):
        with open(link + str(fd)) as info:
            flags_now = int(info.read().split("flags:")[1].split()[0], 8)
        if flags_now & os.O_NONBLOCK:
            raise Unmet(f"O_NONBLOCK is set on the terminal (descriptor {fd})")
    made.end()
    conn.answer_close(1000)
    made.exits(0)
