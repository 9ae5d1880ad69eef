"""The runs of wscope that run_torture.py tortures, and the servers that they need, which nothing fails."""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import threading
import time

import socketio

WSCOPE = shlex.split(os.environ.get("WSCOPE", "wscope"))
ONLY = os.environ.get("TORTURE_RUNS", "")
SERVERS = ("serve", "proxy")  # the verbs that run until a signal
VERBS = ("compare", "demo", "fanout", "probe", "run", *SERVERS)


PROXY_SCRIPT = """url /echo
option reconnect
option retry-delay 0.05
test a lost connection is back
proxy start {{server}}
connect {{proxy}}/echo
send hello
expect text hello
proxy drop rst
expect back
send again
expect text again
"""


class Place:
    """What the runs need around them: a folder, certificates, servers that nothing fails."""

    def __init__(self, folder):
        self.folder = folder
        self.servers = []
        self.plain = self.serve()
        self.cert = self.certificate()
        self.tls = self.serve("--cert", self.path("cert.pem"), "--key", self.path("key.pem")) if self.cert else None
        self.socketio = socketio.serve()
        self.redis = self.serve_redis()
        self.shared = self.serve("--pubsub", self.redis) if self.redis else 0
        self.write("proxy.wscope", PROXY_SCRIPT)
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

    def serve_redis(self):
        """Its URL; None: it is not installed, or does not start."""
        if not shutil.which("redis-server"):
            return None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = ["redis-server", "--save", "", "--dir", self.folder, "--bind", "127.0.0.1", "--port", str(port)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.servers.append(process)
        while process.poll() is None:
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    return f"redis://127.0.0.1:{port}/0"
            time.sleep(0.02)
        return None

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


class Run:
    """A run of the program: its arguments, what it reads, and what exit code 0 promises."""

    def __init__(self, name, arguments, text="", delivered=None, environment=None, terminal=None, clients=(), seldom=1):
        self.name, self.arguments, self.text = name, arguments, text
        self.clients = clients  # of a server: the arguments of each client, whose last is a path
        self.seldom = seldom  # every so many of the failures are tried: the run takes long
        self.delivered = delivered or (lambda result: True)
        self.environment = environment or {}
        self.terminal = terminal  # lines to be typed, or None


def lines(count):
    return "".join(f"line {i}\n" for i in range(count))


def says(count):
    return "".join(f'["say","line {i}"]\n' for i in range(count))


def calls(count):
    return "".join(f'{{"method":"sum","params":[{i}]}}\n' for i in range(count))


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


def fanout_complete(deliveries):
    def check(result):
        total = json.loads(result.out.splitlines()[-1])["total"]
        return total["delivered"] == deliveries and total["lost"] == 0

    return check


def probe_complete(*stages):
    def check(result):
        events = [json.loads(line) for line in result.out.splitlines()]
        return events[-1]["event"] == "verdict" and {*stages} <= {event.get("stage") for event in events}

    return check


def make_fanout_runs(place):
    fan = ["fanout", "--json", "--rounds", "1", "--within", "0.5"]
    chat = f"ws://127.0.0.1:{place.plain}/chat"
    polling = f"ws://127.0.0.1:{place.socketio}/"
    runs = [
        Run("fanout", [*fan, "-c", "3", chat], delivered=fanout_complete(9)),
        Run(
            "fanout drill",
            [*fan, "-c", "2", "-r", "--report", place.path("fanout.html"), "--drill", "true", chat],
            delivered=lambda r: json.loads(r.out)["drill"]["status"] == 0,
            seldom=3,
        ),
        Run("fanout sticky", ["fanout", "--json", "-c", "2", "--sticky", chat], delivered=fanout_complete(0)),
        Run("fanout by command", [*fan, "-c", "2", "--expect", "none", "--publish-cmd", "true # {nonce}", chat]),
        Run(
            "fanout socket.io",
            [*fan, "-c", "2", "--as", "socket.io,transport=polling", "--expect", "sender", "--publish", "say {nonce}", polling],
            delivered=fanout_complete(2),
        ),
    ]
    if place.redis:
        shared = ["--redis", place.redis, f"ws://127.0.0.1:{place.shared}/chat"]
        runs.append(Run("fanout redis", [*fan, "-c", "2", *shared], delivered=fanout_complete(4)))
        runs.append(Run("fanout from redis", [*fan, "-c", "2", "--publish-redis", "wscope:chat", *shared], delivered=fanout_complete(4)))
    return runs


def make_server_runs(place):
    clients = [["-e", "hello", "-1", "/echo"]]
    several = [["-e", "hello", "-1", "/chat"], ["-n", "--count", "2", "/feed"]]
    runs = [
        Run("serve", ["serve", "127.0.0.1:0"], clients=clients),
        Run("serve as", ["serve", "--as", "jsonrpc", "--json", "127.0.0.1:0"], clients=clients),
        Run("proxy", ["proxy", "127.0.0.1:0", f"ws://127.0.0.1:{place.plain}"], clients=clients),
    ]
    if place.redis:
        runs.append(Run("serve pubsub", ["serve", "--pubsub", place.redis, "--node", "a", "127.0.0.1:0"], clients=several))
    return runs


def make_runs(place):
    ws = f"ws://127.0.0.1:{place.plain}"
    http = f"http://127.0.0.1:{place.plain}"
    named = f"ws://localhost:{place.plain}"
    refused = "ws://127.0.0.1:9/"
    polling = f"ws://127.0.0.1:{place.socketio}/"
    talk = ["-m", "8", "--count", "5"]
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
        Run("as jsonrpc", ["--as", "jsonrpc", "--no-compress", "--count", "3", ws + "/echo"], calls(3), count_of(3)),
        Run("socket.io polling", [*talk, "--as", "socket.io,transport=polling", polling], says(5), same_as(says(5))),
        Run("socket.io upgrade", [*talk, "--as", "socket.io,version=4", polling], says(5), same_as(says(5))),
        Run(
            "run proxy",
            ["run", "--against", "serve", place.path("proxy.wscope")],
            delivered=lambda r: re.search(r"^ok 1", r.out, re.M),
        ),
        Run("probe", ["probe", "--json", ws + "/echo"], delivered=probe_complete("path", "ping", "close"), seldom=2),
        Run("probe slow", ["probe", "--json", "--slow=1", ws + "/feed"], delivered=probe_complete("path", "slow"), seldom=6),
        *make_fanout_runs(place),
        *make_server_runs(place),
    ]
    if place.tls:
        cacert = ["--cacert", place.path("cert.pem")]
        wss = f"wss://127.0.0.1:{place.tls}/echo"
        runs.append(Run("tls", [*cacert, "--count", "10", wss], lines(10), same_as(lines(10))))
    for run in runs:
        run.arguments = with_no_config(run.arguments)
    return [run for run in runs if ONLY in run.name]


def with_no_config(arguments):
    at = 1 if arguments[0] in VERBS else 0
    if arguments[0] == "--version":
        return arguments
    return [*arguments[:at], "--no-config", *arguments[at:]]
