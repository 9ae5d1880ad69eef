"""The benchmark's work with Python's websockets: MODE URL, as floor.c's modes."""

import asyncio
import os
import ssl
import sys

import websockets


async def receive(connection):
    out = sys.stdout.buffer
    async for message in connection:
        out.write(message if isinstance(message, bytes) else message.encode())
        out.write(b"\n")
    out.flush()


async def send(connection):
    for line in sys.stdin:
        await connection.send(line.rstrip("\n"))


async def pingpong(connection):
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        await connection.send(line.decode().rstrip("\n"))
        os.write(1, (await connection.recv() + "\n").encode())


async def start(connection):
    await connection.send(sys.stdin.readline().rstrip("\n"))
    print(await connection.recv())


async def main():
    mode, url = sys.argv[1:]
    work = {"receive": receive, "inflate": receive, "send": send, "pingpong": pingpong, "start": start}[mode]
    tls = ssl.create_default_context() if url.startswith("wss:") else None
    compression = "deflate" if mode == "inflate" else None
    async with websockets.connect(url, ssl=tls, compression=compression, max_size=None) as connection:
        await work(connection)


asyncio.run(main())
