"""Polling: HTTP/1.1 as it may come (RFC 9110, RFC 9112), items, and what a failed poll means."""

import gzip
import json
import time
import zlib

from events import named, single
from judge import same
from program import SLOW
from rawserver import Unmet
from runner import case
import tls_material


def poll(test, *args, path="feed", **options):
    """The poller on this test's listener; --every is short, so that a test need not wait."""
    every = () if "--every" in args or "--long-poll" in args else ("--every", "0.05")
    return test.start("--poll", f"http://127.0.0.1:{test.port}/{path}", *every, *args, **options)


def answer(conn, body=b"", status="200 OK", extra="", **send):
    """Read a request and answer it; the request."""
    request = conn.request()
    conn.send(f"HTTP/1.1 {status}\r\n{extra}Content-Length: {len(body)}\r\n\r\n".encode() + body, **send)
    return request


@case("a poll asks as the options say, on one connection, and prints what is new")
def basic(t):
    made = poll(t, "-H", "X-A: b", "--bearer", "tok", "--cookie", "c=d", "-o", "http://o", "--count", "3")
    conn = t.accept()
    request = answer(conn, b'[{"id":1},{"id":2}]')
    same(request.line, "GET /feed HTTP/1.1")
    same(request.one("Host"), f"127.0.0.1:{t.port}")
    same(request.one("Authorization"), "Bearer tok")
    same((request.one("X-A"), request.one("Cookie"), request.one("Origin")), ("b", "c=d", "http://o"))
    same(request.one("Accept-Encoding"), "gzip, deflate")
    for name in ("Upgrade", "Connection", "Sec-WebSocket-Key", "Content-Length"):
        same(request.all(name), [])
    answer(conn, b'[{"id":2}, {"id":3}]')
    made.exits(0)
    made.prints(b'{"id":1}\n{"id":2}\n{"id":3}\n')


@case("a poll reads any framing, in any pieces")
def framings(t):
    made = poll(t, "--count", "5")
    conn = t.accept()
    conn.request()
    conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\n[\"a\r\n2\r\n\",\r\n5\r\n \"b\"]\r\n0\r\nTrailer: x\r\n\r\n", chop=1)
    answer(conn, b'["c"]', chop=1)
    conn.request()
    conn.send(b'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n["d"]')
    conn.request()
    conn.send(b'HTTP/1.1 200 OK\r\n\r\n["e"]')
    conn.fin()
    made.exits(0)
    made.prints(b'"a"\n"b"\n"c"\n"d"\n"e"\n')


for _coding, _squeeze in (
    ("gzip", gzip.compress),
    ("x-gzip", lambda b: gzip.compress(b[:5]) + gzip.compress(b[5:])),
    ("deflate", zlib.compress),
    ("DEFLATE", lambda b: zlib.compress(b)[2:-4]),
    ("identity", lambda b: b),
):

    @case(f"a poll reads {_coding}")
    def coded(t, coding=_coding, squeeze=_squeeze):
        made = poll(t, "--count", "2")
        answer(t.accept(), squeeze(b'[{"id":1},\n{"id":2}]'), extra=f"Content-Encoding: {coding}\r\n", chop=3)
        made.exits(0)
        made.prints(b'{"id":1}\n{"id":2}\n')


@case("over TLS a body without a length ends with close_notify; a FIN alone cuts it off: 56")
def unsigned_end(t):
    material = tls_material.of(t)
    for body in (b"[1]", gzip.compress(b"[1]")):
        for signed in (True, False):
            made = t.start("--poll", f"https://localhost:{t.port}/", "--cacert", material.ca, "--count", "1")
            conn = t.accept()
            conn.start_tls(material.server("good"))
            conn.request()
            coding = b"" if body[:1] == b"[" else b"Content-Encoding: gzip\r\n"
            conn.send(b"HTTP/1.1 200 OK\r\n" + coding + b"\r\n" + body)
            conn.fin() if signed else conn.fin_unsigned()
            made.exits(0 if signed else 56)
            made.prints(b"1\n" if signed else b"")
            if not signed:
                made.says("close_notify")


@case("a poll reads folded fields, and sends a folded ETag back in one line")
def folded(t):
    made = poll(t, "--count", "2")
    conn = t.accept()
    answer(conn, b"[1]", extra="ETag:\r\n \"a\"\r\nX: y\r\n\tz\r\n", chop=1)
    same(answer(conn, b"[2]").one("If-None-Match"), '"a"')
    made.exits(0)


@case("--no-compress asks for no compression")
def uncompressed(t):
    made = poll(t, "--no-compress", "--count", "1")
    same(answer(t.accept(), b"x").all("Accept-Encoding"), [])
    made.exits(0)


for _name, _head, _body in (
    ("an unknown coding", "Content-Encoding: br\r\n", b"xxxx"),
    ("gzip that is none", "Content-Encoding: gzip\r\n", b"[1,2]"),
    ("gzip that ends in the middle", "Content-Encoding: gzip\r\n", gzip.compress(b"[1,2]")[:-9]),
    ("two lengths", "Content-Length: 9\r\n", b"[1]"),
    ("a length and chunks", "Transfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
):

    @case(f"a poll is refused with 22: {_name}")
    def malformed(t, head=_head, body=_body):
        made = poll(t)
        answer(t.accept(), body, extra=head)
        made.exits(22)
        made.prints(b"")


@case("a bomb stops at --max-message, 63", seconds=30)
def bomb(t):
    # Packed first: the client waits 10 s for the answer, which is not enough for this on a busy machine.
    packed = gzip.compress(bytes(16 << 20))
    made = poll(t, "--max-message", "100k")
    conn = t.accept()
    conn.request()
    conn.send(f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n".encode() + packed[: len(packed) // 2])
    made.exits(63)
    made.says("--max-message", "decompressed")


@case("an endless body stops at --max-message, 63")
def endless(t):
    made = poll(t, "--max-message", "64k")
    conn = t.accept()
    conn.request()
    try:
        conn.send(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(1 << 20))
    except Unmet:
        pass
    made.exits(63)


@case("a body at exactly --max-message is taken")
def exact(t):
    made = poll(t, "--max-message", "1k", "--count", "1")
    answer(t.accept(), b"x" * 1024)
    made.exits(0)
    made.prints(b"x" * 1024 + b"\n")


@case("validators are sent back, and 304 is nothing new")
def conditional(t):
    made = poll(t, "--count", "2", "--json")
    conn = t.accept()
    request = answer(conn, b"[1]", extra='ETag: "a"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n')
    same((request.all("If-None-Match"), request.all("If-Modified-Since")), ([], []))
    request = conn.request()
    same(request.one("If-None-Match"), '"a"')
    same(request.one("If-Modified-Since"), "Sun, 06 Nov 1994 08:49:37 GMT")
    conn.send(b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 77\r\n\r\n')
    request = conn.request()
    same(request.one("If-None-Match"), '"a"')
    conn.send(b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n[1,2]')
    made.exits(0)
    events = made.json()
    same([e["text"] for e in named(events, "message")], ["1", "2"])
    polls = named(events, "poll")
    same([(e["status"], e["items"], e["fresh"]) for e in polls[:2]], [(200, 1, 1), (304, 0, 0)])
    for event in events:
        same(event["channel"], "poll")


@case("without a connection to keep, each poll makes one; close is honoured; --no-keepalive asks for it")
def connections(t):
    made = poll(t, "--count", "4")
    answer(t.accept(), b"[1]", extra="Connection: close\r\n")
    conn = t.accept()
    conn.request()
    conn.send(b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n[1,2]")
    conn = t.accept()
    conn.request()
    conn.send(b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 7\r\n\r\n[1,2,3]")
    answer(conn, b"[1,2,3,4]")
    made.exits(0)
    made = poll(t, "--no-keepalive", "--count", "2")
    same(answer(t.accept(), b"[1]").one("Connection"), "close")
    answer(t.accept(), b"[1,2]")
    made.exits(0)


@case("a connection that the server gave up is made anew without a word")
def stale(t):
    made = poll(t, "--count", "2", "--every", "0.3")
    conn = t.accept()
    answer(conn, b"[1]")
    conn.fin()
    answer(t.accept(), b"[1,2]")
    made.exits(0)
    made.silent("lost", "hung up")


@case("a request on a kept connection that is reset unanswered is sent again")
def reset_in_flight(t):
    made = poll(t, "--count", "2")
    conn = t.accept()
    answer(conn, b"[1]")
    conn.request()
    conn.rst()
    answer(t.accept(), b"[1,2]")
    made.exits(0)
    made.silent("lost")


@case("bytes that nothing asked for end a kept connection")
def unasked(t):
    made = poll(t, "--count", "2", "--every", "0.3")
    conn = t.accept()
    conn.request()
    conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[1]HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n[1,66]")
    answer(t.accept(), b"[1,2]")
    made.exits(0)
    made.prints(b"1\n2\n")


@case("429 and 5xx are reported once it is open, and the next poll comes at its time")
def passing(t):
    made = poll(t, "--count", "2", "--json")
    conn = t.accept()
    answer(conn, b"[1]")
    answer(conn, b"busy\n", status="503 Service Unavailable")
    answer(conn, b"", status="429 Too Many Requests")
    answer(conn, b"[1,2]")
    made.exits(0)
    events = made.json()
    same([e["status"] for e in named(events, "poll")][:3], [200, 503, 429])
    same(named(events, "error"), [])
    same(single(events, "response", status=503)["body"], "busy\n")


@case("Retry-After puts the next poll off")
def retry_after(t):
    made = poll(t, "--count", "2")
    conn = t.accept()
    answer(conn, b"[1]")
    answer(conn, status="503 Service Unavailable", extra="Retry-After: 1\r\n")
    then = time.monotonic()
    answer(conn, b"[1,2]")
    if time.monotonic() - then < 0.9:
        raise Unmet("the next poll came before what Retry-After said")
    made.exits(0)


for _status in ("400 Bad Request", "404 Not Found", "302 Found"):

    @case(f"{_status} after the opening ends it with 22")
    def refused(t, status=_status):
        made = poll(t, "-r", "--json")
        conn = t.accept()
        answer(conn, b"[1]")
        answer(conn, status=status)
        made.exits(22)
        events = made.json()
        same(single(events, "error")["code"], 22)
        same(len(named(events, "close")), 1)
        same(named(events, "retry"), [])


@case("a poll that is refused at first ends with 22; a 503 is retried with -r")
def refused_first(t):
    made = poll(t)
    answer(t.accept(), status="503 Service Unavailable")
    made.exits(22)
    made = poll(t, "-r", "--retry-delay", "0.01", "--count", "1")
    answer(t.accept(), status="503 Service Unavailable")
    answer(t.accept(), b"[1]")
    made.exits(0)


@case("no answer at all is a lost connection: 56, or retried with -r and without giving anything twice")
def lost(t):
    made = poll(t)
    conn = t.accept()
    answer(conn, b"[1]")
    conn.request()
    conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n[1,")
    conn.fin()
    made.exits(56)
    made.says("connection lost")
    made = poll(t, "-r", "--retry-delay", "0.01", "--count", "2")
    conn = t.accept()
    answer(conn, b"[1]")
    conn.request()
    conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n[1,")
    conn.rst()
    answer(t.accept(), b"[1,2]")
    made.exits(0)
    made.prints(b"1\n2\n")


@case("a server that hangs up before it answers: 52")
def hung_up(t):
    made = poll(t)
    conn = t.accept()
    conn.request()
    conn.fin()
    made.exits(52)


@case("a fault that cuts the connection before the answer is named, not the server: 56")
def cut_on_purpose(t):
    made = poll(t, "--fault", "rst@bytes:5")
    t.accept()
    made.exits(56)
    made.says("cut on purpose", "fault rst")


@case("a refusal with two lengths is still a refusal, and its connection is not used again")
def refused_unframed(t):
    made = poll(t, "-r", "--json", "--count", "2")
    conn = t.accept()
    answer(conn, b"[1]")
    answer(conn, b"abc", status="503 Service Unavailable", extra="Content-Length: 4\r\n")
    answer(t.accept(), b"[1,2]")
    made.exits(0)
    same([told["status"] for told in named(made.json(), "response")], [200, 503, 200])


@case("a server that says nothing, or stops in the middle: 28")
def silent(t):
    made = poll(t, "--connect-timeout", str(0.3 * SLOW))
    t.accept().request()
    made.exits(28)
    made.says("--connect-timeout", "waiting for the server's answer")
    made = poll(t, "--connect-timeout", str(0.3 * SLOW), "-r", "--retry", "0")
    conn = t.accept()
    conn.request()
    conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n[1,")
    made.exits(28)


@case("--long-poll: the server may hold the answer, and the next request follows at once")
def long_poll(t):
    made = poll(t, "--long-poll", "--every", "30", "--connect-timeout", "0.5", "--count", "3")
    conn = t.accept()
    answer(conn, b"[1]")
    conn.request()
    conn.quiet(1)  # longer than --connect-timeout
    conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n[1,2]")
    answer(conn, b"[1,2,3]")
    made.exits(0)


@case("--long-poll: answers that come at once with nothing new do not make it spin")
def no_spinning(t):
    made = poll(t, "--long-poll", "--every", "30")
    conn = t.accept()
    answer(conn, b"[1]")
    answer(conn, b"[1]")
    conn.quiet(0.7)
    made.kill()


@case("intervals do not drift: the grid of the first request counts")
def grid(t):
    made = poll(t, "--every", "0.4", "--count", "3")
    conn = t.accept()
    conn.request()
    began = time.monotonic()
    time.sleep(0.15)  # within the interval, which is what is measured
    conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[1]")
    conn.request()
    time.sleep(0.6)  # longer than the interval: one point of the grid is left out
    conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n[1,2]")
    conn.request()
    third = time.monotonic() - began
    conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n[1,2,3]")
    made.exits(0)
    if abs(third % 0.4 - 0.2) < 0.06:
        raise Unmet(f"the third request came after {third:.3f} s, which is off the grid of 0.4 s")


@case("--data makes it a POST, --method says otherwise")
def data(t):
    made = poll(t, "--data", '{"q":1}', "--count", "1")
    conn = t.accept()
    while b'{"q":1}' not in conn.reader.buffer:
        conn.fill("the body")
    head, _, body = bytes(conn.reader.buffer).partition(b"\r\n\r\n")
    same(head.split(b"\r\n")[0], b"POST /feed HTTP/1.1")
    same(body, b'{"q":1}')
    if b"Content-Length: 7" not in head or b"Content-Type: application/json" not in head:
        raise Unmet(f"the head is {head!r}")
    conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[1]")
    made.exits(0)
    made = poll(t, "--method", "REPORT", "--count", "1")
    same(answer(t.accept(), b"[1]").method, "REPORT")
    made.exits(0)


@case("-L follows a redirect each time, credentials withheld from another port")
def redirects(t):
    elsewhere = t.listen()
    made = poll(t, "-L", "--bearer", "tok", "--count", "2")
    conn = t.accept()
    request = answer(conn, status="302 Found", extra="Location: /there\r\n")
    same(request.one("Authorization"), "Bearer tok")
    request = answer(conn, b"[1]")
    same((request.target, request.one("Authorization")), ("/there", "Bearer tok"))
    answer(conn, status="307 Temporary Redirect", extra=f"Location: http://127.0.0.1:{elsewhere.port}/else\r\n")
    request = answer(elsewhere.accept(t.deadline), b"[2]")
    same((request.target, request.all("Authorization")), ("/else", []))
    made.exits(0)
    made.says("not sent there: Authorization")


for _status in ("307 Temporary Redirect", "308 Permanent Redirect"):

    @case(f"-L does not take a body to another port with {_status}")
    def redirected_body(t, status=_status):
        elsewhere = t.listen()
        made = poll(t, "-L", "--data", "hush", "--count", "1")
        conn = t.accept()
        while not conn.reader.buffer.endswith(b"\r\n\r\nhush"):
            conn.fill("the body")
        conn.send(f"HTTP/1.1 {status}\r\nLocation: http://127.0.0.1:{elsewhere.port}/\r\nContent-Length: 0\r\n\r\n".encode())
        made.exits(22)
        made.says("127.0.0.1", "body", "not followed")
        if elsewhere.waiting():
            raise Unmet("it went there all the same")


@case("-L stops going round in circles")
def circle(t):
    made = poll(t, "-L", "--max-redirects", "2")
    conn = t.accept()
    for _ in range(3):
        answer(conn, status="302 Found", extra="Location: /again\r\n")
    made.exits(22)
    made.says("after 2 redirects")


for _name, _body, _want in (
    ("NDJSON", b'{"a":1}\n\n{"b":2}\r\n', b'{"a":1}\n{"b":2}\n'),
    ("one object", b'{"a":\n 1}\n', b'{"a":\n 1}\n'),
    ("text", b"hello\nthere\n", b"hello\nthere\n"),
):

    @case(f"items: {_name}")
    def items(t, body=_body, want=_want):
        made = poll(t, "--for", str(0.5 * SLOW), "-q")
        conn = t.accept()
        for _ in range(3):
            answer(conn, body)
        made.wait()
        made.prints(want)


@case("--items looks into the answer; without an array there it fails and says so")
def pointed(t):
    made = poll(t, "--items", "/data/list", "--count", "2")
    answer(t.accept(), b'{"data":{"list":[1,{"x":[2]}]}}')
    made.exits(0)
    made.prints(b'1\n{"x":[2]}\n')
    made = poll(t, "--items", "/data")
    answer(t.accept(), b'{"data":{}}')
    made.exits(1)
    made.says("--items")


@case("--seq: new is what was not seen; falling numbers are turned round; {last} is filled in")
def numbers(t):
    made = poll(t, "--seq", "/id", "--count", "5", path="feed?since={last}")
    conn = t.accept()
    same(answer(conn, b'[{"id":12},{"id":11},{"id":10}]').target, "/feed?since=")
    same(answer(conn, b'[{"id":11},{"id":12}]').target, "/feed?since=12")
    same(answer(conn, b'[{"id":14},{"id":13},{"id":12}]').target, "/feed?since=12")
    made.exits(0)
    made.prints(b"".join(b'{"id":%d}\n' % i for i in (10, 11, 12, 13, 14)))


@case("--id: new is what was not seen, also when it comes back")
def identities(t):
    made = poll(t, "--id", "/k", "--count", "3")
    conn = t.accept()
    answer(conn, b'[{"k":"a"},{"k":"b"}]')
    answer(conn, b'[]')
    answer(conn, b'[{"k":"a","x":1},{"k":"c"}]')
    made.exits(0)
    made.prints(b'{"k":"a"}\n{"k":"b"}\n{"k":"c"}\n')


@case("an item that was overwritten between two polls is a gap")
def overwritten(t):
    made = poll(t, "--seq", "/id", "--count", "3", "--json")
    conn = t.accept()
    answer(conn, b'{"id":1}')
    answer(conn, b'{"id":4}')
    answer(conn, b'{"id":5}')
    made.exits(0)
    gap = single(made.json(), "gap")
    same((gap["from"], gap["to"], gap["count"]), (2, 3, 2))


@case("a long item comes in parts that are whole again on stdout")
def long_item(t):
    text = ("é" * 600000 + "x") * 2
    made = poll(t, "--count", "1", "--json")
    answer(t.accept(), json.dumps([text], ensure_ascii=False).encode())
    made.exits(0)
    parts = named(made.json(), "message")
    same(len(parts) > 1 and parts[-1]["final"], True)
    same("".join(p["text"] for p in parts), f'"{text}"')


@case("a slow reader of stdout holds polling back, and nothing is lost", seconds=40)
def pressure(t):
    made = poll(t, "--count", "30", "--buffer", "64k", stdout="hold")
    conn = t.accept()
    line = "x" * 200000
    for i in range(3):
        answer(conn, json.dumps([f"{n}{line}" for n in range(10 * i, 10 * i + 10)]).encode())
        if i == 0:
            made.await_err("not being read")
            conn.quiet(0.3)
            made.release()
    made.exits(0)
    same([int(l[1:3].decode().rstrip("x")) for l in made.out.split(b"\n")[:-1]], list(range(30)))


@case("--max-time, --for and a signal end polling")
def limits(t):
    made = poll(t, "--for", str(0.5 * SLOW))
    answer(t.accept(), b"[1]")
    made.exits(0)
    made = poll(t, "-m", str(0.3 * SLOW))
    t.accept().request()
    made.exits(28)
    made = poll(t)
    answer(t.accept(), b"[1]")
    made.await_out(b"1\n")
    made.signal(15)
    made.exits(143)


@case("stdin is not read while polling")
def no_stdin(t):
    made = poll(t, "--count", "2", stdin=b"hello\n")
    conn = t.accept()
    answer(conn, b"[1]")
    answer(conn, b"[1,2]")
    made.exits(0)
    made.prints(b"1\n2\n")


@case("what a server sends over HTTP can't drive the terminal")
def escapes(t):
    made = poll(t, "-i", stdin="tty", stdout="tty", stderr="tty")
    answer(t.accept(), b"a\x1b]52;c;aGk=\x07b\xc2\x9bc", extra="X-Evil: \x1b[2J\r\n")
    made.await_out(b"aGk=")
    for bad in (b"\x1b]52", b"\xc2\x9b", b"X-Evil: \x1b"):
        if bad in made.out:
            raise Unmet(f"{bad!r} reached the terminal")
    made.kill()
