"""Families 12 and 13: permessage-deflate, with every parameter, many sizes, whole and fragmented."""

import random
import zlib

from echo import session
from frames import BINARY, CONT, PING, PONG, TEXT, fragments, frame
from program import SLOW
from runner import case

SIZES = (16, 64, 256, 1024, 4096, 8192, 16384, 32768, 65536, 131072)
WORDS = ("stream socket frame masking key opcode payload server client upgrade close reason token takeover window bits "
         "Übergröße naïve σύμβολο буква 文字 🙂").split()


def prose(seed, size):
    draw = random.Random(seed)
    text = " ".join(draw.choice(WORDS) for _ in range(size // 4 + 8)).encode()
    return clip(text, size)


def clip(text, size):
    """At most size bytes, ended between characters, filled up to size."""
    cut = text[:size].decode("utf-8", "ignore").encode()
    return cut + b"." * (size - len(cut))


def listing(seed, size):
    draw = random.Random(seed)
    rows, total = [], 0
    while total < size:
        rows.append('{"id": %d, "name": "%s", "price": %.2f, "tags": ["%s", "%s"]}' % (
            draw.randrange(10**6), draw.choice(WORDS), draw.random() * 100, draw.choice(WORDS), draw.choice(WORDS)))
        total += len(rows[-1])
    return clip(("[" + ",\n".join(rows) + "]").encode(), size)


def markup(seed, size):
    draw = random.Random(seed)
    rows = ["<li class='row odd'><a href='/item/%d'>%s</a></li>" % (draw.randrange(9999), draw.choice(WORDS)) for _ in range(size // 40 + 2)]
    return clip("\n".join(rows).encode(), size)


def noise(seed, size):
    return random.Random(seed).randbytes(size)


def zeros(_, size):
    return b"\x00" * size


CORPORA = {"JSON": (TEXT, listing), "noise": (BINARY, noise), "prose": (TEXT, prose), "HTML": (TEXT, markup), "zeros": (BINARY, zeros)}


class Packer:
    """The server's compressor, with the window and takeover it promised."""

    def __init__(self, bits, takeover):
        self.bits, self.takeover, self.z = bits, takeover, None

    def pack(self, data):
        if not self.z or not self.takeover:
            self.z = zlib.compressobj(3, wbits=-self.bits)
        return (self.z.compress(data) + self.z.flush(zlib.Z_SYNC_FLUSH))[:-4]


def exchange(t, parameters, opcode, messages, piece=0, server_bits=15, server_takeover=True, client_bits=15, client_takeover=True,
             args=()):
    """All messages there and back, several on the way at a time."""
    extension = "; ".join(("permessage-deflate",) + tuple(parameters))
    made, conn = session(t, *args, extra=f"Sec-WebSocket-Extensions: {extension}\r\n")
    conn.agree_deflate(client_bits, client_takeover)
    packer = Packer(server_bits, server_takeover)
    for at in range(0, len(messages), 8):
        batch = messages[at : at + 8]
        wire = b""
        for message in batch:
            packed = packer.pack(message)
            wire += fragments(opcode, packed, piece, rsv=4) if piece else frame(opcode, packed, rsv=4)
        conn.send(wire)
        for message in batch:
            conn.expect(opcode, message)
    conn.finish()
    made.exits(0)
    made.prints(b"")


def some(make, size, limit=256 << 10):
    """A few different messages of that size, fewer of large ones."""
    count = max(3, min(100, limit // size))
    if SLOW > 1:
        count = max(3, int(count / SLOW))
    return [make(i, size) for i in range(count)]


for _corpus, (_opcode, _make) in CORPORA.items():
    for _size in SIZES:

        @case(f"12 deflate: {_corpus} of {_size} bytes", seconds=30)
        def plain(t, opcode=_opcode, make=_make, size=_size):
            exchange(t, [], opcode, some(make, size))

    for _size in SIZES[5:]:

        @case(f"12 deflate: {_corpus} of {_size} bytes in fragments of 256", seconds=30)
        def in_fragments(t, opcode=_opcode, make=_make, size=_size):
            exchange(t, [], opcode, some(make, size), piece=256)


SNCT, CNCT = "server_no_context_takeover", "client_no_context_takeover"


def smb(bits):
    return f"server_max_window_bits={bits}"


def cmb(bits):
    return f"client_max_window_bits={bits}"


PARAMETERS = {
    "server_no_context_takeover": ([SNCT], dict(server_takeover=False)),
    "client_no_context_takeover": ([CNCT], dict(client_takeover=False)),
    "no takeover on either side": ([SNCT, CNCT], dict(server_takeover=False, client_takeover=False)),
    "windows of 9 bits": ([smb(9), cmb(9)], dict(server_bits=9, client_bits=9)),
    "windows of 15 bits": ([smb(15), cmb(15)], {}),
    "windows of 9 bits, no takeover": ([SNCT, CNCT, smb(9), cmb(9)],
                                       dict(server_takeover=False, client_takeover=False, server_bits=9, client_bits=9)),
    "a server window of 9, a client window of 15": ([cmb(15), smb(9)], dict(server_bits=9)),
}

for _name, (_parameters, _kept) in PARAMETERS.items():
    for _size in SIZES:

        @case(f"13 deflate with {_name}: JSON of {_size} bytes", seconds=30)
        def with_parameters(t, parameters=_parameters, kept=_kept, size=_size):
            exchange(t, parameters, TEXT, some(listing, size), **kept)

    for _size in SIZES[5:]:

        @case(f"13 deflate with {_name}: JSON of {_size} bytes in fragments of 300", seconds=30)
        def parameters_fragments(t, parameters=_parameters, kept=_kept, size=_size):
            exchange(t, parameters, TEXT, some(listing, size), piece=300, **kept)


for _bits in range(8, 16):

    @case(f"13 deflate: client window of {_bits} bits, with and without takeover", seconds=30)
    def client_bits(t, bits=_bits):
        for takeover in (True, False):
            parameters = [cmb(bits)] + ([] if takeover else [CNCT])
            exchange(t, parameters, TEXT, some(prose, 40_000), client_bits=bits, client_takeover=takeover)


for _bits in range(9, 16):

    @case(f"13 deflate: server window of {_bits} bits, with and without takeover", seconds=30)
    def server_bits(t, bits=_bits):
        for takeover in (True, False):
            parameters = [smb(bits)] + ([] if takeover else [SNCT])
            exchange(t, parameters, TEXT, some(prose, 40_000), server_bits=bits, server_takeover=takeover)


for _args in (["--compress=server_no_context_takeover; client_no_context_takeover"], ["--compress=server_max_window_bits=10"],
              ["--compress=client_max_window_bits=10"]):

    @case(f"13 deflate: {_args[0]} agreed as asked", seconds=30)
    def asked(t, args=_args):
        asked_for = args[0].split("=", 1)[1]
        kept = {}
        if "no_context" in asked_for:
            kept = dict(server_takeover=False, client_takeover=False)
        elif asked_for.startswith("server"):
            kept = dict(server_bits=10)
        else:
            kept = dict(client_bits=10)
        exchange(t, asked_for.split("; "), TEXT, some(prose, 5000), args=args, **kept)


@case("13 deflate: compressed and plain messages in turn")
def in_turn(t):
    made, conn = session(t, extra="Sec-WebSocket-Extensions: permessage-deflate\r\n")
    conn.agree_deflate()
    packer = Packer(15, True)
    for i in range(60):
        text = prose(i, 500)
        conn.send(frame(TEXT, packer.pack(text), rsv=4) if i % 3 else frame(TEXT, text))
        conn.expect(TEXT, text)
    conn.finish()
    made.exits(0)


@case("13 deflate: pings between the fragments of a compressed message")
def pings_between(t):
    made, conn = session(t, extra="Sec-WebSocket-Extensions: permessage-deflate\r\n")
    conn.agree_deflate()
    text = prose(1, 5000)
    packed = Packer(15, True).pack(text)
    pieces = [packed[i : i + 100] for i in range(0, len(packed), 100)]
    for i, piece in enumerate(pieces):
        conn.send(frame(CONT if i else TEXT, piece, fin=int(i == len(pieces) - 1), rsv=0 if i else 4) + frame(PING, b"%d" % i))
    for i in range(len(pieces) - 1):
        conn.expect(PONG, b"%d" % i)
    conn.expect(TEXT, text)
    conn.expect(PONG, b"%d" % (len(pieces) - 1))
    conn.finish()
    made.exits(0)


@case("13 deflate: a byte at a time")
def byte_at_a_time(t):
    made, conn = session(t, extra="Sec-WebSocket-Extensions: permessage-deflate\r\n")
    conn.agree_deflate()
    packer = Packer(15, True)
    for i in range(3):
        text = prose(i, 800)
        conn.send(frame(TEXT, packer.pack(text), rsv=4), chop=1)
        conn.expect(TEXT, text)
    conn.finish()
    made.exits(0)


@case("13 deflate: a flush after every byte, at every level")
def many_blocks(t):
    made, conn = session(t, extra="Sec-WebSocket-Extensions: permessage-deflate\r\n")
    conn.agree_deflate()
    text = prose(4, 300)
    for level in range(10):
        z = zlib.compressobj(level, wbits=-15)
        packed = b"".join(z.compress(text[i : i + 1]) + z.flush(zlib.Z_SYNC_FLUSH) for i in range(len(text)))[:-4]
        # A compressor of its own for each message: no copies from before it, which is legal with takeover.
        conn.send(frame(TEXT, packed, rsv=4))
        conn.expect(TEXT, text)
    conn.finish()
    made.exits(0)


for _strategy, _name in ((zlib.Z_FIXED, "fixed"), (zlib.Z_HUFFMAN_ONLY, "Huffman only"), (zlib.Z_RLE, "run lengths")):

    @case(f"13 deflate: blocks made with the strategy {_name!r}")
    def strategies(t, strategy=_strategy):
        made, conn = session(t, extra="Sec-WebSocket-Extensions: permessage-deflate\r\n")
        conn.agree_deflate()
        text = listing(5, 20_000)
        z = zlib.compressobj(9, wbits=-15, strategy=strategy)
        conn.send(frame(TEXT, (z.compress(text) + z.flush(zlib.Z_SYNC_FLUSH))[:-4], rsv=4))
        conn.expect(TEXT, text)
        conn.finish()
        made.exits(0)
