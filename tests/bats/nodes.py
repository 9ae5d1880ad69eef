#!/usr/bin/python3
"""A service of several nodes behind one port, in turn: nodes.py NODES [FAULT] [OPTION]... prints "port N".

What a client sends, and what is POSTed, all clients of all nodes receive. FAULT: no-bus, deaf, mute (of the second node),
double, drop (every tenth delivery), late (3 s), ack (an answer to the sender that quotes the message, first). OPTION: silent
(no greeting that names the node), cookie (a cookie leads back to its node), address (all clients of an address are on one
node), refuse (after the second connection: 503). On SIGHUP every connection is closed with 1012, on SIGUSR1 reset."""

import asyncio
import base64
import hashlib
import json
import re
import signal
import socket
import struct
import sys

COUNT = int(sys.argv[1])
WORDS = set(sys.argv[2:])
nodes = [set() for _ in range(COUNT)]
turn = 0
opened = 0
sent = 0


def frame(opcode, payload):
    size = len(payload)
    head = struct.pack("!BB", 128 | opcode, size) if size < 126 else struct.pack("!BBH", 128 | opcode, 126, size)
    return head + payload


async def deliver(client, text):
    global sent
    sent += 1
    if "drop" in WORDS and sent % 10 == 0:
        return
    if "late" in WORDS:
        await asyncio.sleep(3)
    for _ in range(2 if "double" in WORDS else 1):
        client.write(frame(1, text))


def publish(origin, text):
    for number, clients in enumerate(nodes):
        apart = number != origin
        if apart and ("no-bus" in WORDS or ("deaf" in WORDS and number == 1) or ("mute" in WORDS and origin == 1)):
            continue
        for client in list(clients):
            asyncio.ensure_future(deliver(client, text))


async def read_frame(reader):
    first, second = await reader.readexactly(2)
    size = second & 127
    if size == 126:
        (size,) = struct.unpack("!H", await reader.readexactly(2))
    key = await reader.readexactly(4)
    data = await reader.readexactly(size)
    return first & 15, bytes(byte ^ key[i % 4] for i, byte in enumerate(data))


def choose(head, peer):
    global turn
    known = re.search(r"node=(\d)", head)
    if "cookie" in WORDS and known:
        return int(known[1])
    if "address" in WORDS:
        return int(peer[0].split(".")[-1]) % COUNT
    turn += 1
    return (turn - 1) % COUNT


async def talk(reader, writer, node):
    while True:
        opcode, data = await read_frame(reader)
        if opcode == 8:
            writer.write(frame(8, data[:2]))
            return
        if opcode == 9:
            writer.write(frame(10, data))
        if opcode == 1:
            if "ack" in WORDS:
                writer.write(frame(1, b'{"ack":' + data + b"}"))
            publish(node, data)


async def serve(reader, writer):
    global opened
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        if head.startswith("POST"):
            size = int(re.search(r"(?i)content-length: (\d+)", head)[1])
            publish(0, await reader.readexactly(size))
            writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            return
        if not re.search("(?i)upgrade: websocket", head) or ("refuse" in WORDS and opened >= 2):
            writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        opened += 1
        node = choose(head, writer.get_extra_info("peername"))
        key = re.search(r"Sec-WebSocket-Key: (\S+)", head)[1] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
        cookie = f"Set-Cookie: node={node}; Path=/\r\n" if "cookie" in WORDS else ""
        writer.write(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      f"{cookie}Sec-WebSocket-Accept: {accept}\r\n\r\n").encode())
        if "silent" not in WORDS:
            writer.write(frame(1, json.dumps({"node": f"n{node}"}).encode()))
        nodes[node].add(writer)
        try:
            await talk(reader, writer, node)
        finally:
            nodes[node].discard(writer)
    except (asyncio.IncompleteReadError, OSError):
        pass
    finally:
        writer.close()


def close_all():
    for clients in nodes:
        for client in list(clients):
            client.write(frame(8, struct.pack("!H", 1012)))


def reset_all():
    for clients in nodes:
        for client in list(clients):
            client.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.transport.abort()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=512)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, close_all)
    loop.add_signal_handler(signal.SIGUSR1, reset_all)
    print(f"port {server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
