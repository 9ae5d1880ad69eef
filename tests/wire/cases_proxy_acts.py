"""wscope proxy: rules and faults act, and the receiver can still read and inflate all that follows."""

import random
import threading
import zlib

from frames import BINARY, CLOSE, PING, TEXT, frame
from proxied import Control, Scene, deflated, up
from rawserver import Unmet
from runner import case

DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate\r\n"
LINES = [b"line %d of a text that is much like the other lines of the text" % i for i in range(8)]


def packed(lines, mask=None):
    deflater = zlib.compressobj(wbits=-15)
    return [frame(TEXT, deflated(deflater, line), rsv=4, mask=mask) for line in lines]


ACTIONS = (
    ("drop", LINES[:3] + LINES[4:]),
    ("dup", LINES[:4] + LINES[3:]),
    ("replace other", [*LINES[:3], b"other", *LINES[4:]]),
    ("sub /line/word/", [*LINES[:3], LINES[3].replace(b"line", b"word"), *LINES[4:]]),
    ("inject up new", [*LINES[:3], b"new", *LINES[3:]]),
    ("inject down new", LINES),
)


def register_action(action, wanted):
    @case(f"proxy: {action} in a compressed stream: the receiver inflates what follows")
    def acted(t):
        scene = Scene(t, "--rule", f"up message 4 -> {action}")
        client, server = scene.open(ask=DEFLATE, answer=DEFLATE)
        client.send(b"".join(packed(LINES, b"abcd")))
        inflater = zlib.decompressobj(wbits=-15)
        for line in wanted:
            server.expect_message(TEXT, line, inflater)
        if action == "inject down new":
            client.expect_message(TEXT, b"new")
        # The other direction has not been changed.
        back = b"".join(packed(LINES))
        server.send(back)
        client.expect(back)


for _row in ACTIONS:
    register_action(*_row)


@case("proxy: set leaves all other bytes of a compressed message")
def set_value(t):
    scene = Scene(t, "--rule", "down json /op = old -> set /op new")
    client, server = scene.open(ask=DEFLATE, answer=DEFLATE)
    text = b'{ "n" : 1.0, "op" :\t"%s", "x":[ ] }'
    server.send(b"".join(packed([LINES[0], text % b"old", LINES[1]])))
    inflater = zlib.decompressobj(wbits=-15)
    for wanted in (LINES[0], text % b"new", LINES[1]):
        client.expect_message(TEXT, wanted, inflater)


@case("proxy: a dropped message of 3 MiB leaves nothing behind", seconds=40)
def drop_large(t):
    noise = random.Random(5).randbytes(3 << 20)
    for ask in ("", DEFLATE):
        scene = Scene(t, "--rule", "up binary -> drop")
        client, server = scene.open(ask=ask, answer=ask)
        deflater = zlib.compressobj(wbits=-15)
        if ask:
            data = b"".join(up(op, deflated(deflater, text), rsv=4) for op, text in ((TEXT, LINES[0]), (BINARY, noise), (TEXT, LINES[1])))
        else:
            data = up(TEXT, LINES[0]) + up(BINARY, noise) + up(TEXT, LINES[1])
        thread = threading.Thread(target=client.send, args=(data,), daemon=True)
        thread.start()
        inflater = zlib.decompressobj(wbits=-15)
        server.expect_message(TEXT, LINES[0], inflater)
        server.expect_message(TEXT, LINES[1], inflater)
        thread.join()


@case("proxy: after a change, compressed messages of 3 MiB inflate", seconds=40)
def large_after_change(t):
    noise = random.Random(6).randbytes(3 << 19) + b" " * (3 << 19)
    scene = Scene(t, "--rule", "down message 1 -> replace x")
    client, server = scene.open(ask=DEFLATE, answer=DEFLATE)
    deflater = zlib.compressobj(wbits=-15)
    data = b"".join(frame(TEXT if i < 2 else BINARY, deflated(deflater, text), rsv=4) for i, text in enumerate((LINES[0], LINES[1], noise, noise)))
    thread = threading.Thread(target=server.send, args=(data,), daemon=True)
    thread.start()
    inflater = zlib.decompressobj(wbits=-15)
    for opcode, wanted in ((TEXT, b"x"), (TEXT, LINES[1]), (BINARY, noise), (BINARY, noise)):
        client.expect_message(opcode, wanted, inflater)
    thread.join()


@case("proxy: rst by a rule resets both sides")
def rule_rst(t):
    client, server = Scene(t, "--rule", "down text -> rst").open()
    server.send(frame(TEXT, b"x"))
    client.ends("rst")
    server.ends("rst")


@case("proxy: a dropped Close, and a ping that is changed")
def control(t):
    client, server = Scene(t, "--rule", "up close -> drop", "--rule", "down ping -> sub /a/b/").open()
    client.send(up(TEXT, b"x") + up(CLOSE, b"\x03\xe8"))
    server.expect(up(TEXT, b"x"))
    server.quiet(0.3)
    server.send(frame(PING, b"aa"))
    client.expect(frame(PING, b"bb"))


# -- faults ----------------------------------------------------------------------------------------------------------

ENDS = (("rst", "rst"), ("fin", "fin"), ("rst:leg=server", "rst"), ("fin:leg=server", "fin"))


def register_end(fault, how):
    @case(f"proxy: --fault {fault}@message:2 ends both sides")
    def ended(t):
        client, server = Scene(t, "--fault", f"{fault}@message:2").open()
        client.send(up(TEXT, b"one") + up(TEXT, b"two"))
        for end in (client, server):
            rest, got = end.rest()
            if got != how and not (how == "fin" and got == "rst" and rest == b""):
                raise Unmet(f"it ended with {got}")


for _row in ENDS:
    register_end(*_row)


@case("proxy: close:CODE by a fault goes to both sides, and the client's ends first")
def close_fault(t):
    client, server = Scene(t, "--fault", "close:1012,again@message:2").open()
    client.send(up(TEXT, b"one") + up(TEXT, b"two"))
    client.expect_message(CLOSE, b"\x03\xf4again")
    client.send(up(CLOSE, b"\x03\xf4"))
    client.ends("fin")


@case("proxy: a fault of another path, or of HTTP only, does not strike")
def scoped(t):
    scene = Scene(t, "--fault", "rst:path=/other*@message:1", "--fault", "rst:only=http@message:1", "--fault", "rst:share=0@message:1")
    client, server = scene.open("/this")
    client.send(up(TEXT, b"one"))
    server.expect(up(TEXT, b"one"))
    client, server = scene.open("/other/x?q")
    client.send(up(TEXT, b"one"))
    client.ends("rst")


@case("proxy: a status in the server's place, and offline")
def made_up(t):
    scene = Scene(t, "--fault", "status:503@connect:1")
    client = scene.client()
    client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    if not client.head().startswith(b"HTTP/1.1 503 "):
        raise Unmet("no 503")


BEGINNINGS = {
    "a rule": lambda control: control.post("/rule", rule="message 999999 -> drop"),
    "a fault": lambda control: control.post("/fault", spec="rst@message:999999"),
    "a hold": lambda control: control.post("/hold", direction="up"),
}


@case("proxy: a rule, a fault or a hold begins amid the header of a frame: it passes once")
def amid_header(t):
    data, after = up(BINARY, bytes(300)), up(TEXT, b"after")
    for name, begin in BEGINNINGS.items():
        for at in (1, 3, 7):
            scene = Scene(t, "--control", "127.0.0.1:0")
            control = Control(scene)
            client, server = scene.open()
            client.send(data[:at])
            server.expect(data[:at])
            begin(control)
            client.send(data[at:] + after)
            server.expect(data[at:])
            if name == "a hold":
                control.post("/release")
            server.expect_message(TEXT, b"after")


@case("proxy: frames that no message can have, decoded first: no frame enters another one")
def out_of_order(t):
    streams = {
        "a control frame with RSV1, then half of a fragment": b"\xd8\x00\x00\x02a",
        "a message within a fragment of none, then a reserved opcode": b"\x00\x00\x61\x01\x00\xff\x00",
        "a text within a text, a ping within that": b"\x01\x01a\x01\x01b\x89\x00\x80\x01c\x81\x00",
    }
    for data in streams.values():
        client, server = Scene(t, "--rule", "message 999999 -> drop").open()
        server.send(data)
        client.expect(data)
