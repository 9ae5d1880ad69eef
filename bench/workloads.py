"""What is measured: one row a workload, with the bar it is held to."""

from dataclasses import dataclass, field

MIB = 1 << 20


@dataclass
class Workload:
    name: str
    title: str
    mode: str  # of the floor
    path: str  # of the server; {count} is filled in
    messages: int
    size: int  # payload bytes a message
    bar: tuple  # (what, limit): see BARS
    count: int = 0  # {count} where it is not `messages`
    tls: bool = False
    base: list = field(default_factory=list)  # options of a wscope that takes the place of the floor
    relay: bool = False  # a client of the floor's runs through a relay, which is what is measured
    input: str = ""  # made by run.py: "lines", "line"
    measure: list = field(default_factory=list)  # options of the measuring program
    options: list = field(default_factory=lambda: ["-n"])  # of wscope
    repeat: int = 1  # runs in each pair: more where one is short
    peer_messages: int = 0  # with other clients, which are slower; 0: not run with them

    @property
    def bytes(self):
        return self.messages * self.size


# What a bar compares: the medians over the pairs of the ratios, or a client's largest peak.
BARS = {
    "cpu": "CPU time, ratio to the floor",
    "wall": "wall time, ratio to the floor",
    "median": "median round trip, ratio to the floor",
    "rss": "peak memory in MiB",
}


def _receive(name, title, stream, messages, size, limit, peer, tls=False, mode="receive"):
    return Workload(
        name=name, title=title, mode=mode, path=f"/send/{stream}/{{count}}", messages=messages, size=size,
        bar=("cpu", limit), tls=tls, peer_messages=peer,
    )


def _huge(name, title, stream, limit, tls=False, mode="receive"):
    return Workload(
        name=name, title=title, mode=mode, path=f"/send/{stream}/{{count}}", messages=1, count=1024, size=1024 * MIB,
        bar=("rss", limit), tls=tls, measure=["-o"],
    )


def _send(name, title, measure):
    return Workload(
        name=name, title=title, mode="send", path="/sink", messages=10_000_000, size=22, bar=("cpu", 1.7),
        input="lines", measure=measure, options=["-w", "0"], peer_messages=200_000,
    )


def _start(name, title, limit, tls=False):
    return Workload(
        name=name, title=title, mode="start", path="/echo", messages=1, size=22, bar=("wall", limit), tls=tls,
        input="line", options=["-1"], repeat=12, peer_messages=1,
    )


def _relay(name, title, stream, messages, size, limit, options):
    return Workload(
        name=name, title=title, mode="receive", path=f"/send/{stream}/{{count}}", messages=messages, size=size,
        bar=("cpu", limit), relay=True, options=options,
    )


SOCKETIO = ["--as", "socket.io,transport=websocket"]


def _above(name, title, stream, messages, size, limit, options, view=()):
    """The protocol above the messages, against the same messages shown as they are."""
    return Workload(
        name=name, title=title, mode="receive", path=f"/send/{stream}/{{count}}", messages=messages, size=size,
        bar=("cpu", limit), base=["-n", *view, "--as", "none"], options=["-n", *view, *options],
    )


WORKLOADS = [
    _receive("short", "receive 10M x 32 B text", "short", 10_000_000, 32, 1.6, 200_000),
    _receive("ascii", "receive 100k x 1 KiB ASCII", "ascii", 100_000, 1024, 1.4, 100_000),
    _receive("mixed", "receive 100k x 1 KiB mixed scripts, emoji", "mixed", 100_000, 1024, 1.7, 100_000),
    _receive("binary", "receive 2000 x 1 MiB binary", "binary", 2000, MIB, 1.25, 500),
    _receive("short-tls", "the same over TLS: 10M x 32 B", "short", 10_000_000, 32, 1.2, 0, tls=True),
    _receive("ascii-tls", "100k x 1 KiB ASCII, TLS", "ascii", 100_000, 1024, 1.2, 0, tls=True),
    _receive("mixed-tls", "100k x 1 KiB mixed scripts, TLS", "mixed", 100_000, 1024, 1.2, 0, tls=True),
    _receive("binary-tls", "2000 x 1 MiB binary, TLS", "binary", 2000, MIB, 1.2, 500, tls=True),
    _receive("deflate", "receive 100k x 1 KiB, deflate", "deflate", 100_000, 1024, 1.2, 100_000, mode="inflate"),
    _send("send-file", "send 10M short lines from a file", []),
    _send("send-pipe", "send 10M short lines from a pipe", ["-p"]),
    _start("start", "start, one line, its echo, exit: ws", 2.5),
    _start("start-tls", "the same: wss, system's trust store", 1.4, tls=True),
    Workload(
        name="pingpong", title="ping-pong of 64 B", mode="pingpong", path="/echo", messages=5500, size=64,
        bar=("median", 1.2), measure=["-n", "5000"], options=[], repeat=1, peer_messages=5500,
    ),
    _relay("relay-short", "relay 10M x 32 B text, -q", "short", 10_000_000, 32, 1.5, ["-q"]),
    _relay("relay-ascii", "relay 1M x 1 KiB ASCII, -q", "ascii", 1_000_000, 1024, 1.5, ["-q"]),
    Workload(
        name="relay-up", title="relay 10M short lines to the server, -q", mode="send", path="/sink",
        messages=10_000_000, size=22, bar=("cpu", 1.5), relay=True, input="lines", options=["-q"],
    ),
    _relay("relay-short-shown", "relay 1M x 32 B text, each shown", "short", 1_000_000, 32, 1.5, []),
    _relay("relay-ascii-shown", "relay 1M x 1 KiB ASCII, each shown", "ascii", 1_000_000, 1024, 1.5, []),
    _relay("relay-short-json", "relay 1M x 32 B text, --json", "short", 1_000_000, 32, 1.5, ["--json"]),
    _relay("relay-ascii-json", "relay 1M x 1 KiB ASCII, --json", "ascii", 1_000_000, 1024, 1.5, ["--json"]),
    _above("as-auto", "a plain feed: --as auto against --as none", "short", 10_000_000, 32, 1.05, []),
    _above("as-socketio", "events of Socket.IO: --as socket.io against --as none", "socketio", 2_000_000, 64, 2,
           SOCKETIO),
    _above("as-socketio-json", "the same, --json", "socketio", 500_000, 64, 2, SOCKETIO, ["--json"]),
    _huge("huge", "1 GiB message to a pipe", "huge", 12),
    _huge("huge-tls", "1 GiB message to a pipe, TLS", "huge", 16, tls=True),
    _huge("huge-deflate", "1 GiB message to a pipe, deflate", "huge-deflate", 16, mode="inflate"),
]
