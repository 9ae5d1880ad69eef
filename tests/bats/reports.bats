#!/usr/bin/env bats
# What "wscope run" tells others: TAP for prove, JUnit for CI, JSON for programs; and whether a failure alone says what
# happened.

load helpers

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    cat >mixed.wscope <<'END'
url /echo

test what is sent comes back
connect
send hello
expect text hello

test a # in a name, <markup> & "quotes"
connect
send {"op":"ping"}
binary 00ff
send it's ␛[31mred
expect json /op == "pong" within 0.4

test later
todo issue 12
connect
send a
expect text b within 0.1

test elsewhere
skip no server for it # yet
connect

test the end comes too early
connect
close 4001 enough
expect text anything
END
    # The one control character, which no editor shows.
    sed -i 's/␛/\x1b/' mixed.wscope
    cat >fine.wscope <<'END'
test all is well
connect
END
}

mixed() {
    both run --against serve "$@" mixed.wscope
}

@test "TAP: version, plan, directives, counts" {
    mixed
    assert_equal "$status" 3
    assert_equal "${lines[0]}" 'TAP version 13'
    assert_equal "${lines[1]}" 1..5
    assert_line 'ok 1 - what is sent comes back'
    assert_line --regexp '^not ok 2 - a .*# in a name, <markup> & "quotes"$'
    assert_line 'not ok 3 - later # TODO issue 12'
    assert_line 'ok 4 - elsewhere # SKIP no server for it \# yet'
    assert_line 'not ok 5 - the end comes too early'
    assert_equal "$(sed -E 's/ in [0-9.]+ s$/ in TIME/' <<<"${lines[-1]}")" \
        '# 5 tests: 1 passed, 2 failed, 1 skipped, 1 todo in TIME'
    assert_equal "$stderr" ''
}

@test "TAP: a failure alone reports what was expected, what came, and the state of the connections" {
    mixed
    run sed -nE '/^not ok 2/,/^  \.\.\./{ s/: [0-9]+\.[0-9]{3} s/: TIME/; s/127\.0\.0\.1:[0-9]+/HOST/; p; }' <<<"$output"
    assert_output - <<'END'
not ok 2 - a \# in a name, <markup> & "quotes"
  ---
  message: 'expect json /op == "pong": it did not come in 0.4 s; 3 others did'
  at: 'mixed.wscope:13:1'
  line: 'expect json /op == "pong" within 0.4'
  expected: 'json /op == "pong" within 0.4'
  waited: TIME
  within: TIME
  came:
    - at: TIME
      kind: text
      length: 13
      text: '{"op":"ping"}'
      because: '/op is "ping", not "pong"'
    - at: TIME
      kind: binary
      length: 2
      hex: '00ff'
      because: 'it is a binary message'
    - at: TIME
      kind: text
      length: 13
      text: "it's \x1b[31mred"
      because: 'it is not JSON'
  connections:
    - url: 'ws://HOST/echo'
      state: open
      messages_in: 3
      messages_out: 3
  ...
END
}

@test "TAP: a connection that ended is reported with who ended it, code and reason" {
    mixed
    run sed -nE '/^not ok 5/,/^  \.\.\./p' <<<"$output"
    assert_line "  message: 'expect text anything: it did not come: this end closed the connection: 4001 enough'"
    assert_line "  at: 'mixed.wscope:28:1'"
    assert_line '      state: closed'
    assert_line "      by: 'local'"
    assert_line "      how: 'close-frame'"
    assert_line '      code: 4001'
}

@test "TAP: with several files each test is reported with its own" {
    both run --against serve fine.wscope mixed.wscope
    assert_line 'ok 1 - fine.wscope: all is well'
    assert_line 'ok 2 - mixed.wscope: what is sent comes back'
}

@test "prove reads it: from a pipe, and by running the scripts" {
    need prove
    wscope run --against serve mixed.wscope >mixed.tap || true
    run prove -e cat mixed.tap
    assert_failure
    assert_line --regexp 'Failed tests: +2, 5'
    refute_output --partial 'Parse errors'
    wscope run --against serve fine.wscope >fine.tap
    run prove -e cat - <<<fine.tap
    assert_success
    run bash -c '"$@" run --against serve fine.wscope | prove -e cat /dev/stdin' - "${WSCOPE_COMMAND[@]}"
    assert_success
    assert_line 'All tests successful.'
    run prove --ext .wscope -e "${WSCOPE_COMMAND[*]} run --against serve" .
    assert_failure
    assert_line --regexp '^\./mixed\.wscope +\(Wstat: 768 \(exited 3\) Tests: 5 Failed: 2\)'
    refute_output --partial 'Parse errors'
}

@test "prove's own reader understands every line of a failure" {
    need perl
    perl -MTAP::Parser -e 1 2>/dev/null || missing "perl has no TAP::Parser"
    wscope run --against serve mixed.wscope >mixed.tap || true
    run perl -MTAP::Parser -e '
        my $parser = TAP::Parser->new({tap => join "", <>});
        while (my $line = $parser->next) {
            die "not understood: " . $line->as_string if $line->is_unknown;
            next unless $line->is_yaml;
            my $data = $line->data;
            print "$data->{at}: ", join(" ", map { $_->{kind} } @{$data->{came}}), "\n";
        }
        die $parser->parse_errors if $parser->parse_errors' mixed.tap
    assert_success
    assert_line 'mixed.wscope:13:1: text binary text'
}

@test "JUnit: valid, and it agrees with the TAP" {
    need xmllint
    mixed --junit out.xml
    assert_equal "$status" 3
    xmllint --noout --schema "$HERE/junit.xsd" out.xml
    assert_equal "$(xmllint --xpath 'count(//testcase)' out.xml)" "$(grep -cE '^(not )?ok ' <<<"$output")"
    assert_equal "$(xmllint --xpath 'string(/testsuites/testsuite/@tests)' out.xml)" 5
    assert_equal "$(xmllint --xpath 'string(//testsuite/@failures)' out.xml)" 2
    assert_equal "$(xmllint --xpath 'count(//failure)' out.xml)" 2
    assert_equal "$(xmllint --xpath 'string(//testsuite/@skipped)' out.xml)" 2
    assert_equal "$(xmllint --xpath 'string(//testcase[3]/skipped/@message)' out.xml)" 'todo: issue 12'
    assert_equal "$(xmllint --xpath 'string(//testcase[4]/skipped/@message)' out.xml)" 'no server for it # yet'
    run xmllint --xpath 'string(//testcase[2]/failure)' out.xml
    assert_line "at: 'mixed.wscope:13:1'"
    assert_line --partial '\x1b[31mred'
}

@test "JUnit: a suite a file, in the order in which they were run" {
    need xmllint
    both run --against serve --junit out.xml fine.wscope mixed.wscope
    xmllint --noout --schema "$HERE/junit.xsd" out.xml
    assert_equal "$(xmllint --xpath 'string(//testsuite[1]/@name)' out.xml)" fine
    assert_equal "$(xmllint --xpath 'string(//testsuite[2]/@name)' out.xml)" mixed
    assert_equal "$(xmllint --xpath 'sum(//testsuite/@tests)' out.xml)" 6
}

@test "JUnit: a file that cannot be written is reported before anything is run" {
    both run --against serve --junit /nowhere/out.xml fine.wscope
    assert_equal "$status" 2
    assert_output ''
    assert_stderr '/nowhere/out.xml' 'No such file'
}

@test "JSON: a plan, an object a test, a summary" {
    need jq
    mixed --json
    assert_equal "$status" 3
    assert_equal "$(jq -r .event <<<"$output" | uniq -c | tr -s ' \n' ' ')" ' 1 plan 5 test 1 summary '
    assert_equal "$(jq -r 'select(.event == "test") | "\(.number) \(.status) \(.todo)"' <<<"$output")" \
        $'1 passed false\n2 failed false\n3 failed true\n4 skipped false\n5 failed false'
    assert_equal "$(jq -r 'select(.number == 2).failure | "\(.file):\(.line):\(.column) \(.came | length)"' <<<"$output")" \
        'mixed.wscope:13:1 3'
    assert_equal "$(jq -r 'select(.number == 2).failure.came[1].base64' <<<"$output")" AP8=
    assert_equal "$(jq -r 'select(.number == 2).failure.came[2].text' <<<"$output")" $'it\'s \e[31mred'
    assert_equal "$(jq -r 'select(.number == 5).failure.connections[0] | "\(.state) \(.code)"' <<<"$output")" 'closed 4001'
    assert_equal "$(jq -c 'select(.event == "summary") | [.tests, .passed, .failed, .skipped, .todo]' <<<"$output")" '[5,1,2,1,1]'
}

@test "what comes from the environment is in no report, wherever it comes up" {
    need jq
    cat >secret.wscope <<'END'
set password {{env:PASSWORD}}
test it comes back
connect
send {"password":"{{password}}"}
expect json /password == "other {{env:PASSWORD}}" within 0.2
test a sentence quotes it
connect
send {"password":"{{password}}"}
expect json /password != "{{env:PASSWORD}}" within 0.2
test an expression has it
connect
send x
expect text /of {{env:PASSWORD}}/ within 0.2
test the reason of a Close is it
connect
close 4000 {{env:PASSWORD}}
expect close 4001 within 0.2
test a capture fails
connect
send {{password}}
expect text {{password}}
capture id /id
test it is cut in the middle
connect
fragment 2 {{long}}{{env:PASSWORD}}
expect text x within 0.2
test JSON has to escape it
connect
send {{env:QUOTED}}
expect text x within 0.2
END
    local format password='s3cret-s3cret-s3cret-s3cret-s3cret-s3cret-s3cret-s3cret-s3cret-s3cret'
    local long
    long=$(head -c 1000 /dev/zero | tr '\0' x)
    for format in '' --json; do
        rm -rf out
        # shellcheck disable=SC2086
        PASSWORD=$password QUOTED='quo"t3d\ü' both run --against serve $format --var "long=$long" --junit out.xml --transcript out secret.wscope
        assert_equal "$status" 3
        assert_output --partial '{{env:PASSWORD}}'
        assert_output --partial '{{env:QUOTED}}'
        assert_equal "$(find out -type f | wc -l)" 7
        run grep -rlE 's3cr|quo.*t3d' out out.xml - <<<"$output$stderr"
        assert_output ''
    done
    grep -qF '{{env:PASSWORD}}' out/*
    PASSWORD=$password QUOTED=x both run --against serve --show-secrets --var "long=$long" secret.wscope
    assert_line "      text: '{\"password\":\"$password\"}'"
    jq -e . out/* >parsed.json
    assert_equal "$(stat -c %a out/* | sort -u)" 600
}

@test "nothing of a secret in any report" {
    cat >secret.wscope <<'END'
test a token is sent and not told
connect {{server}}/echo?token={{env:TOKEN}}
send hello
expect text {{env:TOKEN}} within 0.1
END
    TOKEN=s3cret both run --against serve --junit out.xml --json secret.wscope
    assert_equal "$status" 3
    run grep s3cret out.xml - <<<"$output$stderr"
    assert_failure 1
}

@test "what came is cut, and its length reported" {
    cat >long.wscope <<'END'
test a long message is told by its beginning
connect
repeat 1 {
    file long.txt
}
expect text short within 0.3
END
    head -c 100000 /dev/zero | tr '\0' x >long.txt
    both run --against serve long.wscope
    assert_equal "$status" 3
    assert_line '      length: 100000'
    assert_line --regexp '^      shown: the first [0-9]+ bytes$'
    ((${#output} < 4000))
}
