"""Server-sent events over hand-written bytes (WHATWG HTML, section 9.2)."""

import gzip
import time

from events import named, single
from judge import same
from program import SLOW
from rawserver import Unmet
from runner import case

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"


def listen(test, *args, path="feed", **options):
    return test.start("--sse", f"http://127.0.0.1:{test.port}/{path}", *args, **options)


@case("an event stream asks as the standard says, and each event is a message")
def basic(t):
    made = listen(t, "--json", "--bearer", "tok", "--count", "3")
    conn = t.accept()
    request = conn.request()
    same(request.line, "GET /feed HTTP/1.1")
    same(request.one("Accept"), "text/event-stream")
    same(request.one("Cache-Control"), "no-store")
    same(request.one("Authorization"), "Bearer tok")
    same((request.all("Last-Event-ID"), request.all("Accept-Encoding")), ([], []))
    conn.send(HEAD + b": hi\n\nevent: add\nid: 7\ndata: a\ndata: b\n\ndata: c\r\n\r\nid\nevent:x\ndata\n\n")
    made.exits(0)
    events = made.json()
    messages = named(events, "message")
    same([(m["text"], m.get("name"), m.get("id")) for m in messages], [("a\nb", "add", "7"), ("c", "message", "7"), ("", "x", None)])
    same({e["channel"] for e in events}, {"sse"})
    same(single(events, "open")["url"], f"http://127.0.0.1:{t.port}/feed")


@case("every split of the stream gives the same")
def split(t):
    made = listen(t, "--count", "3")
    conn = t.accept()
    conn.request()
    conn.send(HEAD.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n"), chop=1)
    for piece in (b"\xef\xbb\xbfdat", b"a: a\r", b"\n\r\ndata: \xc3", b"\xa9\n", b"\n", b"data:c\r\r"):
        conn.send(b"%x\r\n%s\r\n" % (len(piece), piece))
    made.exits(0)
    made.prints("a\né\nc\n".encode())


@case("a block that the stream ends in is dropped; an announced end is orderly")
def dropped(t):
    made = listen(t)
    conn = t.accept()
    conn.request()
    body = b"data: a\n\ndata: b\n"
    conn.send(HEAD.replace(b"\r\n\r\n", b"\r\nContent-Length: %d\r\n\r\n" % len(body)) + body)
    made.exits(0)
    made.prints(b"a\n")
    made.says("ended the stream")


@case("an end that nobody announced is a lost connection: 56")
def lost(t):
    made = listen(t)
    conn = t.accept()
    conn.request()
    conn.send(HEAD + b"data: a\n\n")
    conn.fin()
    made.exits(56)
    made.prints(b"a\n")
    made = listen(t)
    conn = t.accept()
    conn.request()
    conn.send(HEAD.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n") + b"9\r\ndata: a\n\n\r\n")
    made.await_out(b"a\n")
    conn.rst()
    made.exits(56)


@case("-r comes again after the last event, not before the time that the server set")
def again(t):
    made = listen(t, "-r", "--retry-delay", "0.01", "--count", "3", "--json")
    conn = t.accept()
    conn.request()
    conn.send(HEAD + b"retry: 700\nid: 5\ndata: a\n\nid: 6\n\n")
    conn.fin()
    then = time.monotonic()
    conn = t.accept()
    if time.monotonic() - then < 0.6:
        raise Unmet("it came before the time of retry:")
    same(conn.request().one("Last-Event-ID"), "6")
    conn.send(HEAD.replace(b"\r\n\r\n", b"\r\nContent-Length: 9\r\n\r\n") + b"data: b\n\n")
    conn = t.accept()
    same(conn.request().one("Last-Event-ID"), "6")
    conn.send(HEAD + b"data: c\n\n")
    made.exits(0)
    events = made.json()
    same([m["text"] for m in named(events, "message")], ["a", "b", "c"])
    same([m["id"] for m in named(events, "message")], ["5", "6", "6"])


@case("the id of an event that is cut off is not asked to go on after")
def cut_off(t):
    made = listen(t, "-r", "--retry-delay", "0.01", "--count", "3")
    conn = t.accept()
    conn.request()
    conn.send(HEAD + b"id: 2\ndata: b\n\nid: 3\ndata: c\n")
    conn.fin()
    conn = t.accept()
    same(conn.request().one("Last-Event-ID"), "2")
    conn.send(HEAD + b"id: 3\n")
    conn.rst()
    conn = t.accept()
    same(conn.request().one("Last-Event-ID"), "2")
    conn.send(HEAD + b"id: 3\ndata: c\n\nid: 4\ndata: d\n\n")
    made.exits(0)
    made.prints(b"b\nc\nd\n")


@case("the id of an event that a fault kept from being received is not asked to go on after")
def kept_back(t):
    made = listen(t, "-r", "--retry-delay", "0.01", "--count", "3", "--fault", "rst@message:2*1")
    conn = t.accept()
    conn.request()
    conn.send(HEAD + b"".join(b"id: %d\ndata: %d\n\n" % (n, n) for n in range(1, 9)))
    conn = t.accept()
    same(conn.request().one("Last-Event-ID"), "2")
    conn.send(HEAD + b"id: 3\ndata: 3\n\n")
    made.exits(0)
    made.prints(b"1\n2\n3\n")


@case("an id with a control character is not sent, and that is reported")
def control_id(t):
    made = listen(t, "-r", "--retry-delay", "0.01", "--count", "3")
    conn = t.accept()
    conn.request()
    conn.send(HEAD + b"id: a\x01b\ndata: a\n\n")
    conn.fin()
    conn = t.accept()
    same(conn.request().all("Last-Event-ID"), [])
    conn.send(HEAD + "id: a\tb\u00e9\ndata: b\n\n".encode())
    conn.fin()
    conn = t.accept()
    same(conn.request().one("Last-Event-ID").encode("latin-1"), "a\tb\u00e9".encode())
    conn.send(HEAD + b"data: c\n\n")
    made.exits(0)
    made.says("Last-Event-ID was not sent")


@case("a folded Content-Type is read")
def folded(t):
    made = listen(t, "--count", "1")
    conn = t.accept()
    conn.request()
    conn.send(HEAD.replace(b"Type: ", b"Type:\r\n  ").replace(b"stream\r\n", b"stream;\r\n charset=utf-8\r\n") + b"data: a\n\n")
    made.exits(0)
    made.prints(b"a\n")


@case("204 ends it with 0 and for good")
def no_content(t):
    made = listen(t, "-r", "--retry-delay", "0.01")
    conn = t.accept()
    conn.request()
    conn.send(HEAD + b"data: a\n\n")
    conn.fin()
    conn = t.accept()
    conn.request()
    conn.send(b"HTTP/1.1 204 No Content\r\n\r\n")
    made.exits(0)
    made.prints(b"a\n")


for _name, _head in (
    ("another type", b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"),
    ("two types", b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Type: text/html\r\n\r\n"),
    ("no type", b"HTTP/1.1 200 OK\r\n\r\n"),
    ("201", b"HTTP/1.1 201 Created\r\nContent-Type: text/event-stream\r\n\r\n"),
    ("404", b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
    ("301", b"HTTP/1.1 301 Moved\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"),
):

    @case(f"{_name} fails for good with 22, -r or not, though the body has no end")
    def wrong(t, head=_head):
        made = listen(t, "-r")
        conn = t.accept()
        conn.request()
        conn.send(head + b"data: a\n\n")
        made.exits(22)
        made.prints(b"")


@case("text/event-stream in any case and with parameters is right; 503 is tried again")
def types(t):
    made = listen(t, "-r", "--retry-delay", "0.01", "--count", "1")
    conn = t.accept()
    conn.request()
    conn.send(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
    conn = t.accept()
    conn.request()
    conn.send(b"HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream ; charset=utf-8\r\n\r\ndata: a\n\n")
    made.exits(0)


@case("a compressed stream is read though it was not asked for, event by event")
def compressed(t):
    made = listen(t, "--count", "1")
    conn = t.accept()
    conn.request()
    conn.send(HEAD.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n") + gzip.compress(b"data: a\n\n")[:-8])
    made.exits(0)
    made.prints(b"a\n")


@case("an event beyond --max-message: 63; a comment may be as long as it likes")
def bounds(t):
    made = listen(t, "--max-message", "10")
    conn = t.accept()
    conn.request()
    conn.send(HEAD + b":" + b"x" * 300000 + b"\n\ndata: 0123456789\n\ndata: 01234\ndata: 56789\n\n")
    made.exits(63)
    made.prints(b"0123456789\n")
    made.says("--max-message")


@case("a quiet stream is not timed out")
def quiet(t):
    made = listen(t, "--connect-timeout", str(0.3 * SLOW), "--count", "2")
    conn = t.accept()
    conn.request()
    conn.send(HEAD + b"data: a\n\n")
    conn.quiet(0.8 * SLOW)
    conn.send(b"data: b\n\n")
    made.exits(0)
    made = listen(t, "--connect-timeout", "0.3")
    t.accept().request()
    made.exits(28)


@case("a slow reader of stdout holds the stream back, and nothing is lost", seconds=40)
def pressure(t):
    made = listen(t, "--buffer", "64k", "--count", "4000", stdout="hold")
    conn = t.accept()
    conn.request()
    conn.send(HEAD)
    made_events = b"".join(b"data: %05d%s\n\n" % (i, b"x" * 995) for i in range(4000))
    sent = conn.send_until_full(made_events, 0.5, len(made_events))
    made.release()
    conn.send(made_events[sent:])
    made.exits(0)
    same([int(l[:5]) for l in made.out.split(b"\n")[:-1]], list(range(4000)))


@case("--sse | head: the reader goes away, exit 0")
def head(t):
    made = listen(t, stdout="hold")
    conn = t.accept()
    conn.request()
    conn.send(HEAD)
    made.drop_stdout()
    try:
        while not made.ended(0.01):
            conn.send(b"data: a\n\n")
    except (OSError, Unmet):
        pass
    made.exits(0)
