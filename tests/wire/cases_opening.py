"""Items 1 to 15: the URI, the connection and the request (RFC 6455, sections 3 and 4.1)."""

import base64

from events import single
from frames import TEXT, frame
from judge import same
from rawserver import Unmet, response
from runner import Skip, case
import tls_material


def lacks(test, option):
    """Skip where the program does not offer an option."""
    made = test.start("--help=all")
    made.exits(0)
    if option.encode() not in made.out:
        raise Skip(f"the program has no {option}")


def refused_before_io(test, url, *words):
    made = test.start("-n", url)
    made.exits(2)
    made.says(*words)
    if test.listener.waiting():
        raise Unmet("it connected before it refused the URL")
    return made


def points_at(made, url, offset):
    """The URL is shown with a caret below the offending character."""
    lines = made.err.split("\n")
    for shown, below in zip(lines, lines[1:]):
        if url in shown and below.strip(" ") == "^":
            if below.index("^") != shown.index(url) + offset:
                raise Unmet(f"the caret points at column {below.index('^') - shown.index(url)} of the URL, not {offset}")
            return
    raise Unmet("stderr does not show the URL with a caret below")


@case("1 a fragment in the URI is refused, with a caret at it")
def fragment(t):
    url = f"ws://127.0.0.1:{t.port}/a#b"
    points_at(refused_before_io(t, url, "fragment|#"), url, url.index("#"))


INVALID = {
    "port 0": ("ws://127.0.0.1:0/", "port"),
    "port 65536": ("ws://127.0.0.1:65536/", "port"),
    "port that is no number": ("ws://127.0.0.1:80a/", "port"),
    "empty host": ("ws:///path", "host"),
    "unknown scheme": ("ftp://127.0.0.1/", "scheme|ftp"),
    "blank in the path": ("ws://127.0.0.1/a b", "."),
    "control byte": ("ws://127.0.0.1/a\x01b", "."),
    "CR LF in the path": ("ws://127.0.0.1/a\r\nX: y", "."),
    "unclosed IPv6 literal": ("ws://[::1/", "."),
}

for _name, (_url, _word) in INVALID.items():

    @case(f"2 invalid URI fails before any I/O: {_name}")
    def invalid_uri(t, url=_url, word=_word):
        refused_before_io(t, url, word)


@case("2 an invalid URI's error points at the character")
def invalid_points(t):
    url = "ws://127.0.0.1:65536/"
    made = refused_before_io(t, url, "65535|port")
    lines = made.err.split("\n")
    if not any(line.strip() == "^" for line in lines):
        raise Unmet("no caret")


@case("3 one connection at a time is opened while the handshake is under way")
def one_connecting(t):
    made = t.start("-n", t.url)
    conn = t.accept()
    asked = conn.request()
    if t.listener.waiting(0.3):
        raise Unmet("a second connection came while the first was in CONNECTING")
    conn.send(response(asked))
    conn.finish()
    made.exits(0)


@case("4 a proxy that refuses fails the connection")
def proxy_refuses(t):
    lacks(t, "--proxy")
    made = t.start("-n", "-x", f"http://127.0.0.1:{t.port}", "ws://example.invalid/")
    conn = t.accept()
    while b"\r\n\r\n" not in conn.reader.buffer:
        conn.fill("the CONNECT request")
    conn.send(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
    conn.fin()
    made.exits(97)
    made.says("407")


@case("5 a certificate is verified before a byte of data is sent")
def verified_first(t):
    material = tls_material.of(t)
    made = t.start("-n", "-e", "early", f"wss://localhost:{t.port}/")
    conn = t.accept()
    try:
        conn.start_tls(material.server("self"))
        conn.fill("an alert")  # under TLS 1.3 the server's side may be done before the client refuses
    except (OSError, AssertionError):
        pass
    if conn.reader.buffer:
        raise Unmet(f"data was sent to an unverified server: {bytes(conn.reader.buffer[:40])!r}")
    made.exits(60)


@case("6 SNI is sent for a name")
def sni_name(t):
    material = tls_material.of(t)
    names = []
    made = t.start("-n", "--cacert", material.ca, f"wss://localhost:{t.port}/")
    conn = t.accept()
    conn.start_tls(material.server("good", names))
    conn.open()
    conn.finish()
    made.exits(0)
    if names != ["localhost"]:
        raise Unmet(f"server name {names}, awaited localhost")


@case("6 SNI is never sent for an IP literal")
def sni_literal(t):
    material = tls_material.of(t)
    names = []
    made = t.start("-n", "--cacert", material.ca, f"wss://127.0.0.1:{t.port}/")
    conn = t.accept()
    conn.start_tls(material.server("good", names))
    conn.open()
    conn.finish()
    made.exits(0)
    if names != [None]:
        raise Unmet(f"server name {names} was sent for 127.0.0.1")


def request_of(t, *args, url=None):
    """The request head the program sends; the connection ends well."""
    made = t.start("-n", *args, url or t.url)
    conn = t.accept()
    asked = conn.open()
    conn.finish()
    made.exits(0)
    return asked


@case("7 the request is GET and HTTP/1.1")
def get(t):
    asked = request_of(t)
    same((asked.method, asked.version), ("GET", "HTTP/1.1"))


TARGETS = {
    "": "/",
    "/": "/",
    "?q=1": "/?q=1",
    "/a/b/../c//d": "/a/b/../c//d",
    "/chat?x=1&y=%20&z=a+b?c": "/chat?x=1&y=%20&z=a+b?c",
    "/%7Euser/%2F": "/%7Euser/%2F",
}

for _given, _sent in TARGETS.items():

    @case(f"8 the request-target of {_given!r} is {_sent!r}")
    def target(t, given=_given, sent=_sent):
        same(request_of(t, url=f"ws://127.0.0.1:{t.port}{given}").target, sent)


@case("9 Host holds the port if it is not the default")
def host(t):
    same(request_of(t).one("Host"), f"127.0.0.1:{t.port}")


@case("9 Host of an IPv6 literal keeps its brackets")
def host6(t):
    try:
        listener = t.listen("::1")
    except OSError:
        raise Skip("no IPv6 loopback") from None
    made = t.start("-n", f"ws://[::1]:{listener.port}/")
    conn = listener.accept(t.deadline)
    same(conn.open().one("Host"), f"[::1]:{listener.port}")
    conn.finish()
    made.exits(0)


@case("10 Upgrade holds websocket")
def upgrade(t):
    same(request_of(t).one("Upgrade").lower(), "websocket")


@case("11 Connection holds Upgrade")
def connection(t):
    tokens = [x.strip().lower() for x in request_of(t).one("Connection").split(",")]
    if "upgrade" not in tokens:
        raise Unmet(f"Connection is {tokens}")


@case("12 the key is 16 bytes, fresh for each connection")
def key(t):
    keys = [request_of(t).one("Sec-WebSocket-Key") for _ in range(3)]
    for value in keys:
        if len(base64.b64decode(value, validate=True)) != 16:
            raise Unmet(f"key {value!r} is not 16 bytes")
    if len(set(keys)) != 3:
        raise Unmet(f"keys repeat: {keys}")


@case("13 the version is 13")
def version(t):
    same(request_of(t).one("Sec-WebSocket-Version"), "13")


@case("14 subprotocols are offered in order")
def subprotocols(t):
    asked = request_of(t, "-s", "graphql-ws", "--subprotocol=mqtt", "-s", "v1.chat")
    same([x.strip() for x in ",".join(asked.all("Sec-WebSocket-Protocol")).split(",")], ["graphql-ws", "mqtt", "v1.chat"])


@case("14 a subprotocol chosen by the server is reported")
def subprotocol_chosen(t):
    made, conn = t.open("-n", "--json", "-s", "a", "-s", "b", extra="Sec-WebSocket-Protocol: b\r\n")
    conn.finish()
    made.exits(0)
    same(single(made.json(), "open")["subprotocol"], "b")


@case("14 none chosen of the subprotocols: it carries on and says so")
def subprotocol_none(t):
    made, conn = t.open("-n", "-s", "a")
    conn.finish()
    made.exits(0)
    made.says("subprotocol")


for _bad in ("a b", "a,b", "", "a/b", "é", "a;b"):

    @case(f"14 subprotocol {_bad!r} is no token and refused")
    def bad_subprotocol(t, bad=_bad):
        made = t.start("-n", "-s", bad, t.url)
        made.exits(2)
        made.says("subprotocol|-s")
        if t.listener.waiting():
            raise Unmet("it connected all the same")


@case("14 a subprotocol offered twice is sent once or refused")
def twice(t):
    made = t.start("-n", "-s", "a", "-s", "a", t.url)
    while not t.listener.waiting(0.05):
        if made.process.poll() is not None:
            made.exits(2)
            return
    conn = t.accept()
    same(conn.open().one("Sec-WebSocket-Protocol"), "a")
    conn.finish()
    made.exits(0)


@case("15 nothing is sent before the response")
def waits_for_response(t):
    made = t.start("-e", "early", t.url, stdin=b"line\n")
    conn = t.accept()
    asked = conn.request()
    conn.quiet(0.2)
    conn.send(response(asked))
    conn.expect(TEXT, b"early")
    conn.expect(TEXT, b"line")
    conn.answer_close()
    made.exits(0)


@case("15 bytes that come with the response are read")
def glued(t):
    made, conn = t.open("-n", then=frame(TEXT, b"glued"))
    conn.finish()
    made.exits(0)
    made.prints(b"glued\n")
