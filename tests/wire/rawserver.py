"""A raw WebSocket server for tests: every byte is chosen by the test, nothing is done on its own.

    listener = Listener()
    conn = listener.accept(deadline)     # TCP only
    request = conn.request()             # the head as the client sent it
    conn.send(response(request))         # or any other bytes, in any pieces
    conn.send(b"\\x81\\x05hello", chop=1)
    conn.expect(TEXT, b"hello")
    conn.finish()                        # Close 1000 both ways, FIN both ways

Every wait ends at the connection's deadline with an exception that says what was awaited. While it sends it
keeps reading, so that a client which answers as it goes is never blocked by the test.
"""

import array
import base64
import fcntl
import hashlib
import select
import socket
import ssl
import struct
import termios
import time
import zlib

from frames import CLOSE, CONT, NAMES, TEXT, BrokenRule, FrameReader, close

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Unmet(AssertionError):
    """Something awaited did not come, or something else came."""


class Ended(Unmet):
    """The client ended the connection: `how` is "fin" or "rst"."""

    def __init__(self, how, awaited):
        super().__init__(f"the client's connection ended ({how.upper()}) while waiting for {awaited}")
        self.how = how


class Request:
    """A request head, taken apart without any forgiveness."""

    def __init__(self, raw):
        self.raw = raw
        lines = raw.decode("latin-1").split("\r\n")
        self.line = lines[0]
        parts = self.line.split(" ")
        if len(parts) != 3:
            raise BrokenRule(f"request line is not METHOD TARGET VERSION: {self.line!r}")
        self.method, self.target, self.version = parts
        self.fields = []
        for line in lines[1:-2]:
            name, colon, value = line.partition(":")
            if not colon or not name or name.strip() != name:
                raise BrokenRule(f"malformed field line {line!r}")
            self.fields.append((name, value.strip(" \t")))

    def all(self, name):
        return [v for n, v in self.fields if n.lower() == name.lower()]

    def one(self, name):
        values = self.all(name)
        if len(values) != 1:
            raise BrokenRule(f"{name} stands {len(values)} times in the request, not once")
        return values[0]


def accept_of(key):
    return base64.b64encode(hashlib.sha1(key.encode("latin-1") + GUID).digest()).decode()


def response(request, extra="", accept=None, upgrade="websocket", connection="Upgrade", status="101 Switching Protocols"):
    """A 101 with any part of it replaced; None leaves the field out. `extra` is further field lines."""
    if accept is None:
        accept = accept_of(request.one("Sec-WebSocket-Key"))
    head = f"HTTP/1.1 {status}\r\n"
    if upgrade is not None:
        head += f"Upgrade: {upgrade}\r\n"
    if connection is not None:
        head += f"Connection: {connection}\r\n"
    if accept:
        head += f"Sec-WebSocket-Accept: {accept}\r\n"
    return (head + extra + "\r\n").encode("latin-1")


class Listener:
    """A listening socket on a free port of the loopback."""

    def __init__(self, host="127.0.0.1", backlog=64):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.sock = socket.socket(family)
        self.sock.bind((host, 0))
        self.sock.listen(backlog)
        self.port = self.sock.getsockname()[1]
        self.conns = []

    def accept(self, deadline, sndbuf=0):
        self.sock.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            sock, _ = self.sock.accept()
        except socket.timeout:
            raise Unmet("no connection came") from None
        if sndbuf:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, sndbuf)
        conn = Conn(sock, deadline)
        self.conns.append(conn)
        return conn

    def waiting(self, seconds=0):
        """True if a connection is waiting to be accepted."""
        return bool(select.select([self.sock], [], [], seconds)[0])

    def close(self):
        self.sock.close()
        for conn in self.conns:
            conn.sock.close()


class Conn:
    def __init__(self, sock, deadline):
        self.sock, self.deadline = sock, deadline
        self.taken = bytearray()  # all that the client sent, for diagnostics; the first part of it
        self.reader = FrameReader()
        self.ended = None
        self.head_left = bytearray()
        self.tls = isinstance(sock, ssl.SSLSocket)
        self.parts, self.part_type, self.part_packed = [], None, False
        self.frames = 0
        self.inflate = None  # see agree_deflate
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    # -- bytes ---------------------------------------------------------------------------------------

    def left(self, awaited):
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise Unmet(f"nothing came in time while waiting for {awaited}")
        return left

    def start_tls(self, context):
        """The TLS handshake, server side. ssl.SSLError or OSError if it fails."""
        self.sock.settimeout(self.left("the TLS handshake"))
        self.sock = context.wrap_socket(self.sock, server_side=True, do_handshake_on_connect=False)
        self.tls = True
        self.sock.do_handshake()

    def close_notify(self):
        """End the TLS stream of our side, and leave TCP open."""
        self.sock.setblocking(False)  # not waiting for the client's close_notify
        try:
            self.sock._sslobj.shutdown()
        except (OSError, ValueError):
            pass

    def drain(self):
        """Whatever state TLS is in: FIN, and read the client's bytes to their end."""
        try:
            socket.socket.shutdown(self.sock, socket.SHUT_WR)
            self.sock.settimeout(self.left("the client's end"))
            while socket.socket.recv(self.sock, 1 << 16):
                pass
        except OSError:
            pass
        self.sock.close()

    def _readable(self, seconds):
        if self.tls and self.sock.pending():
            return True
        return bool(select.select([self.sock], [], [], seconds)[0])

    def _pull(self):
        """One read into the buffer; notes how the stream ended."""
        try:
            self.sock.settimeout(max(0.001, self.deadline - time.monotonic()))
            data = self.sock.recv(1 << 18)
        except ssl.SSLWantReadError:
            return
        except (ConnectionResetError, BrokenPipeError):
            self.ended = "rst"
            return
        except ssl.SSLEOFError:
            self.ended = "fin"
            return
        if not data:
            self.ended = "fin"
            return
        if len(self.taken) < 1 << 16:
            self.taken += data
        self.reader.feed(data)

    def fill(self, awaited):
        """Wait for more bytes from the client."""
        if self.ended:
            raise Ended(self.ended, awaited)
        if not self._readable(self.left(awaited)):
            raise Unmet(f"nothing came in time while waiting for {awaited}")
        self._pull()
        if self.ended:
            raise Ended(self.ended, awaited)

    def await_unread(self, count):
        """Until the kernel has that many bytes for us, which we do not read."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)
        if not self._readable(self.left(f"{count} bytes")):
            raise Unmet(f"{count} bytes did not come")
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)

    def await_full(self, seconds=1):
        """Until what the kernel has for us, which we do not read, has not grown for so long: the client can't write."""
        unread, had, since = array.array("i", [0]), -1, time.monotonic()
        while time.monotonic() - since < seconds:
            self.left("what is unread stops growing")
            time.sleep(0.02)
            fcntl.ioctl(self.sock, termios.FIONREAD, unread)
            if unread[0] != had:
                had, since = unread[0], time.monotonic()

    def quiet(self, seconds):
        """Nothing at all comes from the client for so long, not even its end."""
        if self.reader.buffer:
            raise Unmet(f"bytes that nothing asked for: {bytes(self.reader.buffer[:64]).hex(' ')}")
        if self._readable(seconds):
            self._pull()
            what = self.ended or bytes(self.reader.buffer[:64]).hex(" ")
            raise Unmet(f"the client was to keep quiet for {seconds} s, but: {what}")

    def send(self, data, chop=0):
        """All of data, in writes of `chop` bytes, reading what comes meanwhile."""
        if self.tls:
            for i in range(0, len(data), chop or len(data)):
                self.sock.settimeout(self.left("room to send"))
                self.sock.sendall(data[i : i + (chop or len(data))])
            return
        view = memoryview(data)
        self.sock.setblocking(False)
        while view:
            wanted = [] if self.ended else [self.sock]
            readable, writable, _ = select.select(wanted, [self.sock], [], self.left("room to send"))
            if readable:
                self._pull()
                self.sock.setblocking(False)
            if writable:
                try:
                    sent = self.sock.send(view[: chop or len(view)])
                except BlockingIOError:
                    continue
                except (ConnectionResetError, BrokenPipeError):
                    self.ended = "rst"
                    raise Ended("rst", "room to send") from None
                view = view[sent:]
            elif not readable:
                raise Unmet("the client stopped reading")

    def send_until_full(self, piece, patience, limit):
        """Send `piece` again and again until nothing fits for `patience` seconds. Bytes sent."""
        total, view = 0, memoryview(piece)
        self.sock.setblocking(False)
        while total < limit:
            _, writable, _ = select.select([], [self.sock], [], patience)
            if not writable:
                return total
            at = total % len(piece)
            try:
                total += self.sock.send(view[at:])
            except BlockingIOError:
                pass
        return total

    def send_together(self, *pieces):
        """Each piece in a write of its own (under TLS: a record of its own), all in one segment. A piece may be a
        function that writes, too."""
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        for piece in pieces:
            if callable(piece):
                piece()
            else:
                self.send(piece)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)

    def fin(self):
        if self.tls:
            self.close_notify()  # SSLSocket has no half close: close_notify, then FIN below it
        try:
            socket.socket.shutdown(self.sock, socket.SHUT_WR)
        except OSError:
            pass

    def fin_unsigned(self):
        """The FIN of TCP alone, whether there is TLS above it or not."""
        socket.socket.shutdown(self.sock, socket.SHUT_WR)

    def rst(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    # -- the opening ---------------------------------------------------------------------------------

    def request(self):
        """The client's request head. What follows it stays for the frame reader."""
        buf = self.reader.buffer
        while b"\r\n\r\n" not in buf:
            self.fill("the request head")
        end = buf.index(b"\r\n\r\n") + 4
        raw = bytes(buf[:end])
        del buf[:end]
        if buf:
            raise BrokenRule(f"bytes before the response (section 4.1): {bytes(buf[:32]).hex(' ')}")
        return Request(raw)

    def open(self, extra="", then=b"", **parts):
        """Read the request and answer it with a 101, `then` glued to it. The request."""
        asked = self.request()
        self.send(response(asked, extra, **parts) + then)
        return asked

    def agree_deflate(self, client_bits=15, client_takeover=True):
        """From here on the client may compress: with which window, and whether it keeps it."""
        self.reader.compressed = True
        self.client_bits, self.client_takeover = client_bits, client_takeover
        self.inflate = zlib.decompressobj(wbits=-client_bits)

    # -- frames and messages -------------------------------------------------------------------------

    def frame(self, awaited="a frame"):
        while True:
            found = self.reader.next()
            if found:
                self.frames += 1
                return found
            self.fill(awaited)

    def unpack(self, data):
        if not self.client_takeover:
            self.inflate = zlib.decompressobj(wbits=-self.client_bits)
        out = bytearray()
        data += b"\x00\x00\xff\xff"
        # In small pieces: zlib then has nothing but its window to copy from, and reports a distance
        # that goes beyond what was agreed.
        step = 64 if self.client_bits < 15 else 1 << 16
        while data:
            out += self.inflate.decompress(data, step)
            data = self.inflate.unconsumed_tail
        while True:
            more = self.inflate.decompress(b"", step)
            if not more:
                return bytes(out)
            out += more

    def next(self, awaited="a message"):
        """The next control frame, or message put together and inflated: (opcode, bytes)."""
        while True:
            f = self.frame(awaited)
            if f.opcode >= 8:
                return f.opcode, f.payload
            if f.opcode != CONT:
                self.parts, self.part_type, self.part_packed = [], f.opcode, bool(f.rsv & 4)
            self.parts.append(f.payload)
            if not f.fin:
                continue
            data = b"".join(self.parts)
            self.parts = []
            if self.part_packed:
                try:
                    data = self.unpack(data)
                except zlib.error as error:
                    raise BrokenRule(f"a message that does not inflate (RFC 7692): {error}") from None
            if self.part_type == TEXT:
                try:
                    data.decode()
                except UnicodeDecodeError as error:
                    raise BrokenRule(f"a text message that is not UTF-8: {error}") from None
            return self.part_type, data

    def expect(self, opcode, payload):
        got = self.next(f"{NAMES[opcode]} {shorten(payload)}")
        if got != (opcode, payload):
            raise Unmet(f"awaited {NAMES[opcode]} {shorten(payload)}, got {NAMES[got[0]]} {shorten(got[1])}"
                        + differ(got[1], payload))
        return got

    def expect_close(self, *codes):
        """A Close with one of these codes (None: an empty body). The reason."""
        opcode, body = self.next(f"a Close {codes}")
        if opcode != CLOSE:
            raise Unmet(f"awaited a Close {codes}, got {NAMES[opcode]} {shorten(body)}")
        code = struct.unpack_from(">H", body)[0] if body else None
        if code not in codes:
            raise Unmet(f"awaited a Close {codes}, got {code} {body[2:]!r}")
        return body[2:]

    def expect_eof(self):
        """The client's end of the stream, in order: FIN, and nothing more before it."""
        try:
            while True:
                found = self.reader.next()
                if found:
                    raise Unmet(f"awaited the end of the stream, got {found}")
                self.fill("the end of the stream")
        except Ended as end:
            if end.how != "fin":
                raise Unmet("the client ended the connection with a RST in place of a FIN") from None
        if self.reader.buffer:
            raise Unmet(f"the stream ended inside a frame: {bytes(self.reader.buffer[:32]).hex(' ')}")

    def finish(self, code=1000, reason=b""):
        """Close as a server should: Close both ways, then FIN, the server first."""
        self.send(close(code, reason))
        self.expect_close(code)
        self.fin()
        self.expect_eof()

    def answer_close(self, *codes):
        """The client's Close (1000 if none is given) is answered, then FIN."""
        self.expect_close(*(codes or (1000,)))
        self.send(close((codes or (1000,))[0]))
        self.fin()
        self.expect_eof()

    def expect_failed(self, *codes):
        """The client fails the connection: Close with the code, and an orderly end."""
        self.expect_close(*codes)
        # A FIN without a Close of ours: it cannot cross the client's own end and provoke a RST.
        self.fin()
        self.expect_eof()


def shorten(data):
    data = bytes(data)
    return f"{data!r}" if len(data) <= 60 else f"{data[:40]!r}... ({len(data)} bytes)"


def differ(got, wanted):
    if len(got) <= 60 and len(wanted) <= 60:
        return ""
    at = next((i for i, (a, b) in enumerate(zip(got, wanted)) if a != b), min(len(got), len(wanted)))
    return f"; they differ from byte {at}"
