#!/usr/bin/env bats
# The room of the embedded server, and its name.

load helpers

@test "/chat: what one client sends, all receive, the sender too, text and binary" {
    serve
    run "$PYTHON3" - "$SERVE/chat" <<'END'
import asyncio, sys, websockets

async def main(url):
    clients = [await websockets.connect(url) for _ in range(3)]
    async with websockets.connect(url.replace("/chat", "/echo")) as elsewhere:
        await clients[0].send("hello \u00e4")
        await clients[2].send(b"\x00\xff")
        for client in clients:
            print(await client.recv(), await client.recv())
        await clients[1].close()
        await clients[0].send("after one has left")
        print(await clients[2].recv())
        await elsewhere.send("the echo is not in the room")
        print(await elsewhere.recv())
    await clients[0].send("x" * 65537)
    try:
        while True:
            await clients[0].recv()
    except websockets.ConnectionClosed:
        print(clients[0].close_code)

asyncio.run(main(sys.argv[1]))
END
    assert_output "hello ä b'\\x00\\xff'
hello ä b'\\x00\\xff'
hello ä b'\\x00\\xff'
after one has left
the echo is not in the room
1009"
}

@test "a client of /chat that does not read is closed with 1013, and the others miss nothing" {
    serve
    run "$PYTHON3" - "$SERVE/chat" <<'END'
import asyncio, sys, websockets

async def main(url):
    # The one that sleeps reads a message, and then nothing: its receive window fills up.
    sleeper = await websockets.connect(url, max_queue=1, read_limit=1024, compression=None)
    reader = await websockets.connect(url, compression=None)
    sender = await websockets.connect(url, compression=None)
    sleeper.transport.pause_reading()
    got = 0
    for i in range(400):
        await sender.send("%06d" % i + "x" * 60000)
        assert (await reader.recv()).startswith("%06d" % i)
        await sender.recv()
        got += 1
    print(got)
    sleeper.transport.resume_reading()
    try:
        while True:
            await asyncio.wait_for(sleeper.recv(), 30)
    except websockets.ConnectionClosed:
        print(sleeper.close_code)

asyncio.run(main(sys.argv[1]))
END
    assert_output $'400\n1013'
}

@test "--node NAME is in the header of every response, in updates and in the room" {
    need curl
    need jq
    serve --rate 100 --node web-1.eu
    for path in / /feed.json /feed.sse /nothing /echo; do
        run curl -sS -D - -o /dev/null -m 1 "http://127.0.0.1:$SERVE_PORT$path"
        assert_output --partial "X-Wscope-Node: web-1.eu"
    done
    both -i -n --count 1 "$SERVE/chat"
    assert_output '{"node":"web-1.eu"}'
    assert_stderr 'x-wscope-node: web-1.eu'
    run bash -c "${WSCOPE_COMMAND[*]} -n -q --count 2 $SERVE/feed | jq -r .node"
    assert_output $'web-1.eu\nweb-1.eu'
    run bash -c "curl -sS 'http://127.0.0.1:$SERVE_PORT/feed.json?since=0' | jq -r '.[0] | [.id, .node] | @csv'"
    assert_output '1,"web-1.eu"'
}

@test "without --node nothing of it is seen" {
    need curl
    serve --rate 100
    run curl -sS -D - "http://127.0.0.1:$SERVE_PORT/feed.json?since=0"
    refute_output --regexp "[Nn]ode"
    run bash -c "${WSCOPE_COMMAND[*]} -n -q --count 1 $SERVE/feed"
    assert_output --regexp '^\{"id":[0-9]+,"time":"[^"]*Z","value":[0-9]+\.[0-9][0-9]\}$'
}

@test "--node takes a short name that is safe anywhere" {
    for name in '' 'a b' $'a\nb' '"' "$(printf '%033d' 0)"; do
        both serve --node "$name" 0
        assert_equal "$status" 2
        assert_stderr 'at most 32 letters, digits'
    done
}
