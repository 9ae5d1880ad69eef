"""What a person adds to the request and where it goes: headers, identity, addresses."""

import base64
import os
import socket

from cases_opening import refused_before_io, request_of
from events import single
from judge import same
from rawserver import Conn, Unmet
from runner import case


@case("the headers a person gives are sent as given")
def own_headers(t):
    listed = t.folder() + "/headers"
    with open(listed, "w", encoding="latin-1") as file:
        file.write("X-File-One: 1\nX-File-Two: a:b\n")
    asked = request_of(t, "-H", "X-Own: a: b ,c", "-H", "User-Agent: mine", "-H", f"@{listed}")
    same(asked.one("X-Own"), "a: b ,c")
    same(asked.one("User-Agent"), "mine")
    same((asked.one("X-File-One"), asked.one("X-File-Two")), ("1", "a:b"))


@case("an empty header value removes the field")
def header_removed(t):
    asked = request_of(t, "-H", "User-Agent:")
    same(asked.all("User-Agent"), [])


@case("a name with a semicolon is sent without a value")
def header_empty(t):
    asked = request_of(t, "-H", "X-Empty;", "-H", "Origin;")
    same((asked.one("X-Empty"), asked.one("Origin")), ("", ""))
    if b"\r\nX-Empty:\r\n" not in asked.raw:
        raise Unmet(f"not written as curl does: {asked.raw!r}")


@case("Host can be replaced")
def header_host(t):
    same(request_of(t, "-H", "Host: other.example").one("Host"), "other.example")


@case("identity: origin, user agent, cookie, user, bearer")
def identity(t):
    asked = request_of(t, "-o", "https://o.example", "-A", "agent/1", "--cookie", "a=1; b=2", "-u", "me:pw")
    same(asked.one("Origin"), "https://o.example")
    same(asked.one("User-Agent"), "agent/1")
    same(asked.one("Cookie"), "a=1; b=2")
    same(asked.one("Authorization"), "Basic " + base64.b64encode(b"me:pw").decode())
    same(request_of(t, "--bearer", "tok").one("Authorization"), "Bearer tok")


@case("userinfo of the URL is sent as Basic, percent-decoded")
def userinfo(t):
    asked = request_of(t, url=f"ws://us%20er:p%40s%3As@127.0.0.1:{t.port}/x")
    same(asked.one("Authorization"), "Basic " + base64.b64encode(b"us er:p@s:s").decode())
    same((asked.target, asked.one("Host")), ("/x", f"127.0.0.1:{t.port}"))


@case("a user name with a colon can't be sent as Basic (RFC 7617) and is refused")
def userinfo_colon(t):
    refused_before_io(t, f"ws://us%3Aer:pw@127.0.0.1:{t.port}/", "user")


@case("secrets come from files and the environment")
def secrets_from(t):
    path = t.folder() + "/secret"
    with open(path, "w", encoding="ascii") as file:
        file.write("from-file\n")
    same(request_of(t, "--bearer", f"@{path}").one("Authorization"), "Bearer from-file")
    made = t.start("-n", "--bearer", "env:WIRE_TOKEN", t.url, env={"WIRE_TOKEN": "from-env"})
    conn = t.accept()
    same(conn.open().one("Authorization"), "Bearer from-env")
    conn.finish()
    made.exits(0)


@case("http:// is taken as ws://, a loopback host without a scheme too")
def schemes(t):
    for url in (f"http://127.0.0.1:{t.port}/", f"127.0.0.1:{t.port}/x", f"localhost:{t.port}"):
        request_of(t, url=url)
    made = t.start("-n", f":{t.port}/y")
    conn = t.accept()
    same(conn.open().target, "/y")
    conn.finish()
    made.exits(0)


@case("a unix socket is dialled and the request path kept")
def unix_socket(t):
    path = os.path.join(t.folder(), "s.sock")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen(1)
        listening.settimeout(10)
        made = t.start("-n", f"ws+unix:{path}:/room?x=1")
        sock, _ = listening.accept()
        conn = Conn(sock, t.deadline)
        same(conn.open().target, "/room?x=1")
        conn.finish()
        made.exits(0)
        sock.close()


@case("--resolve overrides the lookup; the name stays in Host")
def resolve(t):
    made = t.start("-n", "--json", "--resolve", f"chat.example:{t.port}:127.0.0.1", f"ws://chat.example:{t.port}/")
    conn = t.accept()
    same(conn.open().one("Host"), f"chat.example:{t.port}")
    conn.finish()
    made.exits(0)
    told = single(made.json(), "connect")
    same((told["address"], told["port"]), ("127.0.0.1", t.port))


@case("bytes that are in no URL are percent-encoded in the request line")
def encoded_target(t):
    path = 'a/<b>"c\\\\d^e`f{g|h}?q={last}|%7B[x]'.replace("\\\\", "\\")
    wanted = "/a/%3Cb%3E%22c%5Cd%5Ee%60f%7Bg%7Ch%7D?q=%7Blast%7D%7C%7B[x]"
    made = t.start("-n", t.url + path)
    conn = t.accept()
    same(conn.open().target, wanted)
    conn.finish()
    made.exits(0)
    made = t.start("--poll", f"http://127.0.0.1:{t.port}/{path}", "--seq", "/s", "--every", "0.05", "--count", "2")
    conn = t.accept()
    for number in (7, 8):
        same(conn.request().target, wanted.replace("%7Blast%7D", "7" if number == 8 else ""))
        body = b'[{"s":%d}]' % number
        conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    made.exits(0)
