#!/usr/bin/python3
"""A crowd: many clients at once through `wscope proxy`, one of which does not read what it asked for.

All are served, the others wait no longer because of the slow one, and when they have left the proxy has the
descriptors and the memory that it had before. Prints TAP.

The program is the command in $WSCOPE (default: wscope). CROWD_CLIENTS (100) can be set.
"""

import asyncio
import base64
import hashlib
import os
import re
import resource
import shlex
import statistics
import subprocess
import sys
import time

CLIENTS = int(os.environ.get("CROWD_CLIENTS", "100"))
SLOW = float(os.environ.get("WSCOPE_SLOW", "1"))
COMMAND = shlex.split(os.environ.get("WSCOPE", "wscope"))
SECONDS = 60 * SLOW  # for anything that is awaited
EACH = 32 * 1024  # bytes that a connection may cost, both legs
GROWTH = 1024 * 1024  # bytes that may stay: the report keeps what it saw of each connection
BEHIND = 4 * 1024 * 1024  # bytes that may wait for one slow client
MESSAGE = 1024
FLOOD = 256 * 1024 * 1024
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
REQUEST = (b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")


def frame(size, mask):
    """A binary message of zeros, under a key of zeros where a client sends it."""
    return bytes([0x82, 0x80 * mask + 126]) + size.to_bytes(2, "big") + bytes(4 * mask + size)


async def serve(reader, writer):
    """Every message of MESSAGE bytes comes back; a shorter one asks for more than anyone can wait for."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        key = re.search(rb"Sec-WebSocket-Key: *(\S+)", head, re.I).group(1)
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
        writer.write(b"HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        while True:
            size = int.from_bytes((await reader.readexactly(4))[2:], "big")
            await reader.readexactly(4 + size)
            for _ in range(1 if size == MESSAGE else FLOOD // 65535):
                writer.write(frame(MESSAGE if size == MESSAGE else 65535, False))
                await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def connect(port, gate):
    async with gate:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=MESSAGE * 4)
        writer.write(REQUEST)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head
        return reader, writer


async def round_trip(client):
    reader, writer = client
    begun = time.monotonic()
    writer.write(frame(MESSAGE, True))
    await reader.readexactly(4 + MESSAGE)
    return time.monotonic() - begun


async def round_trips(clients):
    """The median and the longest of one after another."""
    took = [await round_trip(client) for client in clients]
    return statistics.median(took), max(took)


async def gather(port, count):
    gate = asyncio.Semaphore(50)
    clients = await asyncio.gather(*(connect(port, gate) for _ in range(count)))
    await asyncio.gather(*(round_trip(client) for client in clients))
    return clients


async def leave(clients):
    for _, writer in clients:
        writer.transport.abort() if writer.transport.get_write_buffer_size() else writer.close()
    await asyncio.sleep(0)


def used(pid):
    """Descriptors, and bytes of its own."""
    with open(f"/proc/{pid}/smaps_rollup") as status:
        memory = next(int(line.split()[1]) * 1024 for line in status if line.startswith("Anonymous"))
    return len(os.listdir(f"/proc/{pid}/fd")), memory


async def until(condition):
    """The last that it was; it is awaited for SECONDS at most."""
    end = time.monotonic() + SECONDS
    while not condition() and time.monotonic() < end:
        await asyncio.sleep(0.05)
    return condition()


async def steady(pid):
    """What is used once it does not change any more."""
    before = None
    while before != used(pid):
        before = used(pid)
        await asyncio.sleep(0.2)
    return before


def within(memory, bound):
    """None: not known, as instrumented programs keep what was freed."""
    return memory <= bound if SLOW == 1 else None


async def crowd(program, port):
    pid = program.pid
    idle = used(pid)[0]
    await leave(await gather(port, 20))  # all is loaded by then
    await until(lambda: used(pid)[0] <= idle)
    before = await steady(pid)
    clients = await gather(port, CLIENTS)
    yield True, f"{CLIENTS} clients at once were served", ""
    with_all = await steady(pid)
    each = (with_all[1] - before[1]) / CLIENTS
    yield within(each, EACH), "what each of them costs is bounded", f"{each / 1024:.1f} KiB a client, descriptors {before[0]}, {with_all[0]}"

    some = clients[1:101]
    alone = await round_trips(some)
    clients[0][1].write(frame(256, True))  # and then it does not read
    behind = await steady(pid)
    beside = await round_trips(some)
    yield (beside[0] <= 20 * alone[0] + 0.05 * SLOW, "the others wait no longer because of a slow one",
           f"median and longest round trip, ms: {[round(t * 1000, 2) for t in alone]}, beside it {[round(t * 1000, 2) for t in beside]}")
    waits = behind[1] - with_all[1]
    yield within(waits, BEHIND), "what waits for the slow one is bounded", f"{waits / 1024:.0f} KiB"

    await leave(clients)
    gone = await until(lambda: used(pid)[0] <= before[0])
    after = await steady(pid)
    yield gone, "no descriptor is left when all have gone", f"{before[0]} {with_all[0]} {after[0]}"
    yield (within(after[1], before[1] + GROWTH), "nor memory",
           f"{before[1] // 1024} KiB before, {with_all[1] // 1024} with all, {after[1] // 1024} after")


async def run():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024)
    port = server.sockets[0].getsockname()[1]
    program = subprocess.Popen(COMMAND + ["proxy", "-q", "--color", "never", "127.0.0.1:0", f"ws://127.0.0.1:{port}"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    good = True
    try:
        url = program.stdout.readline().decode().strip()
        number = 0
        async for fine, name, why in crowd(program, int(url.rsplit(":", 1)[1].rstrip("/"))):
            number += 1
            good = good and fine is not False
            skip = " # SKIP the memory of an instrumented program says nothing" if fine is None else ""
            print(f"{'not ok' if fine is False else 'ok'} {number} - crowd: {name}{skip}" + (f"\n# {why}" if why else ""), flush=True)
    finally:
        program.terminate()
        program.stdout.read()
        status = program.wait(SECONDS)
    print(f"{'ok' if status == 143 else 'not ok'} {number + 1} - crowd: it ends as asked\n1..{number + 1}")
    return 0 if good and status == 143 else 1


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * CLIENTS + 200
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    print("TAP version 13", flush=True)
    return asyncio.run(asyncio.wait_for(run(), 5 * SECONDS))


if __name__ == "__main__":
    sys.exit(main())
