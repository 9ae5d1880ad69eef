#!/usr/bin/env bats
# /header and /option at the prompt: what later connections are made with, and for which server.

load helpers
load terminal

setup() {
    prompt_peer
}

@test "a 401 is answered at the prompt with /header, and no secret is shown or stored" {
    start 100 40
    wscope_in "$URL/secret"
    await_screen '401'
    await_screen '^offline>'
    enter "/header 'Authorization: Bearer opensesame'"
    await_screen 'set for later connections'
    enter /header
    await_screen '^header  Authorization: <redacted, 17 bytes>'
    enter /reconnect
    await_screen "^$URL/secret>"
    enter hello
    await_screen '^← hello$'
    enter /headers
    await_screen 'Authorization: ‹redacted, 17 bytes›'
    keys C-d
    await_screen '^\$ ?$'
    run cat "$XDG_STATE_HOME/wscope/history"
    refute_output --partial opensesame
    assert_line /reconnect
}

@test "/option bearer does the same, while attempts are being made" {
    start 100 40
    wscope_in -r --retry-on 401 "$URL/secret"
    await_screen 'reconnecting in'
    enter '/option bearer opensesame'
    await_screen 'set for later connections'
    enter /reconnect
    await_screen "^$URL/secret>"
    run cat "$XDG_STATE_HOME/wscope/history"
    refute_output --partial opensesame
}

@test "/connect /PATH is of the same server and keeps its credentials; another server gets none" {
    start 100 50
    wscope_in "$URL/echo"
    await_screen "^$URL/echo>"
    enter '/header Authorization: Bearer opensesame'
    enter '/connect /secret'
    await_screen "^$URL/secret>"
    enter "/connect ws://localhost:$PORT/secret"
    await_screen '401'
    enter '/header'
    await_screen '^nothing was set here for this server$'
    enter '/option bearer opensesame'
    enter '/reconnect'
    await_screen "^ws://localhost:$PORT/secret>"
    enter "/connect $URL/secret"
    await_screen "^$URL/secret>"
}

@test "what can't be set is refused at once" {
    start 100 40
    wscope_in -q "$URL/echo"
    await_screen "^$URL/echo>"
    enter '/option insecur'
    await_screen 'unknown option "insecur"; did you mean "insecure"\?'
    enter '/option json'
    await_screen 'json is not an option of a connection'
    enter '/option ping-interval never'
    await_screen '^! .*ping-interval'
    enter '/option bearer'
    await_screen 'bearer takes a value'
    enter '/header nonsense'
    await_screen "usage: /header"
    enter '/option fault drop:1'
    await_screen '/fault arms faults'
    enter /option
    await_screen '^nothing was set here for this server$'
}
