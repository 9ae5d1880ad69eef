"""Frames as bytes: what the server side of the tests sends, and a strict reader of what the client sends.

The reader is the tests' own judge (RFC 6455, sections 5 and 7). It knows nothing of the program under test.
"""

import struct

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
NAMES = {CONT: "continuation", TEXT: "text", BINARY: "binary", CLOSE: "close", PING: "ping", PONG: "pong"}


class BrokenRule(AssertionError):
    """The client sent something that RFC 6455 does not allow."""


def frame(opcode, payload=b"", fin=1, rsv=0, mask=None, length=None, form=None):
    """One frame of a server. `length` announces another size than the payload has; `form` (7, 16 or 64)
    picks the length's encoding; `mask` (four bytes) masks it, which a server must not do."""
    size = len(payload) if length is None else length
    if form is None:
        form = 7 if size < 126 else 16 if size < 65536 else 64
    bit = 0x80 if mask else 0
    head = bytes([fin << 7 | rsv << 4 | opcode])
    if form == 7:
        head += bytes([bit | size])
    elif form == 16:
        head += bytes([bit | 126]) + struct.pack(">H", size)
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", size)
    if mask:
        head += mask
        payload = xor(payload, mask)
    return head + payload


def fragments(opcode, payload, size, rsv=0):
    """A message in frames of `size` payload bytes each."""
    pieces = [payload[i : i + size] for i in range(0, len(payload), size)] or [b""]
    last = len(pieces) - 1
    return b"".join(
        frame(CONT if i else opcode, piece, fin=int(i == last), rsv=0 if i else rsv)
        for i, piece in enumerate(pieces)
    )


def close(code=None, reason=b""):
    body = b"" if code is None else struct.pack(">H", code) + reason
    return frame(CLOSE, body)


def xor(data, key):
    """Mask or unmask; whole numbers, because a loop over 16 MiB in Python takes seconds."""
    size = len(data)
    if not size:
        return b""
    stream = (bytes(key) * (size // 4 + 1))[:size]
    return (int.from_bytes(data, "little") ^ int.from_bytes(stream, "little")).to_bytes(size, "little")


class Frame:
    __slots__ = ("opcode", "fin", "rsv", "key", "payload", "wire")

    def __init__(self, opcode, fin, rsv, key, payload, wire):
        self.opcode, self.fin, self.rsv = opcode, fin, rsv
        self.key, self.payload, self.wire = key, payload, wire

    def __repr__(self):
        shown = bytes(self.payload[:40])
        more = "..." if len(self.payload) > 40 else ""
        name = NAMES.get(self.opcode, str(self.opcode))
        return f"<{name} fin={self.fin} rsv={self.rsv} {len(self.payload)} bytes {shown!r}{more}>"


class FrameReader:
    """Takes the client's bytes, gives its frames, and raises BrokenRule at the first one that breaks a rule."""

    def __init__(self):
        self.buffer = bytearray()
        self.compressed = False  # permessage-deflate was agreed: RSV1 may begin a message
        self.keys = []
        self.closed = False
        self.open_message = None  # opcode of an unfinished message

    def feed(self, data):
        self.buffer += data

    def next(self):
        """The next whole frame, or None."""
        buf = self.buffer
        if len(buf) < 2:
            return None
        opcode, fin, rsv = buf[0] & 15, buf[0] >> 7, buf[0] >> 4 & 7
        small = buf[1] & 0x7F
        if not buf[1] & 0x80:
            raise BrokenRule(f"frame without a mask (section 5.1): {bytes(buf[:16]).hex(' ')}")
        at, size = 2, small
        if small == 126:
            at = 4
            if len(buf) < at:
                return None
            size = struct.unpack_from(">H", buf, 2)[0]
        elif small == 127:
            at = 10
            if len(buf) < at:
                return None
            size = struct.unpack_from(">Q", buf, 2)[0]
        if (small == 126 and size < 126) or (small == 127 and not 65535 < size < 1 << 63):
            raise BrokenRule(f"length {size} is not encoded in the fewest bytes (section 5.2)")
        if len(buf) < at + 4 + size:
            return None
        key = bytes(buf[at : at + 4])
        payload = xor(buf[at + 4 : at + 4 + size], key)
        del buf[: at + 4 + size]
        found = Frame(opcode, fin, rsv, key, payload, at + 4 + size)
        self._judge(found)
        return found

    def _judge(self, f):
        if self.closed:
            raise BrokenRule(f"{f} after a Close frame (section 5.5.1)")
        if f.opcode not in NAMES:
            raise BrokenRule(f"opcode {f.opcode} is reserved (section 5.2)")
        if f.rsv and not (f.rsv == 4 and self.compressed and f.opcode in (TEXT, BINARY)):
            raise BrokenRule(f"{f}: reserved bits without an extension that defines them (section 5.2)")
        # A key drawn anew may equal an earlier one by chance, hardly ever the one just before it.
        if self.keys and self.keys[-1] == f.key:
            raise BrokenRule(f"mask key {f.key.hex()} used twice in a row (section 5.3)")
        self.keys.append(f.key)
        if f.opcode >= 8:
            if not f.fin or len(f.payload) > 125:
                raise BrokenRule(f"{f}: a control frame is whole and has at most 125 bytes (section 5.5)")
            if f.opcode == CLOSE:
                self.closed = True
                self._judge_close(f.payload)
            return
        if f.opcode == CONT and self.open_message is None:
            raise BrokenRule(f"{f} continues nothing (section 5.4)")
        if f.opcode != CONT and self.open_message is not None:
            raise BrokenRule(f"{f} inside an unfinished message (section 5.4)")
        if f.opcode != CONT:
            self.open_message = f.opcode
        if f.fin:
            self.open_message = None

    @staticmethod
    def _judge_close(body):
        if not body:
            return
        if len(body) == 1:
            raise BrokenRule("Close frame with a body of one byte (section 5.5.1)")
        code = struct.unpack_from(">H", body)[0]
        if not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999):
            raise BrokenRule(f"close code {code} must not be sent (section 7.4)")
        try:
            body[2:].decode()
        except UnicodeDecodeError as error:
            raise BrokenRule(f"close reason is not UTF-8 (section 5.5.1): {error}") from None


def key_quality(keys):
    """Why these mask keys do not look drawn at random, or ''."""
    if len(set(keys)) < len(keys) - len(keys) // 1000:
        return f"{len(keys)} frames, only {len(set(keys))} different keys"
    if len(keys) >= 64:
        for i in range(32):
            ones = sum(int.from_bytes(k, "big") >> i & 1 for k in keys)
            # Six standard deviations: one false alarm in some ten million runs.
            if abs(ones - len(keys) / 2) > 3 * len(keys) ** 0.5:
                return f"bit {i} of the keys is set in {ones} of {len(keys)}"
        steps = {(int.from_bytes(b, "big") - int.from_bytes(a, "big")) & 0xFFFFFFFF for a, b in zip(keys, keys[1:])}
        if len(steps) < len(keys) // 2:
            return "the keys form a sequence"
    return ""
