#!/usr/bin/python3
"""The servers of the manual's examples: example_server.py CERT KEY listens with TLS on a free port, prints "port N",
accepts any WebSocket and its first subprotocol, sends one JSON message at once, returns short texts, and answers pings
and a Close."""

import base64
import hashlib
import socket
import ssl
import struct
import sys
import threading

TEXT = b'{"op": "time", "state": "done", "price": 97.11}'


def exactly(conn, count):
    data = b""
    while len(data) < count:
        piece = conn.recv(count - len(data))
        if not piece:
            raise OSError("the client closed the connection")
        data += piece
    return data


def frame(conn):
    """The opcode, FIN and the payload of the next frame."""
    first, second = exactly(conn, 2)
    length = second & 127
    if length == 126:
        (length,) = struct.unpack("!H", exactly(conn, 2))
    elif length == 127:
        (length,) = struct.unpack("!Q", exactly(conn, 8))
    key = exactly(conn, 4)
    payload = exactly(conn, length)
    return first & 15, first & 128, bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


def send(conn, opcode, payload):
    conn.sendall(bytes([128 | opcode, len(payload)]) + payload)


def open_socket(conn):
    head = b""
    while b"\r\n\r\n" not in head:
        head += exactly(conn, 1)
    fields = dict(line.split(": ", 1) for line in head.decode("latin-1").split("\r\n") if ": " in line)
    accept = hashlib.sha1((fields["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
    answer = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
              "Sec-WebSocket-Accept: " + base64.b64encode(accept).decode()]
    if "Sec-WebSocket-Protocol" in fields:
        answer.append("Sec-WebSocket-Protocol: " + fields["Sec-WebSocket-Protocol"].split(",")[0])
    conn.sendall("\r\n".join(answer + ["", ""]).encode())


def serve(conn, context):
    try:
        with context.wrap_socket(conn, server_side=True) as conn:
            open_socket(conn)
            send(conn, 1, TEXT)
            while True:
                opcode, final, payload = frame(conn)
                if opcode == 8:
                    send(conn, 8, payload)
                    break
                if opcode == 9:
                    send(conn, 10, payload)
                elif opcode == 1 and final and len(payload) < 126:
                    send(conn, 1, payload)
    except OSError:
        pass


def main(cert, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    sock = socket.create_server(("127.0.0.1", 0))
    print(f"port {sock.getsockname()[1]}", flush=True)
    while True:
        conn, _ = sock.accept()
        threading.Thread(target=serve, args=(conn, context), daemon=True).start()


main(*sys.argv[1:])
