#!/usr/bin/env bats
# Against hypercorn with an ASGI application.

load peers

setup() {
    need hypercorn
    await 'Running on http://127\.0\.0\.1:([0-9]+)' env PYTHONPATH="$PEERS_HERE" PYTHONDONTWRITEBYTECODE=1 \
        hypercorn --bind 127.0.0.1:0 echo_asgi:app
    PORT=$found
}

@test "hypercorn: an echo, text and binary" {
    both "ws://127.0.0.1:$PORT/" <<<'hello, κόσμε'
    assert_equal "$status" 0
    assert_output 'hello, κόσμε'
    both --hex "ws://127.0.0.1:$PORT/" <<<'00ff'
    assert_output 00ff
}

@test "hypercorn: many lines there and back" {
    MANY=$((MANY / 20)) round_trip "ws://127.0.0.1:$PORT/"
}

@test "hypercorn: a refusal of the application: exit 22" {
    both -n "ws://127.0.0.1:$PORT/denied"
    assert_equal "$status" 22
    assert_stderr 403
}

@test "hypercorn: a large message there and back" {
    head -c 3000000 /dev/zero | tr '\0' x >"$BATS_TEST_TMPDIR/file"
    wscope --whole --no-delimiter -w 5 -1 "ws://127.0.0.1:$PORT/" <"$BATS_TEST_TMPDIR/file" | cmp - "$BATS_TEST_TMPDIR/file"
}
