# A server of python-socketio on uvicorn: socketio_asgi.py PORT. It has the events of socketio_any.js.

import sys

import socketio
import uvicorn

sio = socketio.AsyncServer(async_mode="asgi")


@sio.event
async def echo(sid, *values):
    await sio.emit("echo", values, to=sid)


@sio.event
async def ask(sid, value):
    return value


@sio.event
async def blob(sid, data):
    await sio.emit("blob", bytes(reversed(data)), to=sid)


@sio.event
async def question(sid):
    async def answered(*values):
        await sio.emit("answered", values, to=sid)

    await sio.emit("q", 7, to=sid, callback=answered)


uvicorn.run(socketio.ASGIApp(sio), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
