#!/usr/bin/env bats
# /alias at the prompt: names for lines, kept in the config file.

load helpers
load terminal

setup() {
    prompt_peer
    export XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/config
    CONFIG=$XDG_CONFIG_HOME/wscope/config
}

@test "/alias names a line, /NAME runs it with what follows, and the config file keeps it" {
    start 100 50
    wscope_in "$URL/echo"
    await_screen "^$URL/echo>"
    enter '/alias hello good morning'
    enter '/alias two /fragment 2'
    enter '/hello everyone'
    await_screen '^← good morning everyone$'
    enter '/two halves'
    await_screen '^← halves$'
    enter '/alias'
    await_screen '^two = /fragment 2$'
    keys C-d
    await_screen '^\$ ?$'
    run cat "$CONFIG"
    assert_output '[alias]
hello = good morning
two = /fragment 2'
    run stat -c '%a' "$CONFIG" "${CONFIG%/*}"
    assert_output $'600\n700'

    wscope_in "$URL/echo"
    await_screen "^$URL/echo>"
    type_in '/alias -d tw'
    keys Tab Enter
    enter '/two'
    await_screen 'unknown command "/two"'
    type_in '/hel'
    keys Tab
    await_screen '^/help +/hello$'
}

@test "/alias refuses names of commands, secrets and chains, and keeps the rest of the file" {
    mkdir -p "${CONFIG%/*}"
    printf '# mine\n[alias]\nhi = old\r\n\n[profile x]\n  verbose\n' >"$CONFIG.real"
    chmod 640 "$CONFIG.real"
    ln -s config.real "$CONFIG"
    start 100 50
    wscope_in "$URL/echo"
    await_screen "^$URL/echo>"
    enter '/alias ping hello'
    await_screen '/ping is a command'
    enter '/alias login /option user me:opensesame'
    await_screen 'the text may carry a secret'
    enter '/alias a /b'
    enter '/alias b hello'
    enter '/a'
    await_screen 'unknown command "/b"'
    enter '/alias hi new'
    enter '/hi'
    await_screen '^← new$'
    run cat "$CONFIG.real"
    assert_output "$(printf '# mine\n[alias]\nhi = new\r\na = /b\nb = hello\n\n[profile x]\n  verbose')"
    run stat -c '%a' "$CONFIG.real"
    assert_output 640
    [ -L "$CONFIG" ]
    run cat "$XDG_STATE_HOME/wscope/history"
    refute_output --partial opensesame
}

@test "the section is checked, and not read with --no-config" {
    mkdir -p "${CONFIG%/*}"
    printf '[alias]\nhi\n' >"$CONFIG"
    run "$WSCOPE" "$URL/echo"
    assert_failure 2
    assert_output --partial 'the alias "hi" has no text'
    start 100 50
    wscope_in --no-config "$URL/echo"
    await_screen "^$URL/echo>"
    enter '/alias hi hello'
    await_screen 'there is no config file'
}

@test "the prompt of a proxy has aliases too" {
    start 100 50
    wscope_in proxy 0 "$URL/echo"
    await_screen '^no clients>'
    enter '/alias slow /fault latency:200ms'
    enter '/slow+600s'
    await_screen 'unknown command'
    enter '/slow'
    enter '/fault'
    await_screen 'latency'
    enter '/alias hi hello'
    enter '/hi'
    await_screen 'nothing is sent: a command begins with a slash'
}
