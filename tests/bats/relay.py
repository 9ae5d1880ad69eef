"""Relays that count: what goes through each in each direction, from the outside.

relay.py PORT [COUNT]: COUNT relays (1) on ports of their own, printed as "port N...", pass everything on to PORT of the
loopback. A line of standard input is answered with a line: of each relay the sums over all its connections so far, "up
down connections".
"""
import asyncio
import sys


class Relay:
    def __init__(self):
        self.up = self.down = self.connections = 0

    def count_up(self, n):
        self.up += n

    def count_down(self, n):
        self.down += n

    async def serve(self, reader, writer):
        self.connections += 1
        try:
            there, back = await asyncio.open_connection("127.0.0.1", int(sys.argv[1]))
        except OSError:
            writer.close()
            return
        await asyncio.gather(pump(reader, back, self.count_up), pump(there, writer, self.count_down))
        back.close()
        writer.close()


async def pump(reader, writer, count):
    try:
        while data := await reader.read(65536):
            count(len(data))
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except (OSError, RuntimeError):
        writer.close()


async def main():
    relays = [Relay() for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 1)]
    servers = [await asyncio.start_server(relay.serve, "127.0.0.1", 0) for relay in relays]
    print("port", *[server.sockets[0].getsockname()[1] for server in servers], flush=True)
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(*[n for relay in relays for n in (relay.up, relay.down, relay.connections)], flush=True)
    for server in servers:
        server.close()


asyncio.run(main())
