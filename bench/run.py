#!/usr/bin/env python3
"""Run wscope and the floor (floor.c) in turn against a server that is not the bottleneck, and print what came of it.

    run.py [--pairs N] [--wscope PROGRAM] [--tools FOLDER] [--no-peers] [--list] [WORKLOAD]...

See README.md for what is measured and how."""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass

sys.dont_write_bytecode = True

from relaying import Relay, run_on  # noqa: E402
from workloads import BARS, WORKLOADS  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))


class Failed(Exception):
    """A run that did not do its work measures nothing."""


@dataclass
class Run:
    wall: float
    user: float
    system: float
    rss: float  # MiB
    median: float  # microseconds

    @property
    def cpu(self):
        return self.user + self.system


class Bench:
    def __init__(self, options):
        self.tools, self.wscope = os.path.abspath(options.tools), os.path.abspath(options.wscope)
        self.folder = tempfile.mkdtemp(prefix="wscope-bench.")
        cpus = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
        # The client alone on one processor; the server and all else on another.
        self.cpus = (cpus[-1], cpus[0])
        self.environment = dict(
            os.environ, HOME=self.folder, XDG_CONFIG_HOME=self.folder, LC_ALL="C.UTF-8",
            SSL_CERT_DIR=self._trust(), NODE_EXTRA_CA_CERTS=self._path("ca.pem"),
        )
        self.environment.pop("SSL_CERT_FILE", None)
        for name in ("http_proxy", "https_proxy", "all_proxy", "SSLKEYLOGFILE"):
            self.environment.pop(name, None)
            self.environment.pop(name.upper(), None)
        self._inputs()
        self.server = subprocess.Popen(
            [self._tool("server"), self._path("cert.pem"), self._path("key.pem")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=self._on_server_cpu,
        )
        self.ports = self.server.stdout.readline().split()

    def close(self):
        self.server.stdin.close()
        try:
            self.server.wait(5)
        except subprocess.TimeoutExpired:
            self.server.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, name):
        return os.path.join(self.folder, name)

    def _tool(self, name):
        return os.path.join(self.tools, name)

    def _on_server_cpu(self):
        run_on(self.cpus[1])

    # -- what the runs need --------------------------------------------------------------------------

    def _openssl(self, *args):
        subprocess.run(["openssl", *args], check=True, capture_output=True, cwd=self.folder)

    def _trust(self):
        """A certificate for localhost, and the system's hashed directory with one authority more: ours."""
        new = ["-newkey", "rsa:2048", "-nodes", "-sha256"]
        self._openssl("req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=bench CA")
        self._openssl("req", *new, "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=localhost")
        with open(self._path("names"), "w") as names:
            names.write("subjectAltName=DNS:localhost\n")
        self._openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                      "-days", "2", "-extfile", "names", "-out", "cert.pem")
        trust = self._path("trust")
        os.mkdir(trust)
        system = "/etc/ssl/certs"
        for name in os.listdir(system) if os.path.isdir(system) else []:
            os.symlink(os.path.join(system, name), os.path.join(trust, name))
        digest = subprocess.run(["openssl", "x509", "-hash", "-noout", "-in", self._path("ca.pem")],
                                check=True, capture_output=True, text=True).stdout.strip()
        number = 0
        while os.path.lexists(os.path.join(trust, f"{digest}.{number}")):
            number += 1
        shutil.copy(self._path("ca.pem"), os.path.join(trust, f"{digest}.{number}"))
        return trust

    def _inputs(self):
        with open(self._path("line"), "w") as one:
            one.write("subscribe to channel 1\n")
        block = "".join(f"order {number:07} of {number % 7 + 1:07}\n" for number in range(100_000))
        with open(self._path("lines"), "w") as lines:
            for _ in range(100):
                lines.write(block)
        with open(self._path("lines-few"), "w") as lines:
            lines.write(block)
            lines.write(block)

    # -- one run -------------------------------------------------------------------------------------

    def measure(self, workload, command, messages, inputs="", env=None):
        """Run the command once. Its messages are checked where the server saw them."""
        given = workload.input and self._path(workload.input + inputs)
        cpu = self.cpus[1 if workload.relay else 0]
        measure = [self._tool("measure"), "-c", str(cpu), "-C", str(self.cpus[1]), *workload.measure]
        if given:
            measure += ["-i", given]
        with open(self._path("stderr"), "w+b") as errors:
            done = subprocess.run(measure + command, stdout=subprocess.PIPE, stderr=errors, text=True,
                                  env={**self.environment, **(env or {})}, timeout=300)
            errors.seek(0)
            said = errors.read()[-2000:].decode("utf-8", "replace")
        if done.returncode != 0:
            raise Failed(f"{command}: {said}")
        wall, user, system, rss, status, drained, median = done.stdout.split()
        if status != "0":
            raise Failed(f"{command} ended with {status}: {said}")
        came = self.server.stdout.readline().split()[1]
        if workload.mode in ("send", "start", "pingpong") and int(came) != messages:
            raise Failed(f"{command}: {came} messages came to the server, not {messages}")
        if "-o" in workload.measure and int(drained) != workload.bytes + 1:
            raise Failed(f"{command}: {drained} bytes came out, not {workload.bytes + 1}")
        return Run(float(wall), float(user), float(system), int(rss) / 1024, float(median))

    def address(self, workload, count):
        path = workload.path.format(count=count)
        return "localhost", self.ports[1 if workload.tls else 0], path

    def url(self, workload, count):
        host, port, path = self.address(workload, count)
        return f"{'wss' if workload.tls else 'ws'}://{host}:{port}{path}"

    def relayed(self, workload, command, **options):
        """What the relay costs while the floor's client runs through it."""
        _, _, path = self.address(workload, workload.messages)
        relay = Relay(command, self.cpus[0], self.environment, **options)
        try:
            run = self.measure(workload, [self._tool("floor"), workload.mode, "127.0.0.1", relay.port, path],
                               workload.messages)
        finally:
            user, system, peak = relay.end()
        return Run(run.wall, user, system, peak / 1024, 0)

    def floor(self, workload):
        if workload.base:
            return self.ours(workload, workload.base)
        if workload.relay:
            return self.relayed(workload, [self._tool("floor_relay"), "127.0.0.1", self.ports[0]])
        where = self.address(workload, workload.count or workload.messages)
        command = [self._tool("floor"), workload.mode, *where] + (["tls"] if workload.tls else [])
        return self.measure(workload, command, workload.messages)

    def ours(self, workload, options=None):
        if workload.relay:
            command = [self.wscope, "proxy", *workload.options, "127.0.0.1:0", f"ws://127.0.0.1:{self.ports[0]}"]
            return self.relayed(workload, command, address_on_stderr="--json" in workload.options)
        url = self.url(workload, workload.count or workload.messages)
        return self.measure(workload, [self.wscope, *(options or workload.options), url], workload.messages)

    def peer(self, workload, peer):
        """The same, cheaper, with another client; None where it can't do that."""
        url = self.url(workload, workload.peer_messages)
        command = peer.command(workload, url)
        if not command:
            return None
        try:
            return self.measure(workload, command, workload.peer_messages, "-few" if workload.input == "lines" else "")
        except Failed as failed:
            print(f"  {peer.name}: {failed}", file=sys.stderr)
            return None


# --- other clients ----------------------------------------------------------------------------------


class Wscat:
    name = "wscat"

    def __init__(self):
        local = os.path.join(HERE, "node_modules", ".bin", "wscat")
        self.program = shutil.which("wscat") or (local if os.access(local, os.X_OK) else None)

    def command(self, workload, url):
        """It reads lines with a line editor and leaves at their end: only receiving can be compared."""
        if not self.program or workload.mode not in ("receive", "inflate"):
            return None
        return ["-k", self.program, "-c", url]


class Websockets:
    name = "websockets"

    def __init__(self):
        self.python = next((p for p in ("/usr/bin/python3", sys.executable) if self._has(p)), None)

    @staticmethod
    def _has(python):
        probe = [python, "-c", "import websockets"]
        return os.access(python, os.X_OK) and subprocess.run(probe, capture_output=True).returncode == 0

    def command(self, workload, url):
        if not self.python:
            return None
        return [self.python, os.path.join(HERE, "peer_websockets.py"), workload.mode, url]


# --- the whole --------------------------------------------------------------------------------------


@dataclass
class Result:
    workload: object
    floors: list
    ours: list
    peers: dict

    def ratio(self, what):
        """The median of the pairs' ratios; neighbours in time met the same noise."""
        pairs = zip(self.floors, self.ours)
        return statistics.median(getattr(b, what) / max(getattr(a, what), 1e-6) for a, b in pairs)

    def middle(self, what, ours=True):
        return statistics.median(getattr(run, what) for run in (self.ours if ours else self.floors))

    @property
    def against_bar(self):
        what, limit = self.workload.bar
        value = max(run.rss for run in self.ours) if what == "rss" else self.ratio(what)
        return value, limit, value <= limit


def run_workload(bench, workload, pairs, peers):
    floors, ours = [], []
    bench.floor(workload)  # the server makes its stream, pages and caches warm up
    bench.ours(workload)
    for _ in range(pairs * workload.repeat):
        floors.append(bench.floor(workload))
        ours.append(bench.ours(workload))
    found = {}
    for peer in peers if workload.peer_messages else []:
        run = bench.peer(workload, peer)
        if run:
            share = workload.messages / workload.peer_messages
            base = statistics.median(f.cpu for f in floors) / share
            found[peer.name] = (run.cpu / base, run.rss)
    return Result(workload, floors, ours, found)


COLUMNS = (
    f"{'workload':13} {'floor CPU':>9} {'wscope':>9} {'ratio':>6} {'wall':>6} {'messages/s':>12} {'MB/s':>8}"
    f" {'peak MiB':>12}  other clients: CPU a message, peak"
)


def row(result):
    w = result.workload
    wall = result.middle("wall")
    text = (
        f"{w.name:13} {result.middle('cpu', False) * 1000:6.1f} ms {result.middle('cpu') * 1000:6.1f} ms"
        f" {result.ratio('cpu'):6.2f} {result.ratio('wall'):6.2f} {w.messages / wall:12,.0f}"
        f" {w.bytes / wall / 1e6:8,.1f} {result.middle('rss', False):5.1f} {result.middle('rss'):6.1f}"
    )
    others = (f"{name} {ratio:.0f} x, {rss:.0f} MiB" for name, (ratio, rss) in result.peers.items())
    return f"{text}   {'; '.join(others)}"


def bars(results):
    print(f"\n{'bar':44} {'limit':>7} {'measured':>9}")
    met = 0
    for result in results:
        value, limit, fine = result.against_bar
        what = result.workload.bar[0]
        met += fine
        unit = "MiB" if what == "rss" else "x"
        print(f"{result.workload.title:44} {limit:5g} {unit:3} {value:7.2f} {'met' if fine else 'MISSED'}"
              f"   {BARS[what]}")
    print(f"{met} of {len(results)} bars met")


def main():
    parser = argparse.ArgumentParser(description="Measure wscope against a bare floor in C.")
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help="by name; all without any (see --list)")
    parser.add_argument("--pairs", type=int, default=5, help="runs of each, alternately (default %(default)s)")
    parser.add_argument("--wscope", default="./wscope", help="the program (default %(default)s)")
    parser.add_argument("--tools", default="bench", help="where floor, server, measure are (default %(default)s)")
    parser.add_argument("--no-peers", action="store_true", help="leave out other clients")
    parser.add_argument("--list", action="store_true", help="name the workloads and end")
    options = parser.parse_args()
    known = {w.name: w for w in WORKLOADS}
    unknown = [name for name in options.workloads if name not in known]
    if options.list:
        for w in WORKLOADS:
            print(f"{w.name:14} {w.title}")
        return 0
    if unknown or options.pairs < 1:
        parser.error(f"no workload {unknown[0]!r}; --list names them" if unknown else "--pairs must be at least 1")
    chosen = [known[name] for name in options.workloads] or WORKLOADS
    peers = [] if options.no_peers else [Wscat(), Websockets()]
    bench, results = Bench(options), []
    try:
        print(f"{options.pairs} pairs; load {' '.join(f'{x:.1f}' for x in os.getloadavg())}; client on processor"
              f" {bench.cpus[0]}, server on {bench.cpus[1]}\n{COLUMNS}", flush=True)
        for workload in chosen:
            results.append(run_workload(bench, workload, options.pairs, peers))
            print(row(results[-1]), flush=True)
        bars(results)
    except Failed as failed:
        print(f"bench: {failed}", file=sys.stderr)
        return 1
    finally:
        bench.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
