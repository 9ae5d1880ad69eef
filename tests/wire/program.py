"""The program under test as a subprocess: its streams gathered by threads, its end awaited, never slept for."""

import json
import os
import pty
import re
import select
import shlex
import signal
import subprocess
import termios
import threading
import time

from rawserver import Unmet, shorten

SLOW = float(os.environ.get("WSCOPE_SLOW", "1"))
COMMAND = shlex.split(os.environ.get("WSCOPE", "wscope"))
# Memory can only be judged where nothing but the program itself uses it.
MEASURABLE = SLOW == 1 and len(COMMAND) == 1

PIPE, HOLD, TTY, NULL, CLOSED = "pipe", "hold", "tty", "null", "closed"


class Stream:
    """What came from one descriptor, so far."""

    def __init__(self, fd):
        self.fd, self.data, self.ended = fd, bytearray(), False
        self.more = threading.Condition()
        self.thread = None

    def start(self):
        if not self.thread:
            self.thread = threading.Thread(target=self._gather, daemon=True)
            self.thread.start()

    def _gather(self):
        while True:
            try:
                piece = os.read(self.fd, 1 << 18)
            except OSError:  # EIO: the last terminal descriptor of the other side is gone
                piece = b""
            with self.more:
                self.data += piece
                self.ended = not piece
                self.more.notify_all()
            if not piece:
                return

    def wait(self, good, deadline, awaited):
        self.start()
        with self.more:
            while not good(self.data):
                left = deadline - time.monotonic()
                if left <= 0 or self.ended:
                    why = "it ended" if self.ended else "in time"
                    raise Unmet(f"{awaited} did not come ({why}); there is {shorten(self.data[-400:])}")
                self.more.wait(left)


class Program:
    def __init__(self, args, deadline, env=None, stdin=NULL, stdout=PIPE, stderr=PIPE, home="/nonexistent"):
        """stdin: bytes (given at once), PIPE (write, end), NULL, TTY, or an open file. stdout: PIPE, HOLD (a pipe that nobody reads until
        `release`), TTY, CLOSED (a pipe whose reader is gone), or an open file. stderr: PIPE, TTY or an open file."""
        self.args, self.deadline = list(args), deadline
        environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "LC_ALL": "C.UTF-8",
            "TERM": "xterm-256color",
            "HOME": home,
            "XDG_CONFIG_HOME": home,
            "XDG_STATE_HOME": home,
        }
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "LD_LIBRARY_PATH"):
            if name in os.environ:
                environment[name] = os.environ[name]
        environment.update(env or {})
        self.own, self.kept = [], []
        terminal = None
        if TTY in (stdin, stdout, stderr):
            master, terminal = pty.openpty()
            attributes = termios.tcgetattr(terminal)
            attributes[1] &= ~termios.OPOST  # bytes as the program wrote them
            termios.tcsetattr(terminal, termios.TCSANOW, attributes)
            self.terminal = master
            self.kept.append(terminal)
            self.own.append(master)
        given = stdin if isinstance(stdin, (bytes, bytearray)) else None
        if given is not None or stdin == PIPE:
            theirs_in, self.stdin = os.pipe()
            self.kept.append(theirs_in)
        else:
            self.stdin = None
            theirs_in = terminal if stdin == TTY else subprocess.DEVNULL if stdin == NULL else stdin
        theirs_out, self.out_stream = self._output(stdout, terminal)
        theirs_err, self.err_stream = self._output(stderr, terminal)
        self.process = subprocess.Popen(
            COMMAND + self.args, stdin=theirs_in, stdout=theirs_out, stderr=theirs_err, env=environment, close_fds=True,
            start_new_session=True,
        )
        for fd in self.kept:
            os.close(fd)
        if stdout != HOLD and self.out_stream:
            self.out_stream.start()
        if self.err_stream and self.err_stream is not self.out_stream:
            self.err_stream.start()
        self.giver = None
        if given is not None:
            self.give(bytes(given))

    def _output(self, kind, terminal):
        if kind == TTY:
            if not hasattr(self, "screen"):
                self.screen = Stream(self.terminal)
            return terminal, self.screen
        if kind in (PIPE, HOLD, CLOSED):
            ours, theirs = os.pipe()
            self.kept.append(theirs)
            if kind == CLOSED:
                os.close(ours)
                return theirs, None
            self.own.append(ours)
            return theirs, Stream(ours)
        return kind, None

    def give(self, data):
        """Write that to stdin, then end it, meanwhile."""
        # The descriptor is the thread's from here on: closed by two it might be another's, opened meanwhile.
        self.giver = threading.Thread(target=self._give, args=(self.stdin, data), daemon=True)
        self.stdin = None
        self.giver.start()

    @staticmethod
    def _give(fd, data):
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(fd, view):]
        except OSError:
            pass
        os.close(fd)

    # -- stdin ---------------------------------------------------------------------------------------

    def write(self, data):
        view = memoryview(data)
        while view:
            if not select.select([], [self.stdin], [], max(0, self.deadline - time.monotonic()))[1]:
                raise Unmet("the program does not read its stdin")
            view = view[os.write(self.stdin, view[:4096]):]

    def end(self):
        if self.stdin is not None:
            os.close(self.stdin)
            self.stdin = None

    # -- output --------------------------------------------------------------------------------------

    @property
    def out(self):
        return bytes(self.out_stream.data) if self.out_stream else b""

    @property
    def err(self):
        return bytes(self.err_stream.data).decode("utf-8", "replace") if self.err_stream else ""

    def await_out(self, piece, awaited=None):
        good = piece if callable(piece) else lambda data: piece in data
        self.out_stream.wait(good, self.deadline, awaited or f"{shorten(piece)} on stdout")

    def await_err(self, pattern):
        wanted = re.compile(pattern.encode(), re.I | re.S)
        self.err_stream.wait(lambda data: wanted.search(data), self.deadline, f"/{pattern}/ on stderr")

    def release(self):
        """Begin to read a held stdout."""
        self.out_stream.start()

    def drop_stdout(self):
        """The reader of stdout goes away. Only where nobody reads it yet (HOLD)."""
        os.close(self.out_stream.fd)
        self.own.remove(self.out_stream.fd)
        self.out_stream = None

    # -- the end -------------------------------------------------------------------------------------

    def signal(self, number):
        self.process.send_signal(number)

    def ended(self, seconds):
        """Whether it has ended, or does within that time."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def wait(self):
        """The exit status, once the outputs are all there."""
        try:
            status = self.process.wait(max(0.001, self.deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise Unmet("the program did not end in time") from None
        for stream in (self.out_stream, self.err_stream):
            if stream:
                stream.start()
                stream.thread.join(max(0.001, self.deadline - time.monotonic()))
        return status

    def exits(self, *codes):
        status = self.wait()
        if status not in codes:
            wanted = " or ".join(map(str, codes))
            raise Unmet(f"exit {status}, awaited {wanted}")
        return status

    def kill(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        self.end()
        if self.giver:
            self.giver.join(1)  # its pipe has no reader any more
        for stream in (self.out_stream, self.err_stream):
            if stream and stream.thread:
                stream.thread.join(1)
        # A descriptor that a thread still reads, for a child of the program's has the other end, stays open: its
        # number might become another's.
        read = [s.fd for s in (self.out_stream, self.err_stream) if s and s.thread and s.thread.is_alive()]
        for fd in self.own:
            if fd not in read:
                os.close(fd)
        self.own = []

    # -- looks ---------------------------------------------------------------------------------------

    def peak_memory(self):
        """Bytes of memory at the most, so far (VmHWM)."""
        with open(f"/proc/{self.process.pid}/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
        raise Unmet("no VmHWM in /proc")

    def says(self, *patterns):
        """Each pattern stands in stderr (any case, across lines)."""
        for pattern in patterns:
            if not re.search(pattern, self.err, re.I | re.S):
                raise Unmet(f"stderr does not say /{pattern}/")

    def silent(self, *patterns):
        for pattern in patterns:
            for name, text in (("stderr", self.err), ("stdout", self.out.decode("utf-8", "replace"))):
                if re.search(pattern, text, re.I | re.S):
                    raise Unmet(f"{name} says /{pattern}/, which it must not")

    def prints(self, data):
        if self.out != data:
            raise Unmet(f"stdout is {shorten(self.out)}, awaited {shorten(data)}")

    def json(self):
        """The events on stdout, each line checked; the last is the summary with the exit code."""
        from events import check_stream

        events = []
        for number, line in enumerate(self.out.split(b"\n")[:-1], 1):
            try:
                events.append(json.loads(line.decode("utf-8")))
            except ValueError as error:
                raise Unmet(f"line {number} of --json is not JSON ({error}): {shorten(line)}") from None
        if not self.out.endswith(b"\n"):
            raise Unmet("the last line of --json has no newline")
        status = self.process.poll()
        check_stream(events, status)
        return events
