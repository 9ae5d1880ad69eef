"""Redirects of the opening handshake (RFC 6455, section 4.1; RFC 9110, section 15.4), and headers of a command."""

import os
import select
import ssl
import time

from events import named, single
from judge import same
from program import SLOW
from rawserver import Unmet
from runner import case
import tls_material


def redirect(conn, location, status="302 Found", extra=""):
    """Answer the handshake with a redirect; the request that was answered."""
    request = conn.request()
    where = f"Location: {location}\r\n" if location is not None else ""
    conn.send(f"HTTP/1.1 {status}\r\n{where}{extra}Content-Length: 0\r\n\r\n".encode())
    return request


def follow(test, *args):
    return test.start("-n", "-L", *args)


for _status in ("301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"):

    @case(f"-L follows {_status}, relative to the request")
    def followed(t, status=_status):
        made = follow(t, "--json", t.url + "a/b?c")
        redirect(t.accept(), "../d?e=f", status)
        conn = t.accept()
        request = conn.request()
        same(request.target, "/d?e=f")
        conn.send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        made.exits(22)
        events = made.json()
        same([e["status"] for e in named(events, "response")], [int(status[:3]), 404])
        same(len(named(events, "request")), 2)
        same(len(named(events, "error")), 1)


@case("-L opens what an http URL in Location means, with only harmless headers at another port")
def other_origin(t):
    elsewhere = t.listen()
    made = follow(
        t, "-u", "me:hush", "--cookie", "a=b", "-H", "X-Session-Id: 42", "-H", "Accept-Language: eo", "-s", "mqtt", "-s", "eyJhbGciOi",
        "--header-cmd", "echo 'X-Ticket: hush'", "-e", "hi", "-1", t.url,
    )
    request = redirect(t.accept(), f"http://127.0.0.1:{elsewhere.port}/there")
    same(request.one("Authorization"), "Basic bWU6aHVzaA==")
    same((request.one("X-Session-Id"), request.one("X-Ticket")), ("42", "hush"))
    same(request.one("Sec-WebSocket-Protocol"), "mqtt, eyJhbGciOi")
    conn = elsewhere.accept(t.deadline)
    request = conn.open(extra="Sec-WebSocket-Protocol: mqtt\r\n")
    for name in ("Authorization", "Cookie", "X-Session-Id", "X-Ticket"):
        if request.all(name):
            raise Unmet(f"{name} was sent to another origin")
    same((request.one("Accept-Language"), request.one("Sec-WebSocket-Protocol")), ("eo", "mqtt"))
    conn.next()
    conn.finish()
    made.exits(0)
    made.says("not sent there: Authorization, Cookie, X-Session-Id, X-Ticket, subprotocols without a well-known name")
    if "eyJhbGciOi" in made.err:
        raise Unmet("the subprotocol, which may be a token, was shown")


@case("-L shows the client certificate only to the origin that was given")
def client_certificate(t):
    material, elsewhere = tls_material.of(t), t.listen()
    made = follow(
        t, "--cacert", material.ca, "--cert", material.cert("client"), "--key", material.key("client"), f"wss://localhost:{t.port}/",
    )
    conn = t.accept()
    conn.start_tls(material.server("good", ask_client=True))
    redirect(conn, f"wss://localhost:{elsewhere.port}/")
    conn = elsewhere.accept(t.deadline)
    context = material.server("good", ask_client=True)
    context.verify_mode = ssl.CERT_OPTIONAL
    conn.start_tls(context)
    same(conn.sock.getpeercert(), None)
    redirect(conn, f"wss://localhost:{t.port}/back")
    conn = t.accept()
    conn.start_tls(material.server("good", ask_client=True))
    conn.open()
    conn.finish()
    made.exits(0)
    made.says("not sent there: the client certificate")


@case("a fallback of another origin is sent only what a redirect would take there")
def other_fallback(t):
    elsewhere = t.listen()
    made = t.start(
        "-n", "-r", "--fallback-after", "1", "-H", "X-Session-Id: 42", "-H", "Accept-Language: eo", "--header-cmd", "echo 'X-Ticket: hush'",
        "--fallback", f"http://127.0.0.1:{elsewhere.port}/feed", "--count", "1", t.url,
    )
    conn = t.accept()
    same(conn.request().one("X-Ticket"), "hush")
    conn.send(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
    conn = elsewhere.accept(t.deadline)
    request = conn.request()
    same((request.all("X-Session-Id"), request.all("X-Ticket"), request.one("Accept-Language")), ([], [], "eo"))
    conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[1]")
    made.exits(0)
    made.says("not sent there: X-Session-Id, X-Ticket")


@case("-L keeps credentials where scheme, host and port are the same")
def same_origin(t):
    made = follow(t, "-u", "me:hush", "--cookie", "a=b", t.url)
    redirect(t.accept(), "/there")
    conn = t.accept()
    request = conn.open()
    same(request.one("Authorization"), "Basic bWU6aHVzaA==")
    same(request.one("Cookie"), "a=b")
    conn.finish()
    made.exits(0)


@case("a redirect that is followed is shown with -i alone; one that is not followed always")
def shown(t):
    for option in ((), ("-i",)):
        made = follow(t, *option, t.url)
        redirect(t.accept(), "/there")
        conn = t.accept()
        conn.open()
        conn.finish()
        made.exits(0)
        (made.says if option else made.silent)("302 Found")
    made = follow(t, "--max-redirects", "1", t.url)
    redirect(t.accept(), "/there")
    redirect(t.accept(), "/elsewhere")
    made.exits(22)
    made.silent("Location: /there")
    made.says("302 Found", "/elsewhere")


@case("--max-redirects bounds a loop")
def loop(t):
    made = follow(t, "--max-redirects", "2", t.url)
    for _ in range(3):
        redirect(t.accept(), "/again")
    made.exits(22)
    made.says("after 2 redirects", "--max-redirects")


@case("five redirects are followed, not six")
def five(t):
    made = follow(t, t.url)
    for _ in range(6):
        redirect(t.accept(), "again")
    made.exits(22)
    made.says("after 5 redirects")


@case("without -L a redirect is refused, its target and -L named")
def without(t):
    made = t.start("-n", t.url)
    redirect(t.accept(), "/there")
    made.exits(22)
    made.says("/there", "-L")


UNFIT = {
    "no Location": (None, "Location"),
    "another scheme": ("ftp://127.0.0.1/", "ftp"),
    "a unix socket": ("ws+unix:/run/x.sock", "unix"),
    "a bad port": ("ws://127.0.0.1:0/", "port"),
    "a terminal escape": ("ws://127.0.0.1/\x1b[31m", "control byte"),
}

for _name, (_location, _word) in UNFIT.items():

    @case(f"-L refuses a redirect with {_name}")
    def unfit(t, location=_location, word=_word):
        made = follow(t, t.url)
        redirect(t.accept(), location)
        made.exits(22)
        made.says("redirect", word)
        if "\x1b" in made.err:
            raise Unmet("the Location reached the terminal as it is")


@case("the time for opening is one for all redirects")
def one_time(t):
    made = follow(t, "--connect-timeout", str(SLOW), "--json", t.url)
    redirect(t.accept(), "/silence")
    t.accept().request()
    made.exits(28)
    single(made.json(), "error", stage="handshake")


@case("--header-cmd adds the headers it prints, fresh, and nothing of them is shown")
def header_cmd(t):
    made = t.start("-n", "-i", "--header-cmd", "echo 'Authorization: Bearer hush'; echo 'X-A: b'", t.url)
    conn = t.accept()
    request = conn.open()
    same(request.one("Authorization"), "Bearer hush")
    same(request.one("X-A"), "b")
    conn.finish()
    made.exits(0)
    if "hush" in made.err:
        raise Unmet("the token was shown")


@case("--header-cmd that fails is a failed attempt: exit 1, its complaint shown")
def header_cmd_fails(t):
    made = t.start("-n", "--header-cmd", "echo not logged in >&2; exit 4", t.url)
    made.exits(1)
    made.says("header-cmd", "exit status 4", "not logged in")
    if t.listener.waiting():
        raise Unmet("it connected all the same")


@case("SIGTERM while --header-cmd runs ends at once")
def header_cmd_interrupted(t):
    fifo = os.path.join(t.folder(), "fifo")
    os.mkfifo(fifo)
    started = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    made = t.start("-n", "--json", "--header-cmd", f"echo > {fifo}; exec sleep 1000", t.url)
    running, _, _ = select.select([started], [], [], t.deadline - time.monotonic())
    os.close(started)
    if not running:
        raise Unmet("the command did not run")
    made.signal(15)
    made.exits(143)
