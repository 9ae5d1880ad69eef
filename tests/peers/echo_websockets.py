#!/usr/bin/python3
"""An echo by the Python package websockets. echo_websockets.py [deflate|plain] [CERT KEY]: prints "port N"."""

import asyncio
import ssl
import sys

import websockets


async def echo(socket, *_):
    try:
        async for message in socket:
            await socket.send(message)
    except websockets.exceptions.ConnectionClosed:
        pass


async def main(mode="plain", cert=None, key=None):
    context = None
    if cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
    compression = "deflate" if mode == "deflate" else None
    async with websockets.serve(echo, "127.0.0.1", 0, ssl=context, compression=compression, max_size=None,
                                ping_interval=None) as server:
        print(f"port {server.sockets[0].getsockname()[1]}", flush=True)
        await asyncio.Future()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
