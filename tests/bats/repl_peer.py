#!/usr/bin/python3
"""The peer of the interactive tests: prints "port N" and serves on it until it is killed.

/echo         sends every message back
/length       answers each message with its type and length
/feed/RATE    numbered messages, so many a second, and echoes besides
/big          answers each message, a number, with a JSON array of that many lines when it is laid out
/burst        answers each message, a number, with that many numbered messages
/secret       refuses with 401 whoever has not "Bearer opensesame", then sends every message back
/abort        hangs up on the first message, without a Close
/abort-once   does so once; the next connection is greeted
"""

import asyncio
import http
import itertools

import websockets


async def feed(ws, rate):
    loop = asyncio.get_running_loop()
    start = loop.time()
    for i in itertools.count(1):
        await ws.send(f"message {i}")
        wait = start + i / rate - loop.time()
        if wait > 0:
            await asyncio.sleep(wait)


aborted = []


async def serve(ws):
    path = ws.path
    feeder = None
    if path == "/abort-once" and aborted:
        await ws.send("welcome back")
    if path.startswith("/feed/"):
        feeder = asyncio.create_task(feed(ws, float(path.split("/")[2])))
    try:
        async for message in ws:
            if path == "/abort" or (path == "/abort-once" and not aborted):
                aborted.append(path)
                ws.transport.abort()
                return
            if path == "/big":
                await ws.send("[" + ",".join(str(i) for i in range(int(message) - 2)) + "]")
            elif path == "/burst":
                for i in range(int(message)):
                    await ws.send(f"message {i + 1}")
            elif path == "/length":
                await ws.send(f"{type(message).__name__} of {len(message)}")
            else:
                await ws.send(message)
    except websockets.ConnectionClosed:
        pass
    finally:
        if feeder:
            feeder.cancel()


async def refuse(path, headers):
    if path == "/secret" and headers.get("Authorization") != "Bearer opensesame":
        return http.HTTPStatus.UNAUTHORIZED, [("WWW-Authenticate", "Bearer")], b"no\n"
    return None


async def main():
    async with websockets.serve(serve, "127.0.0.1", 0, max_size=None, process_request=refuse) as server:
        print(f"port {server.sockets[0].getsockname()[1]}", flush=True)
        await asyncio.Future()


asyncio.run(main())
