"""Reconnecting: what is tried again and when, what waits meanwhile, and what is told of it."""

import email.utils
import os
import select
import signal
import socket
import time

import tls_material
from cases_tls import refuse_tls
from events import named, single
from frames import PING, PONG, TEXT, close, frame
from judge import same
from program import PIPE, SLOW, TTY
from rawserver import Unmet
from runner import case

QUICK = ("-r", "--retry-delay", "0.05", "--retry-max-delay", "0.1")


def retries(made, will=True):
    return named(made.json(), "retry", will=will)


def refuse(t, status, extra="", body=b""):
    """Accept the next connection and answer it with this status."""
    conn = t.accept()
    conn.request()
    conn.send(f"HTTP/1.1 {status}\r\n{extra}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    conn.fin()
    return conn


def reopen(t, then=b""):
    conn = t.accept()
    conn.open(then=then)
    return conn


def dead_port():
    """A port of the loopback on which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


# -- what is tried again -----------------------------------------------------------------------------


@case("reconnect: after RST, FIN, a Close of 1001, 1011, 1012 and 4000; each is reported before the next attempt")
def dropped(t):
    made, conn = t.open(*QUICK, "-n", "--json")
    conn.rst()
    for code in (None, 1001, 1011, 1012, 4000):
        conn = reopen(t)
        if code:
            conn.send(close(code))
            conn.expect_close(code)
        conn.fin()
    reopen(t).finish()
    made.exits(0)
    events = made.json()
    order = [e["event"] for e in events if e["event"] in ("open", "close", "retry")]
    same(order, ["open", "close", "retry"] * 7)
    same([e["how"] for e in named(events, "close")], ["rst", "fin"] + 5 * ["close-frame"])
    same([e["will"] for e in named(events, "retry")], 6 * [True] + [False])
    same([e["attempt"] for e in named(events, "retry")], [1, 2, 3, 4, 5, 6, 7])
    same([e["conn"] for e in named(events, "retry")], [2, 3, 4, 5, 6, 7, 8])
    same([e["conn"] for e in named(events, "open")], [1, 2, 3, 4, 5, 6, 7])
    same([e.get("attempts") for e in named(events, "open")], [None, 1, 1, 1, 1, 1, 1])
    summary = events[-1]
    same([summary["connections"], summary["retries"], summary["outages"]], [7, 6, 6])


@case("reconnect: not after a Close of 1000, 1002, 1003, 1007 to 1010")
def final_codes(t):
    for code, status in ((1000, 0), (1002, 8), (1003, 8), (1007, 8), (1008, 8), (1009, 8), (1010, 8)):
        made, conn = t.open(*QUICK, "-n", "--json")
        conn.send(close(code))
        conn.expect_close(code)
        conn.fin()
        made.exits(status)
        told = single(made.json(), "retry")
        same([told["will"], f"close {code}" in told["because"]], [False, True])


@case("reconnect: not when we failed the connection, exit 65")
def violation(t):
    made, conn = t.open(*QUICK, "-n", "--json")
    conn.send(b"\xc1\x00")
    conn.expect_failed(1002)
    made.exits(65)
    same(single(made.json(), "retry")["will"], False)


@case("reconnect: the first attempt too; refused by the system, hung up, 503, 200, garbage, then open")
def first_attempt(t):
    made = t.start(*QUICK, "-n", "--json", t.url)
    t.accept().fin()
    refuse(t, "503 Busy")
    refuse(t, "200 OK", body=b"<html>deploying</html>")
    conn = t.accept()
    conn.request()
    conn.send(b"garbage\r\n\r\n")
    conn.fin()
    reopen(t, frame(TEXT, b"at last")).finish()
    made.exits(0)
    events = made.json()
    same([e.get("code") for e in named(events, "retry")], [52, 22, 22, 22, None])
    same([e.get("stage") for e in named(events, "retry")], ["handshake"] * 4 + [None])
    same([e["will"] for e in named(events, "retry")], [True, True, True, True, False])
    same([e["conn"] for e in named(events, "retry")], [1, 1, 1, 1, 2])
    same([single(events, "open")["conn"], single(events, "message")["text"]], [1, "at last"])
    same([events[-1]["outages"], events[-1]["retries"]], [0, 4])


@case("reconnect: statuses 408, 425, 429 are tried again, other 4xx are not: exit 22")
def statuses(t):
    made = t.start(*QUICK, "-n", "--json", t.url)
    for status in ("408 Request Timeout", "425 Too Early", "429 Too Many Requests", "404 Not Found"):
        refuse(t, status)
    made.exits(22)
    events = made.json()
    same([e["will"] for e in named(events, "retry")], [True, True, True, False])
    same(named(events, "retry")[-1]["because"], "status 404; that status is not retried")


@case("reconnect: --retry-on and --no-retry-on, close codes and statuses in one list")
def codes(t):
    made = t.start(*QUICK, "-n", "--json", "--retry-on", "404,1000", "--no-retry-on", "4000-4099,503", t.url)
    refuse(t, "404 Not Found")
    conn = reopen(t)
    conn.finish(1000)
    conn = reopen(t)
    conn.send(close(4100))
    conn.expect_close(4100)
    conn.fin()
    conn = reopen(t)
    conn.send(close(4050))
    conn.expect_close(4050)
    conn.fin()
    made.exits(8)
    same([e["will"] for e in named(made.json(), "retry")], [True, True, True, False])
    made = t.start(*QUICK, "-n", "--json", "--no-retry-on", "503", t.url)
    refuse(t, "503 Busy")
    made.exits(22)


@case("reconnect: a certificate that is not trusted is not tried again, whatever --retry-on says: exit 60")
def certificate(t):
    material = tls_material.of(t)
    made = t.start(*QUICK, "-n", "--json", "--retry-on", "100-4999", f"wss://localhost:{t.port}/")
    refuse_tls(t.accept(), material.server("good"))
    made.exits(60)
    same(single(made.json(), "retry")["will"], False)


# -- when --------------------------------------------------------------------------------------------


@case("reconnect: socket.io against a dead port waits as its table says, --retry 6, exit 7", seconds=60)
def socket_io(t):
    made = t.start("--reconnect=socket.io", "--retry", "6", "-n", "--json", f"ws://127.0.0.1:{dead_port()}/")
    made.exits(7)
    events = made.json()
    waits = [e["delay_ms"] for e in named(events, "retry", will=True)]
    bounds = [(500, 1500), (1000, 3000), (2000, 5000), (4000, 5000), (5000, 5000), (5000, 5000)]
    same(len(waits), len(bounds))
    for wait, (low, high) in zip(waits, bounds):
        if not low <= wait <= high:
            raise Unmet(f"{wait} ms is not between {low} and {high}: {waits}")
    # What is told is what happens: each attempt begins no sooner than its delay after the failure.
    told = named(events, "retry", will=True)
    begun = named(events, "resolve")[1:]
    for retry, attempt in zip(told, begun):
        took = (attempt["at"] - retry["at"]) * 1000
        if not retry["delay_ms"] - 1 <= took <= retry["delay_ms"] + 500 * SLOW:
            raise Unmet(f"waited {took} ms, told {retry['delay_ms']}")
    last = named(events, "retry", will=False)
    same([len(last), last[0]["attempt"], "6 retries in a row failed" in last[0]["because"]], [1, 7, True])
    same(events[-1]["exit"], 7)


@case("reconnect: phoenix and signalr against a dead port, to the millisecond")
def lists(t):
    url = f"ws://127.0.0.1:{dead_port()}/"
    made = t.start("--reconnect=phoenix", "--retry", "7", "-n", "--json", url)
    made.exits(7)
    same([e["delay_ms"] for e in retries(made)], [10, 50, 100, 150, 200, 250, 500])
    made = t.start("--reconnect=signalr", "--retry-max-delay", "0.2", "-n", "--json", url)
    made.exits(7)
    same([e["delay_ms"] for e in retries(made)], [0, 200, 200, 200])
    made = t.start("-r", "--retry-delay", "0.02", "--retry-factor", "3", "--retry-jitter", "none",
                   "--retry-max-delay", "0.1", "--retry", "4", "-n", "--json", url)
    made.exits(7)
    same([e["delay_ms"] for e in retries(made)], [20, 60, 100, 100])


@case("reconnect: --retry 0 tries nothing again; --retry-max-time ends a row of failures")
def limits(t):
    url = f"ws://127.0.0.1:{dead_port()}/"
    made = t.start("-r", "--retry", "0", "-n", "--json", url)
    made.exits(7)
    same(len(retries(made)), 0)
    begun = time.monotonic()
    made = t.start("-r", "--retry-delay", "0.1", "--retry-jitter", "none", "--retry-max-time", "0.5", "-n", "--json", url)
    made.exits(7)
    same([e["delay_ms"] for e in retries(made)], [100, 200])  # 400 more would be too late: not even waited for
    if time.monotonic() - begun > 0.5 + 0.5 * SLOW:
        raise Unmet("it waited for an attempt that was not to come")


@case("reconnect: Retry-After in seconds and as a date is honoured")
def retry_after(t):
    made = t.start(*QUICK, "-n", "--json", t.url)
    refuse(t, "503 Busy", "Retry-After: 1\r\n")
    refuse(t, "429 Slow Down", "Retry-After: " + email.utils.formatdate(time.time() + 3, usegmt=True) + "\r\n")
    refuse(t, "503 Busy", "Retry-After: soon\r\n")
    reopen(t).finish()
    made.exits(0)
    waits = [e["delay_ms"] for e in retries(made)]
    same(waits[0], 1000)
    if not 1000 <= waits[1] <= 3000 or waits[2] > 100:
        raise Unmet(f"the waits are {waits}")


@case("reconnect: only a connection that was up for --stable-after ends the row of failures")
def stable(t):
    made, conn = t.open("-r", "--retry-delay", "0.02", "--retry-jitter", "none", "--stable-after", "0.3", "-n", "--json")
    conn.fin()
    reopen(t).fin()
    conn = reopen(t)
    time.sleep(0.35)  # up that long: what is measured
    conn.fin()
    reopen(t).finish()
    made.exits(0)
    same([(e["attempt"], e["delay_ms"]) for e in retries(made)], [(1, 20), (2, 40), (1, 20)])


@case("reconnect: giving up exits with the code of the last failure")
def last_failure(t):
    made, conn = t.open(*QUICK, "--retry", "1", "-n")
    conn.rst()
    t.accept().fin()
    made.exits(52)
    made.says("not reconnecting", "1 retry in a row failed")
    made, conn = t.open(*QUICK, "--retry", "1", "-n")
    refused = t.listener
    conn.fin()
    reopen(t).rst()
    made.exits(56)
    same(refused.waiting(), False)


# -- ending it ---------------------------------------------------------------------------------------


@case("reconnect: SIGINT and --max-time end a wait, --for ends it with 0")
def wait_ended(t):
    slow = ("-r", "--retry-delay", "60", "--retry-max-delay", "60", "--retry-jitter", "none", "-n")
    made, conn = t.open(*slow)
    conn.fin()
    made.await_err("reconnecting in")
    made.signal(signal.SIGINT)
    made.exits(130)
    made, conn = t.open(*slow, "--max-time", str(0.5 * SLOW))
    conn.fin()
    made.exits(28)
    made, conn = t.open(*slow, "--for", str(0.5 * SLOW))
    conn.fin()
    made.exits(0)
    made.says("no further attempt")


@case("reconnect: --for counts from the start, however often the connection drops")
def for_once(t):
    made, conn = t.open(*QUICK, "--for", str(SLOW), "-n", "--json")
    ended = time.monotonic() + 1
    while time.monotonic() < ended - 0.3:
        conn.fin()
        conn = reopen(t)
    conn.answer_close(1000)
    made.exits(0)
    same(made.json()[-1]["exit"], 0)


# -- what waits --------------------------------------------------------------------------------------


@case("reconnect: stdin that comes while there is no connection is sent in order, after --on-connect")
def queued(t):
    made, conn = t.open("-r", "--retry-delay", "0.3", "--retry-jitter", "none", "--on-connect", "hi", "--json", stdin=PIPE)
    conn.expect(TEXT, b"hi")
    made.write(b"one\n")
    conn.expect(TEXT, b"one")
    conn.fin()
    made.await_out(b'"event":"retry"')
    made.write(b"two\nthree\n")
    conn = reopen(t)
    for text in (b"hi", b"two", b"three"):
        conn.expect(TEXT, text)
    made.write(b"four\n")
    made.end()
    conn.expect(TEXT, b"four")
    conn.answer_close(1000)
    made.exits(0)
    summary = made.json()[-1]
    same([summary["queued"], summary["unsent"], summary["messages_out"]], [2, 0, 6])


@case("reconnect: the end of stdin while offline does not end the run before all is sent")
def end_while_offline(t):
    made = t.start(*QUICK, "-e", "first", t.url, stdin=b"second\nthird\n")
    refuse(t, "503 Busy")
    refuse(t, "503 Busy")
    conn = reopen(t)
    for text in (b"first", b"second", b"third"):
        conn.expect(TEXT, text)
    conn.fin()  # before our Close: the row goes on, and the quiet time begins anew
    conn = reopen(t)
    conn.answer_close(1000)
    made.exits(0)


@case("reconnect: beyond --offline-queue stdin is held back, and nothing of it is lost", seconds=30)
def held_back(t):
    made, conn = t.open("-r", "--retry-delay", "1", "--retry-jitter", "none", "--offline-queue", "10k", stdin=PIPE)
    conn.fin()
    made.await_err("reconnecting in")
    lines = [b"%07d" % i for i in range(60000)]
    data = b"\n".join(lines) + b"\n"
    os.set_blocking(made.stdin, False)
    written = 0
    while written < len(data) and select.select([], [made.stdin], [], 0.5)[1]:
        written += os.write(made.stdin, data[written:written + 65536])
    if written > 450000:  # the pipe holds 64 KiB, the program a block of 256 KiB
        raise Unmet(f"{written} bytes were taken while only 10 KiB may wait")
    os.set_blocking(made.stdin, True)
    conn = reopen(t)
    made.give(data[written:])
    for line in lines:
        conn.expect(TEXT, line)
    conn.answer_close(1000)
    made.exits(0)


@case("reconnect: --offline-queue 0 reads nothing while offline")
def queue_zero(t):
    made, conn = t.open("-r", "--retry-delay", "0.5", "--retry-jitter", "none", "--offline-queue", "0", "--json", stdin=PIPE)
    conn.fin()
    made.await_out(b'"event":"retry"')
    made.write(b"one\ntwo\n")
    made.end()
    conn = reopen(t)
    conn.expect(TEXT, b"one")
    conn.expect(TEXT, b"two")
    conn.answer_close(1000)
    made.exits(0)
    same(made.json()[-1]["queued"], 0)


@case("reconnect: what is never sent is counted")
def unsent(t):
    made = t.start(*QUICK, "--retry", "2", "--json", t.url, stdin=b"one\ntwo\n")
    for _ in range(3):
        refuse(t, "503 Busy")
    made.exits(22)
    same([made.json()[-1][k] for k in ("unsent", "messages_out")], [2, 0])
    made = t.start(*QUICK, "--retry", "0", t.url, stdin=PIPE)
    refuse(t, "503 Busy")
    made.exits(22)
    made.silent("never sent")  # nothing was read


@case("reconnect: what the peer does not take is counted or sent again: none lost, none twice", seconds=60)
def in_flight(t):
    count = 16000  # more than the buffers of both kernels hold
    lines = [b"%06d" % i + 1000 * b"x" for i in range(count)]
    made = t.start(*QUICK, "--json", "--events", "close,summary", t.url, stdin=b"\n".join(lines) + b"\n")
    conn = t.accept()
    conn.open()
    seen = []
    for _ in range(50):
        seen.append(conn.next()[1][:6])
    conn.await_unread(100000)
    conn.await_full()  # what is lost with the buffers is the matter, and what has to wait for them
    conn.rst()
    conn = reopen(t)
    again = []
    while not again or again[-1] != b"%06d" % (count - 1):
        again.append(conn.next()[1][:6])
    conn.answer_close(1000)
    made.exits(0)
    closes = named(made.json(), "close")
    summary = made.json()[-1]
    same(again, [b"%06d" % i for i in range(count - len(again), count)])
    in_doubt = closes[0]["unacknowledged"]
    gone = count - len(again)  # given to the kernel whole, never to be sent again
    # Those that our kernel was told of as received were not in doubt, though this server never read them.
    if not 0 < in_doubt <= gone or gone < len(seen):
        raise Unmet(f"{gone} left, {in_doubt} in doubt, {len(seen)} were read")
    same(summary["unacknowledged"], in_doubt)
    if closes[0]["send_again"] == 0 or summary["sent_again"] != closes[0]["send_again"]:
        raise Unmet(f"send_again {closes[0]['send_again']}, sent_again {summary['sent_again']}")


@case("reconnect: a message in parts that a loss cuts is not continued on the next connection", seconds=30)
def cut(t):
    big = 12 * 1024 * 1024
    made = t.start(*QUICK, "--json", "--events", "close,summary", t.url, stdin=big * b"x" + b"\nafter\n")
    conn = t.accept()
    conn.open()
    conn.frame("the first part")
    conn.rst()
    conn = reopen(t)
    conn.expect(TEXT, b"after")
    conn.answer_close(1000)
    made.exits(0)
    same(named(made.json(), "close")[0]["unacknowledged"], 1)


# -- what is told ------------------------------------------------------------------------------------


@case("reconnect: the scorecard of an outage that pings found; rtt and losses in the summary")
def scorecard(t):
    made, conn = t.open(*QUICK, "-n", "--ping-interval", "0.1", "--ping-timeout", "0.4")
    for _ in range(3):
        opcode, text = conn.next()
        same(opcode, PING)
        conn.send(frame(PONG, text))
    kept = conn  # read no more: half open
    reopen(t).finish()
    made.exits(0)
    kept.rst()
    made.says(r"detected in 0\.\d+ s \(ping timeout\) · 1 attempt · waited 0\.\d\d s · back after 0\.\d+ s")
    made, conn = t.open(*QUICK, "-n", "--json", "--ping-interval", "0.1", "--ping-timeout", "0.4")
    for _ in range(3):
        conn.send(frame(PONG, conn.next()[1]))
    kept = conn
    reopen(t).finish()
    made.exits(0)
    kept.rst()
    summary = made.json()[-1]
    same(summary["rtt_count"], 3)
    if summary["rtt_lost"] < 1 or not 0 < summary["rtt_min_ms"] <= summary["rtt_median_ms"] <= summary["rtt_p99_ms"]:
        raise Unmet(f"round trips: {summary}")
    lost = named(made.json(), "close")[0]
    same([lost["how"], lost["by"]], ["ping-timeout", "network"])
    back = named(made.json(), "open")[1]
    if back["attempts"] != 1 or not 400 <= back["outage_ms"] <= 2000 * SLOW:
        raise Unmet(f"the opening after the outage: {back}")
    if abs(summary["outage_ms"] - back["outage_ms"]) > 0.01:
        raise Unmet(f"the summary says {summary['outage_ms']} ms, the opening {back['outage_ms']}")


@case("reconnect: --header-cmd runs for every attempt; its failure is a failed attempt")
def header_cmd(t):
    where = t.folder() + "/n"
    command = f"echo x >>{where}; n=$(wc -l <{where}); test $n -ne 2 && echo X-Attempt: $n"
    made = t.start(*QUICK, "-n", "--json", "--header-cmd", command, t.url)
    conn = t.accept()
    same(conn.open().one("X-Attempt"), "1")
    conn.fin()
    conn = t.accept()
    same(conn.open().one("X-Attempt"), "3")
    conn.finish()
    made.exits(0)
    same([e["code"] for e in named(made.json(), "retry") if "code" in e], [1])


def both_families(t):
    """Listeners on one port of ::1 and of 127.0.0.1, which someone else may use there."""
    for _ in range(20):
        six, four = t.listen("::1"), socket.socket()
        try:
            four.bind(("127.0.0.1", six.port))
            four.listen()
            return six, four
        except OSError:
            six.close()
            four.close()
    raise Unmet("no port is free on both ::1 and 127.0.0.1")


@case("reconnect: a changed source address is reported")
def source(t):
    six, four = both_families(t)
    where = ("--resolve", f"name.test:{six.port}:[::1],127.0.0.1", f"ws://name.test:{six.port}/")
    made = t.start(*QUICK, "-n", *where)
    conn = six.accept(t.deadline)
    conn.open()
    six.close()
    conn.fin()
    t.listener.sock.close()
    t.listener.sock, t.listener.port = four, six.port
    conn = reopen(t)
    conn.fin()  # and from the same address again
    reopen(t).finish()
    made.exits(0)
    made.says(r"the source address is now 127\.0\.0\.1, it was \[?::1\]?: the network has changed")
    same(made.err.count("the source address"), 1)


# -- interactive -------------------------------------------------------------------------------------


@case("reconnect: interactive: the prompt counts down, messages wait, /reconnect tries at once, /close stops")
def interactive(t):
    made, conn = t.open("-r", "--retry-delay", "60", "--retry-max-delay", "60", "--retry-jitter", "none", stdin=TTY, stdout=TTY, stderr=TTY)
    conn.fin()
    made.await_out(b"reconnecting in 60 s")
    made.await_out(b"reconnecting in 58 s")
    os.write(made.terminal, b"typed offline\r")
    made.await_out(b"queued: 1 message waits")
    os.write(made.terminal, b"/ping\r")
    made.await_out(b"there is no open connection")
    os.write(made.terminal, b"/reconnect\r")
    conn = reopen(t)
    conn.expect(TEXT, b"typed offline")
    conn.fin()
    made.await_out(lambda data: b"reconnecting in 60 s" in data.partition(b"opened again")[2], "the second countdown")
    os.write(made.terminal, b"/close\r")
    made.await_out(b"offline> ")
    os.write(made.terminal, b"/quit\r")
    made.exits(56)


@case("reconnect: interactive: --offline-queue 0 says that nothing waits; a full queue says so")
def interactive_refused(t):
    slow = ("-r", "--retry-delay", "60", "--retry-max-delay", "60", "--retry-jitter", "none")
    for args, reason in ((("--offline-queue", "0"), b"nothing is kept"), (("--offline-queue", "3"), b"does not fit into the queue")):
        made, conn = t.open(*slow, *args, stdin=TTY, stdout=TTY, stderr=TTY)
        conn.fin()
        made.await_out(b"reconnecting in")
        os.write(made.terminal, b"a message\r")
        made.await_out(reason)
        os.write(made.terminal, b"\x04")
        made.exits(56)


@case("reconnect: a clean close that is retried does not repeat the error of an earlier attempt")
def stale_error(t):
    made = t.start(*QUICK, "-n", "--json", t.url)
    refuse(t, "503 Service Unavailable")
    conn = reopen(t, close(1001))
    conn.expect_close(1001)
    conn.fin()
    conn = reopen(t)
    made.signal(signal.SIGTERM)
    conn.answer_close(1001)
    made.exits(143)
    same([e.get("code") for e in retries(made)], [22, None])
