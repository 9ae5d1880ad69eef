"""A relay that counts: what goes through it in each direction, from the outside.

relay.py PORT: listens on a port of its own, prints "port N", passes everything on to PORT of the loopback, and answers
a line of standard input with the sums over all connections so far: "up down connections".
"""
import asyncio
import sys

up = down = connections = 0


async def pump(reader, writer, count):
    try:
        while data := await reader.read(65536):
            count(len(data))
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except (OSError, RuntimeError):
        writer.close()


def count_up(n):
    global up
    up += n


def count_down(n):
    global down
    down += n


async def relay(reader, writer):
    global connections
    connections += 1
    try:
        there, back = await asyncio.open_connection("127.0.0.1", int(sys.argv[1]))
    except OSError:
        writer.close()
        return
    await asyncio.gather(pump(reader, back, count_up), pump(there, writer, count_down))
    back.close()
    writer.close()


async def main():
    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    print("port", server.sockets[0].getsockname()[1], flush=True)
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(up, down, connections, flush=True)
    server.close()


asyncio.run(main())
