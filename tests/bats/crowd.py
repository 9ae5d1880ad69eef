#!/usr/bin/python3
"""crowd.py PORT N [limit]: N clients of /feed at once; each must get an update. With `limit`: clients until some are
refused, which must be before N, and with 503."""

import asyncio
import resource
import sys

REQUEST = (b"GET /feed HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")


async def open_one(port, gate):
    async with gate:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(REQUEST)
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


def main():
    port, count = int(sys.argv[1]), int(sys.argv[2])
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY:
        count = min(count, hard - 100)
    work = limit if "limit" in sys.argv[3:] else crowd
    asyncio.run(asyncio.wait_for(work(port, count), 60))


if __name__ == "__main__":
    main()
