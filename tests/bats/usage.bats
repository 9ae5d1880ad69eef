#!/usr/bin/env bats
# The command line itself: what is understood, what is refused, and how that is said.

load helpers

@test "no URL: exit 2 with a short usage" {
    both
    assert_equal "$status" 2
    assert_output ''
    assert_stderr 'usage|URL'
}

@test "an unknown option is named, with the nearest spelling" {
    both --chunck 5 ws://127.0.0.1:1/
    assert_equal "$status" 2
    assert_stderr '"?--chunck"?' 'did you mean' '--chunk"'
}

@test "an unknown letter in a bundle is named" {
    both -nZ ws://127.0.0.1:1/
    assert_equal "$status" 2
    assert_stderr '-Z'
}

@test "an abbreviated option is not taken for the whole" {
    both --subproto chat ws://127.0.0.1:1/
    assert_equal "$status" 2
    assert_stderr '--subprotocol'
}

@test "a missing value says what it takes" {
    both ws://127.0.0.1:1/ --close-timeout
    assert_equal "$status" 2
    assert_stderr '--close-timeout' 'sec'
}

@test "a bad number of seconds says what came" {
    both --close-timeout abc ws://127.0.0.1:1/
    assert_equal "$status" 2
    assert_stderr '--close-timeout' 'abc'
}

@test "bad values are refused: sizes, counts, enumerations" {
    local pair
    for pair in '--max-message 1X' '--max-message -1' '--count 0' '--count x' '--color purple' '--tls-min 1.1' '--chunk 0' \
        '--timestamps=never' '--max-time -3' '--connect-timeout 1e99999' '--max-frame 99999999999999999999'; do
        # shellcheck disable=SC2086
        both $pair ws://127.0.0.1:1/
        assert_equal "$pair: $status" "$pair: 2"
        assert_stderr "$(sed 's/[ =].*//' <<<"$pair")"
    done
}

@test "a flag takes no value" {
    both --no-pong=yes ws://127.0.0.1:1/
    assert_equal "$status" 2
    assert_stderr '--no-pong'
}

@test "options that exclude each other are refused in one sentence that names both" {
    both -4 -6 ws://127.0.0.1:1/
    assert_equal "$status" 2
    assert_stderr '-4' '-6'
    both --tls-min 1.3 --tls-max 1.2 wss://127.0.0.1:1/
    assert_equal "$status" 2
    assert_stderr '--tls-min' '--tls-max'
    both --whole --chunk 5 ws://127.0.0.1:1/
    assert_equal "$status" 2
    assert_stderr '--whole' '--chunk'
}

@test "an option that belongs to another command says so" {
    both serve --count 3
    assert_equal "$status" 2
    assert_stderr '--count'
    both --rate 3 ws://127.0.0.1:1/
    assert_equal "$status" 2
    assert_stderr '--rate' 'serve'
}

@test "a word that is no URL and no command is not looked up as a host" {
    both sevre
    assert_equal "$status" 2
    assert_stderr 'sevre'
}

@test "two URLs are one too many" {
    both ws://127.0.0.1:1/ ws://127.0.0.1:2/
    assert_equal "$status" 2
    assert_stderr URL
}

@test "a value after a blank where it has to be joined to its option: how it is written" {
    both probe --idle 90 ws://127.0.0.1:1/
    assert_equal "$status" 2
    assert_stderr '"90" is not a URL' '--idle=90'
    both -r fast ws://127.0.0.1:1/
    assert_equal "$status" 2
    assert_stderr '"fast" is not a URL' '-rfast'
    # Without another operand it may be anything.
    both probe --idle 90
    assert_equal "$status" 2
    assert_stderr '"90" is neither a URL nor a command'
}

@test "a fragment, a port out of range, a control byte: a caret at the character" {
    local url caret
    for url in 'ws://host.example/a#frag' 'ws://host.example:0/' 'ws://host.example:65536/x' 'ws://host.example/a b'; do
        both "$url"
        assert_equal "$url: $status" "$url: 2"
        caret=$(grep -E '^ *\^ *$' <<<"$stderr")
        [[ -n $caret ]]
    done
    both 'ws://host.example/a#frag'
    # The caret stands below the #.
    local shown
    shown=$(grep -F 'ws://host.example/a#frag' <<<"$stderr" | grep -v 'wscope:' | tail -n 1)
    caret=$(grep -E '^ *\^ *$' <<<"$stderr")
    caret=${caret%%^*}
    assert_equal "${shown:${#caret}:1}" '#'
}

@test "a control byte in a URL does not reach the terminal raw" {
    both $'ws://host.example/\e[31m'
    assert_equal "$status" 2
    refute_stderr $'\e'
}

@test "a password in a URL that is refused is not shown" {
    both 'ws://me:hunter2@host.example:0/'
    assert_equal "$status" 2
    refute_stderr hunter2
}

@test "--help fits 80 columns, is grouped and has examples" {
    both --help
    assert_equal "$status" 0
    assert_equal "$stderr" ''
    assert_equal "$(awk 'length($0) > 80' <<<"$output")" ''
    assert_output --partial --header
    assert_output --partial 'wscope serve'
    assert_output --partial 'wscope wss://'
}

@test "--help=all has every option of --help and more, in 80 columns" {
    local common all
    common=$(wscope --help | grep -oE -- '--[a-z][a-z0-9-]+' | sort -u)
    all=$(wscope --help=all | grep -oE -- '--[a-z][a-z0-9-]+' | sort -u)
    assert_equal "$(comm -23 <(echo "$common") <(echo "$all"))" ''
    [[ $(wc -l <<<"$all") -gt $(wc -l <<<"$common") ]]
    assert_equal "$(wscope --help=all | awk 'length($0) > 80')" ''
}

@test "help and version are commands and letters, too; help of a command is about it" {
    local command
    assert_equal "$(wscope -h)" "$(wscope --help)"
    assert_equal "$(wscope help)" "$(wscope --help)"
    assert_equal "$(wscope -V)" "$(wscope --version)"
    assert_equal "$(wscope version)" "$(wscope --version)"
    for command in compare serve run demo; do
        both $command --help
        assert_equal "$command: $status" "$command: 0"
        assert_equal "$(head -n 1 <<<"$output")" "$(wscope help $command | head -n 1)"
        assert_line --index 0 --partial "Usage: wscope $command"
    done
    both serve -h
    assert_output --partial --rate
    refute_output --partial --subprotocol
}

@test "--help wins over whatever else is there" {
    both --help ws://127.0.0.1:1/
    assert_equal "$status" 0
}

@test "--version names the program and the libraries" {
    both --version
    assert_equal "$status" 0
    assert_output --regexp 'wscope [0-9]+\.[0-9]+'
    assert_output --partial OpenSSL
    assert_output --regexp '[lL]ibuv'
    assert_output --partial zlib
}

@test "--help to a full disk fails" {
    [[ -e /dev/full ]] || skip 'no /dev/full'
    run bash -c "${WSCOPE_COMMAND[*]} --help >/dev/full"
    assert_failure
}

@test "-- ends the options" {
    both -- --help
    assert_equal "$status" 2
    refute_output --partial serve
}

@test "a file that an option names and that is not there: exit 2, both named" {
    local pair
    for pair in '-H @/nonexistent/h' '--cacert /nonexistent/ca.pem' '--bearer @/nonexistent/t' '-e @/nonexistent/m'; do
        # shellcheck disable=SC2086
        both -n $pair wss://127.0.0.1:1/
        assert_equal "$pair: $status" "$pair: 2"
        assert_stderr '/nonexistent/'
    done
}

@test "a variable that is not set: exit 2, named" {
    both -n --bearer env:NO_SUCH_VARIABLE_HERE ws://127.0.0.1:1/
    assert_equal "$status" 2
    assert_stderr NO_SUCH_VARIABLE_HERE
}

@test "a regular expression that does not compile: exit 2" {
    both -n --until '[' ws://127.0.0.1:1/
    assert_equal "$status" 2
    assert_stderr '--until'
}

@test "serve: a bad address is a usage error" {
    both serve 127.0.0.1:99999
    assert_equal "$status" 2
    assert_stderr 99999
    both serve --cert /nonexistent/c.pem 0
    assert_equal "$status" 2
    assert_stderr '/nonexistent/c\.pem'
}
