"""--as: documents in CBOR and MessagePack, with the libraries of Python as oracles in both directions."""

import base64
import json
import random

from frames import BINARY, TEXT, frame
from judge import same
from runner import case, need

try:
    import cbor2
except ImportError:
    cbor2 = None
try:
    import msgpack
except ImportError:
    msgpack = None

DOCUMENTS = 500
EDGES = [0, 23, 24, 31, 32, 127, 128, 255, 256, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1]
TEXTS = ["", "a", "κόσμε", "\N{ROCKET}", 'quote " and \\', "\x00\x1f\x7f", "e" * 31, "f" * 32, "g" * 255, "h" * 256]


def number(draw):
    """An integer near a change of the encoding, within 64 bits."""
    n = draw.choice(EDGES) + draw.choice([0, 0, 1, -1])
    return min(max(draw.choice([n, -1 - n]), -(2**63)), 2**64 - 1)


def scalar(draw, special):
    return draw.choice([
        lambda: None, lambda: True, lambda: False, lambda: number(draw), lambda: draw.uniform(-1e300, 1e300),
        lambda: draw.choice([0.0, -0.5, 1.5, 1e-7, 3.141592653589793, 65504.0, float("inf")]),
        lambda: draw.choice(TEXTS), lambda: draw.randbytes(draw.choice([0, 1, 31, 255, 256])), special,
    ])()


def document(draw, special, keys, depth=0):
    if depth == 5 or draw.random() < 0.5:
        return scalar(draw, special)
    count = draw.choice([0, 1, 2, 3, 15, 16, 24] if depth < 2 else [0, 1, 2])
    if draw.random() < 0.5:
        return [document(draw, special, keys, depth + 1) for _ in range(count)]
    return {keys(i): document(draw, special, keys, depth + 1) for i in range(count)}


def keys_of(draw):
    """Keys of maps: most are strings, all differ."""
    return lambda i: draw.choice([f"k{i}", f"k{i}", i, -1 - i])


def shown(value):
    """The document as JSON has it."""
    if isinstance(value, dict):
        return {k if isinstance(k, str) else json.dumps(k): shown(v) for k, v in value.items()}
    if isinstance(value, list):
        return [shown(v) for v in value]
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return None
    if cbor2 and isinstance(value, cbor2.CBORTag):
        return {"tag": value.tag, "value": shown(value.value)}
    if msgpack and isinstance(value, msgpack.ExtType):
        return {"ext": value.code, **shown(value.data)}
    return value


def alike(got, wanted):
    """The same; what is reported is the first value that differs. A float may have lost its ".0"."""
    if isinstance(wanted, float) and wanted.is_integer() and isinstance(got, int):
        got = float(got)
    same(type(got), type(wanted))
    if isinstance(wanted, dict):
        same(sorted(got), sorted(wanted))
        for key, value in wanted.items():
            alike(got[key], value)
    elif isinstance(wanted, list):
        same(len(got), len(wanted))
        for one, other in zip(got, wanted):
            alike(one, other)
    else:
        same(got, wanted)


def displayed(t, name, documents, encoded):
    """What the library has written is displayed as the document that it was."""
    made, conn = t.open("--as", name, "-n", "--json")
    for data in encoded:
        conn.send(frame(BINARY, data))
    conn.finish()
    made.exits(0)
    events = [e for e in made.json() if e["event"] == "decoded"]
    same(len(events), len(documents))
    for event, value in zip(events, documents):
        alike(event.get("data"), shown(value))


@case("as: cbor displays what python3-cbor2 has written", seconds=60)
def cbor_read(t):
    need(cbor2, "python3-cbor2 is not installed")
    draw = random.Random(8949)

    def tag():
        return cbor2.CBORTag(draw.choice([6, 40000, 2**32]), draw.choice(TEXTS[:4]))

    documents = [document(draw, tag, keys_of(draw)) for _ in range(DOCUMENTS)]
    displayed(t, "cbor", documents, [cbor2.dumps(d, canonical=n % 2 == 1) for n, d in enumerate(documents)])


@case("as: msgpack displays what python3-msgpack has written", seconds=60)
def msgpack_read(t):
    need(msgpack, "python3-msgpack is not installed")
    draw = random.Random(5)

    def extension():
        return msgpack.ExtType(draw.choice([1, 5, 127]), draw.randbytes(draw.choice([1, 2, 3, 4, 8, 16, 17, 300])))

    documents = [document(draw, extension, keys_of(draw)) for _ in range(DOCUMENTS)]
    displayed(t, "msgpack", documents, [msgpack.packb(d) for d in documents])


@case("as: python3-msgpack reads what Socket.IO's parser=msgpack has written", seconds=60)
def msgpack_written(t):
    need(msgpack, "python3-msgpack is not installed")
    draw = random.Random(7)
    documents = [document(draw, lambda: msgpack.ExtType(9, b"ext"), lambda i: f"k{i}") for _ in range(DOCUMENTS)]
    lines = "".join(json.dumps(["event", shown(d)], ensure_ascii=draw.random() < 0.5) + "\n" for d in documents)
    made, conn = t.open("--as", "socket.io,parser=msgpack,transport=websocket", stdin=lines.encode())
    conn.send(frame(TEXT, b'0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'))
    opcode, packet = conn.next()
    same((opcode, msgpack.unpackb(packet)["type"]), (BINARY, 0))
    conn.send(frame(BINARY, msgpack.packb({"type": 0, "nsp": "/", "data": {"sid": "x"}})))
    for value in documents:
        packet = msgpack.unpackb(conn.next()[1], strict_map_key=False)
        same((packet["type"], packet["nsp"], packet["data"][0]), (2, "/", "event"))
        alike(shown(packet["data"][1]), shown(value))
    conn.next()  # DISCONNECT
    conn.answer_close(1000)
    made.exits(0)
