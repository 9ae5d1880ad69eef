#!/usr/bin/env bats
# What a person sees when it does not work: what happened, where, why, what to try; and the exit code.

load helpers

@test "a dead port: exit 7, address, port, reason, hint" {
    peer dead
    both -n "ws://127.0.0.1:$PORT/"
    assert_equal "$status" 7
    assert_output ''
    assert_stderr '127\.0\.0\.1' "$PORT" refused hint
}

@test "a name that does not resolve: exit 6, the name, hint" {
    both -n ws://no-such-host.invalid/
    assert_equal "$status" 6
    assert_stderr 'no-such-host\.invalid' hint
}

@test "a plain HTTP server: exit 22 with status, headers and body" {
    peer http '404 Not Found'
    both -n "ws://127.0.0.1:$PORT/chat"
    assert_equal "$status" 22
    assert_output ''
    assert_stderr '404 Not Found' 'Server: peer/1' '<h1>go away</h1>'
}

@test "a redirect: exit 22, and the hint speaks of it" {
    peer http '301 Moved Permanently'
    both -n "ws://127.0.0.1:$PORT/"
    assert_equal "$status" 22
    assert_stderr '301'
}

@test "-q on a refusal leaves one line of error" {
    peer http '403 Forbidden'
    both -n -q "ws://127.0.0.1:$PORT/"
    assert_equal "$status" 22
    assert_equal "$(wc -l <<<"$stderr")" 1
    assert_stderr 403
}

@test "TLS to a plain port: exit 35, and ws:// is offered" {
    peer http '400 Bad Request'
    both -n "wss://127.0.0.1:$PORT/"
    assert_equal "$status" 35
    assert_stderr TLS 'ws://'
}

@test "a server that hangs up: exit 52" {
    peer hangup
    both -n "ws://127.0.0.1:$PORT/"
    assert_equal "$status" 52
    assert_stderr 'hung up|closed' hint
}

@test "-m ends the whole run: exit 28" {
    peer mute
    both -n -m 0.4 --close-timeout 0.2 "ws://127.0.0.1:$PORT/"
    assert_equal "$status" 28
    assert_stderr '0\.4|max-time|-m'
}

@test "-m covers the handshake too" {
    peer silent
    both -n -m 0.4 "ws://127.0.0.1:$PORT/"
    assert_equal "$status" 28
}

@test "--connect-timeout: exit 28, the stage named" {
    peer silent
    both -n --connect-timeout 0.4 "ws://127.0.0.1:$PORT/"
    assert_equal "$status" 28
    assert_stderr '0\.4' 'handshake|answer|response|upgrade'
    both -n --connect-timeout "$(tenths 4)" "wss://127.0.0.1:$PORT/"
    assert_equal "$status" 28
    assert_stderr 'TLS'
}

@test "a Close that is not answered: exit 28" {
    peer mute
    both -w 0 --close-timeout 0.3 "ws://127.0.0.1:$PORT/" </dev/null
    assert_equal "$status" 28
}

@test "--for with a Close that is not answered: exit 0" {
    peer mute
    both -n --for "$(tenths 5)" --close-timeout 0.3 "ws://127.0.0.1:$PORT/"
    assert_equal "$status" 0
}

@test "the first line of an error begins with the program's name" {
    peer dead
    both -n "ws://127.0.0.1:$PORT/"
    [[ ${stderr%%$'\n'*} == *wscope:* ]]
}

@test "--json has the same code in error, summary and exit" {
    need jq
    peer dead
    both -n --json "ws://127.0.0.1:$PORT/"
    assert_equal "$status" 7
    assert_equal "$(jq -r 'select(.event == "error") | "\(.code) \(.stage)"' <<<"$output")" '7 connect'
    assert_equal "$(tail -n 1 <<<"$output" | jq -r '"\(.event) \(.exit)"')" 'summary 7'
}

@test "where no thread can be started for it, a lookup fails with a sentence" {
    bash -c "ulimit -v 16000; exec ${WSCOPE_COMMAND[*]} --version" >/dev/null 2>&1 ||
        skip 'the program does not start in so little memory'
    run bash -c "ulimit -v 16000; exec ${WSCOPE_COMMAND[*]} -n -1 ws://localhost:9/ 2>&1"
    ((status == 1 || status == 7)) # not one thread, or enough memory for one
    assert_output --regexp '(no thread can be started|refused)'
}

# without_processes ARGUMENT...: wscope where no further thread or process can be started. That limit does not hold for
# root, who becomes a user with no other processes and needs a copy of the program that this user can reach.
without_processes() {
    local become=() folder= program=("${WSCOPE_COMMAND[@]}")
    if ((EUID == 0)); then
        need setpriv
        [[ $(head -c 4 "$(command -v "${program[0]}")" | tr -d '\0') == $'\x7fELF' ]] || skip 'the program is not one file that can be copied'
        folder=$(mktemp -d)
        chmod 755 "$folder"
        install -m 755 "$(command -v "${program[0]}")" "$folder/wscope"
        program[0]=$folder/wscope
        become=(setpriv --reuid=2054321 --regid=2054321 --clear-groups)
        "${become[@]}" "${program[@]}" --version >/dev/null || skip 'no other user can be become here, or the program does not run for one'
    fi
    run bash -c 'ulimit -u 1 && exec "$@" 2>&1' - "${become[@]}" "${program[@]}" "$@"
    [[ -z $folder ]] || rm -r "$folder"
    [[ $output != *LeakSanitizer* && $output != *'cannot set user id'* && $output != *'failed to execute'* ]] || skip "not possible here: $output"
}

@test "where no thread can be started (ulimit -u), only what needs one fails, with a sentence" {
    without_processes --no-config -n -1 ws://localhost:9/
    assert_failure 1
    assert_output --partial 'can'\''t resolve "localhost": no thread can be started for it: '
    assert_output --partial 'ulimit -u'
    without_processes --no-config -n -1 --proxy http://localhost:9 ws://192.0.2.1/
    assert_failure 1
    assert_output --partial 'the proxy localhost:9 (from --proxy): can'\''t resolve'
    without_processes --no-config -n -1 ws://127.0.0.1:9/
    assert_failure 7
    assert_output --partial 'connection refused'
}

@test "where no process can be started (ulimit -u), --header-cmd fails with a sentence" {
    without_processes --no-config --header-cmd 'echo x: y' -n -1 ws://127.0.0.1:9/
    assert_failure 1
    assert_output --partial "can't run --header-cmd: "
}
