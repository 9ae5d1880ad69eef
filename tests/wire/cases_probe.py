"""wscope probe: a planted fault for each finding, and healthy services without any."""

import json
import os
import re
import socket
import threading
import time

import frames
import tls_material
from frames import PONG, TEXT
from probed import Service, asks_upgrade, findings, healthy, not_slowed, plain, probe, talk
from rawserver import Unmet, accept_of, response
from runner import case

# Planted fault, and what was found: printed at the end of the run.
TABLE = []


def finds(t, planted, status, stage, kind, message, advice="", args=(), url=None, checks=None):
    """Exactly one stage has a finding, which says that."""
    got, events, verdict = probe(t, *args, url)
    found = findings(events)
    TABLE.append((planted, [f"{c['stage']} {c['status']}: {c['message']}" for c in found]))
    if not found:
        raise Unmet(f"nothing was found; {events}")
    if {(c["stage"], c["status"]) for c in found} != {(stage, kind)}:
        raise Unmet(f"awaited one of {stage} ({kind}), found {found}")
    if not re.search(message, found[0]["message"]):
        raise Unmet(f"the finding does not say /{message}/: {found[0]['message']}")
    if not found[0]["advice"] or not re.search(advice, found[0]["advice"]):
        raise Unmet(f"the advice does not say /{advice}/: {found[0]['advice']}")
    if got != status and status is not None:
        raise Unmet(f"exit {got}, awaited {status}")
    if verdict["status"] != kind:
        raise Unmet(f"the verdict is {verdict}")
    if checks:
        checks(events)
    always = {"tcp", "path", "extensions", "browser", "ping", "close"} - {e["stage"] for e in events}
    if always:
        raise Unmet(f"nothing was reported about {always}")


def planted(name, *args, serve=healthy, **expected):
    """A case with one service."""

    @case(f"probe finds: {name}", 40)
    def run(t):
        service = Service(t, serve)
        finds(t, name, args=args, url=service.url("/ws"), **expected)


def refuse(status, body="", extra="", browser=None):
    """Refuses every upgrade, perhaps not that of a browser."""

    def serve(conn, asked):
        if asks_upgrade(asked) and browser and browser(asked):
            healthy(conn, asked)
        else:
            conn.send(plain(status, body, extra))

    return serve


def open_with(**parts):
    """A 101 with something wrong in it."""

    def serve(conn, asked):
        if not asks_upgrade(asked):
            return healthy(conn, asked)
        return conn.send(response(asked, **parts))

    return serve


def then(*pieces, end="fin"):
    """Opens, then sends these bytes and ends."""

    def serve(conn, asked):
        if not asks_upgrade(asked):
            healthy(conn, asked)
            return
        conn.send(response(asked))
        for piece in pieces:
            conn.send(piece)
        if end == "rst":
            conn.rst()
        elif end == "talk":
            talk(conn)

    return serve


def behaves(**how):
    def serve(conn, asked):
        if asks_upgrade(asked):
            conn.send(response(asked))
            talk(conn, **how)
        else:
            conn.send(plain())

    return serve


def only_if(wanted, status="403 Forbidden"):
    """Opens where the request is as wanted."""

    def serve(conn, asked):
        if asks_upgrade(asked) and not wanted(asked):
            conn.send(plain(status))
        else:
            healthy(conn, asked)

    return serve


def field(asked, name):
    return ", ".join(asked.all(name))


# --- path ---------------------------------------------------------------------------------------------------------------

planted("Upgrade lost at nginx", serve=refuse("426 Upgrade Required", "", "Server: nginx/1.22.1\r\n"),
        status=22, stage="path", kind="fail", message="Upgrade was lost.*426.*nginx",
        advice=r'proxy_http_version 1.1; proxy_set_header Upgrade \$http_upgrade; proxy_set_header Connection "upgrade";')
planted("Connection altered on the way", serve=refuse("400 Bad Request", "missing Connection header", "Via: 1.1 varnish\r\n"),
        status=22, stage="path", kind="fail", message="Connection was lost or altered.*400.*Varnish", advice="vcl_recv")
planted("a page instead of a WebSocket", serve=refuse("200 OK", "<html>hello", "Server: Apache/2.4\r\n"),
        status=22, stage="path", kind="fail", message="200 OK instead of 101, as it does to a plain request.*Apache",
        advice="upgrade=websocket")
planted("wrong path", serve=refuse("404 Not Found", "no such page"),
        status=22, stage="path", kind="fail", message="404 Not Found", advice="path")
planted("no healthy backend", serve=refuse("502 Bad Gateway", "", "Server: nginx\r\n"),
        status=22, stage="path", kind="fail", message="502 Bad Gateway; answered by nginx", advice="no healthy server")
planted("redirect", serve=refuse("301 Moved Permanently", "", "Location: https://other.example/ws?token=hidden\r\n"),
        status=22, stage="path", kind="fail", message=r"redirects \(301 Moved Permanently\) to https://other.example/ws\?token=.redacted",
        advice="URL")
planted("Socket.IO at another path", serve=refuse("400 Bad Request", '{"code":0,"message":"Transport unknown"}'),
        status=22, stage="path", kind="fail", message="400 Bad Request",
        advice=r"ws://127.0.0.1:\d+/socket.io/\?EIO=4&transport=websocket")
planted("too many connections", serve=refuse("429 Too Many Requests", "", "Retry-After: 7\r\n"),
        status=22, stage="path", kind="fail", message="429", advice="Retry-After: 7")
planted("another's Accept", serve=open_with(accept=accept_of("AAAAAAAAAAAAAAAAAAAAAA==")),
        status=22, stage="path", kind="fail", message="Accept")
planted("no Upgrade in the 101", serve=open_with(upgrade=None),
        status=22, stage="path", kind="fail", message="Upgrade")
planted("an upgrade without an answer", serve=lambda conn, asked: None if asks_upgrade(asked) else conn.send(plain("200 OK")),
        status=52, stage="path", kind="fail", message="plain request is answered .200 OK., an upgrade is not", advice="firewall")
planted("garbage for an answer", serve=lambda conn, asked: conn.send(b"SSH-2.0-OpenSSH_9.2\r\n"),
        status=22, stage="path", kind="fail", message="")
planted("cut right after the 101", serve=then(), status=56, stage="path", kind="fail", message="cut at once")
planted("reset right after the 101", serve=then(end="rst"), status=56, stage="path", kind="fail", message="cut at once")
planted("an internal error", serve=then(frames.close(1011, b"oops")), status=8, stage="path", kind="fail",
        message="closed at once with 1011.*oops", advice="internal error")
planted("a masked frame", serve=then(frames.frame(TEXT, b"hello", mask=b"abcd")), status=65, stage="path", kind="fail",
        message="breaks the protocol.*mask")



def only_at_socketio(conn, asked):
    conn.send(plain("400 Bad Request", '{"code":0,"message":"Transport unknown"}') if asked.target == "/socket.io/"
              else plain("404 Not Found"))


planted("the root of a Socket.IO server", serve=only_at_socketio, status=22, stage="path", kind="fail", message="404 Not Found",
        advice=r"this is Socket.IO: .* ws://127.0.0.1:\d+/socket.io/\?EIO=4&transport=websocket")


@case("probe finds: ws:// at a port with TLS", 40)
def plain_at_tls(t):
    service = Service(t, tls=tls_material.of(t).server("good"))
    url = service.url("/ws?a=b")
    finds(t, "ws:// at a port with TLS", status=None, stage="path", kind="fail", message="the port speaks TLS",
          advice=re.escape("use wss" + url[2:]), url=url)


@case("probe finds: ws:// at a port with TLS that refuses HTTP", 40)
def plain_at_polite_tls(t):
    """As nginx does: 400 The plain HTTP request was sent to HTTPS port."""
    service = Service(t, refuse("400 Bad Request", "The plain HTTP request was sent to HTTPS port", "Server: nginx\r\n"),
                      tls=tls_material.of(t).server("good"), sniff=True)
    finds(t, "ws:// at a port with TLS that refuses HTTP", status=22, stage="path", kind="fail", message="the port speaks TLS",
          advice="use wss", url=service.url())


# --- auth ---------------------------------------------------------------------------------------------------------------

planted("credentials missing", serve=refuse("401 Unauthorized"), status=22, stage="auth", kind="fail",
        message="without credentials the WebSocket is refused with 401", advice="-u USER:PASS, --bearer TOKEN")
planted("credentials wrong", "--bearer", "mistake", serve=refuse("401 Unauthorized"), status=22, stage="auth", kind="fail",
        message="with the given credentials.*401.*without them it is refused with 401", advice="wrong, expired")
planted("closed with 4401", serve=then(frames.close(4401, b"Unauthorized"), end="talk"), status=8, stage="auth", kind="fail",
        message="closed at once with 4401.*Unauthorized", advice="credentials")
planted("closed with 1008", serve=then(frames.close(1008, b"policy"), end="talk"), status=8, stage="auth", kind="fail",
        message="closed at once with 1008", advice="credentials")

# --- origin, subprotocol, extensions, browser --------------------------------------------------------------------------

planted("any Origin with cookies", "--origin-test", "--cookie", "session=0123456789", status=0, stage="origin", kind="warn",
        message="any Origin is accepted together with cookies", advice="compare Origin")
planted("a subprotocol is required", serve=refuse("400 Bad Request", "no Sec-WebSocket-Protocol that is supported"), status=22,
        stage="subprotocol", kind="fail", message="without a subprotocol", advice="-s NAME")
planted("no subprotocol selected", "-s", "chat.v2", status=0, stage="subprotocol", kind="warn",
        message="offered chat.v2, and the server selected none", advice="-s NAME")
planted("closed with 4406", serve=then(frames.close(4406, b"Subprotocol not acceptable"), end="talk"), status=8,
        stage="subprotocol", kind="fail", message="4406", advice="-s NAME")
planted("Origin not allowed", serve=only_if(lambda asked: not asked.all("Origin")), status=0, stage="browser", kind="warn",
        message=r"refused with 403 Forbidden, this one opens.*with an Origin \(http://127.0.0.1:\d+\)", advice="add the Origin")
planted("a firewall against browsers", serve=only_if(lambda asked: "Mozilla" not in field(asked, "User-Agent")), status=0,
        stage="browser", kind="warn", message="with a browser's User-Agent", advice="these headers")
planted("Sec-Fetch refused", serve=only_if(lambda asked: not asked.all("Sec-Fetch-Mode")), status=0, stage="browser", kind="warn",
        message="with Sec-Fetch-Dest", advice="Sec-Fetch-Mode: websocket")
planted("caching headers", serve=only_if(lambda asked: not asked.all("Pragma"), "400 Bad Request"), status=0, stage="browser",
        kind="warn", message="with Cache-Control: no-cache and Pragma: no-cache", advice="cache")
planted("a token that only headers can carry", "--bearer", "right", serve=only_if(lambda asked: asked.all("Authorization"),
        "401 Unauthorized"), status=0, stage="browser", kind="warn", message="without the fields of -H and without Authorization",
        advice="cookies")


@case("probe finds: the offer of compression is refused", 40)
def deflate_refused(t):
    service = Service(t, only_if(lambda asked: not asked.all("Sec-WebSocket-Extensions"), "400 Bad Request"))
    status, events, _ = probe(t, service.url())
    found = findings(events)
    TABLE.append(("the offer of compression is refused", [f"{c['stage']} {c['status']}: {c['message']}" for c in found]))
    if status != 22 or [c["stage"] for c in found] != ["path", "extensions"]:
        raise Unmet(f"exit {status}, {found}")
    if "permessage-deflate is the cause" not in found[1]["message"] or "RFC 6455, section 9.1" not in found[1]["advice"]:
        raise Unmet(f"{found[1]}")
    if not any(c["stage"] == "close" and c["status"] == "ok" for c in events):
        raise Unmet("the connection without compression was not examined further")


@case("probe: what only a browser sends and the server requires", 40)
def origin_required(t):
    """A 403 to the request as it is; with the server's own Origin it opens, and is examined further."""
    service = Service(t, only_if(lambda asked: asked.all("Origin")))
    status, events, _ = probe(t, service.url())
    browser = next(c for c in events if c["stage"] == "browser")
    if status != 22 or browser["status"] != "info" or f"-o http://127.0.0.1:{service.port} " not in browser["advice"]:
        raise Unmet(f"exit {status}, {browser}")
    if not any(c["stage"] == "ping" and c["status"] == "ok" for c in events):
        raise Unmet("the connection that did open was not examined")


# --- ping, close --------------------------------------------------------------------------------------------------------

planted("pings unanswered", serve=behaves(pongs=False), status=0, stage="ping", kind="warn", message="0 of 1 pings",
        advice="heartbeats")
planted("no answer to a Close", serve=behaves(closes=False), status=0, stage="close", kind="warn",
        message="our Close was not answered within 2", advice="1006")


def cut_at_close(conn, asked):
    if not asks_upgrade(asked):
        healthy(conn, asked)
        return
    conn.send(response(asked))
    while True:
        f = conn.frame()
        if f.opcode == frames.CLOSE:
            return
        conn.send(frames.frame(frames.PONG, f.payload))


planted("cut in place of a Close", serve=cut_at_close, status=0, stage="close", kind="warn", message="cut without an answer")


@case("probe: pings that the application answers late are told from TCP's round trip", 40)
def slow_application(t):
    service = Service(t, behaves(pong_delay=0.03))
    _, events, _ = probe(t, service.url())
    ping = next(c for c in events if c["stage"] == "ping")
    if ping["status"] != "ok" or not re.search(r"the application is \d+\.\d ms beyond the hop", ping["message"]):
        raise Unmet(f"{ping}")


# --- tcp, tls -----------------------------------------------------------------------------------------------------------


@case("probe finds: one dead address of several", 40)
def one_dead(t):
    service = Service(t)
    finds(t, "one dead address of several", 0, "tcp", "warn", r"127.0.0.2\) port.*refused", "take the address out of DNS",
          args=("--resolve", f"svc.example:{service.port}:127.0.0.2,127.0.0.1"), url=service.url(host="svc.example"))


@case("probe finds: nothing listens", 40)
def nothing_listens(t):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        finds(t, "nothing listens", 7, "tcp", "fail", "refused", "nothing listens", url=f"ws://127.0.0.1:{unused.getsockname()[1]}/")


@case("probe finds: an unknown name", 40)
def unknown_name(t):
    finds(t, "an unknown name", 6, "dns", "fail", "can't resolve", "", url="ws://no-such-name.invalid/")


def tls_case(name, certificate, status, message, advice, **options):
    @case(f"probe finds: {name}", 40)
    def run(t):
        material = tls_material.of(t)
        service = Service(t, tls=material.server(certificate, **options))
        finds(t, name, status, "tls", "fail", message, advice, args=("--cacert", material.ca), url=service.url(scheme="wss"),
              checks=the_rest_is_checked)


def the_rest_is_checked(events):
    if not any(c["stage"] == "close" and c["status"] == "ok" for c in events):
        raise Unmet("the stages after tls were not checked")


tls_case("expired certificate", "expired", 60, "expired on 2021", "new certificate")
tls_case("certificate of another host", "wrong", 60, "shop.example", "servername")
tls_case("self-signed certificate", "self", 60, "self-signed", "cacert")
tls_case("missing intermediate", "short", 60, "signed by", "next one is missing: \"CN=Wire Test Intermediate\"; append")


@case("probe finds: a certificate that ends soon", 40)
def ends_soon(t):
    material = tls_material.of(t)
    service = Service(t, tls=material.server("soon"))
    finds(t, "a certificate that ends soon", 0, "tls", "warn", "valid for only [23] days", "renew",
          args=("--cacert", material.ca), url=service.url(scheme="wss"))


@case("probe sends nothing secret to a server that is not trusted", 40)
def nothing_secret(t):
    material = tls_material.of(t)
    service = Service(t, tls=material.server("self"))
    status, events, _ = probe(t, "--cacert", material.ca, "--bearer", "secret", service.url(scheme="wss"))
    path = next(c for c in events if c["stage"] == "path")
    if status != 60 or path["status"] != "info" or service.seen:
        raise Unmet(f"exit {status}, {path}, requests: {[a.raw for a in service.seen]}")


@case("probe finds: TLS expected, none spoken", 40)
def no_tls(t):
    service = Service(t, greet=lambda conn: conn.send(plain("400 Bad Request")))
    finds(t, "TLS expected, none spoken", 35, "tls", "fail", "", "", url=service.url(scheme="wss"))


@case("probe finds: a server that accepts and says nothing, within 15 s", 60)
def hung(t):
    service = Service(t, serve=lambda conn, asked: conn.quiet(30))
    status, events, verdict = probe(t, service.url())
    found = findings(events)
    TABLE.append(("accepts and says nothing", [f"{c['stage']} {c['status']}: {c['message']}" for c in found]))
    if status != 28 or not found or found[0]["stage"] != "path" or verdict["duration_ms"] > 15500:
        raise Unmet(f"exit {status}, {found}, {verdict}")


# --- healthy ------------------------------------------------------------------------------------------------------------


def with_extra(extra, send=b"", plain_answer=None):
    def serve(conn, asked):
        if not asks_upgrade(asked):
            conn.send(plain_answer or plain())
            return
        conn.send(response(asked, extra) + send)
        talk(conn)

    return serve


def deflating(conn, asked):
    if not asks_upgrade(asked):
        conn.send(plain("404 Not Found"))
        return
    conn.send(response(asked, "Sec-WebSocket-Extensions: permessage-deflate\r\n"))
    conn.reader.compressed = True
    talk(conn)


def stream_of_events(conn, asked):
    if asks_upgrade(asked):
        healthy(conn, asked)
        return
    conn.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: x\n\n")
    conn.quiet(5)


def late(conn, asked):
    threading.Event().wait(0.4)
    healthy(conn, asked)


def selecting(conn, asked):
    if asks_upgrade(asked) and asked.all("Sec-WebSocket-Protocol"):
        conn.send(response(asked, "Sec-WebSocket-Protocol: chat\r\n"))
        talk(conn)
    else:
        healthy(conn, asked)


def closes_with_nothing(conn, asked):
    if not asks_upgrade(asked):
        conn.send(plain("501 Not Implemented"))
        return
    conn.send(response(asked))
    while True:
        f = conn.frame()
        if f.opcode == frames.CLOSE:
            conn.send(frames.close())
            return
        conn.send(frames.frame(frames.PONG, f.payload))


HEALTHY = {
    "426 to a plain request": (healthy, ()),
    "200 to a plain request": (with_extra("", b"", plain("200 OK", "<html>")), ()),
    "404 to a plain request": (with_extra("", b"", plain("404 Not Found")), ()),
    "400 to a plain request": (with_extra("", b"", plain("400 Bad Request", "Can \"Upgrade\" only to \"WebSocket\".")), ()),
    "nothing for a plain request": (lambda conn, asked: asks_upgrade(asked) and healthy(conn, asked), ()),
    "a stream of events beside it": (stream_of_events, ()),
    "behind nginx": (with_extra("Server: nginx/1.22.1\r\n"), ()),
    "behind a chain of proxies": (with_extra("Via: 1.1 a, 1.1 b\r\nServer: x\r\nX-Cache: MISS\r\n"), ()),
    "with compression": (deflating, ()),
    "without compression offered": (healthy, ("--no-compress",)),
    "a greeting": (with_extra("", frames.frame(TEXT, b'{"hello":1}')), ()),
    "many messages at once": (with_extra("", frames.frame(TEXT, b"x" * 1000) * 200), ()),
    "a ping of the server's": (with_extra("", frames.frame(frames.PING, b"are you there")), ()),
    "a cookie is set": (with_extra("Set-Cookie: session=1; HttpOnly\r\n"), ()),
    "a slow handshake": (late, ()),
    "a subprotocol": (selecting, ("-s", "chat", "-s", "other")),
    "a token, also in a cookie": (only_if(lambda a: a.all("Cookie"), "401 Unauthorized"), ("--cookie", "session=1")),
    "its own Origin only": (
        only_if(lambda a: not a.all("Origin") or re.fullmatch(r"http://127.0.0.1:\d+", field(a, "Origin"))),
        ("--origin-test", "--cookie", "session=1")),
    "a Close without a code": (closes_with_nothing, ()),
    "a token in the query": (only_if(lambda a: "token=right" in a.target, "401 Unauthorized"), ()),
}


def is_healthy(t, name, *args):
    status, events, verdict = probe(t, *args)
    TABLE.append(("healthy: " + name, [f"{c['stage']} {c['status']}: {c['message']}" for c in findings(events)]))
    if status or findings(events) or verdict["status"] != "ok" or "nothing is wrong" not in verdict["text"]:
        raise Unmet(f"exit {status}, {findings(events)}, {verdict}")


for _name, (_serve, _args) in HEALTHY.items():

    @case(f"probe finds nothing: {_name}", 40)
    def well(t, name=_name, serve=_serve, args=_args):
        service = Service(t, serve)
        is_healthy(t, name, *args, service.url("/ws?token=right"))


@case("probe finds nothing: TLS", 40)
def well_tls(t):
    material = tls_material.of(t)
    service = Service(t, tls=material.server("good", alpn=["h2", "http/1.1"]))
    is_healthy(t, "TLS", "--cacert", material.ca, service.url(scheme="wss", host="localhost"))


@case("probe finds nothing: IPv6", 40)
def well_ipv6(t):
    service = Service(t, host="::1")
    is_healthy(t, "IPv6", service.url(host="[::1]"))


# --- idle, lifetime -----------------------------------------------------------------------------------------------------


def timed(idle=None, counts=("up", "down"), lifetime=None, every=None, end=b"", silent_drop=False,
          ponged=None):
    """A service with an idle timer, which only traffic of these directions resets, or with a limit of the lifetime. every:
    it sends a message that often. end: its last bytes. silent_drop: then it does nothing any more, for ever.
    ponged: an event that the first pong sets."""

    def over(conn, end_of_all):
        if silent_drop:
            threading.Event().wait(max(0, conn.deadline - time.monotonic()))
        elif end_of_all:
            conn.send(end_of_all)

    def serve(conn, asked):
        if not asks_upgrade(asked):
            conn.send(plain())
            return
        conn.send(response(asked, "Server: nginx/1.22.1\r\n"))
        opened = last = sent = time.monotonic()
        while True:
            now = time.monotonic()
            if (idle and now - last >= idle) or (lifetime and now - opened >= lifetime):
                over(conn, end)
                return
            if every and now - sent >= every:
                conn.send(frames.frame(TEXT, b"tick"))
                sent, last = now, now if "down" in counts else last
            f = conn.reader.next()
            if not f:
                if conn._readable(0.02):
                    conn.fill("anything")
                continue
            if ponged and f.opcode == PONG:
                ponged.set()
            if "up" in counts:
                last = now
            if f.opcode == frames.PING:
                conn.send(frames.frame(frames.PONG, f.payload))
                last = now if "down" in counts else last
            elif f.opcode == frames.CLOSE:
                conn.send(frames.frame(frames.CLOSE, f.payload))
                return

    return serve


def timer_case(name, stage, *words, seconds="4", option="--idle", **how):
    @case(f"probe {option} finds: {name}", 60)
    def run(t):
        not_slowed()
        service = Service(t, timed(**how))
        begun = time.monotonic()
        status, events, _ = probe(t, f"{option}={seconds}", service.url())
        took = time.monotonic() - begun
        found = findings(events)
        TABLE.append((f"{option}: {name}", [f"{c['stage']} {c['status']}: {c['message']}" for c in found]))
        if status or [c["stage"] for c in found] != ([stage] if stage else []):
            raise Unmet(f"exit {status}, {found or events}")
        text = " ".join(c["message"] for c in found or events)
        for word in words:
            if not re.search(word, text):
                raise Unmet(f"it does not say /{word}/: {text}")
        if took > 20:
            raise Unmet(f"it took {took:.1f} s")


timer_case("a timer that any traffic resets", "idle", r"idle timer of 2\.\d s", "frames of the client reset it",
           "without a Close, so by a proxy: probably nginx", idle=2)
timer_case("a timer that ends with a Close", "idle", r"idle timer of 2\.\d s", 'with Close 1001 "idle timeout", so by the application',
           idle=2, end=frames.close(1001, b"idle timeout"))
timer_case("a timer that only the client resets", "idle", r"idle timer of 2\.\d s", "only what the client sends resets it",
           idle=2, counts=("up",), every=0.4)
timer_case("a timer that only the server resets", "idle", r"idle timer of 2\.\d s", "only what the server sends resets it",
           idle=2, counts=("down",))
timer_case("a lifetime", "lifetime", r"lifetime limit of 2\.\d s", lifetime=2)
timer_case("a lifetime", "lifetime", r"lifetime limit of 2\.\d s", option="--lifetime", lifetime=2)
timer_case("a silent drop", "idle", r"silent drop: .* idle for \d\.\d s still works, one that is idle for [23]\.\d s is dead",
           idle=2.2, silent_drop=True)
timer_case("nothing", None, "an idle connection stays open for 4.0 s")
timer_case("nothing", None, "a connection with traffic stays open for 3.0 s", option="--lifetime", seconds="3")


@case("probe --idle: what will be done is said before, ^C prints what is known", 60)
def idle_interrupted(t):
    ponged = threading.Event()
    service = Service(t, timed(ponged=ponged))
    made = t.start("probe", "--idle=50", service.url())
    made.await_err("--idle: 16 connections for at most 52 s")
    if not ponged.wait(max(0, t.deadline - time.monotonic())):
        raise Unmet("no connection of --idle sends a pong")
    made.signal(2)
    made.exits(130)
    if not re.search(rb"an idle connection stays open for \d\.\d s", made.out):
        raise Unmet(f"{made.out!r}")


# --- sizes --------------------------------------------------------------------------------------------------------------


def limited(message=None, one_frame=None, silently=False):
    """Answers a larger message with 1009, a larger frame by an end without a Close (or with no further answer)."""

    def serve(conn, asked):
        if not asks_upgrade(asked):
            conn.send(plain())
            return
        conn.send(response(asked))
        size = 0
        while True:
            f = conn.frame()
            if f.opcode in (frames.TEXT, frames.CONT):
                size = len(f.payload) + (size if f.opcode == frames.CONT else 0)
            if message and size > message:
                conn.send(frames.close(1009, b"too big"))
                return
            if one_frame and len(f.payload) > one_frame:
                return
            if f.opcode == frames.PING:
                conn.send(frames.frame(frames.PONG, f.payload))
            elif f.opcode == frames.CLOSE:
                conn.send(frames.frame(frames.CLOSE, f.payload))
                return

    return serve


def sizes(t, serve):
    service = Service(t, serve)
    made = t.start("probe", "--json", "--sizes", service.url())
    made.exits(0)
    made.says("--sizes: messages of up to 16 MiB")
    events = [json.loads(line) for line in made.out.decode().splitlines()]
    found = [f"{e['status']}: {e['message']}" for e in events if e.get("stage") == "sizes"]
    TABLE.append(("--sizes", found))
    return found


@case("probe --sizes finds: the limit of a message", 120)
def limit_of_messages(t):
    found = sizes(t, limited(message=32768))
    if (len(found) != 2 or "in one frame of 32768 bytes get through, of 32769 do not: Close 1009" not in found[0]
            or "in frames of 4096 bytes of 32768 bytes get through, of 32769 do not: Close 1009" not in found[1]
            or "too big" not in found[0]):
        raise Unmet(f"{found}")


@case("probe --sizes finds: the limit of a frame", 120)
def limit_of_frames(t):
    found = sizes(t, limited(message=131072, one_frame=32768))
    if (len(found) != 2 or "in one frame of 32768 bytes get through, of 32769 do not" not in found[0]
            or "Close 1009" in found[0] or "of 131072 bytes get through, of 131073 do not: Close 1009" not in found[1]):
        raise Unmet(f"{found}")


@case("probe finds nothing: a unix socket", 40)
def well_unix(t):
    service = Service(t, unix=os.path.join(t.folder(), "sock"))
    is_healthy(t, "a unix socket", f"ws+unix:{service.path}:/ws")
    if not any(field(a, "Origin") == "http://localhost" for a in service.seen):
        raise Unmet(f"{[a.raw for a in service.seen]}")


# --- the rest -----------------------------------------------------------------------------------------------------------


@case("probe --fail-on warn exits 3, --prom is written, also of a failure", 40)
def fail_on_warn(t):
    service = Service(t)
    prom = os.path.join(t.folder(), "probe.prom")
    status, _, verdict = probe(t, "-s", "chat", "--fail-on", "warn", "--prom", prom, service.url("/?token=hidden"))
    with open(prom, encoding="utf-8") as file:
        text = file.read()
    if status != 3 or verdict["exit"] != 3 or "hidden" in text or 'wscope_probe_warnings{url="ws://127.0.0.1' not in text:
        raise Unmet(f"exit {status}: {text}")
    status, _, _ = probe(t, "--prom", prom, "ws://no-such-name.invalid/")
    with open(prom, encoding="utf-8") as file:
        text = file.read()
    if status != 6 or 'wscope_probe_success{url="ws://no-such-name.invalid/"} 0\n' not in text:
        raise Unmet(f"exit {status}: {text}")


@case("probe: what a peer sends does not drive the terminal", 40)
def hostile(t):
    evil = "evil\x1b]52;c;aGk=\x07\x1b[31m"
    service = Service(t, refuse(f"418 {evil}", f"{evil} body", f"Server: nginx {evil}\r\n"))
    made = t.start("probe", "-v", service.url(), stdout="tty", stderr="tty")
    made.wait()
    if b"\x1b]52" in made.out or b"\x1b[31mn" in made.out or b"evil" not in made.out:
        raise Unmet(f"{made.out!r}")


@case("probe: ^C prints what is known, exit 130", 40)
def interrupted(t):
    service = Service(t, serve=lambda conn, asked: conn.quiet(30))
    made = t.start("probe", service.url())
    made.await_out(b"tcp")
    made.signal(2)
    made.exits(130)
    if b"interrupted; no fault had been found by then" not in made.out:
        raise Unmet(f"{made.out!r}")


@case("probe -q: only findings and the verdict", 40)
def quiet(t):
    service = Service(t)
    made = t.start("probe", "-q", "-s", "chat", service.url())
    made.exits(0)
    lines = made.out.decode().splitlines()
    if not lines[0].startswith("warn  subprotocol") or "ok " in made.out.decode():
        raise Unmet(f"{lines}")
    made = t.start("probe", "-q", service.url())
    made.exits(0)
    if made.out.decode().splitlines() != [f"nothing is wrong between here and the application at {service.url()}"]:
        raise Unmet(f"{made.out!r}")


@case("probe: every request has the user's headers, no credentials where it says so", 40)
def requests(t):
    service = Service(t)
    probe(t, "-H", "X-Tenant: blue", "-H", "X-Api-Key: k", "--cookie", "a=b", service.url())
    upgrades = [a for a in service.seen if asks_upgrade(a)]
    bare = [a for a in upgrades if not a.all("Cookie")]
    browser = [a for a in upgrades if a.all("Sec-Fetch-Mode")]
    if len(upgrades) != 3 or len(bare) != 1 or len(browser) != 1:
        raise Unmet(f"{[a.raw for a in service.seen]}")
    if bare[0].all("X-Api-Key") or not bare[0].all("X-Tenant") or browser[0].all("X-Tenant") or not browser[0].all("Cookie"):
        raise Unmet(f"{bare[0].raw} {browser[0].raw}")
