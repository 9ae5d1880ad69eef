#!/usr/bin/python3
"""A small peer of the command-line tests: peer.py KIND listens on a free port, prints "port N" and behaves badly.

http STATUS   answers with that status, a few headers and a body
short         answers 200 with less of a body than it announces
hangup        accepts, reads the request and hangs up
silent        accepts and never says a word
dead          a port that is taken and not listened on
mute          opens the WebSocket, then never says a word
violation     opens the WebSocket, then sends a frame with a reserved opcode
escapes       opens the WebSocket, then closes it with a reason that would clear a terminal
"""

import base64
import hashlib
import signal
import socket
import sys
import threading

HELD = []  # connections that are to stay open


def request(conn):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = conn.recv(65536)
        if not piece:
            return data
        data += piece
    return data


def answer(conn, status):
    conn.recv(65536)  # whatever it is: a request, or the first bytes of TLS
    body = b"<h1>go away</h1>\n"
    conn.sendall(b"HTTP/1.1 %s\r\nServer: peer/1\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s"
                 % (status.encode(), len(body), body))
    conn.shutdown(socket.SHUT_WR)
    conn.recv(1)
    conn.close()


def short(conn):
    request(conn)
    conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab")
    conn.shutdown(socket.SHUT_WR)
    while conn.recv(65536):
        pass
    conn.close()


def mute(conn):
    lines = request(conn).decode("latin-1").split("\r\n")
    key = next(line.split(":", 1)[1].strip() for line in lines if line.lower().startswith("sec-websocket-key:"))
    accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
    conn.sendall(f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode())
    HELD.append(conn)


def violation(conn):
    mute(conn)
    conn.sendall(b"\x83\0")


def escapes(conn):
    mute(conn)
    conn.sendall(b"\x88\x0a\x03\xe8\x1b[2Jgone")


def main(kind, *args):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    if kind != "dead":
        sock.listen(16)
    print(f"port {sock.getsockname()[1]}", flush=True)
    if kind == "dead":
        signal.pause()
    while True:
        conn, _ = sock.accept()
        if kind == "silent":
            HELD.append(conn)
        elif kind == "hangup":
            request(conn)
            conn.close()
        else:
            kinds = {"http": answer, "short": short, "mute": mute, "violation": violation, "escapes": escapes}
            threading.Thread(target=kinds[kind], args=(conn, *args), daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
