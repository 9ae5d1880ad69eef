"""Scripts with a protocol above the messages: option as, emit, expect event, ack, result and error."""

import os

from frames import TEXT, frame
from runner import case


def run(t, script, *args):
    """Start a script: (program, connection)."""
    path = os.path.join(t.folder(), "t.wscope")
    with open(path, "w", encoding="utf-8") as file:
        file.write(script)
    url = t.url
    made = t.start("run", *args, "--against", url, path)
    conn = t.accept()
    conn.open()
    return made, conn


@case("script: jsonrpc, a request is sent, and its result, an error and a notification are expected")
def jsonrpc(t):
    made, conn = run(
        t,
        """test rpc
connect
emit sum [1,2]
expect result json /total == 3
expect error json /code == -32601 within 20
expect event tick json /0 type integer within 20
capture n /0
send last {{n}}
expect text done within 20
""",
        "--as",
        "jsonrpc",
    )
    conn.expect(TEXT, b'{"jsonrpc":"2.0","id":1,"method":"sum","params":[1,2]}')
    conn.send(frame(TEXT, b'{"jsonrpc":"2.0","id":1,"result":{"total":3}}'))
    conn.send(frame(TEXT, b'{"jsonrpc":"2.0","id":null,"error":{"code":-32601,"message":"no"}}'))
    conn.send(frame(TEXT, b'{"jsonrpc":"2.0","method":"tick","params":[7]}'))
    conn.expect(TEXT, b"last 7")
    conn.send(frame(TEXT, b"done"))
    conn.finish()
    made.exits(0)


@case("script: socket.io, events in both directions, an ack, and a namespace that is refused")
def socketio(t):
    made, conn = run(
        t,
        """option as socket.io,transport=websocket,nsp=/a
test io
connect
emit chat {"text":"hi"} lobby
emit join! lobby
expect ack json /0 == "ok" within 20
expect next event "new message" json /1 == bob within 20
expect error json /message ~ /token/ within 20
""",
    )
    conn.send(frame(TEXT, b'0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'))
    conn.expect(TEXT, b"40/a,")
    conn.send(frame(TEXT, b'40/a,{"sid":"x"}'))
    conn.expect(TEXT, b'42/a,["chat",{"text":"hi"},"lobby"]')
    conn.expect(TEXT, b'42/a,0["join","lobby"]')
    conn.send(frame(TEXT, b'43/a,0["ok"]'))
    conn.send(frame(TEXT, b'42/a,["new message",{"t":1},"bob"]'))
    conn.send(frame(TEXT, b'44/a,{"message":"no token"}'))
    conn.finish()
    made.exits(0)


@case("script: emit without the name of a protocol fails with the reason")
def failing(t):
    made, conn = run(t, "test plain\nconnect\nemit chat hi\n")
    conn.finish()
    made.exits(3)
    assert "option as NAME" in made.out.decode(), made.out


@case("script: of many events that no line is about, none keeps the rest from being read", seconds=60)
def many(t):
    made, conn = run(t, "test many\noption as jsonrpc\nconnect\nexpect event last within 50\n")
    tick = frame(TEXT, b'{"jsonrpc":"2.0","method":"tick"}')
    conn.send(tick * 30000 + frame(TEXT, b'{"jsonrpc":"2.0","method":"last"}'))
    conn.finish()
    made.exits(0)
