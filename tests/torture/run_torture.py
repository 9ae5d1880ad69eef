#!/usr/bin/env python3
"""Runs wscope while something that it needs fails, over more than a dozen kinds of runs.

No run may crash or hang; each exit code but 0 comes with a message; with exit code 0 all was delivered.
Prints TAP: one test for each run and kind of failure, with counts.

As a test of `make check` it sweeps the limit of file descriptors only. `make check-torture` does more:

  TORTURE_KINDS     of: descriptors, address-space, memory, no-memory, io (all)
  TORTURE_RUNS      only the runs whose name contains this
  TORTURE_BUDGET    failures that are tried for each run and kind, spread over all calls (25)
  TORTURE_SEED      where between them (0)
  TORTURE_JOBS      at a time (the number of processors)
  TORTURE_SHIM      the preloaded library that fails calls; memory, no-memory and io need it
"""

import concurrent.futures
import errno
import json
import mmap
import os
import pty
import random
import re
import resource
import select
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

from runs import SERVERS, WSCOPE, Place, make_runs

SLOW = int(os.environ.get("WSCOPE_SLOW", "1"))
KINDS = os.environ.get("TORTURE_KINDS", "descriptors").split()
BUDGET = int(os.environ.get("TORTURE_BUDGET", "25"))
SEED = int(os.environ.get("TORTURE_SEED", "0"))
JOBS = int(os.environ.get("TORTURE_JOBS", "0")) or os.cpu_count() or 2
SHIM = os.environ.get("TORTURE_SHIM", "")
LIMIT = 30 * SLOW  # seconds; no run takes more than a few
REPORT = struct.Struct("QQ24si4x")  # as in shim.c


class Result:
    def __init__(self, code, out, err, hung=False):
        self.code, self.out, self.err, self.hung = code, out, err, hung
        self.unserved = False  # of a server: a client did not get what it wanted


def finish(process, text):
    try:
        out, err = process.communicate(text, LIMIT)
        return Result(process.returncode, out, err)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        return Result(process.returncode, out, err, hung=True)


def start(run, environment, before):
    return subprocess.Popen(
        WSCOPE + run.arguments,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env={**os.environ, **run.environment, **environment},
        preexec_fn=before,
    )


def serves(port, client):
    """What a client of a server on this port gets is all that it wants."""
    *options, path = client
    command = WSCOPE + ["--no-config", "-m", "5", *options, f"ws://127.0.0.1:{port}{path}"]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


def execute_server(run, environment, before):
    """A server, its clients one after the other, and SIGTERM: it says why if it does not serve."""
    process = start(run, environment, before)
    text, waiting = "", time.monotonic() + 5 * SLOW  # without memory, it may serve and not be able to say where
    announced = "feed.json" if run.arguments[0] == "serve" else " to ws://"
    while time.monotonic() < waiting and announced not in text:
        if select.select([process.stderr], [], [], 0.05)[0]:
            chunk = os.read(process.stderr.fileno(), 65536)
            if not chunk:
                break
            text += chunk.decode(errors="replace")
    found = re.search(r"(?:listening on|relaying) ws://[^ ]*:([0-9]+)", text)
    served = [serves(found.group(1), client) for client in run.clients if found]
    if process.poll() is None:
        process.terminate()
    result = finish(process, "")
    result.err = text + result.err
    if result.code in (-signal.SIGTERM, 128 + signal.SIGTERM):
        result.code = 0
    result.unserved = not all(served)
    return result


def execute_terminal(run, environment, before):
    """On a terminal: each line is typed when a prompt is there, then ^D."""
    pid, fd = pty.fork()
    if pid == 0:
        if before:
            before()
        os.execvpe(WSCOPE[0], WSCOPE + run.arguments, {**os.environ, **environment, "TERM": "dumb"})
    output, typed, end = b"", 0, time.monotonic() + LIMIT
    pace = time.monotonic() + 0.3
    code = None
    while time.monotonic() < end:
        ready, _, _ = select.select([fd], [], [], 0.05)
        if ready:
            try:
                chunk = os.read(fd, 65536)
            except OSError:
                chunk = b""
            if not chunk:
                break
            output += chunk
        if time.monotonic() > pace:
            line = run.terminal[typed].encode() + b"\n" if typed < len(run.terminal) else b"\x04"
            try:
                os.write(fd, line)
            except OSError:
                pass
            typed += 1
            pace = time.monotonic() + 0.1
    hung = time.monotonic() >= end
    if hung:
        os.kill(pid, signal.SIGKILL)
    os.close(fd)
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    text = output.decode(errors="replace")
    return Result(code, text, text, hung)


def execute(run, environment=None, before=None):
    environment = environment or {}
    if run.arguments[0] in SERVERS:
        return execute_server(run, environment, before)
    if run.terminal is not None:
        return execute_terminal(run, environment, before)
    return finish(start(run, environment, before), run.text)


def judge(run, result, reader_left=False):
    """What is wrong with a result, or None. With a reader that has left there is nothing to deliver to."""
    told = result.err.strip() or '"event":"error"' in result.out or re.search("^(not ok|Bail out)", result.out, re.M)
    told = told or '"event":"fanout"' in result.out or '"event":"verdict"' in result.out
    told = told or (run.arguments[0] == "demo" and "wscope: " in result.out)
    told = told or (run.arguments[0] == "compare" and re.search("^  (ws|sse|poll)[^:]*: ", result.out, re.M))
    if result.hung:
        return "hangs"
    if result.code < 0:
        return f"dies of {signal.Signals(-result.code).name}"
    if result.code != 0 and not told:
        return f"exits with {result.code} and says nothing"
    if "runtime error" in result.err or "AddressSanitizer" in result.err:
        return "a sanitizer reports"
    try:
        delivered = result.code != 0 or reader_left or run.delivered(result)
    except (ValueError, KeyError, IndexError) as error:
        return f"exits with 0 and wrong output ({error})"
    return None if delivered else "exits with 0 without having delivered everything"


class Count:
    def __init__(self):
        self.lock = threading.Lock()
        self.tried = self.failed = self.survived = 0
        self.wrong = []

    def add(self, run, result, what, reader_left=False):
        problem = judge(run, result, reader_left)
        with self.lock:
            self.tried += 1
            if problem:
                self.wrong.append(f"{what}: {problem}\n{excerpt(result)}")
            elif result.code == 0:
                self.survived += 1
            else:
                self.failed += 1


def excerpt(result):
    text = (result.err or result.out)[-600:]
    return "\n".join("    " + line for line in text.splitlines()[-8:])


# --- kinds of failure ---------------------------------------------------------------------------


def no_room_for_libraries(result):
    """The dynamic linker itself found no descriptor or no memory; or the shell of exec."""
    return result.code == 127 and "error while loading shared libraries" in (result.err + result.out)


def limited(which, value):
    return lambda: resource.setrlimit(which, (value, value))


def sweep(run, count, which, values, name):
    for value in values:
        result = execute(run, before=limited(which, value))
        if not no_room_for_libraries(result):
            count.add(run, result, f"{name} {value}")


def descriptors(run, count):
    values = range(3, 41, run.seldom)
    sweep(run, count, resource.RLIMIT_NOFILE, values, "descriptors")


def address_space(run, count):
    values = range(12_000_000, 60_000_000, max(1_000_000, 48_000_000 * run.seldom // BUDGET))
    sweep(run, count, resource.RLIMIT_AS, values, "address space")


class Report:
    """What the shim tells: calls counted, failures, the name of the first that failed."""

    def __init__(self, folder):
        fd, self.path = tempfile.mkstemp(dir=folder)
        os.ftruncate(fd, REPORT.size)
        self.map = mmap.mmap(fd, REPORT.size)
        os.close(fd)

    def read(self):
        count, struck, name, error = REPORT.unpack(self.map[: REPORT.size])
        return count, struck, name.split(b"\0")[0].decode(), error

    def close(self):
        self.map.close()
        os.unlink(self.path)


def preloaded(run, folder, kind, at, on=False, variant=0):
    """Run with the shim. Returns the result and what the shim reports."""
    report = Report(folder)
    environment = {
        "LD_PRELOAD": SHIM,
        "TORTURE_PROGRAM": os.path.realpath(shutil.which(WSCOPE[0])),
        "TORTURE_FILE": report.path,
        "TORTURE_KIND": kind,
        "TORTURE_AT": str(at),
        "TORTURE_ON": "1" if on else "0",
        "TORTURE_VARIANT": str(variant),
    }
    result = execute(run, environment)
    found = report.read()
    report.close()
    return result, found


def spread(total, budget):
    """At most budget numbers from 1 to total, each from a stretch of its own."""
    if total <= budget:
        return list(range(1, total + 1))
    draw = random.Random(SEED * 1000003 + total)
    return sorted({draw.randint(i * total // budget + 1, (i + 1) * total // budget) for i in range(budget)})


def failing_calls(run, count, folder, kind, on):
    _, (total, _, _, _) = preloaded(run, folder, kind, 0)
    for i, at in enumerate(spread(total, max(1, BUDGET // run.seldom))):
        result, (_, struck, name, error) = preloaded(run, folder, kind, at, on, i + SEED)
        what = f"{kind} {at}{' and on' if on else ''}, variant {i + SEED}: {name} {os.strerror(error) if error else ''}"
        left = name == "writev" and error == errno.EPIPE  # standard output or error; sockets have send
        count.add(run, result, what if struck else f"{kind} {at}: not reached", left)


def torture(run, kind, folder):
    count = Count()
    count.add(run, execute(run), "without any failure")
    if count.survived != 1:
        count.wrong.append(f"without any failure: exit code {execute(run).code}")
    elif kind == "descriptors":
        descriptors(run, count)
    elif kind == "address-space":
        address_space(run, count)
    else:
        failing_calls(run, count, folder, "io" if kind == "io" else "memory", kind == "no-memory")
    return count


def report(number, run, kind, count):
    text = f"{run.name}, {kind}: {count.tried} runs, {count.survived} went on, {count.failed} failed with a message"
    for wrong in count.wrong:
        print("\n".join("# " + line for line in wrong.splitlines()))
    if count.wrong:
        text += f", {len(count.wrong)} wrong"
    print(f"{'not ok' if count.wrong else 'ok'} {number} - {text}", flush=True)


def main():
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    folder = tempfile.mkdtemp(prefix="wscope-torture.")
    place = Place(folder)
    tasks = [(run, kind) for kind in KINDS for run in make_runs(place)]
    wrong = tried = 0
    print(f"1..{len(tasks)}", flush=True)
    try:
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            futures = [pool.submit(torture, run, kind, folder) for run, kind in tasks]
            for number, ((run, kind), future) in enumerate(zip(tasks, futures), 1):
                count = future.result()
                report(number, run, kind, count)
                wrong += len(count.wrong)
                tried += count.tried
    finally:
        place.close()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"# {tried} runs, {wrong} of them wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
