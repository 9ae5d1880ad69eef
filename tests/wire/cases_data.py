"""Items 23 to 40: frames, messages and endings (RFC 6455, sections 5 to 7 and 10)."""

import struct

from events import named, single
from frames import BINARY, CLOSE, PING, PONG, TEXT, close, fragments, frame, key_quality
from judge import bounded, lives, same, violates, MIB
from program import PIPE
from rawserver import Ended, Unmet
from runner import case

# Written out by hand: "Hello" as one unmasked text frame (RFC 6455, section 5.7), and others like it.
HELLO = b"\x81\x05Hello"
HEL, LO = b"\x01\x03Hel", b"\x80\x02lo"
PING_HELLO = b"\x89\x05Hello"


@case("23 every frame is masked: messages, pongs, Close")
def masked(t):
    made, conn = t.open("-e", "one", stdin=b"two\n\n")
    conn.send(PING_HELLO)
    got = [conn.frame() for _ in range(4)]  # the reader refuses a frame without a mask
    same(sorted(f.opcode for f in got), [TEXT, TEXT, TEXT, PONG])
    conn.answer_close()
    made.exits(0)


@case("24 a fresh, unpredictable key for each frame")
def fresh_keys(t):
    made, conn = t.open(stdin=b"same payload\n" * 2000)
    for _ in range(2000):
        conn.expect(TEXT, b"same payload")
    conn.answer_close()
    made.exits(0)
    flaw = key_quality(conn.reader.keys)
    if flaw:
        raise Unmet(flaw)


for _rsv in (1, 2, 3, 4, 5, 6, 7):

    @case(f"25 RSV {_rsv:03b} without an extension fails")
    def reserved(t, rsv=_rsv):
        violates(t, HELLO + bytes([0x81 | rsv << 4]) + b"\x02no", words=["RSV|reserved"], before=b"Hello\n",
                 args=["--no-compress"], offset=7)


for _opcode in (3, 7, 11, 15):

    @case(f"26 unknown opcode {_opcode} fails")
    def unknown_opcode(t, opcode=_opcode):
        violates(t, HELLO + bytes([0x80 | opcode, 0]), words=["opcode", str(opcode)], before=b"Hello\n", offset=7)


LENGTHS = {
    "a 64-bit length with the top bit": (b"\x81\x7f\x80\x00\x00\x00\x00\x00\x00\x01", (1002,)),
    "a 64-bit length of all ones": (b"\x82\x7f" + b"\xff" * 8, (1002,)),
    "125 bytes in 16-bit form": (b"\x81\x7e\x00\x7d", (1002,)),
    "no bytes in 16-bit form": (b"\x81\x7e\x00\x00", (1002,)),
    "65535 bytes in 64-bit form": (b"\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff", (1002,)),
    "5 bytes in 64-bit form": (b"\x81\x7f\x00\x00\x00\x00\x00\x00\x00\x05Hello", (1002,)),
}

for _name, (_bytes, _codes) in LENGTHS.items():

    @case(f"27 {_name} fails")
    def bad_length(t, data=_bytes, codes=_codes):
        violates(t, data, codes, words=["length"])


@case("28 a masked frame from the server fails")
def masked_server(t):
    violates(t, b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", words=["mask"])


@case("29 a continuation without a start fails")
def stray_continuation(t):
    violates(t, HELLO + b"\x80\x02lo", words=["continu"], before=b"Hello\n")


@case("29 a new data frame inside a message fails")
def interleaved(t):
    violates(t, HEL + b"\x81\x02no", words=["continu|fragment|unfinished|message"])


@case("30 a control frame of 126 bytes fails")
def long_control(t):
    violates(t, b"\x89\x7e\x00\x7e" + b"x" * 126, words=["125|control"])


@case("30 a fragmented control frame fails")
def split_control(t):
    violates(t, b"\x09\x02ab" + b"\x80\x02cd", words=["control|fragment|FIN"])


@case("31 control frames between fragments are answered at once")
def between(t):
    made, conn = t.open("-n")
    conn.send(HEL + PING_HELLO)
    conn.expect(PONG, b"Hello")
    conn.send(b"\x8a\x02hi" + LO)
    conn.finish()
    made.exits(0)
    made.prints(b"Hello\n")


@case("32 a ping is answered with the same payload")
def ping(t):
    full = bytes(range(125))
    lives(t, b"\x89\x00" + PING_HELLO + frame(PING, full), (PONG, b""), (PONG, b"Hello"), (PONG, full))


@case("32 --no-pong answers none")
def no_pong(t):
    made, conn = t.open("-n", "--no-pong")
    conn.send(PING_HELLO)
    conn.finish()  # the next frame is the Close: no pong came before it
    made.exits(0)


@case("32 unsolicited pongs are no violation")
def unsolicited(t):
    lives(t, b"\x8a\x00\x8a\x05Hello" + HELLO, out=b"Hello\n")


@case("33 a close body of one byte fails")
def close_one(t):
    violates(t, b"\x88\x01\x03", words=["close"])


@case("33 a close reason that is not UTF-8 fails")
def close_reason(t):
    violates(t, b"\x88\x04\x03\xe8\xc3\x28", codes=(1002, 1007), words=["UTF-8"])


@case("33 an empty close body is answered with an empty body, exit 0")
def close_empty(t):
    made, conn = t.open("-n", "--json")
    conn.send(b"\x88\x00")
    conn.expect_close(None)
    conn.fin()
    conn.expect_eof()
    made.exits(0)
    told = single(made.json(), "close")
    same((told["code"], told["by"], told["how"], told["clean"]), (1005, "peer", "close-frame", True))


@case("34 nothing is sent after a Close, and what comes after it is ignored")
def after_close(t):
    made, conn = t.open("-n")
    conn.send(b"\x88\x02\x03\xe8" + PING_HELLO + HELLO)
    conn.expect_close(1000)
    conn.quiet(0.1)
    conn.fin()
    conn.expect_eof()
    made.exits(0)
    made.prints(b"")


@case("34 lines on stdin are not sent after a Close")
def stdin_after_close(t):
    made, conn = t.open(stdin=PIPE)
    conn.send(close(1000))
    conn.expect_close(1000)
    try:
        made.write(b"late\n")
    except OSError:
        pass
    conn.quiet(0.1)
    conn.fin()
    conn.expect_eof()
    made.end()
    made.exits(0)


for _code in (1000, 1001):

    @case(f"35 Close {_code} is answered once with its code, exit 0")
    def close_echo(t, code=_code):
        made, conn = t.open("-n", "--json")
        conn.send(close(code, b"so long"))
        conn.expect_close(code)
        conn.quiet(0.05)
        conn.fin()
        conn.expect_eof()
        made.exits(0)
        told = single(made.json(), "close")
        same((told["code"], told["reason"], told["by"], told["clean"]), (code, "so long", "peer", True))


@case("36 TCP is closed after both Closes, the server first")
def server_first(t):
    made, conn = t.open("-n")
    conn.send(close(1000))
    conn.expect_close(1000)
    conn.quiet(0.3)
    conn.fin()
    conn.expect_eof()
    made.exits(0)


@case("36 a server that keeps TCP open after both Closes is left after --close-timeout")
def server_lingers(t):
    made, conn = t.open("-n", "--close-timeout", "0.3")
    conn.send(close(1000))
    conn.expect_close(1000)
    conn.expect_eof()
    made.exits(0)


SPLIT_TEXT = "κόσμε"


@case("37 text is validated across fragments")
def across(t):
    data = SPLIT_TEXT.encode()
    lives(t, fragments(TEXT, data, 1), out=data + b"\n")


@case("37 text fails at the first impossible byte, in an unfinished frame")
def fails_fast(t):
    made, conn = t.open("-n")
    conn.send(b"\x81\x7e\x01\x00" + b"fine \xce\xba\xe1")
    conn.send(b"(")
    conn.expect_failed(1007)
    made.exits(65)
    made.says("UTF-8")


@case("37 text that ends inside a character fails with its message")
def ends_short(t):
    violates(t, b"\x81\x03ab\xce", codes=(1007,), words=["UTF-8"], rule=r"RFC (6455|3629)")


@case("37 binary messages may hold anything")
def binary_any(t):
    data = bytes(range(256))
    lives(t, frame(BINARY, data), out=data + b"\n")


@case("38 a Close without a code is never answered with 1005")
def never_1005(t):
    made, conn = t.open("-n")
    conn.send(b"\x88\x00")
    same(conn.next(), (CLOSE, b""))
    conn.fin()
    made.exits(0)


for _code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535):

    @case(f"38 received close code {_code} is a violation")
    def bad_code(t, code=_code):
        violates(t, b"\x88\x02" + struct.pack(">H", code), words=[str(code)])


@case("38 a forbidden close code does not hide the reason that came with it")
def bad_code_with_reason(t):
    for form in ((), ("--json",)):
        made, conn = t.open("-n", *form)
        conn.send(close(5000, "quota exceeded: ü".encode()))
        conn.expect_close(1002)
        conn.fin()
        made.exits(65)
        if form:
            for event in (single(made.json(), "violation"), single(made.json(), "error")):
                if 'the code 5000 and the reason "quota exceeded: ü"' not in event["message"]:
                    raise Unmet(f"the message is {event['message']!r}")
        else:
            made.says('the code 5000 and the reason "quota exceeded: ü"')


for _code in (1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999):

    @case(f"38 received close code {_code} is answered and exits 8")
    def good_code(t, code=_code):
        made, conn = t.open("-n")
        conn.finish(code, b"because")
        made.exits(8)
        made.says(str(code), "because")


@case("39 a transport lost by FIN is 1006, exit 56")
def lost_fin(t):
    made, conn = t.open("-n", "--json")
    conn.send(HELLO)
    conn.fin()
    made.exits(56)
    told = single(made.json(), "close")
    same((told["code"], told["how"], told["clean"]), (1006, "fin", False))
    same(single(made.json(), "message")["text"], "Hello")


@case("39 a transport lost by RST is 1006, exit 56")
def lost_rst(t):
    made, conn = t.open("-n", "--json")
    conn.send(PING_HELLO)
    conn.expect(PONG, b"Hello")
    conn.rst()
    made.exits(56)
    told = single(made.json(), "close")
    same((told["code"], told["how"]), (1006, "rst"))


@case("39 a transport lost inside a frame: how much had come is reported")
def lost_inside(t):
    made, conn = t.open("-n")
    conn.send(b"\x81\x0aHello")
    conn.fin()
    made.exits(56)
    made.says("5 of 10")


@case("40 a message beyond --max-message: Close 1009, exit 63")
def max_message(t):
    violates(t, frame(TEXT, b"x" * 1025), codes=(1009,), exits=63, args=["--max-message", "1k"], words=["1009|max-message"])


@case("40 --max-message counts the message put together")
def max_reassembled(t):
    violates(t, fragments(TEXT, b"x" * 1025, 100), codes=(1009,), exits=63, args=["--max-message", "1k"], words=["max-message"])


@case("40 a message of just --max-message is fine")
def max_exact(t):
    lives(t, frame(TEXT, b"x" * 1024), args=["--max-message", "1k"], out=b"x" * 1024 + b"\n")


@case("40 a frame beyond --max-frame fails before its payload came")
def max_frame(t):
    made, conn = t.open("-n", "--max-frame", "4k")
    conn.send(b"\x82\x7e\x10\x01")
    conn.expect_failed(1009)
    made.exits(63)
    made.says("max-frame")


@case("40 more fragments than --max-fragments fail")
def max_fragments(t):
    violates(t, fragments(TEXT, b"x" * 11, 1), codes=(1009,), exits=63, args=["--max-fragments", "10"], words=["max-fragments"])


@case("40 a frame that announces 2 GiB is refused by default, without the memory for it")
def announced(t):
    made, conn = t.open("-n")
    conn.send(b"\x82\x7f\x00\x00\x00\x00\x80\x00\x00\x00" + b"x" * 1000)
    conn.expect_close(1009)
    bounded(made, 48 * MIB)
    conn.fin()
    conn.expect_eof()
    made.exits(63)


@case("--lenient reports violations and carries on")
def lenient(t):
    made, conn = t.open("-n", "--lenient", "--json", "--no-compress")
    conn.send(b"\xc1\x02hi" + b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58" + b"\x81\x7e\x00\x02ok")
    conn.finish()
    made.exits(0)
    events = made.json()
    if len(named(events, "violation")) < 3:
        raise Unmet(f"{len(named(events, 'violation'))} violations told, there were three")
    same([e["text"] for e in named(events, "message")], ["hi", "Hello", "ok"])


@case("--lenient reports rules that the handshake breaks and carries on")
def lenient_handshake(t):
    made = t.start("-n", "--lenient", "--json", t.url)
    conn = t.accept()
    conn.open(accept="wrong", upgrade="h2c", connection=None, extra="Sec-WebSocket-Protocol: chat\r\n")
    conn.send(frame(TEXT, b"hi"))
    conn.finish()
    made.exits(0)
    events = made.json()
    violations = named(events, "violation")
    same([(e["rule"], e["fatal"], e["code"]) for e in violations], [("RFC 6455, section 4.1", False, 0)] * 4)
    for event, word in zip(violations, ("Upgrade is", "no Connection", "Sec-WebSocket-Accept is", 'chose the subprotocol "chat"')):
        if word not in event["message"]:
            raise Unmet(f"{event['message']!r} does not speak of {word!r}")
    same([e["text"] for e in named(events, "message")], ["hi"])
    same(single(events, "summary")["violations"], 4)
    made, conn = t.open("-n", "--lenient", "-s", "chat", extra="Sec-WebSocket-Protocol:\r\n")
    conn.finish()
    made.exits(0)
    made.says('violation: the server chose the subprotocol ""', "carried on")


@case("the bytes of every split are understood alike")
def any_split(t):
    stream = HELLO + HEL + PING_HELLO + LO + frame(BINARY, b"\x00" * 300)
    for chop in (1, 2, 3, 5, 7):
        made, conn = t.open("-n")
        conn.send(stream, chop)
        conn.expect(PONG, b"Hello")
        conn.finish()
        made.exits(0)
        made.prints(b"Hello\nHello\n" + b"\x00" * 300 + b"\n")


@case("--ping-interval pings and a missed pong ends the connection as lost")
def missed_pong(t):
    made, conn = t.open("-n", "--json", "--ping-interval", "0.1", "--ping-timeout", "0.3")
    opcode, payload = conn.next("a ping")
    same(opcode, PING)
    conn.send(frame(PONG, payload))
    opcode, _ = conn.next("a second ping")
    same(opcode, PING)
    try:
        while True:
            conn.next("further pings, or the end")
    except Ended:
        pass
    conn.fin()
    made.exits(56)
    events = made.json()
    same(single(events, "close")["how"], "ping-timeout")
    if not any(isinstance(e.get("rtt_ms"), (int, float)) for e in named(events, "pong", dir="in")):
        raise Unmet("no pong with rtt_ms")


@case("-P shows pings and pongs on stderr")
def pings_shown(t):
    made, conn = t.open("-n", "-P")
    conn.send(b"\x89\x06tick-7")
    conn.expect(PONG, b"tick-7")
    conn.finish()
    made.exits(0)
    made.says("ping.*tick-7", "pong")


@case("-vv shows every frame, -vvv the raw bytes")
def frames_shown(t):
    made, conn = t.open("-vvv", "--no-compress", stdin=b"abc\n")
    sent = conn.frame()
    conn.send(HELLO)
    conn.answer_close()
    made.exits(0)
    made.says("text", sent.key.hex(), "Hello", "81 05 48 65 6c")


@case("the run's peak memory stays small while 64 MiB stream through", seconds=30)
def streams(t):
    made, conn = t.open("-n", stdout=_null())
    block = frame(BINARY, b"\x5a" * MIB)
    conn.send(b"\x02\x7f\x00\x00\x00\x00\x00\x10\x00\x00" + block[10:])
    for _ in range(62):
        conn.send(b"\x00" + block[1:])
    conn.send(b"\x80" + block[1:] + b"\x89\x00")
    conn.expect(PONG, b"")
    bounded(made, 48 * MIB)
    conn.finish()
    made.exits(0)


def _null():
    return open("/dev/null", "wb")  # pylint: disable=consider-using-with
