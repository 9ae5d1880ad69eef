"""A client whose message to /echo comes in parts.

parts.py PORT: sends the beginning of a text message, larger than what is echoed whole, and prints "in parts" when some of
the echo is back. After a line of standard input it sends the end of the message, and prints "message TYPE LENGTH END" for
each of two messages that come back, END being their last bytes; or "broken" where frames are mixed up.
"""
import socket
import struct
import sys

BEGINNING = b"x" * (3 << 20)
END = b"the end"


def frame(opcode, fin, payload):
    """Masked with zeros, which leaves the payload as it is."""
    first = opcode | (0x80 if fin else 0)
    if len(payload) < 126:
        return struct.pack(">BB4x", first, 0x80 | len(payload)) + payload
    return struct.pack(">BBQ4x", first, 0x80 | 127, len(payload)) + payload


class Reader:
    def __init__(self, sock):
        self.sock = sock
        self.bytes = bytearray()

    def take(self, n):
        while len(self.bytes) < n:
            self.more()
        taken = bytes(self.bytes[:n])
        del self.bytes[:n]
        return taken

    def more(self):
        data = self.sock.recv(1 << 20)
        if not data:
            sys.exit("the server hung up")
        self.bytes += data

    def head(self):
        while b"\r\n\r\n" not in self.bytes:
            self.more()
        del self.bytes[: self.bytes.index(b"\r\n\r\n") + 4]

    def frame(self):
        first, second = self.take(2)
        length = second & 0x7F
        if length == 126:
            length = struct.unpack(">H", self.take(2))[0]
        elif length == 127:
            length = struct.unpack(">Q", self.take(8))[0]
        return first & 0x0F, bool(first & 0x80), self.take(length)


def main():
    sock = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    sock.sendall(
        b"GET /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    reader = Reader(sock)
    reader.head()
    sock.sendall(frame(1, False, BEGINNING))
    opcode, fin, payload = reader.frame()
    print("in parts" if opcode == 1 and not fin else "whole", flush=True)
    sys.stdin.readline()
    sock.sendall(frame(0, True, END))
    for number in range(2):
        kind = opcode
        while not fin:
            opcode, fin, more = reader.frame()
            payload += more
            if opcode != 0:
                print("broken", flush=True)
                return
        print("message", kind, len(payload), payload[-7:].decode(), flush=True)
        if number == 0:
            opcode, fin, payload = reader.frame()


main()
