"""What every line of --json must hold: the fields of each event and their types."""

import re

from rawserver import Unmet

NUMBER, WHOLE, TEXT, FLAG, LIST = (int, float), int, str, bool, list

COMMON = {"v": WHOLE, "time": TEXT, "at": NUMBER, "event": TEXT, "conn": WHOLE, "channel": TEXT}

FIELDS = {
    "resolve": {"host": TEXT, "addresses": LIST, "ms": NUMBER},
    "connect": {"address": TEXT, "port": WHOLE, "local": TEXT, "ms": NUMBER, "attempts": LIST},
    "tls": {
        "version": TEXT, "cipher": TEXT, "alpn": TEXT, "resumed": FLAG, "verified": FLAG, "subject": TEXT,
        "issuer": TEXT, "not_after": TEXT, "ms": NUMBER,
    },
    "request": {"method": TEXT, "target": TEXT, "headers": LIST},
    "response": {"status": WHOLE, "reason": TEXT, "ms": NUMBER, "headers": LIST},
    "open": {"url": TEXT, "subprotocol": TEXT, "extensions": TEXT, "ms": NUMBER},
    "frame": {"dir": TEXT, "opcode": (str, int), "fin": FLAG, "rsv": WHOLE, "masked": FLAG, "length": WHOLE, "wire": WHOLE},
    "message": {"dir": TEXT, "type": TEXT, "length": WHOLE, "fragments": WHOLE, "wire": WHOLE},
    "decoded": {"dir": TEXT, "as": TEXT, "type": TEXT},
    "ping": {"dir": TEXT},
    "pong": {"dir": TEXT},
    "violation": {"rule": TEXT, "message": TEXT, "offset": WHOLE},
    "close": {
        "by": TEXT, "how": TEXT, "code": WHOLE, "reason": TEXT, "clean": FLAG, "uptime_ms": NUMBER,
        "idle_in_ms": NUMBER, "idle_out_ms": NUMBER, "hint": TEXT,
    },
    "retry": {"attempt": WHOLE, "delay_ms": NUMBER, "because": TEXT, "will": FLAG},
    "gap": {"from": WHOLE, "to": WHOLE, "count": WHOLE},
    "recovered": {"from": WHOLE, "to": WHOLE, "count": WHOLE},
    "lost": {"from": WHOLE, "to": WHOLE, "count": WHOLE},
    "poll": {"status": WHOLE, "items": WHOLE, "fresh": WHOLE, "bytes_up": WHOLE, "bytes_down": WHOLE, "ms": NUMBER},
    "fallback": {"from": TEXT, "to": TEXT, "because": TEXT},
    "fault": {"kind": TEXT, "phase": TEXT, "trigger": TEXT, "args": TEXT},
    "error": {"code": WHOLE, "stage": TEXT, "errno": WHOLE, "message": TEXT, "hint": TEXT},
    "summary": {"missed": WHOLE, "recovered": WHOLE, "lost": WHOLE, "duplicates": WHOLE, "epochs": WHOLE, "retries": WHOLE, "outages": WHOLE, "queued": WHOLE, "unsent": WHOLE, "seed": WHOLE, "exit": WHOLE},
}

CHOICES = {
    "channel": {"ws", "sse", "poll"},
    "dir": {"in", "out"},
    "by": {"peer", "local", "network"},
    "how": {"close-frame", "fin", "rst", "timeout", "ping-timeout", "handshake", "tls", "violation", "fault"},
    "phase": {"armed", "begin", "end"},
    "stage": {"usage", "resolve", "connect", "proxy", "tls", "handshake", "protocol", "io"},
}

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")


def _typed(value, kind):
    # In Python True is a whole number; in JSON it is not.
    return isinstance(value, kind) and (kind is FLAG or not isinstance(value, bool))


def check_event(event):
    name = event.get("event")
    for field, kind in {**COMMON, **FIELDS.get(name, {})}.items():
        if field not in event:
            raise Unmet(f"event {name!r} has no {field!r}: {event}")
        if event[field] is None and field == "last_pong_ms":
            continue
        if not _typed(event[field], kind):
            raise Unmet(f"event {name!r}: {field!r} is {event[field]!r}, of the wrong type")
    if event["v"] != 1:
        raise Unmet(f"schema version {event['v']!r}")
    if not TIME.match(event["time"]):
        raise Unmet(f"time {event['time']!r} is not RFC 3339 in UTC with microseconds")
    for field, allowed in CHOICES.items():
        if field in FIELDS.get(name, {}) or field in COMMON:
            if event[field] not in allowed:
                raise Unmet(f"event {name!r}: {field!r} is {event[field]!r}")
    if name == "message":
        if event["type"] not in ("text", "binary"):
            raise Unmet(f"message of type {event['type']!r}")
        if ("text" in event) == ("base64" in event):
            raise Unmet(f"message has not exactly one of text and base64: {event}")
        if ("part" in event) != ("final" in event):
            raise Unmet(f"message with only one of part and final: {event}")
    if name == "frame" and event["masked"] and not re.fullmatch("[0-9a-f]{8}", event.get("key", ""), re.I):
        raise Unmet(f"frame without its mask key: {event}")
    if name in ("request", "response"):
        for pair in event["headers"]:
            if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(s, str) for s in pair)):
                raise Unmet(f"header {pair!r} is not [name, value]")
    if name == "connect":
        for attempt in event["attempts"]:
            if not {"address", "ms", "error"} <= set(attempt):
                raise Unmet(f"connect attempt {attempt!r} lacks a field")


def check_stream(events, status):
    """All lines of a run that ended with this exit status."""
    if not events:
        raise Unmet("--json printed nothing")
    before = 0.0
    for event in events:
        check_event(event)
        if event["at"] < before:
            raise Unmet(f"`at` goes backwards: {before} then {event['at']}")
        before = event["at"]
    if events[-1]["event"] != "summary" or [e["event"] for e in events].count("summary") != 1:
        raise Unmet(f"the last event is {events[-1]['event']!r}, not the one summary")
    if status is not None and events[-1]["exit"] != status:
        raise Unmet(f"the summary says exit {events[-1]['exit']}, the shell saw {status}")
    check_error(events)


def check_error(events):
    """A run that failed has reported exactly one error, with its exit status; others none."""
    errors, status = named(events, "error"), events[-1]["exit"]
    if status > 128 and len(errors) < 2:
        return
    if len(errors) != (status != 0):
        raise Unmet(f"{len(errors)} errors with exit {status}: {errors}")
    if errors and (errors[0]["code"] != status or not errors[0]["message"]):
        raise Unmet(f"the error {errors[0]} does not say why it ended with exit {status}")


def named(events, name, **fields):
    """The events of that name whose fields are these."""
    return [e for e in events if e["event"] == name and all(e.get(k) == v for k, v in fields.items())]


def single(events, name, **fields):
    found = named(events, name, **fields)
    if len(found) != 1:
        raise Unmet(f"{len(found)} events {name!r} with {fields}, not one: {[e['event'] for e in events]}")
    return found[0]
