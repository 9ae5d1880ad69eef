"""Family 7: the closing handshake."""

import struct

from echo import fails, session
from frames import BINARY, TEXT, close, frame
from runner import case

CLOSE_1000 = b"\x88\x02\x03\xe8"


def closes(t, data, code, before=(), status=0):
    """The client answers what came first, echoes the Close once, and sends nothing more."""
    made, conn = session(t)
    conn.send(data)
    for opcode, payload in before:
        conn.expect(opcode, payload)
    conn.expect_close(code)
    conn.fin()
    conn.expect_eof()
    made.exits(status)


@case("7 after both Closes the client waits for the server's FIN")
def server_first(t):
    made, conn = session(t)
    conn.send(CLOSE_1000)
    conn.expect_close(1000)
    conn.quiet(0.2)
    conn.fin()
    conn.expect_eof()
    made.exits(0)


@case("7 a message, then a Close: echoed, then closed")
def after_message(t):
    closes(t, b"\x81\x05Hello" + CLOSE_1000, 1000, [(TEXT, b"Hello")])


@case("7 two Closes: answered once")
def twice(t):
    closes(t, CLOSE_1000 * 2, 1000)


@case("7 a Close, then a ping: no pong")
def then_ping(t):
    closes(t, CLOSE_1000 + b"\x89\x05Hello", 1000)


@case("7 a Close, then a message: no echo")
def then_message(t):
    closes(t, CLOSE_1000 + b"\x81\x05Hello", 1000)


@case("7 a Close, then a frame that breaks the rules: ignored")
def then_garbage(t):
    closes(t, CLOSE_1000 + b"\xff\xff\xff\xff", 1000)


@case("7 a Close inside a fragmented message: closed, the message dropped")
def inside_message(t):
    closes(t, b"\x01\x05first" + CLOSE_1000 + b"\x80\x04last", 1000)


@case("7 256 KiB, then a Close and a ping: all echoed first")
def large_first(t):
    payload = b"BAsd7&jh23" * 26214
    closes(t, frame(TEXT, payload) + CLOSE_1000 + b"\x89\x00", 1000, [(TEXT, payload)])


@case("7 an empty Close is answered with an empty one")
def empty(t):
    closes(t, b"\x88\x00", None)


@case("7 a Close with one byte fails")
def one_byte(t):
    fails(t, b"\x88\x01\x03")


@case("7 a message, a Close and a FIN in one segment: echoed, then closed")
def all_with_fin(t):
    made, conn = session(t)
    conn.send_together(b"\x81\x02hi" + CLOSE_1000, conn.fin)
    conn.expect(TEXT, b"hi")
    conn.expect_close(1000)
    conn.expect_eof()
    made.exits(0)


@case("7 a Close in single bytes")
def single_bytes(t):
    made, conn = session(t)
    conn.send(close(1000, b"in pieces"), chop=1)
    conn.expect_close(1000)
    conn.fin()
    conn.expect_eof()
    made.exits(0)


for _length in (1, 5, 122, 123):

    @case(f"7 a Close with a reason of {_length} bytes")
    def reason(t, size=_length):
        closes(t, close(1000, b"r" * size), 1000)


@case("7 a Close with a reason of 124 bytes fails")
def long_reason(t):
    fails(t, b"\x88\x7e\x00\x7e\x03\xe8" + b"r" * 124)


@case("7 a Close with a reason in UTF-8")
def utf8_reason(t):
    closes(t, close(1000, "auf Wiederhören 👋".encode()), 1000)


for _name, _reason in {
    "a surrogate": b"\xed\xa0\x80",
    "an unfinished character": b"bye\xce",
    "a lone continuation": b"\xbae",
    "an overlong form": b"\xc0\xaf",
    "beyond U+10FFFF": b"\xf4\x90\x80\x80",
}.items():

    @case(f"7 a Close whose reason is not UTF-8 fails: {_name}")
    def bad_reason(t, text=_reason):
        fails(t, close(1000, text), 1002, 1007)


GOOD = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999)
BAD = (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)

for _code in GOOD:

    @case(f"7 close code {_code} is valid: echoed")
    def good_code(t, code=_code):
        closes(t, close(code), code, status=0 if code in (1000, 1001) else 8)

    @case(f"7 close code {_code} with a reason, after a message")
    def good_code_reason(t, code=_code):
        closes(t, b"\x82\x01x" + close(code, b"why"), code, [(BINARY, b"x")], status=0 if code in (1000, 1001) else 8)


for _code in BAD:

    @case(f"7 close code {_code} is invalid: failed")
    def bad_code(t, code=_code):
        fails(t, struct.pack(">BBH", 0x88, 2, code))

    @case(f"7 close code {_code} with a reason is invalid, after a message")
    def bad_code_reason(t, code=_code):
        fails(t, b"\x82\x01x" + struct.pack(">BBH", 0x88, 5, code) + b"why", before=[(BINARY, b"x")])


@case("7 the server's FIN in place of a Close: lost, exit 56, nothing sent")
def fin_only(t):
    made, conn = session(t)
    conn.fin()
    conn.expect_eof()
    made.exits(56)


@case("7 a FIN inside a frame: lost, exit 56")
def fin_inside(t):
    made, conn = session(t)
    conn.send(b"\x81\x05Hel")
    conn.fin()
    conn.expect_eof()
    made.exits(56)


@case("7 a FIN in the same segment as the Close: answered all the same")
def fin_with_close(t):
    made, conn = session(t)
    conn.send_together(CLOSE_1000, conn.fin)
    conn.expect_close(1000)
    conn.expect_eof()
    made.exits(0)
