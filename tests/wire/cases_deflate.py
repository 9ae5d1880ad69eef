"""permessage-deflate (RFC 7692) as a client must do it."""

import zlib

from events import named, single
from frames import BINARY, PONG, TEXT, frame
from judge import MIB, bounded, lives, same, violates
from rawserver import Unmet
from runner import case
from cases_opening import request_of
from cases_response import refused

AGREED = "Sec-WebSocket-Extensions: permessage-deflate\r\n"
PLAIN = dict(client_bits=15, client_takeover=True)

# RFC 7692, section 7.2.3: "Hello" in one compressed block; again with the window kept; in a block without
# compression; in a block that is the final one (BFINAL); in two blocks.
HELLO = b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"
AGAIN = b"\xc1\x05\xf2\x00\x11\x00\x00"
STORED = b"\xc1\x0b\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"
FINAL = b"\xc1\x08\xf3\x48\xcd\xc9\xc9\x07\x00\x00"
BLOCKS = b"\xc1\x0d\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"
EMPTY = b"\xc1\x01\x00"
RULE = r"RFC (7692|6455), section \d"


def extensions(*parameters):
    return "Sec-WebSocket-Extensions: " + "; ".join(("permessage-deflate",) + parameters) + "\r\n"


def offers(asked):
    return ["".join(x.split()) for x in ",".join(asked.all("Sec-WebSocket-Extensions")).split(",")]


@case("deflate: offered by default with client_max_window_bits")
def default_offer(t):
    same(offers(request_of(t)), ["permessage-deflate;client_max_window_bits"])


@case("deflate: --no-compress offers nothing")
def no_offer(t):
    same(request_of(t, "--no-compress").all("Sec-WebSocket-Extensions"), [])


OFFERS = {
    "server_no_context_takeover": "permessage-deflate;server_no_context_takeover",
    "client_no_context_takeover; server_max_window_bits=10":
        {"permessage-deflate", "client_no_context_takeover", "server_max_window_bits=10"},
    "client_max_window_bits=9": "permessage-deflate;client_max_window_bits=9",
}

for _given, _sent in OFFERS.items():

    @case(f"deflate: --compress={_given!r} is offered so")
    def offered(t, given=_given, sent=_sent):
        got = offers(request_of(t, f"--compress={given}"))
        wanted = sent if isinstance(sent, set) else set(sent.split(";"))
        same([set(o.split(";")) for o in got], [wanted])


for _bad in ("server_max_window_bits=7", "server_max_window_bits=16", "client_max_window_bits=08", "window=9",
             "server_max_window_bits", "server_no_context_takeover=1", "server_no_context_takeover; server_no_context_takeover",
             "client_max_window_bits=x"):

    @case(f"deflate: --compress={_bad!r} is a usage error")
    def bad_offer(t, bad=_bad):
        made = t.start("-n", f"--compress={bad}", t.url)
        made.exits(2)
        made.says("compress", bad.split(";")[0].split("=")[0])


RESPONSES = {
    "an unknown parameter": ("x_unknown",),
    "a repeated parameter": ("server_no_context_takeover", "server_no_context_takeover"),
    "server_max_window_bits=7": ("server_max_window_bits=7",),
    "server_max_window_bits=16": ("server_max_window_bits=16",),
    "server_max_window_bits=08": ("server_max_window_bits=08",),
    "server_max_window_bits=+9": ("server_max_window_bits=+9",),
    "server_max_window_bits without a value": ("server_max_window_bits",),
    "client_max_window_bits without a value": ("client_max_window_bits",),
    "client_max_window_bits=0": ("client_max_window_bits=0",),
    "server_no_context_takeover with a value": ("server_no_context_takeover=1",),
    "client_no_context_takeover with a value": ("client_no_context_takeover=true",),
}

for _name, _parameters in RESPONSES.items():

    @case(f"deflate: {_name} in the response fails the opening")
    def bad_response(t, parameters=_parameters):
        refused(t, "permessage-deflate|extension", parameters[0].split("=")[0], extra=extensions(*parameters))


@case("deflate: chosen twice in the response fails the opening")
def chosen_twice(t):
    refused(t, "permessage-deflate|extension", extra="Sec-WebSocket-Extensions: permessage-deflate, permessage-deflate\r\n")


@case("deflate: client_max_window_bits that was not offered fails the opening")
def bits_uninvited(t):
    refused(t, "client_max_window_bits", args=["--compress=server_no_context_takeover"],
            extra=extensions("server_no_context_takeover", "client_max_window_bits=10"))


@case("deflate: a server window wider than asked for fails the opening")
def wider(t):
    refused(t, "server_max_window_bits", args=["--compress=server_max_window_bits=10"],
            extra=extensions("server_max_window_bits=12"))


@case("deflate: server_no_context_takeover that was asked for and ignored fails the opening")
def ignored(t):
    refused(t, "server_no_context_takeover", args=["--compress=server_no_context_takeover"], extra=AGREED)


@case("deflate: quoted values and odd blanks are understood")
def quoted(t):
    made, conn = t.open("-n", "--json",
                        extra='Sec-WebSocket-Extensions:  permessage-deflate ;client_max_window_bits = "10";server_max_window_bits="9"\r\n')
    conn.agree_deflate(client_bits=10)
    conn.send(HELLO)
    conn.finish()
    made.exits(0)
    events = made.json()
    same(single(events, "message")["text"], "Hello")
    if "permessage-deflate" not in single(events, "open")["extensions"]:
        raise Unmet("the open event does not name the extension")


VECTORS = {
    "one block": (HELLO, b"Hello\n"),
    "a window that is kept": (HELLO + AGAIN, b"Hello\nHello\n"),
    "a stored block": (STORED, b"Hello\n"),
    "a final block (BFINAL)": (FINAL + HELLO, b"Hello\nHello\n"),
    "several blocks": (BLOCKS, b"Hello\n"),
    "an empty message": (EMPTY + HELLO, b"\nHello\n"),
    "fragments": (b"\x41\x03\xf2\x48\xcd" + b"\x80\x04\xc9\xc9\x07\x00", b"Hello\n"),
    "an empty last fragment": (b"\x41\x07\xf2\x48\xcd\xc9\xc9\x07\x00" + b"\x80\x00", b"Hello\n"),
    "an empty first fragment": (b"\x41\x00" + b"\x80\x07\xf2\x48\xcd\xc9\xc9\x07\x00", b"Hello\n"),
    "a message that is not compressed": (b"\x81\x03abc" + HELLO + b"\x81\x03def", b"abc\nHello\ndef\n"),
}

for _name, (_bytes, _out) in VECTORS.items():

    @case(f"deflate: {_name}")
    def vector(t, data=_bytes, out=_out):
        for chop in (0, 1):
            made, conn = t.open("-n", extra=AGREED)
            conn.agree_deflate(**PLAIN)
            conn.send(data, chop)
            conn.finish()
            made.exits(0)
            made.prints(out)


@case("deflate: a ping between compressed fragments is answered")
def ping_between(t):
    lives(t, b"\x41\x03\xf2\x48\xcd\x89\x01p\x80\x04\xc9\xc9\x07\x00", (PONG, b"p"), extra=AGREED, agree=PLAIN, out=b"Hello\n")


@case("deflate: RSV1 on a continuation is a violation")
def rsv_continuation(t):
    violates(t, b"\x41\x03\xf2\x48\xcd" + b"\xc0\x04\xc9\xc9\x07\x00", extra=AGREED, agree=PLAIN, rule=RULE, words=["RSV1|RSV"])


@case("deflate: RSV1 on a control frame is a violation")
def rsv_control(t):
    violates(t, b"\xc9\x00", extra=AGREED, agree=PLAIN, rule=RULE, words=["RSV1|RSV"])


@case("deflate: RSV2 stays a violation")
def rsv_other(t):
    violates(t, b"\xa1\x00", extra=AGREED, agree=PLAIN, rule=RULE, words=["RSV"])


@case("deflate: data that does not inflate fails the connection")
def garbage(t):
    violates(t, b"\xc1\x04\xff\xff\xff\xff", codes=(1002, 1007), extra=AGREED, agree=PLAIN, rule=RULE, words=["inflat|deflat|compress"])


@case("deflate: a copy from before the window's beginning fails the connection")
def too_far(t):
    violates(t, AGAIN, codes=(1002, 1007), extra=AGREED, agree=PLAIN, rule=RULE, words=["inflat|deflat|compress"])


@case("deflate: with server_no_context_takeover the window begins anew")
def server_fresh(t):
    violates(t, HELLO + AGAIN, codes=(1002, 1007), extra=extensions("server_no_context_takeover"), agree=PLAIN, rule=RULE,
             before=b"Hello\n", words=["inflat|deflat|compress"])


@case("deflate: a server that exceeds the window that was agreed is reported once, its messages read")
def window(t):
    text = b"".join(b"%08x" % (i * 2654435761 & 0xFFFFFFFF) for i in range(150)) * 2
    for bits, reports in ((15, 1), (9, 0)):
        made, conn = t.open("-n", "--json", extra=extensions("server_max_window_bits=9"))
        packer = zlib.compressobj(9, zlib.DEFLATED, -bits)
        for _ in range(2):
            conn.send(frame(TEXT, (packer.compress(text) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4], rsv=4))
        conn.finish()
        made.exits(0)
        events = made.json()
        same([e["text"] for e in named(events, "message")], [text.decode()] * 2)
        told = named(events, "violation")
        same([(e["fatal"], e["rule"]) for e in told], [(False, "RFC 7692, section 7.1.2.1")] * reports)
        if told and "server_max_window_bits=9" not in told[0]["message"]:
            raise Unmet(f"the violation says {told[0]['message']!r}")


@case("deflate: a compressed frame without data is an empty message, and reported")
def no_data(t):
    made, conn = t.open("-n", "--json", extra=extensions())
    conn.send(b"\xc1\x00" + HELLO + b"\xc1\x00")
    conn.finish()
    made.exits(0)
    events = made.json()
    same([e["text"] for e in named(events, "message")], ["", "Hello", ""])
    same([(e["fatal"], e["rule"]) for e in named(events, "violation")], [(False, "RFC 7692, section 7.2.3.6")] * 2)


@case("deflate: text is validated after inflation")
def invalid_text(t):
    packer = zlib.compressobj(wbits=-15)
    data = (packer.compress(b"ab\xc3(cd") + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]
    violates(t, frame(TEXT, data, rsv=4), codes=(1007,), extra=AGREED, agree=PLAIN, words=["UTF-8"], rule=r"RFC (6455|3629)")


@case("deflate: what the client sends is compressed and shrinks")
def sends_compressed(t):
    line = b"the same words over and over, " * 40
    made, conn = t.open(stdin=line + b"\n" + line + b"\n", extra=AGREED)
    conn.agree_deflate(**PLAIN)
    first = conn.frame()
    same((first.rsv, len(first.payload) < 200), (4, True))
    same(conn.unpack(first.payload), line)
    second = conn.frame()
    if len(second.payload) >= len(first.payload):
        raise Unmet("the second message does not use the window of the first")
    same(conn.unpack(second.payload), line)
    conn.answer_close()
    made.exits(0)


@case("deflate: with client_no_context_takeover each message is independent")
def client_fresh(t):
    line = b"alone and in company, " * 20
    made, conn = t.open(stdin=(line + b"\n") * 3, extra=extensions("client_no_context_takeover"))
    conn.agree_deflate(client_takeover=False)
    for _ in range(3):
        conn.expect(TEXT, line)
    conn.answer_close()
    made.exits(0)


for _bits in range(8, 16):

    @case(f"deflate: client_max_window_bits={_bits} is kept to")
    def client_window(t, bits=_bits):
        # Repeats at every distance up to 40000: whoever uses a wider window copies from beyond it.
        words = [b"%05d-%05d;" % (i * 7919 % 99991, i) for i in range(3500)]
        line = b"".join(words) * 2
        made, conn = t.open(stdin=line + b"\n" + line + b"\n", extra=extensions(f"client_max_window_bits={bits}"))
        conn.agree_deflate(client_bits=bits)
        conn.expect(TEXT, line)
        conn.expect(TEXT, line)
        conn.answer_close()
        made.exits(0)


for _bits in range(8, 16):

    @case(f"deflate: server_max_window_bits={_bits} is understood")
    def server_window(t, bits=_bits):
        packer = zlib.compressobj(wbits=-max(bits, 9))
        line = bytes(range(32, 127)) * 50
        data = line[:250] if bits == 8 else line  # zlib itself cannot keep to a window of 256 bytes
        packed = (packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]
        lives(t, frame(TEXT, packed, rsv=4), extra=extensions(f"server_max_window_bits={bits}"), agree=PLAIN, out=data + b"\n")


def bomb(size):
    """A compressed message of so many zeros, a multiple of a MiB: one piece over and over, which takes no time."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return (piece * (size // MIB))[:-4]


@case("deflate: the size bound is checked while inflating: a bomb, exit 63, memory bounded")
def bomb_bound(t):
    made, conn = t.open("-n", "--max-message", "4M", extra=AGREED)
    conn.agree_deflate(**PLAIN)
    conn.send(frame(BINARY, bomb(512 * MIB), rsv=4))
    conn.expect_close(1009)
    bounded(made, 64 * MIB)
    conn.fin()
    conn.expect_eof()
    made.exits(63)
    made.says("max-message")


@case("deflate: a large message that inflates within bounds streams in bounded memory")
def bomb_stream(t):
    made, conn = t.open("-n", "--json", extra=AGREED, stdout=open("/dev/null", "wb"))  # pylint: disable=consider-using-with
    conn.agree_deflate(**PLAIN)
    conn.send(frame(BINARY, bomb(128 * MIB), rsv=4) + b"\x89\x00")
    conn.expect(PONG, b"")
    bounded(made, 64 * MIB)
    conn.finish()
    made.exits(0)


@case("deflate: frames in JSON have both lengths")
def frame_lengths(t):
    made, conn = t.open("-n", "-vv", "--json", extra=AGREED)
    conn.agree_deflate(**PLAIN)
    conn.send(HELLO)
    conn.finish()
    made.exits(0)
    told = [e for e in named(made.json(), "frame", dir="in") if e["opcode"] == "text"][0]
    same((told["length"], told["wire"], told["rsv"], told["text"]), (5, 9, 4, "Hello"))
