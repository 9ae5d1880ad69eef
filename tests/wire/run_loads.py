#!/usr/bin/python3
"""The loads of the benchmark in small, not timed: what is sent and what is received are compared byte for byte, plain,
over TLS, deflated, and with a reader that lets everything wait. Prints TAP.

The program is the command in $WSCOPE (default: wscope). WSCOPE_SLOW=10 makes every time limit ten times as long.
"""

import itertools
import os
import random
import sys
import zlib

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import runner  # noqa: E402
import tls_material  # noqa: E402
from frames import BINARY, TEXT, frame, fragments  # noqa: E402
from program import HOLD  # noqa: E402
from rawserver import Unmet, differ  # noqa: E402
from runner import case  # noqa: E402

MIB = 1 << 20
WORDS = ("café", "κόσμε", "мир", "שלום", "नमस्ते", "价格", "データ", "🚀", "👨‍👩", "42", "€", "\U0010ffff", "\u0800", "\x7f")


def text_of(words, size, seed):
    """Words up to `size` bytes, filled up with dots: characters end anywhere in it."""
    dice, out = random.Random(seed), bytearray()
    while True:
        word = (dice.choice(words) + " ").encode()
        if len(out) + len(word) > size:
            return bytes(out) + b"." * (size - len(out))
        out += word


def cycle(made, count):
    return list(itertools.islice(itertools.cycle(made), count))


# Each gives the messages: (opcode, bytes), ...
LOADS = {
    "32-byte texts": lambda: [(TEXT, b'{"seq":%08d,"price":%9d}' % (i, i * 7919 % 10**9)) for i in range(60_000)],
    "1 KiB of ASCII": lambda: [(TEXT, m) for m in cycle([text_of(("bid", "ask", "42"), 1024, i) for i in range(97)], 4000)],
    "1 KiB of mixed scripts": lambda: [(TEXT, m) for m in cycle([text_of(WORDS, 1024, i) for i in range(97)], 4000)],
    "1 MiB of binary": lambda: [(BINARY, random.Random(i).randbytes(MIB)) for i in range(16)],
    "texts of every size": lambda: [(TEXT, text_of(WORDS, i, i)) for i in range(0, 1500)],
    "one of 24 MiB": lambda: [(TEXT, text_of(WORDS, 1 << 16, 1) * 384)],
}


def framed(messages, pack=None):
    """As frames, every ninth message in fragments."""
    out = []
    for number, (opcode, data) in enumerate(messages):
        rsv = 0
        if pack:
            data = pack.compress(data) + pack.flush(zlib.Z_SYNC_FLUSH)
            data, rsv = data[:-4], 4
        if number % 9 == 8 and data:
            out.append(fragments(opcode, data, len(data) // 3 + 1, rsv=rsv))
        else:
            out.append(frame(opcode, data, rsv=rsv))
    return b"".join(out)


def compare(got, wanted, what):
    if got != wanted:
        raise Unmet(f"{what}: {len(got)} bytes, awaited {len(wanted)}{differ(got, wanted)}")


def printed(messages):
    return b"".join(data + b"\n" for _, data in messages)


DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate\r\n"


def start(t, carrier, *args, **options):
    """The program and its connection, open."""
    if carrier != "over TLS":
        made = t.start(*args, t.url, **options)
        conn = t.accept()
    else:
        material = tls_material.of(t)
        made = t.start(*args, "--cacert", material.cert("ca"), f"wss://localhost:{t.port}/", **options)
        conn = t.accept()
        conn.start_tls(material.server("good"))
    conn.open(DEFLATE if carrier == "deflated" else "")
    if carrier == "deflated":
        conn.agree_deflate()
    return made, conn


def receives(name, carrier):
    def run(t):
        messages = LOADS[name]()
        held = carrier == "slow reader"
        made, conn = start(t, carrier, "-n", stdout=HOLD if held else "pipe")
        pack = zlib.compressobj(6, wbits=-15) if carrier == "deflated" else None
        data = framed(messages, pack)
        given = 0
        if held:
            given = conn.send_until_full(data, 0.3, len(data))
            made.release()
        conn.send(data[given:])
        conn.finish()
        made.exits(0)
        compare(made.out, printed(messages), "stdout")

    return run


INPUTS = {
    "short lines": lambda: [b"order %07d" % i for i in range(15_000)],
    "lines of every size": lambda: [text_of(WORDS, i, i) for i in range(0, 1500)],
    "long lines": lambda: [text_of(WORDS, 300_000 + i, i) for i in range(24)],
}


def sends(name, carrier, source):
    def run(t):
        lines = INPUTS[name]()
        data = b"".join(line + b"\n" for line in lines)
        options = {"stdin": data}
        if source == "a file":
            path = os.path.join(t.folder(), "lines")
            with open(path, "wb") as file:
                file.write(data)
            options["stdin"] = open(path, "rb")
        made, conn = start(t, carrier, **options)
        for number, line in enumerate(lines, 1):
            opcode, got = conn.next(f"line {number}")
            if opcode != TEXT:
                raise Unmet(f"line {number}: a frame with opcode {opcode}")
            compare(got, line, f"line {number}")
        conn.answer_close()
        made.exits(0)
        if source == "a file":
            options["stdin"].close()

    return run


for _carrier in ("plain", "over TLS", "deflated", "slow reader"):
    for _name in LOADS:
        case(f"loads: receives {_name}, {_carrier}", seconds=60)(receives(_name, _carrier))
for _carrier in ("plain", "over TLS", "deflated"):
    for _name in INPUTS:
        for _source in ("a file", "a pipe"):
            case(f"loads: sends {_name} from {_source}, {_carrier}", seconds=60)(sends(_name, _carrier, _source))

if __name__ == "__main__":
    sys.exit(runner.main(__doc__.split("\n", maxsplit=1)[0], jobs=2))
