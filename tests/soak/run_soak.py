#!/usr/bin/python3
"""A soak: thousands of reconnects over a numbered feed that drops its client in every way there is.

Nothing may be lost, for the server can replay everything; each number is printed once and in order; and at the end
the program has no descriptor and no memory more than after its first five hundred connections. Prints TAP.

The program is the command in $WSCOPE (default: wscope). SOAK_RECONNECTS (10000), SOAK_SECONDS (300: it fails if
they were not enough) and SOAK_SEED (random, printed) can be set.
"""

import base64
import hashlib
import json
import os
import random
import shlex
import socket
import struct
import subprocess
import sys
import threading
import time

RECONNECTS = int(os.environ.get("SOAK_RECONNECTS", "10000"))
SECONDS = float(os.environ.get("SOAK_SECONDS", "300"))
SEED = int(os.environ.get("SOAK_SEED", random.randrange(1 << 32)))
SLOW = float(os.environ.get("WSCOPE_SLOW", "1"))
COMMAND = shlex.split(os.environ.get("WSCOPE", "wscope"))
SETTLED = min(500, RECONNECTS // 2)  # connections after which all is loaded: OpenSSL's generator comes late
GROWTH = 64 * 1024  # bytes that an allocator may move to and fro
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

ENDINGS = ("rst", "fin", "close", "cut-rst", "cut-fin", "half-head", "refuse", "hang-up", "late-rst")


def frame(opcode, payload):
    head = bytes([0x80 | opcode])
    if len(payload) < 126:
        return head + bytes([len(payload)]) + payload
    return head + bytes([126]) + struct.pack(">H", len(payload)) + payload


def unmasked(data):
    """The payload of the first frame of a client, or None while it is not whole."""
    if len(data) < 6 or data[1] & 0x7F > 125 or len(data) < 6 + (data[1] & 0x7F):
        return None
    key, body = data[2:6], data[6:6 + (data[1] & 0x7F)]
    return bytes(b ^ key[i % 4] for i, b in enumerate(body))


class Feed:
    """Serves one connection after the other, each to its bitter end."""

    def __init__(self, rng):
        self.rng = rng
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.connections = self.attempts = 0
        self.highest = 0
        self.counts = dict.fromkeys(ENDINGS, 0)
        self.stop = False
        self.failure = None
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        self.listener.settimeout(1)
        while not self.stop:
            try:
                conn, _ = self.listener.accept()
            except socket.timeout:
                continue
            try:
                conn.settimeout(20)
                self.attempts += 1
                self.serve(conn)
            except (ConnectionError, BrokenPipeError):
                pass
            except Exception as error:  # the test must hear of it, not only this thread
                self.failure = repr(error)
                self.stop = True
            finally:
                conn.close()

    def serve(self, conn):
        ending = self.rng.choice(ENDINGS)
        self.counts[ending] += 1
        head = b""
        while b"\r\n\r\n" not in head:
            got = conn.recv(65536)
            if not got:
                return
            head += got
        if ending == "hang-up":
            return
        if ending == "refuse":
            conn.sendall(b"HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\nlater")
            conn.shutdown(socket.SHUT_WR)
            return
        key = next(line.split(b":")[1].strip() for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
        reply = b"HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        if ending == "half-head":
            conn.sendall(reply[: self.rng.randrange(1, len(reply) - 1)])
            return
        conn.sendall(reply)
        self.connections += 1
        since = self.since(conn)
        data = b""
        for number in range(since + 1, since + 1 + self.rng.randrange(30)):
            filler = "x" * self.rng.choice((0, 0, 10, 500))
            data += frame(1, json.dumps({"id": number, "filler": filler}).encode())
            self.highest = max(self.highest, number)
        if ending.startswith("cut"):
            data += frame(1, json.dumps({"id": 0, "filler": 100 * "y"}).encode())[: self.rng.randrange(1, 100)]
        if ending == "close":
            data += frame(8, struct.pack(">H", self.rng.choice((1001, 1011, 1012, 1013, 4000))))
        conn.sendall(data)
        if ending == "late-rst":
            conn.settimeout(0.005)
            try:
                conn.recv(100)
            except socket.timeout:
                pass
        if ending.endswith("rst"):
            conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        conn.shutdown(socket.SHUT_WR)
        while conn.recv(65536):
            pass

    def since(self, conn):
        """What the client has: it says so on each connection once it has seen a number."""
        if self.highest == 0:
            return 0
        data, until = b"", time.monotonic() + 20
        conn.settimeout(0.05 if not self.told else 20)
        while unmasked(data) is None:
            try:
                got = conn.recv(65536)
            except socket.timeout:
                if time.monotonic() > until or not self.told:
                    return 0  # it has seen none yet: everything went down with the connection
                raise
            if not got:
                raise ConnectionError
            data += got
        conn.settimeout(20)
        self.told = True
        return json.loads(unmasked(data))["since"]

    told = False


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def memory(pid):
    """Bytes of its own: pages of libraries that are looked at for the first time are none."""
    with open(f"/proc/{pid}/smaps_rollup") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("Anonymous"))


class Reader:
    """Checks what the program prints as it comes."""

    def __init__(self, stream):
        self.stream, self.last, self.wrong = stream, 0, None
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        for line in self.stream:
            number = json.loads(line)["id"]
            if number != self.last + 1 and not self.wrong:
                self.wrong = f"{number} came after {self.last}"
            self.last = number


def main():
    rng = random.Random(SEED)
    feed = Feed(rng)
    print(f"TAP version 13\n1..4\n# seed {SEED}, {RECONNECTS} connections, at most {SECONDS:g} s", flush=True)
    program = subprocess.Popen(
        COMMAND + ["-q", "-n", "-r", "--retry-delay", "0", "--retry-jitter", "none", "--stable-after", "0", "--seq", "/id",
                   "--resume", '{"since":{last}}', f"ws://127.0.0.1:{feed.port}/"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )
    reader = Reader(program.stdout)
    feed.thread.start()
    begun, before = time.monotonic(), None
    try:
        while feed.connections < RECONNECTS and time.monotonic() - begun < SECONDS and program.poll() is None and not feed.stop:
            time.sleep(0.05)
            if before is None and feed.connections >= SETTLED:
                before = (descriptors(program.pid), memory(program.pid))
        took = time.monotonic() - begun
        alive = program.poll() is None
        after = (descriptors(program.pid), memory(program.pid)) if alive else None
    finally:
        feed.stop = True
        program.terminate()
        status = program.wait(10)
        reader.thread.join(10)
    print(f"# {feed.connections} connections of {feed.attempts} attempts in {took:.0f} s, numbers to {reader.last}: {feed.counts}")
    results = [
        (alive and not feed.failure and feed.connections >= RECONNECTS and status == 143, "it reconnected as often as it was dropped",
         f"{feed.connections} of {RECONNECTS}; {feed.failure or ''} exit {status}"),
        (not reader.wrong and reader.last > RECONNECTS, "nothing was lost, nothing came twice", f"{reader.wrong}; the last was {reader.last}"),
        # One descriptor more or less: the connection of the moment.
        (bool(before and after) and after[0] <= before[0] + 1, "no descriptor more than after the first five hundred", f"{before} {after}"),
        # Instrumented programs keep what was freed.
        (bool(before and after) and (after[1] <= before[1] + GROWTH or SLOW != 1), "no memory more than after the first five hundred", f"{before} {after}"),
    ]
    for number, (good, name, why) in enumerate(results, 1):
        print(f"{'ok' if good else 'not ok'} {number} - soak: {name}")
        if not good or number > 2:
            print(f"# {why}")
    return 0 if all(good for good, *_ in results) else 1


if __name__ == "__main__":
    sys.exit(main())
