#!/usr/bin/env bats
# wscope run: scripts against the embedded server, their results, their mistakes.

load helpers

setup() {
    cd "$BATS_TEST_TMPDIR" || return
}

# script NAME: standard input becomes a script.
script() {
    cat >"$1.wscope"
}

# Times and ports differ from run to run.
normal() {
    sed -E 's/[0-9]+\.[0-9]{3} s/T/; s/in [0-9.]+ s$/in T/; s/127\.0\.0\.1:[0-9]+/SERVER/' <<<"$output"
}

@test "a test that passes: TAP and exit 0" {
    script a <<'END'
test the server echoes
connect
send hello
expect text hello
expect none for 0.05
close 1000 bye
expect close 1000
END
    both run --against serve a.wscope
    assert_success
    assert_equal "$(normal)" "TAP version 13
1..1
ok 1 - the server echoes
# 1 test: 1 passed in T"
    assert_equal "$stderr" ''
}

@test "--against serve: proxies of the environment are for other servers" {
    script a <<'END'
test the embedded server is reached
connect
send hello
expect text hello
END
    http_proxy=http://127.0.0.1:1 all_proxy=http://127.0.0.1:1 no_proxy='' both run --against serve a.wscope
    assert_success
}

@test "a test that fails reports what came instead: exit 3" {
    script a <<'END'
test it fails
connect
send {"op":"ping"}
send {"op":"pong","n":9007199254740993}
expect json /n == 9007199254740992 within 0.2
END
    both run --against serve a.wscope
    assert_equal "$status" 3
    assert_equal "$(normal)" "TAP version 13
1..1
not ok 1 - it fails
  ---
  message: 'expect json /n == 9007199254740992: it did not come in 0.2 s; 2 others did'
  at: 'a.wscope:5:1'
  line: 'expect json /n == 9007199254740992 within 0.2'
  expected: 'json /n == 9007199254740992 within 0.2'
  waited: T
  within: T
  came:
    - at: T
      kind: text
      length: 13
      text: '{\"op\":\"ping\"}'
      because: '/n is not there'
    - at: T
      kind: text
      length: 34
      text: '{\"op\":\"pong\",\"n\":9007199254740993}'
      because: '/n is 9007199254740993, not 9007199254740992'
  connections:
    - url: 'ws://SERVER/echo'
      state: open
      messages_in: 2
      messages_out: 2
  ...
# 1 test: 0 passed, 1 failed in T"
}

@test "the whole language in one script" {
    script common <<'END'
option no-compress
set greeting hello
END
    script a <<'END'
include common.wscope
setup
alice: connect
alice: expect open subprotocol none
test several connections
bob: connect
alice: send {{greeting}} {{who}} {{env:WSCOPE_TEST_WHOSE}} \{{x}}
alice: expect next text hello world mine \{{x}}
bob: expect none for 0.05

test captured values, here-texts and blocks
alice: send {"id":17.50,"name":"J\u00fcrgen","deep":{"list":[1,{"x":null}]}}
alice: expect json {"deep":{"list":[1,{}]}}
alice: capture id /id
alice: capture name /name
alice: capture tail /list":(.*)}}$/
alice: send <<TEXT
{{id}} {{name}}
  {{tail}}
TEXT
alice: expect next text <<TEXT
17.50 Jürgen
  [1,{"x":null}]
TEXT
repeat 3 {
  alice: send round {{n}}
  alice: expect text round {{n}}
}
alice: send a
alice: send b
any-order {
  alice: expect text b
  alice: expect text a
}

test frames and control frames
alice: ping abc
alice: expect pong abc
alice: fragment 3 hello world
alice: expect frame op=text fin=1 rsv=0 masked=0 len=11 text="hello world"
alice: binary 00 ff
alice: expect binary 00FF
alice: frame op=3
alice: expect close 1002

test the handshake
alice: expect status 101
alice: expect header upgrade: websocket
alice: expect header Sec-WebSocket-Accept /^.{28}$/
carol: connect /nowhere
carol: expect status 404
carol: expect error handshake

test the same again
alice: send a
alice: expect text a
alice: reconnect
alice: expect reconnect
alice: send b
alice: expect next text b

test a file
alice: file common.wscope text
alice: expect text /^option no-compress/

test late
todo it will be there some day
alice: expect text never within 0.05

test not at all
skip there is no reason
alice: send x

teardown
sleep 0.01
END
    WSCOPE_TEST_WHOSE=mine both run --against serve --var who=world a.wscope
    assert_success
    assert_equal "$(grep -E '^(ok|not)' <<<"$output")" "ok 1 - several connections
ok 2 - captured values, here-texts and blocks
ok 3 - frames and control frames
ok 4 - the handshake
ok 5 - the same again
ok 6 - a file
not ok 7 - late # TODO it will be there some day
ok 8 - not at all # SKIP there is no reason"
}

@test "faults, reconnecting and accounting" {
    script a <<'END'
test a drop is recovered from
option reconnect
option retry-delay 0.05
option seq /id
option resume {"since":{last}}
connect /feed
expect json /id type integer
drop rst
expect close 1006
expect reconnect
expect json /id type integer
expect no-gap

test latency
connect
fault latency:400ms
send x
expect none for 0.1
expect text x
heal
END
    both run --against serve a.wscope
    assert_success
}

@test "reconnecting that fails is reported like connecting that fails" {
    script a <<'END'
test the last line reconnects
connect
expect status 101
fault status:503
reconnect

test a line expects it
connect
expect status 101
fault status:503
reconnect
expect status 503
END
    both run --against serve a.wscope
    assert_equal "$status" 3
    assert_line --regexp '^not ok 1 '
    assert_line --partial 'the connection did not open, and no line expects that: '
    assert_line --regexp '^ok 2 '
}

@test "a transcript that can't be written fails its test" {
    script a <<'END'
test x
connect
END
    mkdir -p out/a.wscope-1-x.ndjson
    both run --against serve --transcript out a.wscope
    assert_equal "$status" 3
    assert_output --partial 'write out/a.wscope-1-x.ndjson: Is a directory'
}

@test "a script with a mistake: file, line, column, and no connection" {
    script good <<'END'
test x
connect
END
    script bad <<'END'
test x
  connect
  sned hello
END
    serve -v --json
    both run --against "$SERVE/echo" good.wscope bad.wscope
    assert_equal "$status" 2
    assert_equal "$output" ''
    assert_equal "$stderr" 'wscope: bad.wscope:3:3: unknown command "sned"; did you mean "send"?
    sned hello
    ^'
    run cat "$BATS_TEST_TMPDIR"/peer.*
    refute_output --partial '"event":"request"'
    both run --against "$SERVE/echo" good.wscope
    assert_success
    appears '"event":"request"' "$BATS_TEST_TMPDIR"/peer.*
}

@test "a script that is not there, and none at all: exit 2" {
    both run nowhere.wscope
    assert_equal "$status" 2
    assert_stderr "can't read nowhere.wscope: no such file"
    mkdir folder
    both run folder
    assert_equal "$status" 2
    assert_stderr "can't read folder: Is a directory" 'hint: .*folder/\*.wscope'
    both run
    assert_equal "$status" 2
    assert_stderr 'wscope run needs a script'
}

@test "a connection that fails and that no line expects fails the test" {
    script a <<'END'
test refused
connect /nowhere
END
    both run --against serve a.wscope
    assert_equal "$status" 3
    assert_output --partial 'the server answered 404'
    script b <<'END'
test nobody listens
connect ws://127.0.0.1:1/
send x
END
    both run b.wscope
    assert_equal "$status" 3
    assert_output --partial refused
}

@test "an expectation fails at once when the connection is over" {
    script a <<'END'
test over
option timeout 25
connect
close 1000
expect text never
END
    WSCOPE_LIMIT=20 both run --against serve a.wscope
    assert_equal "$status" 3
    assert_output --partial 'it did not come'
}

@test "a server that does not answer, hangs up, or is none: what is missing is reported" {
    script a <<'END'
test open
connect
expect open within 0.3
test send
connect
send x
expect next text hello
test none
connect
expect none for 0.3
END
    peer silent
    both run --against "ws://127.0.0.1:$PORT" --connect-timeout 0.6 a.wscope
    assert_equal "$status" 3
    assert_line "  message: 'expect open: it did not come in 0.3 s: the server has not answered the handshake'"
    assert_line --partial "message: 'timed out after 0.6 s (--connect-timeout)"
    peer hangup
    both run --against "ws://127.0.0.1:$PORT" a.wscope
    assert_equal "$status" 3
    assert_line --regexp "message: 'expect none for 0.3: the (server|peer) (hung up|reset)"
    peer violation
    both run --against "ws://127.0.0.1:$PORT" a.wscope
    assert_equal "$status" 3
    assert_line 'ok 1 - open'
    assert_line --regexp "^  message: '(expect next text hello: it did not come: )?the peer broke a rule: .*opcode.*\(RFC 6455, section 5.2\)'"
    assert_line --regexp "^  message: 'expect none for 0.3: the peer broke a rule: .*opcode"
}

@test "teardown is run for a test that failed, and the next test begins anew" {
    script a <<'END'
test fails
connect
send left over
expect next text other
test passes
connect
send fine
expect next text fine
teardown
send from teardown
END
    both run --against serve --json --transcript out a.wscope
    assert_equal "$status" 3
    run jq -rs 'map(select(.event == "test") | .status) | join(" ")' <<<"$output"
    assert_output 'failed passed'
    run cat out/a.wscope-1-fails.ndjson
    assert_output --partial 'from teardown'
    run jq -s 'length > 3' out/a.wscope-1-fails.ndjson
    assert_output true
    run ls out
    assert_output 'a.wscope-1-fails.ndjson'
}

@test "what one connection left is not for the next of its name" {
    script a <<'END'
test again
connect
send left over
close
connect
send b
expect next text b
test twice
connect
connect
test no such host
connect ws://no-such-host.invalid/
expect error resolve within 20
END
    both run --against serve a.wscope
    assert_equal "$status" 3
    assert_output --partial 'ok 1 - again'
    assert_output --partial 'there is a connection already'
    assert_output --partial 'ok 3 - no such host'
    refute_output --partial 'not ok 1'
    refute_output --partial 'not ok 3'
}

@test "a block as often as a variable says, in a file of its own" {
    script part <<'END'
repeat {{rounds}} {
    send {{n}}
    expect next text {{n}}
}
END
    script a <<'END'
test as often as it says
connect
include part.wscope
expect none for 0.05
test as often as is captured
connect
send {"times":2}
expect json /times exists
capture times /times
repeat {{times}} {
    send {{n}} of {{times}}
    expect next text {{n}} of 2
}
test not a number
connect
send x
expect text x
capture times /x/
repeat {{times}} {
    sleep 0
}
END
    both run --against serve --var rounds=3 a.wscope
    assert_equal "$status" 3
    assert_output --partial 'ok 2 - as often as is captured'
    assert_output --partial "message: '\"repeat\" takes a number from 1 to 1000000, not \"x\"'"
    assert_output --partial '# 3 tests: 2 passed, 1 failed'
    both run --against serve --var rounds=0 a.wscope
    assert_equal "$status" 2
    assert_stderr '^wscope: part.wscope:1:8: "repeat" takes a number from 1 to 1000000, not "0"$'
    script part <<'END'
repeat 2 {
    send x
END
    script b <<'END'
test a block is not closed by another file
connect
include part.wscope
}
END
    both run --against serve b.wscope
    assert_equal "$status" 2
    assert_stderr '^wscope: part.wscope:2:1: the block that begins in line 1 is not closed: "}" is missing$'
}

@test "--only, --fail-fast, --jobs" {
    for name in a b c; do
        script $name <<END
test $name first
connect
send x
expect text y within 0.1
test $name second
connect
sleep 0.3
END
    done
    both run --against serve --only '* second' a.wscope b.wscope
    assert_success
    assert_output --partial 'ok 1 - a.wscope: a first # SKIP'
    both run --against serve --only '*third' --only '*first' a.wscope
    assert_equal "$status" 2
    assert_output ''
    assert_stderr '--only: no test matches "\*third"' 'hint: .*"a first"'
    both run --against serve --fail-fast a.wscope b.wscope
    assert_equal "$status" 3
    assert_equal "$(grep -c SKIP <<<"$output")" 3
    both run --against serve --jobs 3 a.wscope b.wscope c.wscope
    assert_equal "$status" 3
    assert_output --partial '# 6 tests: 3 passed, 3 failed'
}

@test "no control character of a script, of its name or of --only reaches the terminal" {
    local name=$'b\e[31m\xc2\x9b\xe2\x80\xaed.wscope'
    script a <<<$'test \xc2\x9b31m\xe2\x80\xae one\nconnect'
    printf 'test one\n\xc2\x9b31m \xe2\x80\xae sned x\n' >"$name"
    refute_controls() {
        refute_stderr $'\e' $'\xc2\x9b' $'\xe2\x80\xae'
        refute_output --partial $'\xc2\x9b'
        refute_output --partial $'\xe2\x80\xae'
    }
    both run --against serve "$name"
    assert_equal "$status" 2
    assert_stderr '^wscope: b\\e\[31m\\u\{009B\}\\u\{202E\}d.wscope:2:1: ' '^  \\u\{009B\}31m \\u\{202E\} sned x$' '^  \^$'
    refute_controls
    both run --against serve $'missing\e\xc2\x9b\xe2\x80\xae'
    assert_equal "$status" 2
    refute_controls
    both run --against serve --only $'zzz\e\xc2\x9b\xe2\x80\xae*' a.wscope
    assert_equal "$status" 2
    refute_controls
    both run --against serve --junit $'missing/\e\xc2\x9b\xe2\x80\xae' a.wscope
    assert_equal "$status" 2
    refute_controls
    both run --against $'ws://h/\e\xc2\x9b\xe2\x80\xae' a.wscope
    assert_equal "$status" 2
    refute_controls
    both run --against serve a.wscope
    assert_success
    refute_controls
}

@test "the results are JUnit XML too" {
    script a <<'END'
test one
connect
test two
connect /nowhere
END
    both run --against serve --junit out.xml a.wscope
    assert_equal "$status" 3
    run "$PYTHON3" -c 'import xml.etree.ElementTree as x, sys
r = x.parse("out.xml").getroot()
print(len(r.findall(".//testcase")), len(r.findall(".//failure")))'
    assert_output '2 1'
    both run --against serve --junit no/such/folder.xml a.wscope
    assert_equal "$status" 2
}

@test "prove reads the results" {
    need prove
    script a <<'END'
test one
connect
END
    wscope run --against serve a.wscope >a.tap
    run prove -e cat a.tap
    assert_success
}

@test "SIGINT ends a run: exit 130, and says so in the results" {
    script a <<'END'
test long
connect
sleep 100
END
    "${WSCOPE_COMMAND[@]}" run --against serve a.wscope >out.tap 2>err.txt &
    local pid=$!
    appears '^1\.\.1' out.tap
    kill -INT $pid
    local status=0
    wait $pid || status=$?
    assert_equal "$status" 130
    run cat out.tap
    assert_line 'not ok 1 - long'
    assert_line "  message: 'interrupted (SIGINT)'"
    assert_line "  line: 'sleep 100'"
    assert_line 'Bail out! interrupted (SIGINT)'
}

@test "--max-time ends a run: exit 28" {
    script a <<'END'
test long
connect
send x
expect text y within 100
test never begun
connect
END
    both run --against serve -m "$(tenths 3)" --junit out.xml --transcript out a.wscope
    assert_equal "$status" 28
    assert_stderr 'time limit'
    assert_line "  message: 'expect text y: the time limit (--max-time) is over'"
    assert_line "      text: 'x'"
    assert_line --regexp '^# 1 test: 0 passed, 1 failed'
    run ls out
    assert_output a.wscope-1-long.ndjson
    run grep -c '<testcase' out.xml
    assert_output 1
}

@test "options of the command line are for every connection" {
    script a <<'END'
header X-Two: 2
test headers
connect
expect open subprotocol chat
END
    both run --against serve a.wscope
    assert_equal "$status" 3
    assert_output --partial 'no subprotocol was chosen'
    both run --against serve --subprotocol chat -H 'X-One: 1' a.wscope
    assert_success
    both run --against serve --tls-min 1.3 --tls-max 1.2 a.wscope
    assert_equal "$status" 2
    both run --against serve --count 3 a.wscope
    assert_equal "$status" 2
    assert_stderr '--count is not an option of "wscope run"'
}

@test "secrets of the environment and of URLs stay out of the results" {
    script a <<'END'
test secret
connect {{server}}/echo?token={{env:WSCOPE_TEST_SECRET}}
expect text {{env:WSCOPE_TEST_SECRET}} within 0.05
END
    WSCOPE_TEST_SECRET=hush-hush both run --against serve --transcript out a.wscope
    assert_equal "$status" 3
    refute_output --partial hush-hush
    run grep -c hush-hush out/a.wscope-1-secret.ndjson
    assert_output 0
}

@test "a terminal shows where the run has come to, and keeps nothing of it" {
    script a <<'END_OF_SCRIPT'
test one
connect /nowhere
test two
connect
END_OF_SCRIPT
    cat >terminal.py <<'END_OF_PYTHON'
import os, pty, subprocess, sys
terminal, end = pty.openpty()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=end)
os.close(end)
shown = b""
try:
    while piece := os.read(terminal, 65536):
        shown += piece
except OSError:
    pass
process.wait()
print(shown.decode().replace("\r\x1b[K", "|"))
END_OF_PYTHON
    run "$PYTHON3" terminal.py "${WSCOPE_COMMAND[@]}" run --against serve a.wscope
    assert_output '|1/2  one||2/2, 1 failed  two||'
    run "$PYTHON3" terminal.py "${WSCOPE_COMMAND[@]}" run -q --against serve a.wscope
    assert_output ''
}
