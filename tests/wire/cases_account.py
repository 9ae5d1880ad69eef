"""What was missed: --seq, --id, --epoch: gaps, recovery, loss, duplicates; who sees a message once and who twice."""

from frames import BINARY, TEXT, frame
from judge import MIB, same
from rawserver import Unmet
from runner import case

TOP = 2**64 - 1


def numbered(*numbers, key="id"):
    return b"".join(frame(TEXT, b'{"%s":%d}' % (key.encode(), n)) for n in numbers)


def told(made, *kinds):
    """The events of these kinds, as tuples in order."""
    found = []
    for event in made.json():
        kind = event["event"]
        if kind in kinds:
            found.append((kind, event["seq"]) if kind == "duplicate" else (kind, event["from"], event["to"], event["count"]))
    return found


def books(t, data, *args, status=0):
    made, conn = t.open("-n", "--json", *args)
    conn.send(data)
    conn.finish()
    made.exits(status)
    return made


ALL = ("gap", "recovered", "lost", "duplicate")


@case("account: gap, recovery, loss and duplicate are events, and the summary has their sums")
def events(t):
    made = books(t, numbered(1, 2, 7, 3, 4, 6, 7, 8), "--seq", "/id")
    kinds = told(made, *ALL)
    for wanted in (("gap", 3, 6, 4), ("recovered", 3, 4, 2), ("recovered", 6, 6, 1), ("lost", 5, 5, 1), ("duplicate", 7)):
        if kinds.count(wanted) != 1:
            raise Unmet(f"awaited {wanted} once: {kinds}")
    same(len(kinds), 5)
    summary = made.json()[-1]
    same([summary[k] for k in ("missed", "recovered", "lost", "duplicates", "epochs", "exit")], [4, 3, 1, 1, 1, 0])


def texts(*messages):
    return b"".join(frame(TEXT, m.encode()) for m in messages)


@case("account: a message may carry a range of numbers")
def ranges(t):
    data = texts(*('{"U":%d,"u":%d}' % r for r in ((1, 5), (6, 9), (12, 15), (10, 11), (6, 9), (14, 20), (21, 21))))
    made = books(t, data, "--seq", "/U:/u")
    same(told(made, *ALL), [("gap", 10, 11, 2), ("recovered", 10, 11, 2), ("duplicate", 9)])


@case("account: a message may name the number that it follows")
def follows(t):
    data = texts('{"s":10,"p":-1}', '{"s":15,"p":10}', '{"s":40,"p":16}', '{"s":16,"p":15}', '{"s":90,"p":-1}', '{"s":91,"p":"90"}')
    made = books(t, data, "--seq", "/s", "--prev", "/p")
    same(told(made, *ALL), [("gap", 16, 16, 1), ("recovered", 16, 16, 1)])
    made = books(t, data, "--seq", "/s", status=0)
    if len(told(made, "gap")) < 3:
        raise Unmet("without --prev the numbers have gaps")


@case("account: a duplicate message is marked in --json, and printed once in a pipe")
def once(t):
    made = books(t, numbered(1, 2, 2, 3), "--seq", "/id")
    same([e.get("duplicate", False) for e in made.json() if e["event"] == "message"], [False, False, True, False])
    made, conn = t.open("-n", "--seq", "/id")
    conn.send(numbered(1, 2, 2, 1, 3))
    conn.finish()
    made.exits(0)
    made.prints(b'{"id":1}\n{"id":2}\n{"id":3}\n')


@case("account: --count counts what is printed")
def counting(t):
    made, conn = t.open("-n", "--seq", "/id", "--count", "3")
    conn.send(numbered(1, 1, 1, 2, 3))
    conn.answer_close(1000)
    made.exits(0)
    made.prints(b'{"id":1}\n{"id":2}\n{"id":3}\n')


@case("account: numbers are exact to 2^64-1, also in quotes and deep inside")
def exact(t):
    data = b"".join(frame(TEXT, b'{"a":[{"n":%s}]}' % n) for n in (b'"9007199254740992"', b"9007199254740993", b"18446744073709551615"))
    made = books(t, data, "--seq", "/a/0/n")
    same(told(made, *ALL), [("gap", 2**53 + 2, TOP - 1, TOP - 2**53 - 2), ("lost", 2**53 + 2, TOP - 1, TOP - 2**53 - 2)])


@case("account: --fail-on-loss is exit 3, and only then")
def fails(t):
    books(t, numbered(1, 3), "--seq", "/id", status=0)
    made = books(t, numbered(1, 3), "--seq", "/id", "--fail-on-loss", status=3)
    same(made.json()[-1]["exit"], 3)
    books(t, numbered(1, 3, 2), "--seq", "/id", "--fail-on-loss", status=0)


@case("account: --fail-on-loss does not hide a worse end")
def worse(t):
    made, conn = t.open("-n", "--json", "--seq", "/id", "--fail-on-loss")
    conn.send(numbered(1, 3))
    conn.fin()
    made.exits(56)


@case("account: --id knows what came before, whatever its number")
def identities(t):
    data = b"".join(frame(TEXT, b'{"k":%s}' % k) for k in (b'"a"', b'"\\u0061"', b"7", b'"b"', b"7"))
    made, conn = t.open("-n", "--json", "--id", "/k")
    conn.send(data)
    conn.finish()
    made.exits(0)
    same([e["id"] for e in made.json() if e["event"] == "duplicate"], ["a", "7"])


@case("account: another --epoch is another stream: what was missing is lost, and numbers begin anew")
def epochs(t):
    data = b"".join(frame(TEXT, b'{"e":"%s","id":%d}' % (e, n)) for e, n in ((b"x", 1), (b"x", 4), (b"y", 1), (b"y", 2)))
    made = books(t, data, "--seq", "/id", "--epoch", "/e")
    same(told(made, *ALL), [("gap", 2, 3, 2), ("lost", 2, 3, 2)])
    same(made.json()[-1]["epochs"], 2)


@case("account: what has no number is passed over, and reported if nothing has one")
def without(t):
    data = frame(TEXT, b"hello") + frame(BINARY, b"\x00\xff") + frame(TEXT, b'{"id":1.5}') + numbered(1) + frame(TEXT, b"[]") + numbered(2)
    made = books(t, data, "--seq", "/id")
    same(told(made, *ALL), [])
    made, conn = t.open("-n", "--seq", "/no/such")
    conn.send(numbered(1, 2))
    conn.finish()
    made.exits(0)
    made.says("no message had a number")


@case("account: a message over 1 MiB is read by its first part")
def parts(t):
    text = b'{"id":5,"pad":"' + b"x" * (3 * MIB) + b'"}'
    made, conn = t.open("-n", "-q", "--seq", "/id", "--no-compress")
    conn.send(numbered(4) + frame(TEXT, text) + frame(TEXT, text) + numbered(5, 6))
    conn.finish()
    made.exits(0)
    made.prints(b'{"id":4}\n' + text + b'\n{"id":6}\n')


@case("account: deep and broken JSON does no harm")
def hostile(t):
    deep = b"[" * 100000
    bad = [b'{"id":', b'{"id":1', b'{"id":"\\', b'{"id":"\\ud800"}', deep, b'{"id":99999999999999999999999}', b'{"id":-0}']
    made = books(t, b"".join(frame(TEXT, b) for b in bad) + numbered(1, 2), "--seq", "/id", "--id", "/id", "--epoch", "/id/x")
    same([e["event"] for e in made.json() if e["event"] in ("gap", "lost", "violation", "error")], [])


@case("account: the human view sums an outage up, in ASCII where UTF-8 is not spoken")
def human(t):
    made, conn = t.open("-n", "--seq", "/id")
    conn.send(numbered(1, 6, 2, 3, 5, 5, 7))
    conn.finish()
    made.exits(0)
    made.says("missed 2.5 .4.: 3 recovered, 1 lost: 4 . 1 duplicate")


# -- across connections ------------------------------------------------------------------------------

AGAIN = ("-n", "-r", "--retry-delay", "0.01", "--seq", "/id")


def reopened(t):
    conn = t.accept()
    conn.open()
    return conn


def said(made):
    """What the books told, without the messages."""
    return told(made, *ALL)


@case("account: --resume is sent after a reconnect, filled in, after --on-connect")
def resuming(t):
    made, conn = t.open(*AGAIN, "--json", "--on-connect", "hello", "--resume", '{"since":{last},"x":"{id}{y}"}', "--id", "/k")
    conn.expect(TEXT, b"hello")
    conn.send(frame(TEXT, b'{"id":118,"k":"a\\"b"}'))
    conn.fin()
    conn = reopened(t)
    conn.expect(TEXT, b"hello")
    conn.expect(TEXT, b'{"since":118,"x":"a\\"b{y}"}')
    conn.send(frame(TEXT, b'{"id":119,"k":"c"}'))
    conn.finish()
    made.exits(0)
    same(said(made), [])


@case("account: nothing is resumed before a first number was seen")
def unresumed(t):
    made, conn = t.open(*AGAIN, "--json", "--resume", '{"since":{last}}', "--resume-query", "n={last}")
    conn.send(frame(TEXT, b"no number"))
    conn.fin()
    conn = t.accept()
    request = conn.open()
    same(request.target, "/?n=")
    conn.quiet(0.3)
    conn.finish()
    made.exits(0)


@case("account: --resume-query goes into the URL of a reconnect, after what is there")
def query(t):
    made = t.start(*AGAIN, "--json", "--resume-query", "since={last}", t.url + "feed?a=b")
    conn = t.accept()
    same(conn.open().target, "/feed?a=b")
    conn.send(numbered(TOP - 1))
    conn.fin()
    conn = t.accept()
    same(conn.open().target, f"/feed?a=b&since={TOP - 1}")
    conn.send(numbered(TOP))
    conn.finish()
    made.exits(0)
    same(said(made), [])


@case("account: what came live before the replay is a gap that is recovered, and comes once")
def live_first(t):
    made, conn = t.open(*AGAIN, "--resume", '{"since":{last}}', "-v")
    conn.send(numbered(*range(100, 118)))
    conn.fin()
    conn = reopened(t)
    conn.send(numbered(132))
    conn.expect(TEXT, b'{"since":117}')
    conn.send(numbered(*range(118, 134)))
    conn.finish()
    made.exits(0)
    made.says("gap: 14 messages . numbers 118 to 131", "missed 118.131 .14.: 14 recovered . 1 duplicate",
              "missed 14: 14 recovered, 0 lost . 1 duplicate")
    lines = [b'{"id":%d}' % n for n in (*range(100, 118), 132, *range(118, 132), 133)]
    made.prints(b"".join(line + b"\n" for line in lines))


@case("account: a replay that was cut is asked for again from where it broke off")
def cut(t):
    made, conn = t.open(*AGAIN, "--json", "--resume", '{"since":{last}}')
    conn.send(numbered(1, 2))
    conn.fin()
    conn = reopened(t)
    conn.send(numbered(10))
    conn.expect(TEXT, b'{"since":2}')
    conn.send(numbered(3, 4, 5))
    conn.fin()
    conn = reopened(t)
    conn.expect(TEXT, b'{"since":5}')
    conn.send(numbered(*range(6, 12)))
    conn.finish()
    made.exits(0)
    same(said(made), [("gap", 3, 9, 7), ("recovered", 3, 5, 3), ("recovered", 6, 9, 4), ("duplicate", 10)])


@case("account: what three replays did not bring is lost, and not asked for again")
def given_up(t):
    made, conn = t.open(*AGAIN, "--json", "--resume", '{"since":{last}}')
    conn.send(numbered(1, 2, 4))
    conn.fin()
    for _ in range(3):
        conn = reopened(t)
        conn.expect(TEXT, b'{"since":2}')
        conn.send(numbered(4))
        conn.fin()
    conn = reopened(t)
    conn.expect(TEXT, b'{"since":4}')
    conn.finish()
    made.exits(0)
    same(said(made), [("gap", 3, 3, 1)] + [("duplicate", 4)] * 3 + [("lost", 3, 3, 1)])


@case("account: a server that began anew is known by its epoch")
def restarted(t):
    def item(epoch, n):
        return frame(TEXT, b'{"id":%d,"e":"%s"}' % (n, epoch))

    made, conn = t.open(*AGAIN, "--json", "--epoch", "/e", "--resume", '["{epoch}",{last}]')
    conn.send(item(b"x", 7) + item(b"x", 9))
    conn.fin()
    conn = reopened(t)
    conn.expect(TEXT, b'["x",7]')
    conn.send(item(b"y", 1) + item(b"y", 2))
    conn.fin()
    conn = reopened(t)
    conn.expect(TEXT, b'["y",2]')
    conn.finish()
    made.exits(0)
    same(said(made), [("gap", 8, 8, 1), ("lost", 8, 8, 1)])


@case("account: numbers that begin anew without an epoch are reported, once")
def stale(t):
    made, conn = t.open(*AGAIN)
    conn.send(numbered(*range(1, 40)))
    conn.fin()
    conn = reopened(t)
    conn.send(numbered(*range(1, 20)))
    conn.finish()
    made.exits(0)
    made.says("the numbers went back to 10 and below, after 39.*--epoch")


@case("account: a loss is reported when the run ends at the latest, and is exit 3 with --fail-on-loss")
def lost_at_the_end(t):
    made, conn = t.open(*AGAIN, "--json", "--fail-on-loss")
    conn.send(numbered(1))
    conn.fin()
    conn = reopened(t)
    conn.send(numbered(4))
    conn.finish()
    made.exits(3)
    same(said(made), [("gap", 2, 3, 2), ("lost", 2, 3, 2)])
