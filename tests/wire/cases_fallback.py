"""Falling back: the second leg of a session, on which everything acts that acts on the socket."""

import signal

from cases_failing import dead_port
from events import named, single
from judge import same
from program import SLOW
from rawserver import Unmet
from runner import case

NO_JITTER = ("-r", "--retry-jitter", "none")
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"


def waiting(seconds):
    return *NO_JITTER, "--retry-delay", str(seconds), "--retry-max-delay", str(seconds)


def fall_back(t, *args, path="feed", scheme="http", delay=60, every=60):
    """The program on a port that refuses it, its fallback on this test's listener."""
    with dead_port() as dead:
        url = f"ws://127.0.0.1:{dead.getsockname()[1]}/"
    return t.start(
        "-n", "--json", *waiting(delay), "--fallback", f"{scheme}://127.0.0.1:{t.port}/{path}", "--fallback-after", "1",
        *(("--every", str(every)) if scheme == "http" else ()), *args, url,
    )


def answer(conn, body, status="200 OK", extra=""):
    request = conn.request()
    conn.send(f"HTTP/1.1 {status}\r\n{extra}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return request


def stop(made):
    made.signal(signal.SIGTERM)
    made.exits(143)
    events = made.json()
    same(events[-1]["event"], "summary")
    return events


def texts(events):
    return [e["text"] for e in named(events, "message")]


def feed(t, made, body):
    """Serve polls until the program ends."""
    while made.process.poll() is None:
        if not t.listener.waiting(0.05):
            continue
        conn = t.listener.accept(t.deadline)
        try:
            conn.request()
            conn.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            conn.fin()
        except (Unmet, OSError):
            pass


@case("fallback: for, count, until and -m end a run whose fallback gives the messages")
def for_fallback(t):
    fallback = ("--fallback", t.url.replace("ws", "http") + "feed.json", "--fallback-after", "1", "--every", "0.1")
    with dead_port() as dead:
        url = f"ws://127.0.0.1:{dead.getsockname()[1]}/"
        for delay in ("0.01", "60"):
            slow = ("-r", "--retry-delay", delay, "--retry-max-delay", delay, "--retry-jitter", "none")
            for args, status in ((("--for", f"{1 * SLOW}"), 0), (("--count", "1"), 0), (("--until", "two"), 0), (("-m", f"{1 * SLOW}"), 28)):
                made = t.start("-n", *slow, *fallback, *args, url)
                feed(t, made, b'["one","two"]')
                made.exits(status)
                if not made.out.startswith(b'"one"\n'):
                    raise Unmet(f"printed {made.out}")


@case("fallback: its answer and its end are reported before the summary")
def order(t):
    made = fall_back(t, "--count", "2")
    answer(t.accept(), b'["a","b","c"]')
    made.exits(0)
    same([e["event"] for e in made.json()][-3:], ["poll", "close", "summary"])
    same(single(made.json(), "poll")["fresh"], 2)


@case("fallback: faults act on its messages")
def fault_messages(t):
    made = fall_back(t, "--fault", "drop-in:0.5", "--seed", "7")
    answer(t.accept(), str([i for i in range(40)]).encode())
    made.await_out(b'"event":"poll"')
    events = stop(made)
    dropped = [e for e in named(events, "fault") if e["phase"] == "begin"]
    same(len(texts(events)) + len(dropped), 40)
    if not 5 <= len(dropped) <= 35:
        raise Unmet(f"{len(dropped)} of 40 messages were dropped")


@case("fallback: faults with a message and a time as trigger cut its stream")
def fault_triggers(t):
    for fault in ("rst@message:2*1", "fin@300ms*1"):
        made = fall_back(t, "--fault", fault, "--count", "3", path="feed", scheme="sse+http", delay=0.05)
        conn = t.accept()
        conn.request()
        conn.send(STREAM + b"data: a\n\ndata: b\n\n")
        conn = t.accept()
        conn.request()
        conn.send(STREAM + b"data: c\n\n")
        made.exits(0)
        same(texts(made.json()), ["a", "b", "c"])
        lost = named(made.json(), "close")[0]
        same((lost["channel"], lost["how"], lost["by"]), ("sse", "fault", "local"))


@case("fallback: --header-cmd runs for its attempts, and its failure is a failed attempt")
def header_cmd(t):
    where = t.folder() + "/n"
    command = f"echo x >>{where}; n=$(wc -l <{where}); test $n -ne 2 && echo X-Attempt: $n"
    made = t.start(
        "-n", "--json", *waiting(0.3), "--header-cmd", command, "--fallback-after", "1", "--fallback", f"http://127.0.0.1:{t.port}/feed",
        "--count", "1", t.url,
    )
    conn = t.accept()
    same(conn.request().one("X-Attempt"), "1")
    conn.send(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
    while True:
        conn = t.accept()
        request = conn.request()
        if "/feed" in request.line:
            break
        conn.send(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
    if int(request.one("X-Attempt")) < 3:
        raise Unmet(f"the fallback sent {request.raw}")
    conn.send(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[1]")
    made.exits(0)
    same([e["channel"] for e in named(made.json(), "retry") if e.get("code") == 1], ["poll"])


@case("fallback: a refusal has its post-mortem, and Retry-After counts")
def refused(t):
    made = fall_back(t, "--count", "1", delay=0.01)
    answer(t.accept(), b"", "503 Service Unavailable", "Retry-After: 1\r\n")
    answer(t.accept(), b"[1]")
    made.exits(0)
    retry = [e for e in named(made.json(), "retry") if e["channel"] == "poll"]
    same([(e["code"], e["because"]) for e in retry], [(22, "status 503")])
    if retry[0]["delay_ms"] < 1000 or "overloaded" not in retry[0]["hint"]:
        raise Unmet(f"the retry is {retry[0]}")


@case("fallback: while it delivers, failed attempts after the third are one event with a count")
def quiet(t):
    made = fall_back(t, delay=0.01)
    answer(t.accept(), b"[1]")
    made.await_out(b'"event":"poll"')
    tried = made.out.count(b'"event":"resolve"')
    made.out_stream.wait(lambda out: out.count(b'"event":"resolve"') > tried + 20, made.deadline, "20 more attempts")
    events = stop(made)
    retries = [e for e in named(events, "retry") if e["channel"] == "ws"]
    opened = events.index(single(events, "open"))
    told = [e["attempt"] for e in retries[:-1]]
    same(told, list(range(1, len(told) + 1)))
    same([e["attempt"] for e in events[opened:] if e["event"] == "retry" and e["attempt"] > 3 and "count" not in e], [])
    same((retries[-1]["count"], retries[-1]["attempt"] - len(told)), (retries[-1]["count"], retries[-1]["count"]))
    same(retries[-1]["because"], "not connected (Connection refused)")
    same(events[-1]["retries"], retries[-1]["attempt"])


@case("fallback: refusals that were only counted are reported when the socket opens")
def quiet_until_open(t):
    elsewhere = t.listen()
    made = t.start(
        "-n", "-i", *waiting(0.01), "--fallback-after", "1", "--fallback", f"http://127.0.0.1:{elsewhere.port}/feed", "--every", "60",
        t.url,
    )
    refuse = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
    first = t.accept()
    first.request()
    first.send(refuse)
    second = t.accept()  # which waits while the fallback opens
    answer(elsewhere.accept(t.deadline), b"[1]")
    made.await_err("opened http")
    for i in range(9):
        conn = t.accept() if i else second
        conn.request()
        conn.send(refuse)
    conn = t.accept()
    conn.open()
    made.await_err("opened (again )?ws")
    made.signal(signal.SIGTERM)
    conn.answer_close(1001)
    made.exits(143)
    same(made.err.count("< HTTP/1.1 503 Busy"), 3)
    same(made.err.count("more attempts failed meanwhile"), 1)
    made.says("7 more attempts failed meanwhile, the last: status 503\n(.*\n)*.*opened (again )?ws")
    made.silent("attempt 4")
