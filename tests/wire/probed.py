"""What `wscope probe` is pointed at: services of hand-written bytes that take any number of connections, each a
function from a connection and its request."""

import json
import socket
import threading

import frames
from frames import CLOSE, PING, BrokenRule
from program import SLOW
from rawserver import Conn, Unmet, response
from runner import Skip


def not_slowed():
    """The probe's own limits of time, and the times that it measures, are those of a program at full speed."""
    if SLOW > 1:
        raise Skip("the program is slowed down")


def asks_upgrade(asked):
    return any(value.lower() == "websocket" for value in asked.all("Upgrade"))


def plain(status="426 Upgrade Required", body="this is for WebSockets", extra=""):
    """A whole answer that is no 101."""
    head = f"HTTP/1.1 {status}\r\n{extra}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return (head + body).encode("latin-1")


def talk(conn, pongs=True, pong_delay=0.0, closes=True):
    """A well-behaved end of a WebSocket: pongs, and the answer to a Close."""
    while True:
        f = conn.frame()
        if f.opcode == PING and pongs:
            if pong_delay:
                threading.Event().wait(pong_delay)
            conn.send(frames.frame(frames.PONG, f.payload))
        elif f.opcode == CLOSE:
            if closes:
                conn.send(frames.frame(CLOSE, f.payload))
                conn.fin()
                conn.expect_eof()
            else:
                conn.quiet(10)
            return


def healthy(conn, asked):
    if not asks_upgrade(asked):
        conn.send(plain())
        return
    conn.send(response(asked))
    talk(conn)


class Service:
    """serve: what becomes of a connection once its request is there. tls: a context. greet: what happens before the
    request is read, or None. unix: the path of a socket to listen at. sniff: TLS only where the
    client begins it. The requests are in `seen`."""

    def __init__(self, t, serve=healthy, tls=None, greet=None, host="127.0.0.1", unix=None, sniff=False):
        if tls:
            not_slowed()
        self.t, self.serve, self.tls, self.greet, self.path, self.sniff = t, serve, tls, greet, unix, sniff
        self.listener = t.listen(host)
        self.port = self.listener.port
        if unix:
            self.listener.sock.close()
            self.listener.sock = socket.socket(socket.AF_UNIX)
            self.listener.sock.bind(unix)
            self.listener.sock.listen(16)
        self.seen = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.sock.accept()
            except OSError:
                return
            conn = Conn(sock, self.t.deadline)
            self.listener.conns.append(conn)
            threading.Thread(target=self._serve, args=(conn,), daemon=True).start()

    def _serve(self, conn):
        try:
            if self.tls and (not self.sniff or conn.sock.recv(1, socket.MSG_PEEK) == b"\x16"):
                conn.start_tls(self.tls)
            if self.greet:
                self.greet(conn)
            asked = conn.request()
            self.seen.append(asked)
            self.serve(conn, asked)
            conn.fin()
        except (Unmet, BrokenRule, OSError, ValueError):
            pass  # the probe is judged by what it reports
        finally:
            conn.sock.close()

    def url(self, path="/", scheme="ws", host="127.0.0.1"):
        return f"{scheme}://{host}:{self.port}{path}"


def probe(t, *args, **options):
    """Run it to the end: (exit status, the check events, the verdict event)."""
    made = t.start("probe", "--json", *args, **options)
    status = made.wait()
    events = [json.loads(line) for line in made.out.decode().splitlines()]
    if not events or events[-1]["event"] != "verdict" or any(e["event"] != "check" for e in events[:-1]):
        raise Unmet(f"not checks and a verdict: {made.out!r} {made.err!r}")
    if events[-1]["exit"] != status:
        raise Unmet(f"the verdict has exit {events[-1]['exit']}, the program ended with {status}")
    return status, events[:-1], events[-1]


def findings(checks):
    return [c for c in checks if c["status"] in ("warn", "fail")]
