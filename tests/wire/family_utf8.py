"""Family 6: UTF-8 (RFC 3629): what is valid, what is not, and at which byte it stops being so."""

from echo import echoes, ends_failed, fails, session
from frames import CONT, TEXT, fragments, frame
from runner import case

NOTE = "Zażółć γλώσσα 日本語 🎈".encode()

VALID = {
    "nothing": b"",
    "ASCII": b"plain old ASCII",
    "two, three and four bytes": NOTE,
    "U+0000": b"\x00",
    "U+007F": b"\x7f",
    "U+0080, the first of two bytes": b"\xc2\x80",
    "U+07FF, the last of two bytes": b"\xdf\xbf",
    "U+0800, the first of three bytes": b"\xe0\xa0\x80",
    "U+0FFF": b"\xe0\xbf\xbf",
    "U+1000": b"\xe1\x80\x80",
    "U+CFFF": b"\xec\xbf\xbf",
    "U+D000": b"\xed\x80\x80",
    "U+D7FF, before the surrogates": b"\xed\x9f\xbf",
    "U+E000, after the surrogates": b"\xee\x80\x80",
    "U+FDD0, a noncharacter": b"\xef\xb7\x90",
    "U+FEFF, the byte order mark": b"\xef\xbb\xbf",
    "U+FFFD": b"\xef\xbf\xbd",
    "U+FFFE": b"\xef\xbf\xbe",
    "U+FFFF, the last of three bytes": b"\xef\xbf\xbf",
    "U+10000, the first of four bytes": b"\xf0\x90\x80\x80",
    "U+1FFFE": b"\xf0\x9f\xbf\xbe",
    "U+2FFFF": b"\xf0\xaf\xbf\xbf",
    "U+3FFFF": b"\xf0\xbf\xbf\xbf",
    "U+40000": b"\xf1\x80\x80\x80",
    "U+7FFFE": b"\xf1\xbf\xbf\xbe",
    "U+8FFFF": b"\xf2\x8f\xbf\xbf",
    "U+BFFFF": b"\xf2\xbf\xbf\xbf",
    "U+FFFFF": b"\xf3\xbf\xbf\xbf",
    "U+100000": b"\xf4\x80\x80\x80",
    "U+10FFFF, the last of all": b"\xf4\x8f\xbf\xbf",
    "every kind in a row": b"a\xc2\xa2\xe2\x82\xac\xf0\x90\x8d\x88z" * 3,
}

for _name, _text in VALID.items():

    @case(f"6 valid UTF-8: {_name}")
    def valid(t, text=_text):
        echoes(t, frame(TEXT, text), (TEXT, text))

    @case(f"6 valid UTF-8 in fragments of a byte: {_name}")
    def valid_fragments(t, text=_text):
        echoes(t, fragments(TEXT, b"<" + text + b">", 1), (TEXT, b"<" + text + b">"))


@case("6 valid UTF-8 in fragments at every pair of offsets")
def every_split(t):
    text = b"k\xce\xba\xe1\xbd\xb9\xf0\x9f\x8e\x88!"
    made, conn = session(t)
    for a in range(len(text) + 1):
        for b in range(a, len(text) + 1):
            conn.send(frame(TEXT, text[:a], fin=0) + frame(CONT, text[a:b], fin=0) + frame(CONT, text[b:]))
            conn.expect(TEXT, text)
    conn.finish()
    made.exits(0)


# Each with the offset of the first byte after which nothing can make it valid.
IMPOSSIBLE = {
    "a lone continuation byte 80": (b"\x80", 0),
    "a lone continuation byte BF": (b"\xbf", 0),
    "two continuation bytes": (b"\x80\xbf", 0),
    "all continuation bytes": (bytes(range(0x80, 0xC0)), 0),
    "a start of two, then a blank": (b"\xc2 ", 1),
    "a start of three, then a blank": (b"\xe1 ", 1),
    "two of three, then a blank": (b"\xe1\x80 ", 2),
    "a start of four, then a blank": (b"\xf1 ", 1),
    "two of four, then a blank": (b"\xf1\x80 ", 2),
    "three of four, then a blank": (b"\xf1\x80\x80 ", 3),
    "a start after a start": (b"\xc2\xc2\x80", 1),
    "three of four, then a start": (b"\xf1\x80\x80\xe1\x80\x80", 3),
    "C0": (b"\xc0\x80", 0),
    "C1": (b"\xc1\xbf", 0),
    "overlong slash in two bytes": (b"\xc0\xaf", 0),
    "overlong slash in three bytes": (b"\xe0\x80\xaf", 1),
    "overlong slash in four bytes": (b"\xf0\x80\x80\xaf", 1),
    "overlong slash in five bytes": (b"\xf8\x80\x80\x80\xaf", 0),
    "overlong slash in six bytes": (b"\xfc\x80\x80\x80\x80\xaf", 0),
    "overlong U+07FF": (b"\xe0\x9f\xbf", 1),
    "overlong U+FFFF": (b"\xf0\x8f\xbf\xbf", 1),
    "overlong U+0000 in three bytes": (b"\xe0\x80\x80", 1),
    "overlong U+0000 in four bytes": (b"\xf0\x80\x80\x80", 1),
    "U+D800, a high surrogate": (b"\xed\xa0\x80", 1),
    "U+DB7F": (b"\xed\xad\xbf", 1),
    "U+DBFF": (b"\xed\xaf\xbf", 1),
    "U+DC00, a low surrogate": (b"\xed\xb0\x80", 1),
    "U+DFFF": (b"\xed\xbf\xbf", 1),
    "a surrogate pair": (b"\xed\xa0\x80\xed\xb0\x80", 1),
    "U+110000": (b"\xf4\x90\x80\x80", 1),
    "U+13FFFF": (b"\xf4\xbf\xbf\xbf", 1),
    "U+140000": (b"\xf5\x80\x80\x80", 0),
    "U+1FFFFF": (b"\xf7\xbf\xbf\xbf", 0),
    "U+200000 in five bytes": (b"\xf8\x88\x80\x80\x80", 0),
    "U+3FFFFFF in five bytes": (b"\xfb\xbf\xbf\xbf\xbf", 0),
    "U+4000000 in six bytes": (b"\xfc\x84\x80\x80\x80\x80", 0),
    "U+7FFFFFFF in six bytes": (b"\xfd\xbf\xbf\xbf\xbf\xbf", 0),
    "FE": (b"\xfe", 0),
    "FF": (b"\xff", 0),
    "FE FE FF FF": (b"\xfe\xfe\xff\xff", 0),
}

for _name, (_text, _at) in IMPOSSIBLE.items():

    @case(f"6 invalid UTF-8: {_name}")
    def invalid(t, text=_text):
        fails(t, b"\x81\x02ok" + frame(TEXT, NOTE + text + b"edited"), 1007, before=[(TEXT, b"ok")])

    @case(f"6 invalid UTF-8 in fragments of a byte: {_name}")
    def invalid_fragments(t, text=_text):
        fails(t, fragments(TEXT, NOTE + text, 1), 1007)

    @case(f"6 invalid UTF-8 fails inside an unfinished frame: {_name}")
    def invalid_early(t, text=_text, at=_at):
        made, conn = session(t)
        whole = frame(TEXT, NOTE + text[: at + 1] + b"x" * 3000)
        sent = 4 + len(NOTE) + at + 1  # a header of four bytes
        conn.send(whole[: sent - 1])
        conn.quiet(0.02)  # so far all may still become valid
        conn.send(whole[sent - 1 : sent])
        conn.expect_close(1007)
        conn.send(whole[sent:])
        conn.fin()
        conn.expect_eof()
        made.exits(65)
        made.says("UTF-8")


INCOMPLETE = {
    "one of two bytes": b"\xc2",
    "one of three bytes": b"\xe1",
    "two of three bytes": b"\xe1\x80",
    "one of four bytes": b"\xf0",
    "two of four bytes": b"\xf0\x90",
    "three of four bytes": b"\xf0\x90\x80",
    "two of U+D7FF": b"\xed\x9f",
    "three of U+10FFFF": b"\xf4\x8f\xbf",
}

for _name, _text in INCOMPLETE.items():

    @case(f"6 a message that ends inside a character: {_name}")
    def incomplete(t, text=_text):
        fails(t, frame(TEXT, NOTE + text), 1007)

    @case(f"6 a message that ends inside a character, by an empty last fragment: {_name}")
    def incomplete_fragment(t, text=_text):
        fails(t, [frame(TEXT, NOTE + text, fin=0), b"\x80\x00"], 1007)

    @case(f"6 a character does not go on in the next message: {_name}")
    def not_across(t, text=_text):
        fails(t, b"\x81\x02ok" + frame(TEXT, text) + frame(TEXT, b"\x80"), 1007, before=[(TEXT, b"ok")])


@case("6 invalid UTF-8 in a later fragment fails before the message ends")
def later_fragment(t):
    made, conn = session(t)
    conn.send(frame(TEXT, NOTE, fin=0))
    conn.send(frame(CONT, b"\xf4\x90\x80\x80", fin=0))
    ends_failed(made, conn, 1007)


@case("6 invalid UTF-8 in the next byte after a split character fails at once")
def split_character(t):
    made, conn = session(t)
    conn.send(frame(TEXT, NOTE + b"\xf4", fin=0))
    conn.quiet(0.02)
    conn.send(b"\x00\x7e\x04\x00" + b"\x90")
    ends_failed(made, conn, 1007)


@case("6 binary messages may hold invalid UTF-8")
def binary_free(t):
    data = b"\xff\xfe\xed\xa0\x80\xc0"
    echoes(t, frame(2, data), (2, data))


@case("6 invalid UTF-8 far inside a large message fails there")
def far_inside(t):
    made, conn = session(t)
    conn.send(frame(TEXT, b"a" * 300_000 + b"\xff" + b"a" * 300_000)[: 10 + 300_001])
    conn.expect_close(1007)
    conn.fin()
    conn.expect_eof()
    made.exits(65)
