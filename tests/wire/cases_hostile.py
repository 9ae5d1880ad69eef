"""Peers that mean harm: floods, lies about sizes, endless answers, bytes that drive a terminal."""

import os
import re
import select

from cases_opening import lacks
from events import single
from frames import BINARY, PING, PONG, TEXT, frame
from judge import MIB, bounded, lives, same, violates
from program import COMMAND, NULL, TTY
from rawserver import Ended, Unmet, response
from runner import Skip, case
import tls_material


@case("hostile: a ping flood is answered in bounded memory", seconds=30)
def ping_flood(t):
    made = t.start("-n", t.url)
    conn = t.accept(sndbuf=1 << 16)
    conn.open()
    piece = frame(PING, b"p" * 125) * 64
    total = conn.send_until_full(piece, 0.5, 64 * MIB)  # the pongs are not read meanwhile
    bounded(made, 32 * MIB)
    if total % len(piece):
        conn.send(piece[total % len(piece):])
    conn.send(frame(PING, b"last"))
    answered = 0
    while True:
        opcode, payload = conn.next("the pong to the last ping")
        same(opcode, PONG)
        answered += 1
        if payload == b"last":
            break
    conn.finish()
    made.exits(0)


SIZES = {
    "2^63-1": (b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", (1009,), 63),
    "2^64-1": (b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", (1002, 1009), 65),
    "2^63": (b"\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00", (1002, 1009), 65),
}

for _name, (_bytes, _codes, _exit) in SIZES.items():

    @case(f"hostile: a length of {_name} is refused at its header")
    def huge(t, data=_bytes, codes=_codes, status=_exit):
        violates(t, data, codes, exits=status, words=["."])


@case("hostile: fragment sizes whose sum overflows 64 bits are refused")
def overflow(t):
    violates(t, b"\x02\x01x" + b"\x00\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", (1009,), exits=63)


@case("hostile: a hundred thousand empty fragments take no memory", seconds=30)
def empty_fragments(t):
    made, conn = t.open("-n")
    conn.send(b"\x01\x00" + b"\x00\x00" * 100_000 + b"\x89\x00")
    try:
        opcode, body = conn.next("a pong, or a Close 1009")
    except Ended as end:
        raise Unmet("neither a pong nor a Close 1009") from end
    bounded(made, 32 * MIB)
    if opcode == PONG:
        conn.send(b"\x80\x02ok")
        conn.finish()
        made.exits(0)
        made.prints(b"ok\n")
    else:
        same(body[:2], b"\x03\xf1")
        conn.fin()
        conn.expect_eof()
        made.exits(63)


@case("hostile: an endless head is cut off, in bounded memory", seconds=30)
def endless_head(t):
    made = t.start("-n", "--connect-timeout", "20", t.url)
    conn = t.accept()
    conn.request()
    line = b"X-Filler: " + b"a" * 1000 + b"\r\n"
    conn.send(b"HTTP/1.1 101 Switching Protocols\r\n")
    try:
        for _ in range(16):
            conn.send(line * 1000)
    except (Ended, Unmet):
        pass
    else:
        raise Unmet("16 MiB of head were taken without a word")
    made.exits(22)
    made.says("head|header")


@case("hostile: an endless header line is cut off too")
def endless_line(t):
    made = t.start("-n", "--connect-timeout", "20", t.url)
    conn = t.accept()
    conn.request()
    conn.send(b"HTTP/1.1 101 Switching Protocols\r\nX: ")
    try:
        for _ in range(16):
            conn.send(b"a" * MIB)
    except (Ended, Unmet):
        pass
    else:
        raise Unmet("16 MiB of one line were taken without a word")
    made.exits(22)


@case("hostile: an endless body of a refusal is cut off: 64 KiB in the event", seconds=30)
def endless_body(t):
    made = t.start("-n", "--json", "--connect-timeout", "5", t.url)
    conn = t.accept()
    conn.request()
    conn.send(b"HTTP/1.1 503 Busy\r\n\r\n")
    try:
        for _ in range(64):
            conn.send(b"b" * MIB)
    except (Ended, Unmet):
        pass
    conn.fin()
    made.exits(22, 28)
    body = single(made.json(), "response")["body"]
    if len(body) > 65536:
        raise Unmet(f"{len(body)} bytes of body were kept")


def dribble(t, conn, data):
    """One byte whenever the client has been silent for a moment, until it hangs up."""
    for i in range(len(data)):
        try:
            conn.send(data[i : i + 1])
        except Ended:
            return
        if select.select([conn.sock], [], [], 0.02)[0]:
            return
    raise Unmet("the client waited for all of it")


@case("hostile: a head that drips in is ended by --connect-timeout, exit 28")
def dripping_head(t):
    made = t.start("-n", "--connect-timeout", "0.5", t.url)
    conn = t.accept()
    conn.request()
    dribble(t, conn, b"HTTP/1.1 101 Switching Protocols\r\nX: " + b"y" * 500)
    made.exits(28)
    made.says("timed? ?out|0\\.5|time-out")


@case("hostile: a message that drips in is no reason to give up")
def dripping_message(t):
    made, conn = t.open("-n")
    for byte in b"\x81\x05Hello":
        conn.send(bytes([byte]))
        conn.quiet(0.02)
    conn.finish()
    made.exits(0)
    made.prints(b"Hello\n")


@case("hostile: a head in single bytes is understood")
def head_split(t):
    made = t.start("-n", t.url)
    conn = t.accept()
    asked = conn.request()
    conn.send(response(asked) + b"\x81\x02hi", chop=1)
    conn.finish()
    made.exits(0)
    made.prints(b"hi\n")


for _bad in ("X-A: b\r\nX-Evil: 1", "X-A: b\nX-Evil: 1", "X-A\r: b", "X A: b", "no colon", ": empty name"):

    @case(f"hostile: header option {_bad!r} is refused")
    def bad_header(t, bad=_bad):
        made = t.start("-n", "-H", bad, t.url)
        made.exits(2)
        made.says("-H|header")
        if t.listener.waiting():
            raise Unmet("it connected all the same")


for _option in ("--cookie", "--user-agent", "--origin", "--bearer"):

    @case(f"hostile: CR LF in {_option} is refused")
    def bad_identity(t, option=_option):
        made = t.start("-n", option, "http://a\r\nX-Evil: 1", t.url)
        made.exits(2)
        made.says(option)


@case("hostile: a redirect does not carry credentials elsewhere")
def redirect(t):
    lacks(t, "--location")
    other = t.listen()
    made = t.start("-n", "-L", "-u", "me:secret", "--cookie", "a=secret", t.url)
    conn = t.accept()
    conn.request()
    conn.send(f"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:{other.port}/\r\nContent-Length: 0\r\n\r\n".encode())
    second = other.accept(t.deadline)
    asked = second.open()
    same((asked.all("Authorization"), asked.all("Cookie")), ([], []))
    second.finish()
    made.exits(0)


# -- terminals ---------------------------------------------------------------------------------------

EVIL = {
    "OSC 52": b"\x1b]52;c;aGFjaw==\x07",
    "CSI": b"\x1b[2J\x1b[31m",
    "C0": b"\x00\x05\x08\x0e\x0f",
    "DEL": b"\x7f",
    "C1 in UTF-8": "\u0090\u009b31m\u009d".encode(),
    "bidi controls": "\u202e\u2066\u2069\u200f".encode(),
    "a carriage return": b"honest\rforged",
}

# What a terminal must never see: controls other than tab and line ends, C1, bidi controls.
DRIVES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u0080-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c\ufffd]")


def unharmed(made, *pieces):
    """The terminal got nothing that drives it, and the words around it are there."""
    try:
        screen = bytes(made.screen.data).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unmet(f"bytes that are not UTF-8 reached the terminal: {error}") from None
    found = DRIVES.search(screen)
    if found:
        around = screen[max(0, found.start() - 30) : found.end() + 30]
        raise Unmet(f"{found.group()!r} reached the terminal: {around!r}")
    if re.search("\r(?!\n)", screen):
        raise Unmet(f"a bare carriage return reached the terminal: {screen!r}")
    for piece in pieces:
        if piece not in screen:
            raise Unmet(f"{piece!r} is not on the terminal: {screen!r}")


ON_TERMINAL = dict(stdin=NULL, stdout=TTY, stderr=TTY, env={"NO_COLOR": "1"})


for _name, _bytes in EVIL.items():

    @case(f"hostile: {_name} in a message is shown escaped on a terminal")
    def evil_text(t, data=_bytes):
        made, conn = t.open("-n", "-vv", **ON_TERMINAL)
        conn.send(frame(TEXT, b"before" + data + b"after"))
        conn.finish()
        made.exits(0)
        unharmed(made, "before", "after")


for _name, _bytes in EVIL.items():

    @case(f"hostile: {_name} in a close reason is shown escaped on a terminal")
    def evil_reason(t, data=_bytes):
        made, conn = t.open("-n", **ON_TERMINAL)
        conn.finish(4000, b"before" + data + b"after")
        made.exits(8)
        unharmed(made, "before", "after")


@case("hostile: controls in a response header and an error body are shown escaped on a terminal")
def evil_response(t):
    made = t.start("-n", "-i", t.url, **ON_TERMINAL)
    conn = t.accept()
    conn.request()
    evil = b"\x1b]0;title\x07\x1b[2J\x9b31m\xe2\x80\xae\x7f"
    body = b"body-before" + b"".join(EVIL.values()) + evil + b"body-after"
    conn.send(b"HTTP/1.1 403 No\x1b[5mWay\r\nX-Evil: head-before" + evil + b"head-after\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    conn.fin()
    made.exits(22)
    unharmed(made, "403", "body-before")


@case("hostile: controls in the subprotocol, ping payloads and invalid binary are shown escaped on a terminal")
def evil_elsewhere(t):
    made, conn = t.open("-n", "-P", "-vvv", **ON_TERMINAL)
    conn.send(frame(PING, b"ping\x1b[31m") + frame(BINARY, bytes(range(256))) + frame(PONG, b"\x9bpong\x1b]0;x\x07"))
    conn.expect(PONG, b"ping\x1b[31m")
    conn.finish()
    made.exits(0)
    unharmed(made, "ping")


@case("hostile: controls in a certificate's name are shown escaped on a terminal")
def evil_certificate(t):
    material = tls_material.of(t)
    made = t.start("-n", "-v", "--cacert", material.ca, f"wss://localhost:{t.port}/", **ON_TERMINAL)
    conn = t.accept()
    try:
        conn.start_tls(material.server("escapes"))
        conn.fill("an alert")
    except (OSError, AssertionError):
        pass
    made.exits(60)
    unharmed(made, "evil")


@case("hostile: controls in --json on a terminal are escaped too")
def evil_json(t):
    made, conn = t.open("-n", "--json", **ON_TERMINAL)
    conn.send(frame(TEXT, b"before" + b"".join(EVIL.values()) + b"after"))
    conn.finish()
    made.exits(0)
    unharmed(made, "before", "after")


@case("hostile: a pipe gets the bytes as they came")
def evil_pipe(t):
    data = b"".join(EVIL.values())
    lives(t, frame(TEXT, data), out=data + b"\n")


# -- secrets -----------------------------------------------------------------------------------------

SECRETS = ["pass-w0rd", "cook-ie7", "tok-en8", "c3VlOnBhc3MtdzByZA==", "set-c00kie", "bear-er9"]
SECRET_QUERY = "/feed?access_token=tok-en8&x=1"


def with_secrets(t, *args):
    made = t.start("-n", *args, "--cookie", "id=cook-ie7", f"ws://sue:pass-w0rd@127.0.0.1:{t.port}{SECRET_QUERY}")
    conn = t.accept()
    asked = conn.open("Set-Cookie: sid=set-c00kie\r\n")
    same((asked.one("Cookie"), asked.target), ("id=cook-ie7", SECRET_QUERY))
    with open(f"/proc/{made.process.pid}/cmdline", "rb") as file:
        arguments = file.read()
    conn.finish()
    made.exits(0)
    return made, arguments


for _args in (["-i"], ["-v"], ["-vvv"], ["--json"], ["--json", "-vv"]):

    @case(f"hostile: secrets are redacted with {' '.join(_args)}")
    def redacted(t, args=_args):
        made, _ = with_secrets(t, *args)
        everything = made.err + made.out.decode()
        for secret in SECRETS:
            if secret in everything:
                raise Unmet(f"{secret!r} is shown")
        if "redacted, " not in everything and args != ["-v"]:
            raise Unmet("nothing says that something was redacted")


@case("hostile: redaction shows the length, and --show-secrets shows")
def redacted_length(t):
    made, _ = with_secrets(t, "-i")
    made.says(r"Cookie: .redacted, 11 bytes", r"access_token=.redacted, 7 bytes", r"x=1")
    made, _ = with_secrets(t, "-i", "--show-secrets")
    made.says("id=cook-ie7", "tok-en8", "set-c00kie")


@case("hostile: secrets do not appear in the process's arguments")
def hidden_arguments(t):
    if len(COMMAND) > 1:
        raise Skip("what wraps the program has arguments of its own")
    _, arguments = with_secrets(t)
    for secret in ("pass-w0rd", "cook-ie7", "tok-en8"):
        if secret.encode() in arguments:
            raise Unmet(f"{secret!r} can be read in /proc/PID/cmdline")
    made = t.start("-n", "--bearer", "bear-er9", "-H", "Authorization: x-bear-er9", t.url)
    conn = t.accept()
    conn.open()
    with open(f"/proc/{made.process.pid}/cmdline", "rb") as file:
        if b"bear-er9" in file.read():
            raise Unmet("the bearer token can be read in /proc/PID/cmdline")
    conn.finish()
    made.exits(0)


@case("hostile: secrets are not in an error about the URL")
def url_error(t):
    made = t.start("-n", "ws://sue:pass-w0rd@127.0.0.1:99999/")
    made.exits(2)
    made.silent("pass-w0rd")
    made = t.start("-n", "ws://sue:pass-w0rd@127.0.0.1:1/")
    made.exits(7)
    made.silent("pass-w0rd")


# -- outputs that fail -------------------------------------------------------------------------------


@case("hostile: a full disk under stdout is reported, and the connection closed")
def enospc(t):
    if not os.path.exists("/dev/full"):
        return
    made, conn = t.open("-n", stdout=open("/dev/full", "wb"))  # pylint: disable=consider-using-with
    conn.send(frame(TEXT, b"x" * 1000))
    conn.next("a Close")
    conn.fin()
    made.exits(1)
    made.says("no space|full|write")
