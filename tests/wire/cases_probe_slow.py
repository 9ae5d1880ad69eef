"""wscope probe --slow: what services do for a connection that does not read, written by hand."""

import os
import re
import socket
import struct
import threading
import time

import frames
from cases_probe import TABLE
from frames import CLOSE, PING, PONG, TEXT
from probed import Service, asks_upgrade, findings, healthy, not_slowed, plain, probe
from rawserver import Unmet, response
from runner import case

MESSAGE = frames.frame(TEXT, b"m" * 8000)


class Slowly:
    """A service. rate: it sends that many messages a second by itself; 0: it answers messages. limit: a connection for
    which more bytes wait is cut; after: one for which bytes wait for that many seconds. end: the bytes that are put in the
    queue then; linger: how long the connection may take to read them; end "rst": a reset. leaves_out: with so many bytes
    waiting a message is left out. paced: no message is read while that many bytes wait. one_by_one: all connections are
    written to by one thread, which waits for each. shared: a message goes to all."""

    def __init__(self, rate=0, limit=None, after=None, end=b"", linger=0.0, leaves_out=None, paced=None, one_by_one=False,
                 shared=False):
        self.__dict__.update({k: v for k, v in locals().items() if k != "self"})
        self.lock = threading.Lock()
        self.socks = []

    def __call__(self, conn, asked):
        if not asks_upgrade(asked):
            conn.send(plain())
            return
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)
        conn.send(response(asked))
        queue = bytearray()
        with self.lock:
            self.socks.append((conn.sock, queue))
        try:
            self.talk(conn, queue)
        finally:
            with self.lock:
                self.socks.remove((conn.sock, queue))

    def talk(self, conn, queue):
        sent, since, begun = 0, None, time.monotonic()
        while True:
            now = time.monotonic()
            if not queue:
                since = None
            since = since or (now if queue else None)
            if (self.limit and len(queue) > self.limit) or (self.after and since and now - since > self.after):
                self.cut(conn, queue)
                return
            if self.rate and not self.one_by_one:
                due = int((now - begun) * self.rate)
                while sent < due:
                    sent += 1
                    if not self.leaves_out or len(queue) < self.leaves_out:
                        queue += MESSAGE
            if not self.exchange(conn, queue, now):
                return

    def exchange(self, conn, queue, now):
        """What comes in, and what can be written. False: the connection is over."""
        if not (self.paced and len(queue) > self.paced):
            if conn._readable(0.005):
                conn.fill("frames")
            while f := conn.reader.next():
                if f.opcode == CLOSE:
                    conn.send(frames.frame(CLOSE, f.payload))
                    return False
                self.take(f, queue)
        else:
            threading.Event().wait(0.005)
        if self.one_by_one and self.rate:
            self.everyone(now)
        elif self.one_by_one:
            with self.lock:
                conn.sock.settimeout(20)
                conn.sock.sendall(bytes(queue))
            del queue[:]
        else:
            self.write(conn.sock, queue)
        return True

    def take(self, f, queue):
        if f.opcode == PING:
            queue += frames.frame(PONG, f.payload)
        elif f.opcode == TEXT and not self.rate and self.shared:
            with self.lock:
                for _, other in self.socks:
                    other += frames.frame(TEXT, f.payload)
        elif f.opcode == TEXT and not self.rate:
            queue += frames.frame(TEXT, f.payload)

    @staticmethod
    def write(sock, queue):
        sock.setblocking(False)
        try:
            while queue:
                del queue[: sock.send(bytes(queue[: 1 << 16]))]
        except BlockingIOError:
            pass

    def everyone(self, now):
        """One turn of the only writer, whichever thread plays it: it waits for a connection that does not read."""
        if not self.lock.acquire(blocking=False):
            return
        try:
            if now - getattr(self, "turn", 0) < 1 / self.rate:
                return
            self.turn = now
            for sock, queue in list(self.socks):
                queue += MESSAGE
                data = bytes(queue)  # the connection's own thread may add a pong
                sock.settimeout(20)
                try:
                    sock.sendall(data)
                except OSError:
                    pass
                del queue[: len(data)]
        finally:
            self.lock.release()

    def cut(self, conn, queue):
        if self.end == "rst":
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            conn.sock.close()
            return
        queue += self.end
        over = time.monotonic() + self.linger
        while queue and time.monotonic() < over:
            self.write(conn.sock, queue)
            threading.Event().wait(0.01)
        if not queue:
            conn.fin()
            conn.expect_eof()


def slow_case(name, service, status, *words, seconds="6", advice=None, longest=40):
    @case(f"probe --slow finds: {name}", 90)
    def run(t):
        not_slowed()
        begun = time.monotonic()
        got, events, _ = probe(t, f"--slow={seconds}", Service(t, service).url())
        took = time.monotonic() - begun
        found = [c for c in events if c["stage"] == "slow"]
        TABLE.append((f"--slow: {name}", [f"slow {c['status']}: {c['message']}" for c in found]))
        if got or len(found) != 1 or found[0]["status"] != status or findings(events) != [c for c in found if status == "warn"]:
            raise Unmet(f"exit {got}, {found}, {findings(events)}")
        for word in words:
            if not re.search(word, found[0]["message"]):
                raise Unmet(f"it does not say /{word}/: {found[0]}")
        if bool(found[0]["advice"]) != bool(advice) or not re.search(advice or "", found[0]["advice"] or ""):
            raise Unmet(f"the advice does not say /{advice}/: {found[0]}")
        if took > longest:
            raise Unmet(f"it took {took:.1f} s")


# The second of these where the machine kept it waiting, which is no finding.
UNHARMED = r"a second connection (is not affected|waited \d+\.\d+ s at most)"

slow_case("a feed without a limit", Slowly(rate=1000), "warn", r"no limit: \d\d\.\d MiB are kept", "still open", advice="bufferedAmount",
          seconds="20")
slow_case("an echo without a limit", Slowly(), "warn", r"no limit: \d\d\.\d MiB are kept", "still open",
          advice="read no further messages", seconds="30")
slow_case("a feed that cuts with 1013 at a MiB", Slowly(rate=200, limit=1 << 20, end=frames.close(1013, b"too slow"), linger=2), "ok",
          r"cut after about \d\.\d s with Close 1013 .*too slow", r"1\.\d MiB waited", UNHARMED)
slow_case("a feed that cuts with 1008 after 2 s", Slowly(rate=200, after=2, end=frames.close(1008, b"stalled"), linger=2), "ok",
          r"cut after (about )?\d\.\d s (with Close 1008 .*stalled|without a Close: FIN)", UNHARMED)  # the Close may be missed on a busy machine
slow_case("an echo that cuts with 1013 at a MiB", Slowly(limit=1 << 20, end=frames.close(1013, b"too slow"), linger=2), "ok",
          r"cut after \d\.\d s with Close 1013 .*too slow", UNHARMED)
slow_case("a feed that resets after 2 s", Slowly(rate=200, after=2, end="rst"), "ok", r"cut after \d\.\d s without a Close: RST",
          UNHARMED)
slow_case("a feed that leaves messages out", Slowly(rate=500, leaves_out=1 << 19), "ok", "still open", r"of \d+ messages were left out",
          UNHARMED)
slow_case("an echo that reads no more", Slowly(paced=1 << 18), "ok", r"takes \S+ .iB from a connection that does not read, then no more",
          UNHARMED)
slow_case("a feed whose writer waits for each", Slowly(rate=100, one_by_one=True), "warn",
          r"others suffer: .* received nothing for [2-9]\.\d s .*until the first was ended", advice="a queue of its own", seconds="20")
slow_case("an echo whose writer waits for each", Slowly(one_by_one=True), "warn",
          r"others suffer: .* got no answer for [2-9]\.\d s .*until the first was ended", advice="a queue of its own", seconds="20")
slow_case("a feed of little", Slowly(rate=1), "ok", "still open", "too little to reach a limit", seconds="3")
slow_case("a service that passes messages on", Slowly(shared=True), "info", "not checked: the service passes a message on")


@case("probe --slow: a service that says nothing is not filled", 60)
def silent(t):
    not_slowed()
    got = []

    def serve(conn, asked):
        if not asks_upgrade(asked):
            conn.send(plain())
            return
        conn.send(response(asked))
        while True:
            f = conn.frame()
            if f.opcode == PING:
                conn.send(frames.frame(PONG, f.payload))
            elif f.opcode == CLOSE:
                conn.send(frames.frame(CLOSE, f.payload))
                return
            else:
                got.append(f.payload)

    status, events, _ = probe(t, "--slow=5", Service(t, serve).url())
    found = [c for c in events if c["stage"] == "slow"]
    if status or len(found) != 1 or "gives no long answer to a message of 4096 letters" not in found[0]["message"]:
        raise Unmet(f"{found}")
    if "--on-connect" not in found[0]["advice"] or got != [b"x" * 4096]:
        raise Unmet(f"{found}, {len(got)} messages came")


@case("probe --slow: what will be done is said before, ^C prints what is known", 60)
def interrupted(t):
    not_slowed()
    pinged = threading.Event()
    service = Slowly(rate=50)
    take = service.take

    def note(f, queue):
        take(f, queue)
        if f.opcode == PING and f.payload == b"wscope probe" and len(service.socks) >= 3:
            pinged.set()

    service.take = note
    made = t.start("probe", "--slow=50", Service(t, service).url())
    made.await_err("--slow: 3 connections for at most")
    if not pinged.wait(max(0, t.deadline - time.monotonic())):
        raise Unmet("no connection of --slow sends a ping")
    made.signal(2)
    made.exits(130)
    if not re.search(rb"a connection that has not read for \d\.\d s is still open", made.out):
        raise Unmet(f"{made.out!r}")


@case("probe --slow: a service that takes no more connections", 40)
def crowded(t):
    served = []

    def serve(conn, asked):
        if asks_upgrade(asked):
            served.append(asked)
        if len(served) > 3:
            conn.send(plain("429 Too Many Requests"))
        else:
            healthy(conn, asked)

    status, events, _ = probe(t, "--slow=5", Service(t, serve).url())
    found = [c for c in events if c["stage"] == "slow"]
    if status or len(found) != 1 or found[0]["message"] != "not checked: no further connections opened":
        raise Unmet(f"{found}")


@case("probe --slow: a unix socket cannot be looked at", 40)
def unix(t):
    service = Service(t, Slowly(rate=10), unix=os.path.join(t.folder(), "sock"))
    status, events, _ = probe(t, "--slow=5", f"ws+unix:{service.path}:/")
    found = [c for c in events if c["stage"] == "slow"]
    if status or len(found) != 1 or found[0]["message"] != "not checked: this needs TCP":
        raise Unmet(f"{found}")


@case("probe --slow: its figures are among the metrics", 60)
def metrics(t):
    not_slowed()
    prom = os.path.join(t.folder(), "probe.prom")
    service = Service(t, Slowly(rate=200, after=1, end="rst"))
    status, _, verdict = probe(t, "--slow=10", "--prom", prom, service.url())
    with open(prom, encoding="utf-8") as file:
        text = file.read()
    if status or not re.search(r"\nwscope_probe_slow_kept_bytes\{.*\} [1-9]\d+\n", text):
        raise Unmet(text)
    if not re.search(r"\nwscope_probe_slow_cut_seconds\{.*\} [1-9]\.\d+\n", text) or verdict["slow_cut_ms"] < 1000:
        raise Unmet(f"{text} {verdict}")
