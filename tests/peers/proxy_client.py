"""Clients of the Python package websockets that reconnect as its documentation shows: each line of standard input is
the address of one, and its own."""

import asyncio
import logging
import sys

import websockets

logging.disable(logging.CRITICAL)


async def stay(url, source):
    async for connection in websockets.connect(url, ping_interval=1, ping_timeout=1, close_timeout=1, local_addr=(source, 0)):
        try:
            await connection.send('{"op":"subscribe","topic":"a"}')
            async for _ in connection:
                pass
        except websockets.ConnectionClosed:
            continue


async def main():
    loop = asyncio.get_running_loop()
    print("ready", flush=True)
    tasks = []
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        tasks.append(asyncio.create_task(stay(*line.split())))
    await asyncio.gather(*tasks)


asyncio.run(main())
