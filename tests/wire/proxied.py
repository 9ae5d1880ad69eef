"""The scenes of the proxy's cases: raw bytes on both ends, and `wscope proxy` between them.

    scene = Scene(t, "--rule", "...")
    client = scene.client()
    client.send(b"GET / HTTP/1.1\\r\\n...")
    server = scene.server()
    head = server.head()
"""

import http.client
import json
import re
import select
import socket
import ssl
import struct
import time
import zlib

from frames import CONT, frame, xor
from rawserver import Request, Unmet, accept_of, shorten

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
RST = struct.pack("ii", 1, 0)


class End:
    """One end of a connection: every byte is sent and read by the case."""

    def __init__(self, sock, deadline):
        self.sock, self.deadline, self.buffer = sock, deadline, bytearray()
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def left(self, awaited):
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise Unmet(f"{awaited} did not come in time; there is {shorten(self.buffer)}")
        return left

    def send(self, data):
        self.sock.settimeout(self.left("room to send"))
        try:
            self.sock.sendall(data)
        except socket.timeout:
            raise Unmet("the proxy does not read") from None

    def send_until_full(self, data, patience):
        """What is taken before nothing is for so many seconds. Returns how much of it that is."""
        sent = 0
        self.sock.setblocking(False)
        while sent < len(data) and select.select([], [self.sock], [], patience)[1]:
            sent += self.sock.send(data[sent : sent + (1 << 16)])
        return sent

    def _pull(self, awaited):
        """More bytes; "" if there are some, else how the stream ended."""
        self.sock.settimeout(self.left(awaited))
        try:
            data = self.sock.recv(1 << 18)
        except socket.timeout:
            raise Unmet(f"{awaited} did not come in time; there is {shorten(self.buffer)}") from None
        except (ConnectionResetError, BrokenPipeError):
            return "rst"
        except ssl.SSLEOFError:
            return "fin without close_notify"
        self.buffer += data
        return "" if data else "fin"

    def take(self, n):
        data = bytes(self.buffer[:n])
        del self.buffer[:n]
        return data

    def read(self, n):
        while len(self.buffer) < n:
            how = self._pull(f"{n} bytes")
            if how:
                raise Unmet(f"the stream ended ({how}) after {shorten(self.buffer)}, awaited {n} bytes")
        return self.take(n)

    def expect(self, data):
        got = self.read(len(data))
        if got != data:
            raise Unmet(f"got {shorten(got)}, awaited {shorten(data)}")

    def head(self):
        """Up to and with the empty line."""
        while b"\r\n\r\n" not in self.buffer:
            how = self._pull("a head")
            if how:
                raise Unmet(f"the stream ended ({how}) inside a head: {shorten(self.buffer)}")
        return self.take(self.buffer.index(b"\r\n\r\n") + 4)

    def request(self):
        return Request(self.head())

    def rest(self):
        """(all that comes until the end, how it ended)."""
        while True:
            how = self._pull("the end of the stream")
            if how:
                return self.take(len(self.buffer)), how

    def ends(self, how="fin", data=b""):
        got = self.rest()
        if got != (data, how):
            raise Unmet(f"awaited {shorten(data)} and {how}, got {shorten(got[0])} and {got[1]}")

    def quiet(self, seconds):
        if self.buffer or select.select([self.sock], [], [], seconds)[0]:
            how = self._pull("nothing")
            raise Unmet(f"nothing was to come, but: {shorten(self.buffer)} {how}")

    def fin(self):
        socket.socket.shutdown(self.sock, socket.SHUT_WR)

    def rst(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
        self.sock.close()

    # -- frames ----------------------------------------------------------------------------------------

    def frame(self):
        """The next frame, unmasked: (first byte, payload)."""
        first, second = self.read(2)
        size = second & 0x7F
        if size == 126:
            size = struct.unpack(">H", self.read(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", self.read(8))[0]
        key = self.read(4) if second & 0x80 else None
        payload = self.read(size)
        return first, xor(payload, key) if key else payload

    def message(self, inflater=None):
        """The next message, inflated if RSV1 is set: (opcode, bytes)."""
        first, payload = self.frame()
        opcode, packed, data = first & 15, first & 0x40, payload
        while not first & 0x80:
            first, payload = self.frame()
            if first & 15 != CONT:
                raise Unmet(f"awaited a continuation, got the first byte {first:#x}")
            data += payload
        if packed:
            if not inflater:
                raise Unmet("a compressed message")
            try:
                data = inflater.decompress(data + b"\x00\x00\xff\xff")
            except zlib.error as error:
                raise Unmet(f"a message that does not inflate: {error}") from None
        return opcode, data

    def expect_message(self, opcode, data, inflater=None):
        got = self.message(inflater)
        if got != (opcode, data):
            raise Unmet(f"got {got[0]} {shorten(got[1])}, awaited {opcode} {shorten(data)}")


class Scene:
    def __init__(self, t, *args, url=None, **options):
        self.t = t
        if url is None:
            url = f"ws://127.0.0.1:{t.port}/"
        self.program = t.start("proxy", *args, "127.0.0.1:0", url, **options)
        stream = self.program.err_stream if "--json" in args else self.program.out_stream
        address = rb"(?:^|\n)wss?://[^\s:]+:(\d+)\n"
        stream.wait(lambda data: re.search(address, data), t.deadline, "the address of the proxy")
        self.port = int(re.search(address, bytes(stream.data)).group(1))
        self.clients, self.ends = 0, []

    def client(self, receive=0):
        sock = socket.socket()
        if receive:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        sock.connect(("127.0.0.1", self.port))
        return self._end(sock)

    def server(self, receive=0):
        """The next connection of the proxy's."""
        listener = self.t.listener.sock
        if receive:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        listener.settimeout(max(0.001, self.t.deadline - time.monotonic()))
        try:
            sock, _ = listener.accept()
        except socket.timeout:
            raise Unmet("the proxy does not connect to the server") from None
        return self._end(sock)

    def _end(self, sock):
        end = End(sock, self.t.deadline)
        self.ends.append(end)
        return end

    def exchange(self, head, client=None):
        """A request's head: (client, server, what came to the server)."""
        client = client or self.client()
        client.send(head.replace(b"\n", b"\r\n") if b"\r" not in head else head)
        server = self.server()
        return client, server, server.request()

    def open(self, target="/", ask="", answer="", then=b"", **sizes):
        """A WebSocket through the proxy: (client, server). ask, answer: further field lines."""
        client = self.client(sizes.get("client_receive", 0))
        client.send(upgrade(target, ask))
        server = self.server(sizes.get("server_receive", 0))
        server.asked = server.request()
        server.send(switched(server.asked, answer) + then)
        client.answer = client.head()
        return client, server

    def says(self, pattern, stderr=False):
        stream = self.program.err_stream if stderr else self.program.out_stream
        stream.wait(lambda data: re.search(pattern.encode(), data, re.S), self.t.deadline, f"/{pattern}/ in the output")


class Control:
    """The control API of a scene that has `--control 127.0.0.1:0`."""

    def __init__(self, scene):
        address = r"control: http://[^\s:]+:(\d+)\n"
        scene.says(address, stderr=True)
        self.port = int(re.search(address.encode(), bytes(scene.program.err_stream.data)).group(1))

    def post(self, path, **members):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("POST", path, json.dumps(members))
        answer = connection.getresponse()
        said = answer.read()
        connection.close()
        if answer.status != 200:
            raise Unmet(f"POST {path}: {answer.status} {shorten(said)}")


def upgrade(target="/", ask=""):
    return (f"GET {target} HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n{ask}\r\n").encode("latin-1")


def switched(request, extra=""):
    return (f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept_of(request.one('Sec-WebSocket-Key'))}\r\n{extra}\r\n").encode("latin-1")


def up(opcode, payload=b"", key=b"\x01\xfe\x80\x7f", **options):
    """A frame of a client's."""
    return frame(opcode, payload, mask=key, **options)


def deflated(deflater, data):
    return (deflater.compress(data) + deflater.flush(zlib.Z_SYNC_FLUSH))[:-4]
