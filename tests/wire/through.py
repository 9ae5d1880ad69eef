"""`wscope proxy` between a program and a raw server, with a recorder on each side of it.

    program <-> recorder <-> wscope proxy <-> recorder <-> raw server

After the case both recorders must have seen the same bytes after the heads, in each direction.
"""

import hashlib
import select
import shlex
import socket
import struct
import threading
import time

from rawserver import Unmet

RST = struct.pack("ii", 1, 0)


class Pipe:
    """One connection that passes a recorder: bytes, FIN and RST, as they come; digests of what follows the heads."""

    def __init__(self, near, far):
        self.ends = [near, far]
        self.heads = [bytearray(), bytearray()]
        self.digests = [hashlib.sha256(), hashlib.sha256()]
        self.counts = [0, 0]
        self.bodies = [False, False]
        self.reset = False
        for end in self.ends:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _note(self, side, data):
        if not self.bodies[side]:
            self.heads[side] += data
            head, gap, data = bytes(self.heads[side]).partition(b"\r\n\r\n")
            if not gap:
                return
            self.bodies[side] = True
        self.digests[side].update(data)
        self.counts[side] += len(data)

    def _run(self):
        try:
            open_sides = {0, 1}
            while open_sides:
                ready, _, _ = select.select([self.ends[side] for side in open_sides], [], [])
                for side in [side for side in open_sides if self.ends[side] in ready]:
                    data = self.ends[side].recv(1 << 16)
                    if data:
                        self._note(side, data)
                        self.ends[1 - side].sendall(data)
                    else:
                        open_sides.discard(side)
                        self.ends[1 - side].shutdown(socket.SHUT_WR)
        except OSError:
            self.reset = True
            for end in self.ends:
                try:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
                except OSError:
                    pass
        for end in self.ends:
            end.close()


class Recorder:
    """Listens, and passes each connection on to a port of the loopback."""

    def __init__(self, port):
        self.port_behind, self.pipes = port, []
        self.more = threading.Condition()
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self.sock.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.port_behind))
            except OSError:
                near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
                near.close()
                continue
            with self.more:
                self.pipes.append(Pipe(near, far))
                self.more.notify_all()

    def await_pipes(self, count, deadline):
        """Until there are that many, or the deadline."""
        with self.more:
            self.more.wait_for(lambda: len(self.pipes) >= count, max(0, deadline - time.monotonic()))

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)  # ends the accept of the thread
        except OSError:
            pass
        self.sock.close()


class Through:
    """The two recorders and the proxy, with options for it. `start(ARG...)` starts the program under test."""

    def __init__(self, start, port, deadline, options=""):
        self.deadline = deadline
        self.behind = Recorder(port)
        self.proxy = start("proxy", *shlex.split(options), "127.0.0.1:0", f"ws://127.0.0.1:{self.behind.port}/")
        self.proxy.await_out(b"\n", "the address of the proxy")
        self.front = Recorder(int(self.proxy.out.split()[0].rpartition(b":")[2]))
        self.port = self.front.port

    def compare(self):
        """Wait for the connections to end, then compare both sides."""
        # The thread of one that accepts may be about to note the last one.
        count = max(len(self.front.pipes), len(self.behind.pipes))
        for recorder in (self.front, self.behind):
            recorder.await_pipes(count, self.deadline)
        for recorder in (self.front, self.behind):
            for pipe in recorder.pipes:
                pipe.thread.join(max(0.001, self.deadline - time.monotonic()))
                if pipe.thread.is_alive():
                    raise Unmet("a connection through the proxy does not end")
        if len(self.front.pipes) != len(self.behind.pipes):
            raise Unmet(f"{len(self.front.pipes)} connections before the proxy, {len(self.behind.pipes)} after it")
        for front, behind in zip(self.front.pipes, self.behind.pipes):
            for side, name in ((0, "up"), (1, "down")):
                got, wanted = (behind, front) if side == 0 else (front, behind)
                if got.digests[side].digest() != wanted.digests[side].digest():
                    raise Unmet(f"the bytes {name} differ on both sides of the proxy: {wanted.counts[side]} before it, "
                                f"{got.counts[side]} after it")
            if front.reset != behind.reset:
                raise Unmet(f"reset before the proxy: {front.reset}, after it: {behind.reset}")

    def close(self):
        self.front.close()
        self.behind.close()
