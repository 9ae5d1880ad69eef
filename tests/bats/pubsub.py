"""What the tests of `serve --pubsub` need: a redis-server that can be stopped, nodes, and clients of their rooms.

Used as a module: the scripts in serve_pubsub.bats import it. Everything waits for an event, at most LIMIT seconds.
"""

import asyncio
import json
import os
import random
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import websockets

LIMIT = 30 * int(os.environ.get("SLOW", "1"))
FOLDER = os.environ["BATS_TEST_TMPDIR"]
started = []


def free_port():
    """One below those that the kernel gives to connections: nothing takes it while Redis is away."""
    while True:
        port = random.randrange(10000, 30000)
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                continue
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def eventually(condition, what):
    end = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > end:
            ended = [f"{p.args[0]}: {p.returncode}" for p in started if p.poll() is not None]
            sys.exit(f"not within {LIMIT} s: {what() if callable(what) else what}\nended by now: {ended}")
        time.sleep(0.02)


class Redis:
    def __init__(self, *args, tls=()):
        self.port = free_port()
        self.args = ["--port", "0" if tls else str(self.port), *args]
        if tls:
            self.args += ["--tls-port", str(self.port), *tls]
        self.url = f"redis://127.0.0.1:{self.port}"
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--save", "", "--dir", FOLDER, "--bind", "127.0.0.1", *self.args],
            stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        started.append(self.process)
        eventually(self.listens, "redis-server listens")
        return self

    def listens(self):
        if self.process.poll() is not None:
            sys.exit(f"redis-server ended with {self.process.returncode}")
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def send(self, number):
        self.process.send_signal(number)

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.process.wait(LIMIT)

    def command(self, *words, password=None):
        """One command, its reply as redis-cli's raw bytes: enough for a look."""
        with socket.create_connection(("127.0.0.1", self.port), LIMIT) as s:
            for line in ([("AUTH", password)] if password else []) + [words, ("QUIT",)]:
                s.sendall(b"*%d\r\n" % len(line) + b"".join(b"$%d\r\n%s\r\n" % (len(w.encode()), w.encode()) for w in line))
            reply = b""
            while piece := s.recv(65536):
                reply += piece
        return reply.decode()


class Node:
    def __init__(self, name, url, *args):
        self.name = name
        self.log = os.path.join(FOLDER, f"{name}.log")
        named = ["--node", name] if name else []
        command = [*shlex.split(os.environ["WSCOPE"]), "serve", "-n", "--pubsub", url, *named, *args, "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=open(self.log, "w"),
                                        stdin=subprocess.DEVNULL, text=True)
        started.append(self.process)
        self.ws = self.process.stdout.readline().strip()
        if not self.ws:
            sys.exit(f"{name} did not start: {self.logged()}")

    def logged(self):
        with open(self.log) as f:
            return f.read()

    def awaits(self, pattern):
        """The first match of the pattern in the log, as soon as there is one."""
        found = []
        eventually(lambda: found.append(re.search(pattern, self.logged())) or found[-1],
                   lambda: f"{self.name} logs /{pattern}/:\n{self.logged()}")
        return found[-1]

    def counts(self, pattern):
        return len(re.findall(pattern, self.logged()))

    def json(self, query=""):
        with urllib.request.urlopen(f"http{self.ws[2:]}/feed.json{query}", timeout=LIMIT) as f:
            return json.load(f)

    def latest(self):
        """The number of the latest update; 0: there is none yet."""
        updates = self.json("?last=1")
        return updates[0]["id"] if updates else 0

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(LIMIT)


class Client:
    """A client of a node's room."""

    @classmethod
    async def join(cls, node):
        self = cls()
        self.node = node
        self.socket = await websockets.connect(node.ws + "/chat")
        if node.name:
            await self.gets(json.dumps({"node": node.name}).replace(" ", ""))
        return self

    async def says(self, text):
        await self.socket.send(text)
        await self.gets(text)

    async def next(self):
        return await asyncio.wait_for(self.socket.recv(), LIMIT)

    async def gets(self, *texts):
        for text in texts:
            got = await self.next()
            if got != text:
                sys.exit(f"a client of {self.node.name} received {got!r}, not {text!r}\n{self.node.logged()}")

    async def gets_all(self, texts):
        """All of them, in any order, once."""
        left = set(texts)
        while left:
            got = await self.next()
            if got not in left:
                sys.exit(f"a client of {self.node.name} received {got!r}, which is not of {sorted(left)}")
            left.remove(got)

    async def gets_nothing_before(self, text):
        await self.gets(text)


def run(main):
    async def whole():
        try:
            await main()
        finally:  # before the loop waits for its connections to close
            for process in started:
                if process.poll() is None:
                    process.send_signal(signal.SIGCONT)
                    process.kill()
                    process.wait()

    asyncio.run(whole())
