"""wscope proxy: what passes as it came, in both directions."""

import os
import random
import select
import socket
import threading
import zlib

from frames import BINARY, CLOSE, CONT, PING, PONG, TEXT, close, fragments, frame
from proxied import Scene, deflated, switched, up, upgrade
from rawserver import Unmet, shorten
from runner import case


def passes(scene, from_client=b"", from_server=b"", ask="", answer="", chop=0, to_server=None, to_client=None):
    """These bytes, then a Close each way: the same bytes on the other side, or those of to_server and to_client."""
    client, server = scene.open(ask=ask, answer=answer)
    for sender, receiver, data, wanted, last in ((client, server, from_client, to_server, up(CLOSE, b"\x03\xe8")),
                                                 (server, client, from_server, to_client, close(1000))):
        thread = threading.Thread(target=send_pieces, args=(sender, data + last, chop), daemon=True)
        thread.start()
        receiver.expect((data if wanted is None else wanted) + last)
        thread.join()
    server.fin()
    client.ends()
    client.fin()
    server.ends()
    return client, server


def send_pieces(end, data, chop):
    for begun in range(0, len(data), chop or len(data)):
        end.send(data[begun:begun + (chop or len(data))])


# Rules that match nothing: what passes is decoded first.
QUIET_RULE = ("--rule", "message 999999 -> drop")
# A fault that never strikes.
QUIET_FAULT = ("--fault", "rst@message:999999")


def both_ways(t, decoded=None, **streams):
    """decoded: what differs where messages are decoded first."""
    for options in ((), QUIET_RULE, QUIET_FAULT):
        passes(Scene(t, *options), **streams, **((decoded or {}) if options else {}))


@case("proxy: text, binary, fragments with a ping between them: the same bytes")
def plain(t):
    both_ways(
        t,
        from_client=up(TEXT, "grüße".encode()) + up(BINARY, bytes(range(256))) + up(TEXT, b"a", fin=0) + up(PING, b"p")
        + up(CONT, b"b", fin=0, key=b"\0\0\0\0") + up(CONT, b"c") + up(TEXT, b""),
        from_server=frame(TEXT, b"one") + frame(BINARY, b"x", fin=0) + frame(PING, b"q") + frame(PONG, b"unasked")
        + frame(CONT, b"") + frame(TEXT, b""),
        # A message is decided upon when it is whole: the ping does not wait for that.
        decoded={
            "to_server": up(TEXT, "grüße".encode()) + up(BINARY, bytes(range(256))) + up(PING, b"p") + up(TEXT, b"a", fin=0)
            + up(CONT, b"b", fin=0, key=b"\0\0\0\0") + up(CONT, b"c") + up(TEXT, b""),
            "to_client": frame(TEXT, b"one") + frame(PING, b"q") + frame(PONG, b"unasked") + frame(BINARY, b"x", fin=0)
            + frame(CONT, b"") + frame(TEXT, b""),
        },
    )


@case("proxy: one byte at a time")
def drip(t):
    both_ways(t, from_client=up(TEXT, b"hello") + up(BINARY, b"x" * 200) + up(PING, b"p"), chop=1)


@case("proxy: lengths that are written longer than they must be", seconds=20)
def long_lengths(t):
    both_ways(t, from_client=up(TEXT, b"hello", form=64), from_server=frame(TEXT, b"hello", form=16))


@case("proxy: 12 MiB each way, whole and in fragments", seconds=60)
def large(t):
    noise = random.Random(7).randbytes(3 << 20)
    both_ways(
        t,
        from_client=up(BINARY, noise) + b"".join(
            up(CONT if i else BINARY, noise[i:i + 100_000], fin=int(i + 100_000 >= len(noise))) for i in range(0, len(noise), 100_000)),
        from_server=frame(BINARY, noise * 2) + fragments(BINARY, noise * 2, 70_000),
    )


@case("proxy: tiny fragments, of which the frames are longer than the message", seconds=60)
def tiny_fragments(t):
    both_ways(t, from_client=b"".join(up(CONT if i else TEXT, b"x", fin=0) for i in range(900_000)) + up(CONT, b"end"))


INVALID = {
    "a reserved opcode": (up(3, b"x"), frame(11, b"y")),
    "reserved bits": (up(TEXT, b"x", rsv=2), frame(TEXT, b"y", rsv=7)),
    "a frame without a mask up, with one down": (frame(TEXT, b"x"), up(TEXT, b"y")),
    "a continuation of nothing": (up(CONT, b"x"), frame(CONT, b"y")),
    "a message inside another": (up(TEXT, b"x", fin=0) + up(TEXT, b"z"), frame(TEXT, b"x", fin=0) + frame(BINARY, b"z")),
    "text that is not UTF-8": (up(TEXT, b"\xff\xfe"), frame(TEXT, b"\xc3(")),
    "a ping that is too long": (up(PING, b"x" * 300), frame(PING, b"y" * 126)),
    "a ping in fragments": (up(PING, b"x", fin=0) + up(CONT, b"y"), frame(PONG, b"x", fin=0) + frame(CONT, b"y")),
    "garbage": (b"\xff\xff\xff\xff" * 9, b"\xf3\x7f" * 30),
}


def register_invalid(name, streams):
    @case(f"proxy: passes {name} as it came")
    def invalid(t):
        both_ways(t, from_client=streams[0] + up(TEXT, b"after"), from_server=streams[1] + frame(TEXT, b"after"))


for _name, _streams in INVALID.items():
    register_invalid(_name, _streams)


# -- compression -------------------------------------------------------------------------------------------------


def compressed(count, bits=15, takeover=True, mask=None):
    """So many compressed messages, every third in two fragments, as bytes."""
    out, deflater = b"", None
    for i in range(count):
        if not deflater or not takeover:
            deflater = zlib.compressobj(wbits=-bits)
        data = deflated(deflater, b"message %d, much like the others of its kind " % i * 20)
        made = [data] if i % 3 else [data[:7], data[7:]]
        for at, piece in enumerate(made):
            out += frame(CONT if at else TEXT, piece, fin=int(at == len(made) - 1), rsv=0 if at else 4, mask=mask)
    return out


PARAMETERS = (
    ("permessage-deflate", 15, True, 15, True),
    ("permessage-deflate; client_no_context_takeover; server_no_context_takeover", 15, False, 15, False),
    ("permessage-deflate; client_max_window_bits=9; server_max_window_bits=10", 9, True, 10, True),
)


def register_deflate(agreed, client_bits, client_takeover, server_bits, server_takeover):
    @case(f"proxy: {agreed}: the same bytes")
    def deflate(t):
        for options in ((), QUIET_RULE, QUIET_FAULT):
            _, server = passes(
                Scene(t, *options),
                from_client=compressed(12, client_bits, client_takeover, mask=b"abcd"),
                from_server=compressed(12, server_bits, server_takeover),
                ask=f"Sec-WebSocket-Extensions: {agreed}\r\n",
                answer=f"Sec-WebSocket-Extensions: {agreed}\r\n",
            )
            if server.asked.all("Sec-WebSocket-Extensions") != [agreed]:
                raise Unmet("the offer was changed")


for _row in PARAMETERS:
    register_deflate(*_row)


@case("proxy: an extension that nobody knows passes, and so do its frames")
def unknown_extension(t):
    scene = Scene(t)
    passes(scene, from_client=up(TEXT, b"x", rsv=5) + b"\x01\x02", from_server=b"\xff" * 40,
           ask="Sec-WebSocket-Extensions: x-private; p=1\r\n", answer="Sec-WebSocket-Extensions: x-private; p=2\r\n")
    scene.says(r"pass\s+as\s+they\s+are", stderr=True)


@case("proxy: compressed data that does not inflate passes as it came")
def broken_deflate(t):
    extension = "Sec-WebSocket-Extensions: permessage-deflate\r\n"
    both_ways(t, from_client=up(TEXT, b"\xff\xff\xff", rsv=4) + up(TEXT, b"more", rsv=4), from_server=frame(TEXT, b"\x06", rsv=4),
              ask=extension, answer=extension)


@case("proxy: 8 MiB of blanks in 8 KiB, decoded in parts, pass as the bytes that came", seconds=30)
def bomb(t):
    extension = "Sec-WebSocket-Extensions: permessage-deflate\r\n"
    packed = deflated(zlib.compressobj(wbits=-15), b" " * (8 << 20))
    both_ways(t, from_client=up(TEXT, packed, rsv=4), from_server=frame(TEXT, packed, rsv=4) + compressed(4),
              ask=extension, answer=extension)


# -- frames that come early ----------------------------------------------------------------------------------------


@case("proxy: frames right after each head")
def early(t):
    scene = Scene(t)
    client = scene.client()
    client.send(upgrade() + up(TEXT, b"early"))
    server = scene.server()
    server.send(switched(server.request()) + frame(TEXT, b"at once") + close(1000))
    client.head()
    client.expect(frame(TEXT, b"at once") + close(1000))
    server.expect(up(TEXT, b"early"))


@case("proxy: frames and a FIN before the 101")
def early_fin(t):
    scene = Scene(t)
    client = scene.client()
    client.send(upgrade() + up(TEXT, b"early") + up(CLOSE, b"\x03\xe8"))
    client.fin()
    server = scene.server()
    server.send(switched(server.request()))
    server.ends("fin", up(TEXT, b"early") + up(CLOSE, b"\x03\xe8"))
    server.send(frame(TEXT, b"last"))
    server.fin()
    client.head()
    client.ends("fin", frame(TEXT, b"last"))


# -- ends ----------------------------------------------------------------------------------------------------------


def open_pair(t, *options):
    scene = Scene(t, *options)
    return scene, *scene.open()


@case("proxy: a FIN of the client passes, and data still comes the other way")
def half_close_up(t):
    for options in ((), QUIET_RULE):
        _, client, server = open_pair(t, *options)
        client.send(up(TEXT, b"last"))
        client.fin()
        server.ends("fin", up(TEXT, b"last"))
        for piece in (frame(TEXT, b"still"), frame(BINARY, b"x" * 100_000)):
            server.send(piece)
            client.expect(piece)
        server.fin()
        client.ends()


@case("proxy: a FIN of the server passes, and data still comes the other way")
def half_close_down(t):
    for options in ((), QUIET_RULE):
        _, client, server = open_pair(t, *options)
        server.send(frame(TEXT, b"last") + b"\x81\x05cut")
        server.fin()
        client.ends("fin", frame(TEXT, b"last") + b"\x81\x05cut")
        for piece in (up(TEXT, b"still"), up(BINARY, b"x" * 100_000)):
            client.send(piece)
            server.expect(piece)
        client.fin()
        server.ends()


@case("proxy: a RST passes in each direction")
def resets(t):
    _, client, server = open_pair(t)
    client.rst()
    server.ends("rst")
    _, client, server = open_pair(t)
    server.rst()
    client.ends("rst")


@case("proxy: a client that is gone after its FIN ends the server's side, which still sends")
def gone_after_fin(t):
    _, client, server = open_pair(t)
    client.fin()
    server.ends("fin")
    client.rst()
    try:
        while True:
            server.send(frame(BINARY, b"x" * 1000))
            select.select([], [], [], 0.01)
    except OSError:
        pass


@case("proxy: what a rule delays goes before a FIN")
def delayed_fin(t):
    _, client, server = open_pair(t, "--rule", "up text -> delay 20s")
    client.send(up(TEXT, b"late"))
    client.fin()
    server.expect_message(TEXT, b"late")
    server.ends()


@case("proxy: after a Close of its own it does not keep the client waiting", seconds=20)
def own_close(t):
    scene = Scene(t, "--rule", "up text -> close 4001")
    client, server = scene.open()
    client.send(up(TEXT, b"x"))
    code = b"\x0f\xa1by a rule"
    client.expect(frame(CLOSE, code))
    server.expect_message(CLOSE, code)
    server.quiet(0.3)
    client.send(up(TEXT, b"crossed it") + up(CLOSE, code[:2]))
    client.ends("fin")  # as a server does
    server.send(frame(CLOSE, code[:2]))
    server.fin()
    server.ends("fin")


# -- back-pressure -------------------------------------------------------------------------------------------------


def send_until_full(end, piece, patience, limit):
    total = 0
    end.sock.setblocking(False)
    while total < limit:
        if not select.select([], [end.sock], [], patience)[1]:
            return total
        try:
            total += end.sock.send(piece[total % len(piece):])
        except BlockingIOError:
            pass
    return total


def take_all(end, piece, total):
    wanted = (piece * (total // len(piece) + 1))[:total]
    end.expect(wanted)


@case("proxy: a receiver that does not read stops the sender, and nobody else", seconds=60)
def pressure(t):
    for options in ((), QUIET_RULE):
        scene = Scene(t, *options)
        client, server = scene.open(client_receive=4096, server_receive=4096)
        other_client, other_server = scene.open("/other")
        for sender, receiver, piece in ((server, client, frame(BINARY, b"d" * 65536)), (client, server, up(BINARY, b"u" * 65536))):
            total = send_until_full(sender, piece, 1, 64 << 20)
            if total >= 64 << 20:
                raise Unmet("64 MiB went into a connection that nobody reads")
            other_client.send(up(TEXT, b"free"))
            other_server.expect(up(TEXT, b"free"))
            other_server.send(frame(TEXT, b"free"))
            other_client.expect(frame(TEXT, b"free"))
            take_all(receiver, piece, total)
            sender.send(piece[total % len(piece):])
            receiver.expect(piece[total % len(piece):])


@case("proxy: 64 KiB blocks to a slow client, then a FIN: nothing is lost", seconds=60)
def slow_then_fin(t):
    scene = Scene(t)
    client, server = scene.open(client_receive=4096)
    piece = frame(BINARY, b"d" * 65536)
    total = send_until_full(server, piece, 0.5, 64 << 20)
    server.fin()
    wanted = (piece * (total // len(piece) + 1))[:total]
    client.ends("fin", wanted)


# -- text of a peer on the terminal ----------------------------------------------------------------------------------


@case("proxy: nothing that a peer sends drives the terminal")
def terminal(t):
    evil = b"\x1b]0;gotcha\x07\x1b[2J\x9b31m\r\x08"
    scene = Scene(t, "-vv")
    client = scene.client()
    client.send(b"GET /a%1b HTTP/1.1\r\nHost: x\r\nUser-Agent: " + b"\x9b31m\xc2\x9b1m" + b"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
    server = scene.server()
    server.send(switched(server.request(), "X-Evil: \xc2\x9b2J\x9b\r\n"))
    client.head()
    client.send(up(TEXT, "\x1b]0;gotcha\x07\x9b".encode()) + up(BINARY, evil) + up(PING, evil) + up(CLOSE, b"\x0f\xa0\x1b[2Jbye"))
    server.read(40)
    server.send(frame(TEXT, b"\x1b[31mred") + frame(TEXT, evil))
    client.read(20)
    client.rst()
    server.rest()
    scene.program.signal(2)
    scene.program.exits(130)
    for text in (scene.program.out, scene.program.err.encode()):
        bad = [b for b in text.decode("utf-8", "replace") if (ord(b) < 32 and b not in "\n\t") or 127 <= ord(b) < 160]
        if bad:
            raise Unmet(f"control characters in the output: {bad}")


# -- the ends of the upstream ----------------------------------------------------------------------------------------


@case("proxy: over a Unix socket")
def unix_socket(t):
    path = os.path.join(t.folder(), "s")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(5)
    t.listener.sock.close()
    t.listener.sock = listener
    passes(Scene(t, url=f"ws+unix:{path}:/"), from_client=up(TEXT, b"x"), from_server=frame(TEXT, b"y"))


@case("proxy: memory and descriptors are back after many clients", seconds=60)
def many(t):
    scene = Scene(t)
    folder = f"/proc/{scene.program.process.pid}/fd"
    before = len(os.listdir(folder)) if os.path.isdir(folder) else 0
    pairs = [scene.open(f"/{i}") for i in range(100)]
    for client, server in pairs:
        client.send(up(TEXT, b"hello"))
        server.expect(up(TEXT, b"hello"))
    for client, server in pairs:
        client.rst()
        server.ends("rst")
    while len(os.listdir(folder)) > before:
        client.left("the end of the descriptors")
        select.select([], [], [], 0.05)


@case("proxy: the protocol above the messages is displayed in both directions, with what answers what")
def decoded(t):
    scene = Scene(t)
    client, server = scene.open()
    client.send(up(TEXT, b'{"jsonrpc":"2.0","id":7,"method":"sum","params":[1,2]}'))
    scene.says(r"#1 ↑ request sum 7 \[1,2\]", stderr=True)
    server.send(frame(TEXT, b'{"jsonrpc":"2.0","id":7,"result":3}'))
    scene.says(r"#1 ↓ result sum 7 3 after ", stderr=True)
    server.send(frame(TEXT, b"plain"))
    scene.says(r"#1 ↓ plain\n.*\? not JSON-RPC: no JSON", stderr=True)


@case("proxy: --as none displays messages as they are")
def undecoded(t):
    scene = Scene(t, "--as", "none")
    client, server = scene.open()
    client.send(up(TEXT, b'{"jsonrpc":"2.0","method":"tick"}'))
    scene.says(r'↑ \{"jsonrpc":"2\.0","method":"tick"\}', stderr=True)
    server.send(frame(TEXT, b"after"))
    scene.says("↓ after", stderr=True)
