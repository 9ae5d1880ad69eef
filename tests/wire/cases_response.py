"""Items 16 to 22: what the client makes of the server's response (RFC 6455, section 4.1)."""

import errno
import gzip
import zlib

from events import named, single
from judge import same
from rawserver import Unmet, accept_of, response
from runner import case


for _value in ("websocket", "WebSocket", "WEBSOCKET"):

    @case(f"16 the response's Upgrade is compared without case: {_value}")
    def upgrade_case(t, value=_value):
        made = t.start("-n", t.url)
        conn = t.accept()
        conn.open(upgrade=value)
        conn.finish()
        made.exits(0)


def refused(t, *words, args=(), raw=None, extra="", **parts):
    """The response fails the opening: exit 22, the words in the sentence, the error event, the connection ended without
    a frame. raw: a function from the request to the whole response."""
    for form in ((), ("--json",)):
        made = t.start("-n", *args, *form, t.url)
        conn = t.accept()
        asked = conn.request()
        if raw:
            answer = raw(asked)
        else:
            answer = response(asked, extra, **parts)
        conn.send(answer)
        conn.fin()
        conn.expect_eof()
        made.exits(22)
        if form:
            events = made.json()
            error = single(events, "error", code=22, stage="handshake")
            if named(events, "open"):
                raise Unmet("an open event although the opening failed")
            if not error["message"]:
                raise Unmet("the error has no sentence")
        else:
            made.says(*words)


@case("16 another Upgrade fails")
def upgrade_other(t):
    refused(t, "Upgrade", "h2c", upgrade="h2c")


@case("16 a missing Upgrade fails")
def upgrade_missing(t):
    refused(t, "Upgrade", upgrade=None)


for _value in ("upgrade", "keep-alive, Upgrade", "keep-alive,uPGRADE", "Upgrade , close"):

    @case(f"17 Connection is a token list, compared without case: {_value!r}")
    def connection_list(t, value=_value):
        made = t.start("-n", t.url)
        conn = t.accept()
        conn.open(connection=value)
        conn.finish()
        made.exits(0)


@case("17 Connection in two fields is one list")
def connection_two(t):
    made, conn = t.open("-n", extra="Connection: keep-alive\r\n")
    conn.finish()
    made.exits(0)


@case("17 Connection without Upgrade fails")
def connection_other(t):
    refused(t, "Connection", connection="keep-alive")


@case("17 Connection with Upgrade only inside a token fails")
def connection_inside(t):
    refused(t, "Connection", connection="Upgrade-Insecure")


@case("17 a missing Connection fails")
def connection_missing(t):
    refused(t, "Connection", connection=None)


@case("18 an absent Sec-WebSocket-Accept fails")
def accept_absent(t):
    refused(t, "Sec-WebSocket-Accept", accept="")


@case("18 a repeated Sec-WebSocket-Accept fails")
def accept_repeated(t):
    def raw(asked):
        value = accept_of(asked.one("Sec-WebSocket-Key"))
        return response(asked, f"Sec-WebSocket-Accept: {value}\r\n")

    refused(t, "Sec-WebSocket-Accept", raw=raw)


WRONG = "AAAAAAAAAAAAAAAAAAAAAAAAAAA="


@case("19 wrong Sec-WebSocket-Accept fails: exit 22, names expected and got")
def accept_wrong(t):
    made = t.start("-n", t.url)
    conn = t.accept()
    asked = conn.open(accept=WRONG)
    conn.fin()
    conn.expect_eof()
    made.exits(22)
    right = accept_of(asked.one("Sec-WebSocket-Key")).replace("+", r"\+")
    made.says("Sec-WebSocket-Accept", WRONG, right)
    refused(t, "Sec-WebSocket-Accept", accept=WRONG)


@case("19 Sec-WebSocket-Accept is compared with case")
def accept_case(t):
    refused(t, "Sec-WebSocket-Accept", raw=lambda r: response(r, accept=accept_of(r.one("Sec-WebSocket-Key")).swapcase()))


@case("20 an extension that was not offered fails")
def extension(t):
    refused(t, "extension", "x-uninvited", extra="Sec-WebSocket-Extensions: x-uninvited\r\n")


@case("20 permessage-deflate that was not offered fails")
def deflate_uninvited(t):
    refused(t, "extension", "permessage-deflate", args=["--no-compress"],
            extra="Sec-WebSocket-Extensions: permessage-deflate\r\n")


@case("21 a subprotocol that was not offered fails")
def subprotocol_uninvited(t):
    refused(t, "subprotocol", "chat", args=["-s", "mqtt"], extra="Sec-WebSocket-Protocol: chat\r\n")


@case("21 a subprotocol where none was offered fails")
def subprotocol_unasked(t):
    refused(t, "subprotocol", "chat", extra="Sec-WebSocket-Protocol: chat\r\n")


@case("21 two subprotocols in the response fail")
def subprotocol_two(t):
    refused(t, "subprotocol", args=["-s", "a", "-s", "b"], extra="Sec-WebSocket-Protocol: a, b\r\n")


STATUSES = {
    "401 Unauthorized": "WWW-Authenticate: Basic realm=x\r\n",
    "404 Not Found": "",
    "302 Found": "Location: http://127.0.0.1:1/elsewhere\r\n",
    "426 Upgrade Required": "Upgrade: h2c\r\n",
    "503 Service Unavailable": "Retry-After: 7\r\n",
    "200 OK": "Content-Type: text/plain\r\n",
}

for _status, _extra in STATUSES.items():

    @case(f"22 {_status} is shown with headers and body")
    def other_status(t, status=_status, extra=_extra):
        body = "not here, friend"
        head = f"HTTP/1.1 {status}\r\nServer: quux/1\r\nContent-Length: {len(body)}\r\n{extra}\r\n"

        refused(t, status, "quux/1", body, raw=lambda r: (head + body).encode())


@case("22 a refused upgrade in JSON: the response event holds headers and body")
def refused_json(t):
    made = t.start("-n", "--json", t.url)
    conn = t.accept()
    conn.request()
    conn.send(b"HTTP/1.1 403 Forbidden\r\nX-Why: \xe9tat\r\nContent-Length: 4\r\n\r\nnope")
    conn.fin()
    made.exits(22)
    told = single(made.json(), "response")
    same((told["status"], told["reason"], told["body"]), (403, "Forbidden", "nope"))
    # A byte that is not UTF-8 is its Latin-1 character in a header.
    if ["X-Why", "\u00e9tat"] not in told["headers"]:
        raise Unmet(f"headers {told['headers']}")
    if not isinstance(told.get("hint"), str):
        raise Unmet("no hint")


@case("22 a body in chunks is put together")
def refused_chunked(t):
    def raw(_):
        return (b"HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n"
                b"6\r\nbroken\r\n7;x=y\r\n indeed\r\n0\r\n\r\n")

    refused(t, "500 Oops", "broken indeed", raw=raw)


@case("22 a refusal with two lengths is shown without a body")
def refused_unframed(t):
    head = b"HTTP/1.1 503 Busy\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n"
    refused(t, "503 Busy", "instead of 101", raw=lambda r: head + b"abc")


@case("52 a connection that is reset in the middle of the answer's head: the error has its errno")
def reset_in_head(t):
    made = t.start("-n", "--json", t.url)
    conn = t.accept()
    conn.request()
    conn.send(b"HTTP/1.1 101 Switching")
    conn.rst()
    made.exits(52)
    same(single(made.json(), "error")["errno"], errno.ECONNRESET)


@case("22 a body that ends with the connection is shown")
def refused_to_eof(t):
    refused(t, "502", "upstream is gone", raw=lambda r: b"HTTP/1.1 502 Bad Gateway\r\n\r\nupstream is gone")


@case("17 folded fields in the response are unfolded, and shown as they came", seconds=20)
def folded(t):
    made = t.start("-n", "-i", "--json", t.url)
    conn = t.accept()
    asked = conn.request()
    folded_head = response(asked, "X-Note: one\r\n \t two\r\n").replace(b"Connection: Upgrade", b"Connection: x,\r\n\tUpgrade")
    conn.send(folded_head, chop=1)
    conn.finish()
    made.exits(0)
    told = single(made.json(), "response")
    same([v for n, v in told["headers"] if n in ("X-Note", "Connection")], ["x, Upgrade", "one two"])


@case("22 a refusal with a folded field; more than 200 fields need --max-headers")
def many_fields(t):
    made = t.start("-n", "-i", t.url)
    conn = t.accept()
    conn.request()
    conn.send(b"HTTP/1.1 403 No\r\nX-Why:\r\n quota\r\nContent-Length: 0\r\n\r\n")
    made.exits(22)
    made.says("answered 403 No", "quota")
    for option in ((), ("--max-headers", "300")):
        made = t.start("-n", *option, t.url)
        conn = t.accept()
        asked = conn.request()
        conn.send(response(asked, "".join(f"F{i}: x\r\n" for i in range(250))))
        if option:
            conn.finish()
        made.exits(0 if option else 22)
        if not option:
            made.says("more than 200 fields", "--max-headers")


@case("22 an interim 1xx before the 101 is passed over")
def interim(t):
    made = t.start("-n", t.url)
    conn = t.accept()
    asked = conn.request()
    conn.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nRetry-After: 9\r\n\r\n" + response(asked))
    conn.finish()
    made.exits(0)
    made.silent("103", "Early Hints")


@case("22 an interim answer is shown with -i, and the refusal after it is the one that counts")
def interim_refused(t):
    answer = (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"
              b"HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nnope")
    for args, shown in ((), False), (("-i",), True), (("--json",), False):
        made = t.start("-n", *args, t.url)
        conn = t.accept()
        conn.request()
        conn.send(answer)
        made.exits(22)
        if args == ("--json",):
            same(["body" in told for told in named(made.json(), "response")], [False, False, True])
            continue
        made.says("answered 403", "nope")
        (made.says if shown else made.silent)("100 Continue", "103 Early Hints")


for _coding, _squeeze in (
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("deflate", zlib.compress),
    ("DEFLATE", lambda b: zlib.compress(b)[2:-4]),
    ("gzip", lambda b: b),
):

    @case(f"22 the body of a refusal in {_coding} is decoded: {len(_squeeze(b'nope'))} bytes")
    def compressed(t, coding=_coding, squeeze=_squeeze):
        body = squeeze(b"<h1>no more quota</h1>")
        answer = f"HTTP/1.1 403 Forbidden\r\nContent-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        for scheme in ("ws", "poll"):
            for form in ((), ("--json",)):
                target = ("-n", t.url) if scheme == "ws" else ("--poll", f"http://127.0.0.1:{t.port}/")
                made = t.start(*form, *target)
                conn = t.accept()
                conn.request()
                conn.send(answer, chop=7)
                made.exits(22)
                if form:
                    told = single(made.json(), "response")
                    same((told["body"], told["body_cut"]), ("<h1>no more quota</h1>", False))
                else:
                    made.says("no more quota")


@case("22 a refusal that inflates to more than 64 KiB is cut there")
def bomb(t):
    made = t.start("-n", "--json", t.url)
    conn = t.accept()
    conn.request()
    conn.send(b"HTTP/1.1 403 Forbidden\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"x" * (32 << 20)))
    made.exits(22)
    told = single(made.json(), "response")
    same((len(told["body"]), told["body_cut"]), (65536, True))


for _name, _bytes in {
    "not HTTP at all": b"SSH-2.0-OpenSSH_9.2\r\n",
    "HTTP/0.9": b"hello there\r\n\r\n",
    "a field without a colon": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade websocket\r\n\r\n",
    "a status that is no number": b"HTTP/1.1 1O1 Switching Protocols\r\n\r\n",
}.items():

    @case(f"22 a malformed response fails: {_name}")
    def malformed(t, data=_bytes):
        refused(t, ".", raw=lambda r: data)
