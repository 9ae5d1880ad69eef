#!/usr/bin/python3
"""crowd.py PORT N [limit]: N clients of /feed at once; each must get an update. With `limit`: clients until some are
refused, which must be before N, and with 503.
crowd.py PORT N idle PID BOUND [CA]: N clients of /echo that have had a message of 32 KiB back; each may have cost the
process PID at most BOUND bytes then. CA: over TLS."""

import asyncio
import re
import resource
import ssl
import sys

REQUEST = (b"GET /feed HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")


async def open_one(port, gate, request=REQUEST, tls=None):
    async with gate:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        return int(head.split(b" ")[1]), reader, writer


async def update_of(reader):
    head = await reader.readexactly(2)
    assert head[0] == 0x81, head
    size = head[1] if head[1] < 126 else int.from_bytes(await reader.readexactly(2), "big")
    return await reader.readexactly(size)


async def crowd(port, count):
    gate = asyncio.Semaphore(100)
    clients = await asyncio.gather(*(open_one(port, gate) for _ in range(count)))
    statuses = {status for status, _, _ in clients}
    assert statuses == {101}, statuses
    updates = await asyncio.gather(*(update_of(reader) for _, reader, _ in clients))
    assert all(b'"id"' in update for update in updates), updates[0]
    print(f"{count} clients, all served")
    for _, _, writer in clients:
        writer.close()


async def limit(port, count):
    gate, clients = asyncio.Semaphore(100), []
    while len(clients) < count:
        some = await asyncio.gather(*(open_one(port, gate) for _ in range(50)))
        clients += some
        refused = [status for status, _, _ in some if status != 101]
        if refused:
            assert set(refused) == {503}, refused
            print(f"of {len(clients)} clients {len(refused)} were refused with 503")
            break
    else:
        raise SystemExit(f"{count} clients without a refusal")
    for _, _, writer in clients:
        writer.close()


async def echo_one(port, gate, tls):
    size = 32 * 1024
    async with gate:
        status, reader, writer = await open_one(port, asyncio.Semaphore(1), REQUEST.replace(b"/feed", b"/echo"), tls)
        assert status == 101, status
        writer.write(bytes([0x82, 0xFE]) + size.to_bytes(2, "big") + bytes(4 + size))
        await reader.readexactly(4 + size)
        return writer


def resident(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return 1024 * int(re.search(r"RssAnon:\s+(\d+) kB", status.read()).group(1))


async def idle(port, count):
    pid, bound = sys.argv[4], int(sys.argv[5])
    tls = ssl.create_default_context(cafile=sys.argv[6]) if len(sys.argv) > 6 else None
    gate = asyncio.Semaphore(20)
    clients = await asyncio.gather(*(echo_one(port, gate, tls) for _ in range(50)))
    before = resident(pid)
    clients += await asyncio.gather(*(echo_one(port, gate, tls) for _ in range(count)))
    each = (resident(pid) - before) // count
    print(f"{count} idle clients{' over TLS' if tls else ''}: {each} bytes each")
    assert each <= bound, each
    for writer in clients:
        writer.close()


def main():
    port, count = int(sys.argv[1]), int(sys.argv[2])
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY:
        count = min(count, hard - 100)
    work = {"limit": limit, "idle": idle}.get(sys.argv[3] if len(sys.argv) > 3 else None, crowd)
    asyncio.run(asyncio.wait_for(work(port, count), 60))


if __name__ == "__main__":
    main()
