"""Whole scenes that many cases share."""

import re

from events import named, single
from program import MEASURABLE
from rawserver import Unmet

MIB = 1 << 20


def same(got, wanted):
    if got != wanted:
        raise Unmet(f"got {got!r}, awaited {wanted!r}")


def violates(t, data, codes=(1002,), exits=65, rule=r"RFC 6455, section \d", words=(), args=(), before=b"", offset=None,
             extra="", agree=None):
    """These bytes break the protocol. Once for people, once as JSON: the exit code, the Close, an orderly end, and a
    sentence that names the rule. `before`: what stdout holds of the messages that came first."""
    for form in ((), ("--json",)):
        made, conn = t.open("-n", *args, *form, extra=extra)
        if agree:
            conn.agree_deflate(**agree)
        conn.send(data)
        conn.expect_failed(*codes)
        made.exits(exits)
        if not form:
            made.prints(before)
            made.says(*words)
            if exits == 65:
                made.says(rule)
            continue
        events = made.json()
        if exits == 65:
            told = named(events, "violation")
            if not told:
                raise Unmet("no violation event")
            made_rule = told[0]["rule"]
            if not re.search(rule, made_rule):
                raise Unmet(f"rule {made_rule!r} does not match /{rule}/")
            if offset is not None:
                same(told[0]["offset"], offset)
        ended = single(events, "close")
        same((ended["how"], ended["clean"]), ("violation", False))


def lives(t, data, *expected, args=(), out=None, extra="", agree=None):
    """These bytes are legal: the client answers with `expected` frames, then a normal closing is clean."""
    made, conn = t.open("-n", *args, extra=extra)
    if agree:
        conn.agree_deflate(**agree)
    conn.send(data)
    for opcode, payload in expected:
        conn.expect(opcode, payload)
    conn.finish()
    made.exits(0)
    if out is not None:
        made.prints(out)


def bounded(made, limit):
    """The program's memory stayed below this many bytes (where that can be told)."""
    if MEASURABLE:
        peak = made.peak_memory()
        if peak > limit:
            raise Unmet(f"{peak / MIB:.1f} MiB of memory, at most {limit / MIB:.0f} were allowed")
