"""The pipe contract: stdin becomes messages, messages become stdout, and nothing is lost in between."""

import base64
import os
import subprocess
import threading

from events import named, single
from frames import BINARY, CLOSE, CONT, PING, PONG, TEXT, close, fragments, frame
from judge import MIB, same
from program import COMMAND, PIPE
from rawserver import Unmet
from runner import case


def sends(t, stdin, *messages, args=(), code=1000, status=0):
    """These messages go out for that stdin, in order, then a Close."""
    made, conn = t.open(*args, stdin=stdin)
    for opcode, payload in messages:
        conn.expect(opcode, payload)
    conn.answer_close(code)
    made.exits(status)
    return made


def text(*payloads):
    return [(TEXT, p) for p in payloads]


def binary(*payloads):
    return [(BINARY, p) for p in payloads]


def receives(t, data, out, *args):
    """These frames of the server print that on stdout."""
    made, conn = t.open("-n", *args)
    conn.send(data)
    conn.finish()
    made.exits(0)
    made.prints(out)


# -- stdin -------------------------------------------------------------------------------------------


@case("pipe: each line is one text message, an empty line too, the last without its newline")
def lines(t):
    sends(t, b"one\n\ntwo words\n\xe2\x82\xac\nlast", *text(b"one", b"", b"two words", "€".encode(), b"last"))


@case("pipe: CR before the newline is kept, dropped with --crlf")
def crlf(t):
    sends(t, b"a\r\nb\n", *text(b"a\r", b"b"))
    sends(t, b"a\r\nb\nc\rd\r\n", *text(b"a", b"b", b"c\rd"), args=["--crlf"])


@case("pipe: --eol ends each message with its byte, -e and parts included")
def eol(t):
    sends(t, b"a\n\n", *text(b"a\0", b"\0"), args=["--eol", "nul"])
    sends(t, b"", *text(b"b\x1e"), args=["--eol", "rs", "-e", "b"])
    sends(t, b"c", *binary(b"c\n"), args=["--eol", "nl", "--whole", "-b"])
    sends(t, b"d\n", *text(b"d"), args=["--eol", "none"])


@case("pipe: an empty stdin sends nothing")
def nothing(t):
    sends(t, b"")


@case("pipe: -b sends binary messages")
def as_binary(t):
    sends(t, b"a\xff\nb\n", *binary(b"a\xff", b"b"), args=["-b"])


@case("pipe: -0 separates by NUL both ways")
def nul(t):
    made, conn = t.open("-0", stdin=b"a\nb\0c\0d")
    for payload in (b"a\nb", b"c", b"d"):
        conn.expect(TEXT, payload)
    conn.send(frame(TEXT, b"x\ny") + frame(TEXT, b"z"))
    conn.answer_close()
    made.exits(0)
    made.prints(b"x\ny\0z\0")


@case("pipe: --hex decodes lines to binary messages, prints digits")
def hexadecimal(t):
    made, conn = t.open("--hex", stdin=b"00ff\nDEADbeef\n\n")
    for payload in (b"\x00\xff", b"\xde\xad\xbe\xef", b""):
        conn.expect(BINARY, payload)
    conn.send(frame(BINARY, b"\x00\x0a\xff") + frame(TEXT, b"Hi"))
    conn.answer_close()
    made.exits(0)
    if not made.out.startswith(b"000aff\n"):
        raise Unmet(f"stdout is {made.out!r}")


@case("pipe: --base64 decodes lines to binary messages, prints with padding")
def base64_lines(t):
    made, conn = t.open("--base64", stdin=b"aGVsbG8=\nAA==\n")
    conn.expect(BINARY, b"hello")
    conn.expect(BINARY, b"\0")
    conn.send(frame(BINARY, b"\xff\xfe") + frame(BINARY, b"abc"))
    conn.answer_close()
    made.exits(0)
    made.prints(b"//4=\nYWJj\n")


@case("pipe: --base64 of a message in parts is one encoding")
def base64_parts(t):
    data = os.urandom(3 * MIB + 1)
    receives(t, fragments(BINARY, data, 100_000), base64.b64encode(data) + b"\n", "--base64")


BAD_LINES = {
    "--hex": (b"00\n01\nzz\n02\n", [b"\x00", b"\x01"], "3"),
    "--hex odd": (b"00\n012\n", [b"\x00"], "2"),
    "--base64": (b"AA==\n!!!!\nAA==\n", [b"\x00"], "2"),
    "--base64 padding": (b"AA==\nAA\n", [b"\x00"], "2"),
}

for _name, (_stdin, _sent, _line) in BAD_LINES.items():

    @case(f"pipe: a bad line of {_name}: what precedes is sent, exit 1 with its number")
    def bad_line(t, option=_name.split()[0], stdin=_stdin, sent=_sent, line=_line):
        made, conn = t.open(option, stdin=stdin)
        for payload in sent:
            conn.expect(BINARY, payload)
        opcode, _ = conn.next("a Close")
        same(opcode, CLOSE)
        conn.send(close(1000))
        conn.fin()
        conn.expect_eof()
        made.exits(1)
        made.says(rf"line {line}\b")


@case("pipe: --whole sends all of stdin as one message, newlines and all")
def whole(t):
    sends(t, b"a\nb\n", *text(b"a\nb\n"), args=["--whole"])


@case("pipe: --whole of an empty stdin is an empty message")
def whole_empty(t):
    sends(t, b"", *text(b""), args=["--whole"])


@case("pipe: --whole beyond 1 MiB goes out in fragments before stdin has ended")
def whole_streams(t):
    made, conn = t.open("--whole", "-b", "--no-compress", stdin=PIPE)
    data = os.urandom(5 * MIB)
    seen = threading.Event()
    _writer(made, data, 4 * MIB, seen)
    first = conn.frame("the first fragment, with stdin still open")
    same((first.opcode, first.fin), (BINARY, 0))
    seen.set()
    got = [first.payload]
    while True:
        more = conn.frame()
        same(more.opcode, CONT)
        got.append(more.payload)
        if more.fin:
            break
    if b"".join(got) != data:
        raise Unmet("the fragments are not the bytes of stdin")
    conn.answer_close()
    made.exits(0)


def _writer(made, data, pause_at, go_on):
    """Writes data to stdin beside whoever reads the socket, the part from pause_at on only after go_on, then ends it."""
    def write():
        made.write(data[:pause_at])
        go_on.wait()
        made.write(data[pause_at:])
        made.end()

    threading.Thread(target=write, daemon=True).start()


@case("pipe: --whole of up to 1 MiB is one frame")
def whole_single(t):
    data = b"0123456789abcde\n" * 4096
    made, conn = t.open("--whole", "--no-compress", stdin=data)
    only = conn.frame()
    same((only.opcode, only.fin, only.payload == data), (TEXT, 1, True))
    conn.answer_close()
    made.exits(0)


@case("pipe: --chunk sends every SIZE bytes as one binary message, the rest too")
def chunks(t):
    data = bytes(range(256)) * 10 + b"rest"
    pieces = [data[i : i + 1024] for i in range(0, len(data), 1024)]
    sends(t, data, *binary(*pieces), args=["--chunk", "1k"])


@case("pipe: a redirected file is read as stdin")
def redirected(t):
    path = os.path.join(t.folder(), "in")
    with open(path, "wb") as file:
        file.write(b"".join(b"%d\n" % i for i in range(5000)))
    with open(path, "rb") as file:
        process = subprocess.Popen(COMMAND + [t.url], stdin=file, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with process:
            try:
                conn = t.accept()
                conn.open()
                for i in range(5000):
                    conn.expect(TEXT, b"%d" % i)
                conn.answer_close()
                same(process.wait(10), 0)
            finally:
                process.kill()


@case("pipe: a line without an end is sent whole, 3 MiB of it")
def long_line(t):
    data = b"x" * (3 * MIB)
    made, conn = t.open(stdin=data + b"\nshort\n")
    conn.expect(TEXT, data)
    conn.expect(TEXT, b"short")
    conn.answer_close()
    made.exits(0)


# -- -e, --on-connect --------------------------------------------------------------------------------


@case("pipe: --on-connect is sent first, then -e in order, then stdin")
def sent_first(t):
    sends(t, b"stdin\n", *text(b"hello", b"one", b"two", b"stdin"),
          args=["-e", "one", "--send", "two", "--on-connect", "hello"])


@case("pipe: -e @FILE and @- send a file's and stdin's bytes as one message")
def send_file(t):
    path = os.path.join(t.folder(), "m")
    with open(path, "wb") as file:
        file.write(b"a\nb\n")
    sends(t, b"x\ny\n", *text(b"a\nb\n", b"x\ny\n"), args=["-e", f"@{path}", "-e", "@-"])


@case("pipe: -e @FILE that can't be read is a usage error")
def send_missing(t):
    made = t.start("-e", "@/nonexistent/m", t.url, stdin=b"")
    made.exits(2)
    made.says("/nonexistent/m")
    if t.listener.waiting():
        raise Unmet("it connected all the same")


@case("pipe: -n does not read stdin, listens and prints")
def listens(t):
    made, conn = t.open("-n", "-e", "subscribe", stdin=b"not this\n")
    conn.expect(TEXT, b"subscribe")
    conn.quiet(0.7)  # longer than the quiet time: without stdin there is no end of stdin
    conn.send(frame(TEXT, b"update"))
    conn.finish()
    made.exits(0)
    made.prints(b"update\n")


# -- stdout ------------------------------------------------------------------------------------------


@case("pipe: each message is followed by a newline, as it came")
def plain(t):
    receives(t, frame(TEXT, b"a\nb") + frame(TEXT, b"") + frame(BINARY, b"\x00\xff") + frame(TEXT, "é".encode()),
             b"a\nb\n\n\x00\xff\n\xc3\xa9\n")


@case("pipe: --no-delimiter adds nothing")
def no_delimiter(t):
    receives(t, frame(TEXT, b"a") + frame(BINARY, b"\0\n") + frame(TEXT, b"b"), b"a\0\nb", "--no-delimiter")


@case("pipe: --escape prints a message on one line")
def escape(t):
    receives(t, frame(TEXT, b"a\nb") + frame(TEXT, b"c\\d"), b"a\\nb\nc\\\\d\n", "--escape")


@case("pipe: --hex prints lower-case digits, a message a line")
def hex_out(t):
    receives(t, frame(BINARY, b"\xde\xad") + frame(BINARY, b""), b"dead\n\n", "--hex")


@case("pipe: a message over 1 MiB is printed as it comes, before its end")
def large_streams(t):
    made, conn = t.open("-n")
    data = b"0123456789abcdef" * (3 * MIB // 16)
    conn.send(frame(TEXT, data[: 2 * MIB], fin=0))
    made.await_out(lambda out: len(out) >= MIB, "the first part of an unfinished message on stdout")
    conn.send(frame(CONT, data[2 * MIB:]))
    conn.finish()
    made.exits(0)
    made.prints(data + b"\n")


@case("pipe: a large message that turns out invalid: the parts stay, the exit code says so")
def large_invalid(t):
    made, conn = t.open("-n")
    conn.send(frame(TEXT, b"a" * (2 * MIB), fin=0))
    made.await_out(lambda out: len(out) >= MIB, "the first part of an unfinished message on stdout")
    conn.send(frame(CONT, b"\xff"))
    conn.expect_failed(1007)
    made.exits(65)


@case("pipe: nothing but messages on stdout, nothing of messages on stderr")
def apart(t):
    made, conn = t.open("-n", "-i", "-v")
    conn.send(frame(TEXT, b"the-message"))
    conn.finish()
    made.exits(0)
    made.prints(b"the-message\n")
    if "the-message" in made.err:
        raise Unmet("the message stands on stderr too")
    made.says("101 Switching Protocols", "Sec-WebSocket-Key")


@case("pipe: -q prints data and errors only")
def quiet(t):
    made, conn = t.open("-n", "-q")
    conn.send(frame(TEXT, b"data"))
    conn.finish()
    made.exits(0)
    made.prints(b"data\n")
    same(made.err, "")


@case("pipe: by default opening and closing are reported on stderr")
def told(t):
    made, conn = t.open("-n")
    conn.finish(1001, b"going home")
    made.exits(0)
    made.says("127\\.0\\.0\\.1", "1001", "going home")


# -- --echo ------------------------------------------------------------------------------------------


@case("pipe: --echo sends every message back, prints none of them, reads no stdin")
def echo(t):
    made, conn = t.open("--echo", stdin=b"not this\n")
    conn.send(frame(TEXT, b"text") + fragments(BINARY, b"\x00\x01\x02", 1) + frame(TEXT, b""))
    conn.expect(TEXT, b"text")
    conn.expect(BINARY, b"\x00\x01\x02")
    conn.expect(TEXT, b"")
    conn.finish()
    made.exits(0)
    made.prints(b"")


@case("pipe: --echo echoes what came before a violation, then fails")
def echo_violation(t):
    made, conn = t.open("--echo", "--no-compress")
    conn.send(frame(TEXT, b"good") + frame(TEXT, b"bad", rsv=2))
    conn.expect(TEXT, b"good")
    conn.expect_failed(1002)
    made.exits(65)


@case("pipe: --echo of 8 MiB streams")
def echo_large(t):
    data = os.urandom(MIB) * 8
    made, conn = t.open("--echo", "--no-compress")
    conn.send(frame(BINARY, data))
    conn.expect(BINARY, data)
    conn.finish()
    made.exits(0)


def write_whole(conn, data):
    """Send without reading anything meanwhile, as a peer may."""
    conn.sock.settimeout(conn.left("the message was read"))
    conn.sock.sendall(data)


@case("pipe: --echo reads a message of 16 MiB from a peer that writes all of it before it reads", seconds=30)
def echo_written_first(t):
    data = os.urandom(MIB) * 16
    made, conn = t.open("--echo", "--no-compress")
    write_whole(conn, frame(BINARY, data))
    conn.expect(BINARY, data)
    conn.finish()
    made.exits(0)


@case("pipe: --echo stops reading at --max-message bytes that wait, and goes on once they are read", seconds=30)
def echo_bounded(t):
    piece = frame(BINARY, os.urandom(MIB))
    made, conn = t.open("--echo", "--no-compress", "--max-message", "2M")
    sent = conn.send_until_full(piece, 0.5, 64 * MIB)
    if sent > 48 * MIB:
        raise Unmet(f"{sent} bytes were read before any was taken")


# -- throughput and order ----------------------------------------------------------------------------


@case("pipe: ten thousand lines through an echo come back in order", seconds=30)
def many(t):
    count = 10_000
    stdin = b"".join(b"line %d\n" % i for i in range(count))
    made, conn = t.open(stdin=stdin)
    for i in range(count):
        conn.expect(TEXT, b"line %d" % i)
        if i % 100 == 99:
            conn.send(b"".join(frame(TEXT, b"line %d" % j) for j in range(i - 99, i + 1)))
    conn.answer_close()
    made.exits(0)
    made.prints(stdin)


@case("pipe: the totals of the summary are right")
def totals(t):
    made, conn = t.open("--json", stdin=b"abc\nde\n")
    conn.expect(TEXT, b"abc")
    conn.expect(TEXT, b"de")
    conn.send(frame(TEXT, b"xyz") + frame(PING, b""))
    conn.expect(PONG, b"")
    conn.answer_close()
    made.exits(0)
    events = made.json()
    same([(e["dir"], e["text"]) for e in named(events, "message")], [("out", "abc"), ("out", "de"), ("in", "xyz")])
    total = single(events, "summary")
    same({k: total.get(k) for k in ("messages_in", "messages_out", "pings_in", "pongs_out", "connections", "violations")},
         {"messages_in": 1, "messages_out": 2, "pings_in": 1, "pongs_out": 1, "connections": 1, "violations": 0})
