"""wscope proxy: heads, plain HTTP, and what is answered in the server's place."""

import socket
import ssl
import threading

from frames import CLOSE, TEXT, close, frame
from proxied import Scene, switched, up, upgrade
from rawserver import Unmet
from runner import case
import tls_material


def asks(t, request, wanted, *options, url_tail="/"):
    """The request's head, and the lines of which the server's consists. {port} is the server's."""
    scene = Scene(t, *options, url=f"ws://127.0.0.1:{t.port}{url_tail}")
    client = scene.client()
    client.send(request.replace("\n", "\r\n").encode("latin-1"))
    server = scene.server()
    got = server.head().decode("latin-1")
    wanted = wanted.replace("{port}", str(t.port)).replace("\n", "\r\n")
    if got != wanted:
        raise Unmet(f"the server got {got!r}, awaited {wanted!r}")
    return scene, client, server


PLAIN = "GET /b HTTP/1.1\nHost: here\n\n"


@case("proxy: fields keep their order, spelling and blanks; Host and Origin become the server's")
def fields(t):
    asks(t, "GET /b?q=1 HTTP/1.1\nhOST:here\nCookie: a=b; c=d\nX-A:   1\nx-a: 2\nOrigin: http://here:9002\nCOOKIE: e=f\n"
            "Sec-WebSocket-Protocol: one, two\n\n",
         "GET /b?q=1 HTTP/1.1\nHost: 127.0.0.1:{port}\nCookie: a=b; c=d\nX-A:   1\nx-a: 2\nOrigin: http://127.0.0.1:{port}\n"
         "COOKIE: e=f\nSec-WebSocket-Protocol: one, two\n\n")


@case("proxy: --keep-host leaves Host and Origin")
def keep_host(t):
    request = "GET /b HTTP/1.1\nHost: here\nOrigin: http://here\n\n"
    asks(t, request, request, "--keep-host")


@case("proxy: -H adds, replaces and removes; -u and --cookie replace")
def added(t):
    asks(t, "GET / HTTP/1.1\nHost: here\nX-A: theirs\nX-B: theirs\nX-C: theirs\nAuthorization: Bearer t\nCookie: a=b\n\n",
         "GET / HTTP/1.1\nHost: 127.0.0.1:{port}\nX-C: theirs\nAuthorization: Basic dTpw\nCookie: k=v\nX-A: ours\nX-N: new\n\n",
         "-H", "X-A: ours", "-H", "X-B:", "-H", "X-N: new", "-u", "u:p", "--cookie", "k=v")


@case("proxy: hop-by-hop fields are removed, and those that Connection names")
def hop_by_hop(t):
    asks(t, "GET / HTTP/1.1\nHost: here\nConnection: keep-alive, X-Mine, Host\nX-Mine: 1\nKeep-Alive: 5\nTE: trailers\n"
            "Proxy-Connection: keep-alive\nUpgrade: h2c\nX-Yours: 2\n\n",
         "GET / HTTP/1.1\nHost: 127.0.0.1:{port}\nConnection: keep-alive\nX-Yours: 2\n\n")


@case("proxy: an Upgrade to websocket among others passes")
def upgrade_list(t):
    asks(t, "GET / HTTP/1.1\nHost: here\nConnection: keep-alive, Upgrade\nUpgrade: h2c, websocket\n\n",
         "GET / HTTP/1.1\nHost: 127.0.0.1:{port}\nConnection: keep-alive, Upgrade\nUpgrade: h2c, websocket\n\n")


TARGETS = (
    ("/a/", "/b", "/a/b"),
    ("/a", "/b?q=1", "/a/b?q=1"),
    ("/a?k=v", "/b?q=1", "/a/b?k=v&q=1"),
    ("/", "/", "/"),
    ("/", "//x/../y;p?a=/b?c", "//x/../y;p?a=/b?c"),
    ("/a/", "http://other.example/b?c", "/a/b?c"),
    ("/", "http://other.example", "/"),
    ("/", "http://other.example?q=/x", "/?q=/x"),
    ("/a", "*", "*"),
)


def register_target(base, asked, wanted):
    @case(f"proxy: {asked} before a URL with {base} is {wanted}")
    def target(t):
        method = "OPTIONS" if asked == "*" else "GET"
        asks(t, f"{method} {asked} HTTP/1.1\nHost: here\n\n", f"{method} {wanted} HTTP/1.1\nHost: 127.0.0.1:{{port}}\n\n", url_tail=base)


for _row in TARGETS:
    register_target(*_row)


# -- what is refused -----------------------------------------------------------------------------------------------

REFUSED = {
    "Content-Length with Transfer-Encoding": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "a signed length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello",
    "an encoding that is not chunked": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "a bare LF": b"GET / HTTP/1.1\nHost: x\n\n",
    "a folded field": b"GET / HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n 2\r\n\r\n",
    "a blank before the colon": b"GET / HTTP/1.1\r\nHost: x\r\nX-A : 1\r\n\r\n",
    "two Hosts": b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "CONNECT": b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a target that is no path": b"GET x HTTP/1.1\r\nHost: x\r\n\r\n",
    "a NUL in a field": b"GET / HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\n\r\n",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 40 + b"\r\n\r\n",
}


def register_refused(name, request):
    @case(f"proxy: {name}: 400, and nothing is forwarded")
    def refused(t):
        scene = Scene(t)
        client = scene.client()
        client.send(request)
        head = client.head()
        if not head.startswith(b"HTTP/1.1 400 "):
            raise Unmet(f"the answer is {head!r}")
        body, _ = client.rest()
        if body.count(b"\n") != 1 or len(body) < 10:
            raise Unmet(f"the body is {body!r}")
        if t.listener.waiting(0.2):
            raise Unmet("the proxy connected to the server")


for _name, _request in REFUSED.items():
    register_refused(_name, _request)


@case("proxy: a chunk whose size is none ends the exchange")
def bad_chunk(t):
    scene = Scene(t)
    client = scene.client()
    client.send(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    server = scene.server()
    server.head()
    client.send(b"5\r\nhello\r\nzz\r\n")
    if not client.head().startswith(b"HTTP/1.1 400 "):
        raise Unmet("no 400")
    passed, how = server.rest()
    if b"zz" in passed or how != "fin":
        raise Unmet(f"the server got {passed!r} and {how}")


# -- plain HTTP ------------------------------------------------------------------------------------------------------

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@case("proxy: requests one after the other on one connection, and two at once")
def keep_alive(t):
    scene = Scene(t)
    client = scene.client()
    client.send(b"GET /1 HTTP/1.1\r\nHost: x\r\n\r\n")
    server = scene.server()
    for number in (b"1", b"2"):
        if not server.head().startswith(b"GET /" + number):
            raise Unmet("another request")
        server.send(OK)
        client.expect(OK)
        client.send(b"GET /2 HTTP/1.1\r\nHost: x\r\n\r\n" if number == b"1" else b"")
    client.send(b"POST /3 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /4 HTTP/1.1\r\nHost: x\r\n\r\n")
    server.head()
    server.expect(b"abc")
    server.quiet(0.2)
    server.send(OK)
    server.head()
    server.send(OK)
    client.expect(OK * 2)
    client.fin()
    server.ends()
    server.fin()
    client.ends()


@case("proxy: two requests and a FIN at once are both answered")
def pipelined_fin(t):
    scene = Scene(t)
    client = scene.client()
    client.send(b"GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n")
    client.fin()
    server = scene.server()
    server.head()
    server.send(OK)
    if not server.head().startswith(b"GET /2 "):
        raise Unmet("not the second request")
    server.ends()
    server.send(OK)
    server.fin()
    client.ends("fin", OK * 2)


BODY = b"5;ext=1\r\nhello\r\n3\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n"


@case("proxy: chunked bodies pass in their framing, both ways")
def chunked(t):
    scene = Scene(t)
    client = scene.client()
    client.send(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    server = scene.server()
    server.head()
    for i in range(len(BODY)):
        client.send(BODY[i:i + 1])
    server.expect(BODY)
    head = b"HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\nSet-Cookie: a=b\r\nset-cookie:c=d\r\n\r\n"
    server.send(head + BODY)
    client.expect(head + BODY)
    client.send(b"GET /again HTTP/1.1\r\nHost: x\r\n\r\n")
    server.head()


@case("proxy: Expect: 100-continue")
def expect_continue(t):
    scene = Scene(t)
    client = scene.client()
    client.send(b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
    server = scene.server()
    if b"Expect: 100-continue\r\n" not in server.head():
        raise Unmet("Expect did not pass")
    server.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    client.expect(b"HTTP/1.1 100 Continue\r\n\r\n")
    client.send(b"body")
    server.expect(b"body")
    server.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + OK)
    client.expect(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + OK)


@case("proxy: HEAD, 204 and 304 have no body")
def no_body(t):
    scene = Scene(t)
    client, server = scene.client(), None
    for method, answer in ((b"HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"), (b"GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
                           (b"GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"), (b"GET", OK)):
        client.send(method + b" / HTTP/1.1\r\nHost: x\r\n\r\n")
        server = server or scene.server()
        server.head()
        server.send(answer)
        client.expect(answer)


@case("proxy: an event stream passes as it comes, and its end is the end")
def event_stream(t):
    scene = Scene(t)
    client = scene.client()
    client.send(b"GET /sse HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n")
    server = scene.server()
    server.head()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    server.send(head)
    client.expect(head)
    for i in range(5):
        server.send(b"data: %d\n\n" % i)
        client.expect(b"data: %d\n\n" % i)
    server.fin()
    client.ends()


@case("proxy: a large answer to a slow client, then the end: nothing is lost", seconds=40)
def large_answer(t):
    scene = Scene(t)
    client = scene.client(receive=4096)
    client.send(b"GET / HTTP/1.0\r\n\r\n")
    server = scene.server()
    server.head()
    answer = b"HTTP/1.0 200 OK\r\n\r\n" + b"0123456789abcdef" * (1 << 18)

    sent = server.send_until_full(answer, 0.3)  # everything between is full

    def serve():
        server.send(answer[sent:])
        server.fin()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    client.ends("fin", answer)
    thread.join()


REFUSALS = {
    "a refusal": b"HTTP/1.1 403 No Entry\r\nContent-Length: 4\r\nX-A:1\r\nWWW-Authenticate: Basic\r\n\r\nbody",
    "a redirect": b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere/x\r\nContent-Length: 0\r\n\r\n",
    "an answer without a reason": b"HTTP/1.1 503 \r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n",
    "a 426": b"HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n",
}


def register_refusal(name, answer):
    @case(f"proxy: {name} to an upgrade passes unchanged")
    def refusal(t):
        scene = Scene(t)
        client = scene.client()
        client.send(upgrade())
        server = scene.server()
        server.head()
        server.send(answer)
        client.expect(answer)
        server.fin()
        client.ends()


for _name, _answer in REFUSALS.items():
    register_refusal(_name, _answer)


@case("proxy: a wrong Accept passes, and is reported")
def wrong_accept(t):
    scene = Scene(t)
    client = scene.client()
    client.send(upgrade(ask="Sec-WebSocket-Protocol: a, b\r\n"))
    server = scene.server()
    server.head()
    answer = (b"HTTP/1.1 101 Fine\r\nUpgrade: WebSocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: wrong\r\n"
              b"Sec-WebSocket-Protocol: b\r\nSet-Cookie: s=1\r\n\r\n")
    server.send(answer)
    client.expect(answer)
    scene.says(r"Accept\s+does\s+not\s+fit", stderr=True)
    server.send(frame(TEXT, b"x"))
    client.expect(frame(TEXT, b"x"))


# -- the server that is not there ------------------------------------------------------------------------------------


def gateway(client, status):
    head = client.head().decode()
    if not head.startswith(f"HTTP/1.1 {status} ") or "Connection: close\r\n" not in head:
        raise Unmet(f"awaited {status}, got {head!r}")
    body, how = client.rest()
    if how != "fin" or body.count(b"\n") != 1 or len(body) < 10:
        raise Unmet(f"the body is {body!r}, the end {how}")


@case("proxy: 502 if the server is down, to HEAD without a body")
def down(t):
    t.listener.sock.close()
    scene = Scene(t)
    for request in (upgrade(), b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nabc"):
        client = scene.client()
        client.send(request)
        gateway(client, 502)
    client = scene.client()
    client.send(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
    client.head()
    client.ends()


@case("proxy: 502 if the server answers garbage, hangs up, resets or switches unasked")
def garbage(t):
    scene = Scene(t)

    def run(act, request=upgrade()):
        client = scene.client()
        client.send(request)
        server = scene.server()
        server.head()
        act(server)
        gateway(client, 502)

    run(lambda server: server.send(b"SSH-2.0-OpenSSH_9.2\r\n"))
    run(lambda server: server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"))
    run(lambda server: server.fin())
    run(lambda server: server.rst())
    run(lambda server: (server.send(b"HTTP/1.1 200 O"), server.fin()))
    run(lambda server: server.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")


@case("proxy: 504 if the server does not come to an answer in the time to connect")
def slow(t):
    scene = Scene(t, "-k", "--connect-timeout", "0.5", url=f"wss://127.0.0.1:{t.port}/")
    client = scene.client()
    client.send(upgrade())
    scene.server()  # TCP, and no TLS
    gateway(client, 504)


@case("proxy: an answer that ends too early ends the client's in the same way")
def cut(t):
    scene = Scene(t)
    for act, how in ((lambda server: server.fin(), "fin"), (lambda server: server.rst(), "rst")):
        client = scene.client()
        client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        server = scene.server()
        server.head()
        part = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"
        server.send(part)
        client.expect(part)
        act(server)
        client.ends(how)


@case("proxy: a head that does not come whole is not waited for beyond its time", seconds=30)
def slow_head(t):
    client = Scene(t).client()
    client.send(b"GET / HTTP/1.1\r\nHo")
    gateway(client, 408)


@case("proxy: a client that leaves while the server is connected to leaves it too")
def leaves(t):
    scene = Scene(t)
    client = scene.client()
    client.send(upgrade())
    server = scene.server()
    server.head()
    client.rst()
    server.ends("rst")


# -- TLS -------------------------------------------------------------------------------------------------------------


@case("proxy: TLS to the client and to the server, and its ends", seconds=30)
def tls(t):
    m = tls_material.of(t)
    scene = Scene(t, "--cert", m.cert("good"), "--key", m.key("good"), "--cacert", m.cert("ca"), url=f"wss://localhost:{t.port}/")
    ours = ssl.create_default_context(cafile=m.cert("ca"))
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(m.cert("good"), m.key("good"))
    client = scene.client()
    client.sock.settimeout(client.left("TLS"))
    client.sock = ours.wrap_socket(client.sock, server_hostname="localhost")
    client.send(upgrade())
    server = scene.server()
    server.sock.settimeout(server.left("TLS"))
    server.sock = theirs.wrap_socket(server.sock, server_side=True)
    server.send(switched(server.request()))
    client.head()
    big = up(TEXT, b"x" * 3_000_000) + up(CLOSE, b"\x03\xe8")
    thread = threading.Thread(target=client.send, args=(big,), daemon=True)
    thread.start()
    server.expect(big)
    thread.join()
    server.send(frame(TEXT, b"y" * 100_000) + close(1000))
    client.expect(frame(TEXT, b"y" * 100_000) + close(1000))
    server.sock.setblocking(False)
    try:
        server.sock._sslobj.shutdown()
    except ssl.SSLError:
        pass
    socket.socket.shutdown(server.sock, socket.SHUT_WR)
    client.ends("fin")
