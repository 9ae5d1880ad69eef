"""An ASGI application with one numbered sequence, 20 updates a second, in three ways; for hypercorn.

/feed        the updates from now on, by WebSocket
/feed.sse    the same as server-sent events, behind Last-Event-ID if that is sent
/feed.json   the last 40 as an array, ?since=N only those behind; in pieces, so that it comes chunked
/busy.json   the same, but every other request is answered with 503 and Retry-After: 1
"""
import asyncio
import json
import time
import urllib.parse

RATE = 20
born = time.time()
asked = 0


def latest():
    return int((time.time() - born) * RATE) + 1


def item(number):
    return json.dumps({"id": number, "sent": born + (number - 1) / RATE})


async def follow(number, give):
    while True:
        await asyncio.sleep(max(0, born + (number - 1) / RATE - time.time()))
        await give(number)
        number += 1


async def until_gone(receive, ends):
    while (await receive())["type"] != ends:
        pass


async def follow_until_gone(number, give, receive, ends):
    tasks = [asyncio.ensure_future(follow(number, give)), asyncio.ensure_future(until_gone(receive, ends))]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


async def socket(receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    await follow_until_gone(latest(), lambda n: send({"type": "websocket.send", "text": item(n)}), receive,
                            "websocket.disconnect")


def start(status, *headers):
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


async def stream(scope, receive, send):
    last = dict(scope["headers"]).get(b"last-event-id")

    async def give(number):
        event = f"event: tick\nid: {number}\ndata: {item(number)}\n\n".encode()
        await send({"type": "http.response.body", "body": event, "more_body": True})

    await send(start(200, (b"content-type", b"text/event-stream")))
    await follow_until_gone(int(last) + 1 if last else latest(), give, receive, "http.disconnect")


async def array(scope, send):
    query = urllib.parse.parse_qs(scope["query_string"].decode())
    since = int(query.get("since", [""])[0] or max(0, latest() - 40))
    await send(start(200, (b"content-type", b"application/json")))
    await send({"type": "http.response.body", "body": b"[", "more_body": True})
    for number in range(since + 1, latest() + 1):
        piece = (", " if number > since + 1 else "") + item(number)
        await send({"type": "http.response.body", "body": piece.encode(), "more_body": True})
    await send({"type": "http.response.body", "body": b"]"})


async def app(scope, receive, send):
    global asked
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    elif scope["type"] == "websocket":
        await socket(receive, send)
    elif scope["path"] == "/feed.sse":
        await stream(scope, receive, send)
    elif scope["path"] == "/busy.json":
        asked += 1
        if asked % 2:
            await array(scope, send)
        else:
            await send(start(503, (b"retry-after", b"1")))
            await send({"type": "http.response.body", "body": b"busy\n"})
    elif scope["path"] == "/feed.json":
        await array(scope, send)
    else:
        await send(start(404))
        await send({"type": "http.response.body", "body": b""})
