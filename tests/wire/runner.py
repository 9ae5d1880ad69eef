"""Named cases, run a few at a time, reported as TAP in the order in which they stand."""

import argparse
import fnmatch
import os
import re
import shutil
import sys
import tempfile
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

import program
from program import SLOW, Program
from rawserver import Listener, Unmet
from through import Through


class Skip(Exception):
    """What the case needs is not there."""


CASES = []


def case(name, seconds=15):
    """Register a function of one argument, a Test, under a name."""

    def register(function):
        if any(known == name for known, *_ in CASES):
            raise ValueError(f"two cases have the name {name!r}")
        CASES.append((name, function, seconds))
        return function

    return register


def need(condition, why):
    """A missing tool skips a case by hand and fails it where everything must be there."""
    if not condition:
        if os.environ.get("CI") == "true":
            raise Unmet(why)
        raise Skip(why)


class Test:
    """One running case: makes listeners and programs, and clears them away."""

    def __init__(self, seconds, shared):
        self.deadline = time.monotonic() + seconds * SLOW
        self.shared = shared
        self.programs, self.listeners, self.folder_path = [], [], None
        self._main = None
        self.through = None

    @property
    def listener(self):
        if not self._main:
            self._main = self.listen()
        return self._main

    def listen(self, host="127.0.0.1", **options):
        made = Listener(host, **options)
        self.listeners.append(made)
        return made

    @property
    def port(self):
        return self.listener.port

    @property
    def url(self):
        if self.shared.through_proxy is None:
            return f"ws://127.0.0.1:{self.port}/"
        if not self.through:
            self.through = Through(self.start, self.port, self.deadline, self.shared.through_proxy)
        return f"ws://127.0.0.1:{self.through.port}/"

    def folder(self):
        if not self.folder_path:
            self.folder_path = tempfile.mkdtemp(prefix="wscope-wire.")
        return self.folder_path

    def start(self, *args, **options):
        made = Program(args, self.deadline, home=self.shared.home, **options)
        self.programs.append(made)
        return made

    def accept(self, **options):
        """The next connection. If the program has ended instead, that is told at once."""
        while not self.listener.waiting(0.2):
            ended = self.programs and self.programs[-1].process.poll() is not None
            if (ended and not self.listener.waiting()) or time.monotonic() > self.deadline:
                raise Unmet("no connection came" + (", the program has ended" if ended else ""))
        return self.listener.accept(self.deadline, **options)

    def open(self, *args, extra="", then=b"", **options):
        """Start the program on this test's listener and open the WebSocket: (program, connection)."""
        url = self.url  # perhaps a proxy is started first
        made = self.start(*args, url, **options)
        conn = self.accept()
        conn.open(extra, then)
        return made, conn

    def clear(self):
        if self.through:
            self.through.close()
        for made in self.programs:
            made.kill()
        for made in self.listeners:
            made.close()
        if self.folder_path:
            shutil.rmtree(self.folder_path, ignore_errors=True)


class Shared:
    """Made once for a whole run."""

    def __init__(self, through_proxy=None):
        self.through_proxy = through_proxy
        self.home = tempfile.mkdtemp(prefix="wscope-home.")
        self.lock = threading.Lock()
        self.made = {}

    def once(self, name, make):
        with self.lock:
            if name not in self.made:
                self.made[name] = make(self.home)
            return self.made[name]


class Result:
    def __init__(self, state, why="", notes="", seconds=0.0):
        self.state, self.why, self.notes, self.seconds = state, why, notes, seconds


def _hex(data, limit=512):
    shown = bytes(data[:limit]).hex(" ")
    return shown + (f" ... ({len(data)} bytes)" if len(data) > limit else "")


def _text(data, limit=1500):
    text = data if isinstance(data, str) else data.decode("utf-8", "backslashreplace")
    if len(text) > limit:
        text = text[:limit] + f"... ({len(text)} characters)"
    return text.encode("unicode_escape").decode().replace("\\n", "\n")


def diagnose(test, error):
    """The YAML block under a failure: what a person wants to see first."""
    lines = []

    def block(key, text):
        lines.append(f"{key}: |")
        lines.extend("  " + line for line in (text or "(nothing)").split("\n"))

    block("message", str(error) if isinstance(error, Unmet) else f"{type(error).__name__}: {error}")
    frames = [f for f in traceback.extract_tb(error.__traceback__) if os.path.basename(f.filename).startswith(("cases_", "family_"))]
    if frames:
        at = frames[-1]
        lines.append(f"at: {os.path.basename(at.filename)}:{at.lineno}")
    for made in test.programs:
        block("command", " ".join(program.COMMAND + [repr(a) if re.search(r"[^\w:/.=-]", a) else a for a in made.args]))
        status = made.process.poll()
        lines.append(f"exit: {'still running' if status is None else status}")
        block("stdout", _text(made.out))
        block("stderr", _text(made.err))
    for listener in test.listeners:
        for conn in listener.conns:
            head, gap, rest = bytes(conn.taken).partition(b"\r\n\r\n")
            block("client_head", _text(head))
            block("client_bytes", _hex(rest))
            lines.append(f"client_end: {conn.ended or 'open'}")
    return "\n".join("  " + line for line in ["---", *lines, "..."])


def run_one(entry, shared):
    _, function, seconds = entry
    test = Test(seconds, shared)
    begun = time.monotonic()
    try:
        function(test)
        if test.through:
            test.through.compare()
        return Result("ok", seconds=time.monotonic() - begun)
    except Skip as skip:
        return Result("skip", str(skip))
    except Exception as error:  # whatever went wrong, the other cases go on
        return Result("not ok", str(error), diagnose(test, error), time.monotonic() - begun)
    finally:
        test.clear()


def main(description, jobs=3):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--list", action="store_true", help="print the names of the cases and end")
    parser.add_argument("--only", metavar="GLOB", action="append", help="run the cases whose name matches (repeatable)")
    parser.add_argument("-v", "--verbose", action="store_true", help="print how long each case took")
    parser.add_argument("-j", "--jobs", type=int, default=jobs, help="cases at a time (default %(default)s)")
    parser.add_argument("--through-proxy", metavar="OPTIONS", nargs="?", const="",
                        help="put a `wscope proxy` with these options between program and server, and compare the bytes on both sides")
    options = parser.parse_args()
    chosen = [c for c in CASES if not options.only or any(fnmatch.fnmatch(c[0], g) for g in options.only)]
    if options.list:
        for name, *_ in chosen:
            print(name)
        return 0
    if not shutil.which(program.COMMAND[0]):
        print(f"Bail out! {program.COMMAND[0]} is not there: put the program's path in WSCOPE")
        return 1
    shared, begun = Shared(options.through_proxy), time.monotonic()
    found, failed = {}, 0
    arrived = threading.Condition()

    def work(entry):
        result = run_one(entry, shared)
        with arrived:
            found[entry[0]] = result
            arrived.notify_all()

    print("TAP version 13")
    print(f"1..{len(chosen)}")
    try:
        with ThreadPoolExecutor(max(1, options.jobs)) as pool:
            for entry in chosen:
                pool.submit(work, entry)
            for number, (name, *_) in enumerate(chosen, 1):
                with arrived:
                    while name not in found:
                        arrived.wait()
                result = found[name]
                failed += report(number, name, result, options.verbose)
    finally:
        shutil.rmtree(shared.home, ignore_errors=True)
    print(f"# {len(chosen)} cases, {failed} failed, {time.monotonic() - begun:.1f} s")
    return 1 if failed else 0


def report(number, name, result, verbose):
    title = name.replace("#", "\\#")
    if result.state == "skip":
        print(f"ok {number} - {title} # SKIP {result.why}", flush=True)
        return 0
    print(f"{result.state} {number} - {title}")
    if result.state == "not ok":
        print(result.notes)
    if verbose:
        print(f"# {result.seconds:.2f} s")
    sys.stdout.flush()
    return result.state == "not ok"
