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

WSCOPE = shlex.split(os.environ.get("WSCOPE", "wscope"))
SLOW = int(os.environ.get("WSCOPE_SLOW", "1"))
KINDS = os.environ.get("TORTURE_KINDS", "descriptors").split()
ONLY = os.environ.get("TORTURE_RUNS", "")
BUDGET = int(os.environ.get("TORTURE_BUDGET", "25"))
SEED = int(os.environ.get("TORTURE_SEED", "0"))
JOBS = int(os.environ.get("TORTURE_JOBS", "0")) or os.cpu_count() or 2
SHIM = os.environ.get("TORTURE_SHIM", "")
LIMIT = 30 * SLOW  # seconds; no run takes more than a few
REPORT = struct.Struct("QQ24si4x")  # as in shim.c


class Place:
    """What the runs need around them: a folder, certificates, servers that nothing fails."""

    def __init__(self, folder):
        self.folder = folder
        self.servers = []
        self.plain = self.serve()
        self.cert = self.certificate()
        self.tls = self.serve("--cert", self.path("cert.pem"), "--key", self.path("key.pem")) if self.cert else None
        self.write("test.wscope", "url /echo\ntest a text comes back\nconnect\nsend hello\nexpect text hello\n")

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def certificate(self):
        if not shutil.which("openssl"):
            return False
        command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=torture"
        command += " -addext subjectAltName=IP:127.0.0.1"
        command = shlex.split(command) + ["-keyout", self.path("key.pem"), "-out", self.path("cert.pem")]
        return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0

    def serve(self, *options):
        process = subprocess.Popen(
            WSCOPE + ["serve", "--no-config", "--rate", "50", *options, "127.0.0.1:0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.servers.append(process)
        return port_of(process)

    def close(self):
        for process in self.servers:
            process.terminate()
            process.wait()


def port_of(process):
    """The port a server announces; 0: it ended without. What it prints further is read and kept."""
    for line in process.stderr:
        found = re.search(r"listening on wss?://[^ ]*:([0-9]+)", line)
        if found:
            threading.Thread(target=process.stderr.read, daemon=True).start()
            return int(found.group(1))
    return 0


class Result:
    def __init__(self, code, out, err, hung=False):
        self.code, self.out, self.err, self.hung = code, out, err, hung


class Run:
    """A run of the program: its arguments, what it reads, and what exit code 0 promises."""

    def __init__(self, name, arguments, text="", delivered=None, environment=None, terminal=None):
        self.name, self.arguments, self.text = name, arguments, text
        self.delivered = delivered or (lambda result: True)
        self.environment = environment or {}
        self.terminal = terminal  # lines to be typed, or None


def lines(count):
    return "".join(f"line {i}\n" for i in range(count))


def same_as(text):
    return lambda result: result.out == text


def count_of(count):
    return lambda result: len(result.out.splitlines()) == count


def json_complete(messages):
    def check(result):
        events = [json.loads(line) for line in result.out.splitlines()]
        received = [e for e in events if e["event"] == "message" and e["dir"] == "in"]
        return len(received) == messages and events[-1]["event"] == "summary"

    return check


def numbers_complete(result):
    """Without a hole from the first number to the last."""
    numbers = sorted({json.loads(line)["id"] for line in result.out.splitlines()})
    return len(numbers) >= 12 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def make_runs(place):
    ws = f"ws://127.0.0.1:{place.plain}"
    http = f"http://127.0.0.1:{place.plain}"
    named = f"ws://localhost:{place.plain}"
    refused = "ws://127.0.0.1:9/"
    feed = ["-n", "--id", "/id"]
    runs = [
        Run("version", ["--version"], delivered=lambda r: "OpenSSL" in r.out),
        Run("pipe", ["-r", "--retry-delay", "0.05", "-m", "8", "--count", "40", ws + "/echo"], lines(40)),
        Run("pipe by name", ["--count", "40", named + "/echo"], lines(40), same_as(lines(40))),
        Run("plain echo", ["--no-compress", "--count", "40", ws + "/echo"], lines(40), same_as(lines(40))),
        Run("json", ["--json", "--count", "5", ws + "/echo"], lines(5), json_complete(5)),
        Run("compress", ["--count", "3", ws + "/echo"], ("x" * 200000 + "\n") * 3, same_as(("x" * 200000 + "\n") * 3)),
        Run("from an argument", ["-e", "hello", "-1", ws + "/echo"], delivered=same_as("hello\n")),
        Run("poll", [*feed, "--count", "5", "--poll", http + "/feed.json", "--every", "0.05"], delivered=count_of(5)),
        Run("sse", [*feed, "--count", "5", "--sse", http + "/feed.sse"], delivered=count_of(5)),
        Run(
            "fallback",
            [*feed, "-r", "-m", "8", "--count", "5", "--fallback", http + "/feed.json", refused],
            delivered=count_of(5),
        ),
        Run(
            "compare",
            ["compare", "--id", "/id", "--for", "0.5", "--sse", http + "/feed.sse", "--poll", http + "/feed.json", ws + "/feed"],
            delivered=lambda r: "ws" in r.out and "sse" in r.out,
        ),
        Run(
            "run", ["run", "--against", "serve", place.path("test.wscope")], delivered=lambda r: re.search(r"^ok 1", r.out, re.M)
        ),
        Run("demo", ["demo", "-q"], delivered=lambda r: True),
        Run(
            "reconnect",
            ["-n", "-r", "--retry-delay", "0.05", "-m", "8", "--seq", "/id", "--fault", "rst@message:4*1", "--fail-on-loss"]
            + ["--catchup", http + "/feed.json?since={last}", "--count", "20", ws + "/feed"],
            delivered=numbers_complete,
        ),
        Run("header command", ["--header-cmd", "echo X-Test: 1", "--count", "3", ws + "/echo"], lines(3), same_as(lines(3))),
        Run("faults", ["--fault", "reorder:0.5,side=out", "--seed", "1", "--count", "20", ws + "/echo"], lines(20), count_of(20)),
        Run("record", ["--record", "/dev/null", "--plain", ws + "/echo"], terminal=["hello", "/ping", "/stats"]),
        Run("serve", ["serve", "127.0.0.1:0"]),
    ]
    if place.tls:
        cacert = ["--cacert", place.path("cert.pem")]
        wss = f"wss://127.0.0.1:{place.tls}/echo"
        runs.append(Run("tls", [*cacert, "--count", "10", wss], lines(10), same_as(lines(10))))
    for run in runs:
        run.arguments = with_no_config(run.arguments)
    return [run for run in runs if ONLY in run.name]


def with_no_config(arguments):
    at = 1 if arguments[0] in ("compare", "run", "demo", "serve") else 0
    if arguments[0] == "--version":
        return arguments
    return [*arguments[:at], "--no-config", *arguments[at:]]


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


def execute_server(run, environment, before):
    """A server, one client that uses it, and SIGTERM: it says why if it does not serve."""
    process = start(run, environment, before)
    text, waiting = "", time.monotonic() + 5 * SLOW  # without memory, it may serve and not be able to say where
    while time.monotonic() < waiting and "feed.json" not in text:
        if select.select([process.stderr], [], [], 0.05)[0]:
            chunk = os.read(process.stderr.fileno(), 65536)
            if not chunk:
                break
            text += chunk.decode(errors="replace")
    found = re.search(r"listening on ws://[^ ]*:([0-9]+)", text)
    if found:
        subprocess.run(
            WSCOPE + ["--no-config", "-m", "5", "-e", "hello", "-1", f"ws://127.0.0.1:{found.group(1)}/echo"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    if process.poll() is None:
        process.terminate()
    result = finish(process, "")
    result.err = text + result.err
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
    if run.arguments[0] == "serve":
        return execute_server(run, environment, before)
    if run.terminal is not None:
        return execute_terminal(run, environment, before)
    return finish(start(run, environment, before), run.text)


def judge(run, result, reader_left=False):
    """What is wrong with a result, or None. With a reader that has left there is nothing to deliver to."""
    told = result.err.strip() or '"event":"error"' in result.out or re.search("^(not ok|Bail out)", result.out, re.M)
    told = told or (run.arguments[0] == "demo" and "wscope: " in result.out)
    told = told or (run.arguments[0] == "compare" and re.search("^  (ws|sse|poll)[^:]*: ", result.out, re.M))
    if result.hung:
        return "hangs"
    if result.code < 0 and not (result.code == -signal.SIGTERM and run.arguments[0] == "serve"):
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
    values = range(3, 41)
    sweep(run, count, resource.RLIMIT_NOFILE, values, "descriptors")


def address_space(run, count):
    values = range(12_000_000, 60_000_000, max(1_000_000, 48_000_000 // BUDGET))
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


def spread(total):
    """BUDGET numbers from 1 to total, each from a stretch of its own; the first ones are dense."""
    if total <= BUDGET:
        return list(range(1, total + 1))
    draw = random.Random(SEED * 1000003 + total)
    return sorted({draw.randint(i * total // BUDGET + 1, (i + 1) * total // BUDGET) for i in range(BUDGET)})


def failing_calls(run, count, folder, kind, on):
    _, (total, _, _, _) = preloaded(run, folder, kind, 0)
    for i, at in enumerate(spread(total)):
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
