"""Families 1 to 5: frames of every size, pings and pongs, reserved bits, opcodes, fragmentation."""

import os

from echo import echoes, ends_failed, ends_well, fails, session
from frames import BINARY, CONT, PING, PONG, TEXT, fragments, frame

from runner import case

# -- 1: framing --------------------------------------------------------------------------------------

SIZES = (0, 1, 125, 126, 127, 128, 65535, 65536, 65537)

for _kind, _opcode, _byte in (("text", TEXT, b"*"), ("binary", BINARY, b"\xfe")):
    for _size in SIZES:

        @case(f"1 framing: {_kind} of {_size} bytes")
        def framing(t, opcode=_opcode, payload=_byte * _size):
            echoes(t, frame(opcode, payload), (opcode, payload))

    for _size, _chop in ((125, 1), (126, 1), (127, 7), (65536, 997), (65536, 4096)):

        @case(f"1 framing: {_kind} of {_size} bytes in writes of {_chop}")
        def framing_chopped(t, opcode=_opcode, payload=_byte * _size, chop=_chop):
            echoes(t, frame(opcode, payload), (opcode, payload), chop=chop)


@case("1 framing: the header split from its payload at every byte")
def header_split(t):
    made, conn = session(t)
    for size in (5, 300, 70000):
        data = frame(TEXT, b"h" * size)
        for at in range(1, 15):
            conn.send(data[:at])
            conn.send(data[at:])
            conn.expect(TEXT, b"h" * size)
    ends_well(made, conn)


@case("1 framing: text and binary in turn keep their types and order")
def types_in_turn(t):
    made, conn = session(t)
    wanted = [((TEXT, BINARY)[i % 2], b"%d" % i) for i in range(200)]
    conn.send(b"".join(frame(*m) for m in wanted))
    for message in wanted:
        conn.expect(*message)
    ends_well(made, conn)


# -- 2: pings and pongs ------------------------------------------------------------------------------

PINGS = {"no payload": b"", "text": b"Hello, world!", "binary": b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", "125 bytes": b"\xfe" * 125}

for _name, _payload in PINGS.items():

    @case(f"2 ping with {_name}")
    def ping(t, payload=_payload):
        echoes(t, frame(PING, payload), (PONG, payload))

    @case(f"2 ping with {_name}, a byte at a time")
    def ping_bytes(t, payload=_payload):
        echoes(t, frame(PING, payload), (PONG, payload), chop=1)

    @case(f"2 unsolicited pong with {_name} is ignored")
    def pong(t, payload=_payload):
        echoes(t, frame(PONG, payload) + frame(PING, b"next"), (PONG, b"next"))


@case("2 ping with 126 bytes fails")
def ping_long(t):
    fails(t, b"\x89\x7e\x00\x7e" + b"\xfe" * 126)


@case("2 pong with 126 bytes fails")
def pong_long(t):
    fails(t, b"\x8a\x7e\x00\x7e" + b"\xfe" * 126)


@case("2 ping with a 64-bit length fails")
def ping_64(t):
    fails(t, b"\x89\x7f\x00\x00\x00\x00\x00\x01\x00\x00")


for _chop in (0, 1):

    @case(f"2 ten pings are answered in order{', a byte at a time' if _chop else ''}")
    def ten_pings(t, chop=_chop):
        data = b"".join(frame(PING, b"payload-%d" % i) for i in range(10))
        echoes(t, data, *[(PONG, b"payload-%d" % i) for i in range(10)], chop=chop)


@case("2 pings between messages are answered in their place")
def ping_order(t):
    echoes(t, b"\x81\x01a\x89\x01b\x81\x01c", (TEXT, b"a"), (PONG, b"b"), (TEXT, b"c"))


# -- 3: reserved bits --------------------------------------------------------------------------------

HELLO = b"\x81\x05Hello"
GOT = [(TEXT, b"Hello")]

for _rsv in range(1, 8):

    @case(f"3 reserved bits {_rsv:03b} on a text frame fail")
    def reserved_text(t, rsv=_rsv):
        fails(t, bytes([0x81 | rsv << 4, 5]) + b"Hello")

    @case(f"3 reserved bits {_rsv:03b} after a good message: echoed, then failed, the ping unanswered")
    def reserved_after(t, rsv=_rsv):
        fails(t, HELLO + bytes([0x81 | rsv << 4, 5]) + b"Hello" + b"\x89\x00", before=GOT)

    @case(f"3 reserved bits {_rsv:03b} after a good message, a byte at a time")
    def reserved_bytes(t, rsv=_rsv):
        fails(t, HELLO + bytes([0x82 | rsv << 4, 5]) + b"Hello", before=GOT, chop=1)

    for _opcode, _name in ((PING, "ping"), (8, "close")):

        @case(f"3 reserved bits {_rsv:03b} on a {_name} fail")
        def reserved_control(t, rsv=_rsv, opcode=_opcode):
            body = b"\x03\xe8" if opcode == 8 else b"Hello"
            fails(t, bytes([0x80 | opcode | rsv << 4, len(body)]) + body)


@case("3 reserved bits on a continuation fail")
def reserved_continuation(t):
    fails(t, b"\x01\x03Hel\xa0\x02lo")


# -- 4: opcodes --------------------------------------------------------------------------------------

for _opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):

    @case(f"4 opcode {_opcode} without payload fails")
    def opcode_empty(t, opcode=_opcode):
        fails(t, bytes([0x80 | opcode, 0]))

    @case(f"4 opcode {_opcode} with payload after a good message: echoed, then failed")
    def opcode_payload(t, opcode=_opcode):
        fails(t, HELLO + bytes([0x80 | opcode, 3]) + b"abc" + b"\x89\x00", before=GOT)

    @case(f"4 opcode {_opcode} after a good message, a byte at a time")
    def opcode_bytes(t, opcode=_opcode):
        fails(t, HELLO + bytes([0x80 | opcode, 0]), before=GOT, chop=1)


# -- 5: fragmentation --------------------------------------------------------------------------------

CHOPS = {"in one write": 0, "a byte at a time": 1}
FIRST, LAST = b"\x01\x05first", b"\x80\x04last"
BOTH = (TEXT, b"firstlast")

ILLEGAL = {
    "a ping in two fragments": (b"\x09\x05first" + LAST, []),
    "a pong in two fragments": (b"\x0a\x05first" + LAST, []),
    "a close in two fragments": (b"\x08\x02\x03\xe8" + LAST, []),
    "a final continuation of nothing, then a text": (LAST + HELLO, []),
    "a continuation of nothing, then a text": (b"\x00\x04last" + HELLO, []),
    "a final continuation after a whole message": (HELLO + LAST, GOT),
    "a message, a stray continuation, a text": (FIRST + LAST + b"\x00\x03abc" + HELLO, [BOTH]),
    "a text inside a text": (FIRST + b"\x81\x05Hello", []),
    "an unfinished text inside a text": (FIRST + b"\x01\x05Hello" + LAST, []),
    "a binary inside a text": (FIRST + b"\x82\x02no", []),
    "a text inside a binary": (b"\x02\x02no" + b"\x81\x02no", []),
    "a continuation of nothing, then a fragmented message": (b"\x00\x01x" + FIRST + LAST, []),
    "an empty final continuation of nothing": (b"\x80\x00", []),
}

for _name, (_bytes, _before) in ILLEGAL.items():
    for _how, _chop in CHOPS.items():

        @case(f"5 {_name} fails, {_how}")
        def illegal(t, data=_bytes, before=_before, chop=_chop):
            fails(t, data, before=before, chop=chop)


LEGAL = {
    "a text in two fragments": (FIRST + LAST, [BOTH]),
    "a binary in two fragments": (b"\x02\x02\x00\xff\x80\x01\xfe", [(BINARY, b"\x00\xff\xfe")]),
    "a ping between two fragments": (FIRST + b"\x89\x04ping" + LAST, [(PONG, b"ping"), BOTH]),
    "an empty first fragment": (b"\x01\x00" + LAST, [(TEXT, b"last")]),
    "an empty last fragment": (FIRST + b"\x80\x00", [(TEXT, b"first")]),
    "an empty fragment in the middle": (FIRST + b"\x00\x00" + LAST, [BOTH]),
    "nothing but empty fragments": (b"\x01\x00" + b"\x00\x00" * 5 + b"\x80\x00", [(TEXT, b"")]),
    "five fragments with pings after the first and the fourth": (
        b"\x01\x01a\x89\x02p1\x00\x01b\x00\x01c\x00\x01d\x89\x02p2\x80\x01e",
        [(PONG, b"p1"), (PONG, b"p2"), (TEXT, b"abcde")],
    ),
    "an unsolicited pong between fragments": (FIRST + b"\x8a\x04pong" + LAST, [BOTH]),
    "two fragmented messages after each other": (FIRST + LAST + FIRST + LAST, [BOTH, BOTH]),
    "fragments of a byte": (fragments(TEXT, b"a hundred bytes" * 7, 1), [(TEXT, b"a hundred bytes" * 7)]),
    "a fragment of 125, 126, 65535 and 65536 bytes": (
        frame(BINARY, b"a" * 125, fin=0) + frame(CONT, b"b" * 126, fin=0) + frame(CONT, b"c" * 65535, fin=0) + frame(CONT, b"d" * 65536),
        [(BINARY, b"a" * 125 + b"b" * 126 + b"c" * 65535 + b"d" * 65536)],
    ),
}

for _name, (_bytes, _answers) in LEGAL.items():
    for _how, _chop in CHOPS.items():
        if _chop and len(_bytes) > 10_000:
            _how, _chop = "in writes of 1009", 1009

        @case(f"5 {_name}, {_how}")
        def legal(t, data=_bytes, answers=_answers, chop=_chop):
            echoes(t, data, *answers, chop=chop)


@case("5 a ping between fragments is answered before the message is whole")
def prompt(t):
    made, conn = session(t)
    conn.send(FIRST + b"\x89\x04ping")
    conn.expect(PONG, b"ping")
    conn.quiet(0.05)
    conn.send(LAST)
    conn.expect(*BOTH)
    ends_well(made, conn)


@case("5 a text inside a text fails at its header, before its payload")
def prompt_failure(t):
    made, conn = session(t, "--no-compress")
    conn.send(FIRST + b"\x81\x7e\x10\x00")
    ends_failed(made, conn)


# -- the length's encoding ---------------------------------------------------------------------------

for _name, _bytes in {
    "125 bytes in 16 bits": b"\x81\x7e\x00\x7d" + b"x" * 125,
    "126 bytes in 64 bits": b"\x81\x7f" + b"\x00" * 7 + b"\x7e" + b"x" * 126,
    "65535 bytes in 64 bits": b"\x81\x7f\x00\x00\x00\x00\x00\x00\xff\xff" + b"x" * 65535,
    "2^63 bytes": b"\x81\x7f\x80" + b"\x00" * 7,
}.items():

    @case(f"1 framing: a length of {_name} fails")
    def length(t, data=_bytes):
        fails(t, data, 1002, 1009)


@case("1 framing: a masked frame fails")
def masked(t):
    fails(t, frame(TEXT, b"Hello", mask=os.urandom(4)))


