#!/usr/bin/env bats
# The completions, in the shells themselves.

load helpers

setup() {
    COMPLETIONS=${top_srcdir:-$HERE/../..}/completions
    cd "$BATS_TEST_TMPDIR" || return
    touch a.wscope b.wscope 'with blank'
    mkdir folder bin home home/wscope
    # The completions run the program by the name that was typed.
    printf '#!/bin/sh\nexec %s "$@"\n' "${WSCOPE:-wscope}" >bin/wscope
    chmod +x bin/wscope
    PATH=$PWD/bin:$PATH
    export HOME=$PWD/home XDG_CONFIG_HOME=$PWD/home XDG_STATE_HOME=$PWD/home XDG_DATA_HOME=$PWD/home
    export RESULT=$PWD/result
    printf '[profile staging]\nquiet\n[profile live]\n' >home/wscope/config
    export TYPED="wscope -n 'ws://127.0.0.1:1/typed?a=b'
wscope wss://me:hidden@example.com/
wscope --poll http://example.com/news wss://example.com/typed?token=hidden
wscope serve 127.0.0.1:7001"
}

# in_SHELL LINE [all]: what becomes of the line when Tab is pressed after it; with "all", all that Tab
# would list, a word a line.
in_bash() {
    run timeout $((60 * SLOW)) "$PYTHON3" "$HERE/complete_bash.py" "$COMPLETIONS" "$@"
    [[ $2 != all ]] || output=${output// /$'\n'}
    mapfile -t lines <<<"$output"
}

in_zsh() {
    need zsh || return
    run timeout $((60 * SLOW)) zsh -f "$HERE/complete.zsh" "$COMPLETIONS" "$@"
    [[ $2 != all ]] || output=${output// /$'\n'}
    mapfile -t lines <<<"$output"
}

# fish lists what the last word can become, with tabs before the explanations.
in_fish() {
    need fish || return
    mkdir -p home/fish
    printf -- '- cmd: %s\n' "${TYPED//$'\n'/$'\n'- cmd: }" >home/fish/fish_history
    run timeout $((60 * SLOW)) fish -c "source '$COMPLETIONS/wscope.fish'; complete -C \"$1\""
    output=$(cut -f 1 <<<"$output")
    mapfile -t lines <<<"$output"
}

verbs() {
    wscope --help | sed -nE 's/^       wscope ([a-z]+)( .*)?$/\1/p'
}

# Those that take options of their own.
verbs_with_options() {
    wscope --help | sed -nE 's/^       wscope ([a-z]+) \[OPTION\].*/\1/p'
}

# The long options among the lines, sorted.
options() {
    sed -nE 's/^ *(-.,)? *(--[a-z0-9-]+).*/\2/p' | sort -u
}

# Every command, found by all of its name but the last letter; then all of its options.
every_command() {
    local shell=$1 verb expected

    for verb in $(verbs); do
        "in_$shell" "wscope ${verb%?}"
        assert_line --regexp "^(wscope )?$verb ?\$"
    done
    for verb in $(verbs_with_options); do
        expected=$(wscope "$verb" --help=all | options)
        [[ -n $expected ]]
        "in_$shell" "wscope $verb --" all
        assert_equal "$(options <<<"$output")" "$expected"
    done
    in_"$shell" 'wscope --' all
    assert_line --regexp '^--count$'
    refute_line --regexp '^--(rate|junit|clients)$'
}

@test "bash: every command and its options" {
    every_command bash
}

@test "zsh: every command and its options" {
    need zsh || return
    every_command zsh
}

@test "fish: every command and its options" {
    need fish || return
    every_command fish
}

@test "the program: a value for each option that names a kind of value" {
    local verb option kind expected answers

    while read -r verb option kind; do
        case $kind in
            FILE) expected='files ' ;;
            DIR) expected='folders ' ;;
            PRESET) expected='word --reconnect=socket\.io ' ;;
            VERSION) expected='word 1\.3 ' ;;
            METHOD) expected='word POST ' ;;
            WHEN) expected='word never ' ;;
            LIST) [[ $option == --events ]] && expected='part message ' || continue ;;
            SPEC) expected='part half-close ' ;;
            SERVER) expected='word serve ' ;;
            COOKIES | TOKEN | PHRASE | 'USER[:PASS]') expected='part env: ' ;;
            *) continue ;;
        esac
        [[ $option == *= ]] && set -- "$verb" "$option" || set -- "$verb" "$option" ''
        if [[ $verb == connect ]]; then
            shift
            [[ -n $(wscope --complete "${option%=}" </dev/null) ]] || continue
        fi
        answers=$(wscope --complete "$@" </dev/null | tr '\t' ' ')
        grep "^$expected" <<<"$answers" || fail "wscope $*: $answers"
    done < <(for verb in connect $(verbs_with_options); do
        [[ $verb == connect ]] && set -- || set -- "$verb"
        wscope "$@" --help=all |
            sed -nE "s/^ *(-., )? *(--[a-z0-9-]+)(\[(=)| )([^] ]+).*/$verb \2\4 \5/p"
    done)
}

@test "the program: the words of rules, each in its place" {
    run wscope --complete proxy --rule 'u' </dev/null
    assert_output $'part\tup\t'
    run wscope --complete proxy --rule 'down te' </dev/null
    assert_output $'part\tdown text\t'
    run wscope --complete proxy --rule='json /a = 1 -> dr' </dev/null
    assert_output $'part\t--rule=json /a = 1 -> drop\t'
    run wscope --complete proxy --rule 'any -> drop ' </dev/null
    assert_output ''
}

@test "the program: only what fits the command, words and beginnings distinguished" {
    run wscope --complete serve --fault clo </dev/null
    assert_output $'part\tclose:\t'
    run wscope --complete --fault clo </dev/null
    assert_output ''
    run wscope --complete --timest </dev/null
    assert_line --index 0 --regexp $'^part\t--timestamps=\t'
    assert_line --index 1 --regexp $'^word\t--timestamps\t'
    run wscope --complete -- --fau </dev/null
    assert_output ''
    run wscope --complete -H@ </dev/null
    assert_output $'files\t-H@'
    run wscope --complete demo '' </dev/null
    assert_output ''
    run wscope --complete serve 7001 '' </dev/null
    assert_output ''
    run wscope --complete
    assert_line --partial $'word\tserve\t'
}

@test "the program: nothing typed before can act on the terminal or show a secret" {
    run wscope --complete '' <<<$'wscope \'ws://h/\e[31m\'\nwscope ws://h/\u202e\nwscope ws://u:p@h/\nwscope ws://h/?token=x'
    refute_output --partial 'h/'
    printf '[profile a\tb]\n[profile c\e[31m]\n[profile d]\n' >home/wscope/config
    run wscope --complete --profile '' </dev/null
    assert_output $'word\td\t'
}

@test "the program: what was typed at its own prompt" {
    printf '/connect ws://127.0.0.1:1/own\nhello ws://127.0.0.1:1/text\n' >home/wscope/history
    run wscope --complete ws://1 </dev/null
    assert_output $'word\tws://127.0.0.1:1/own\t'
}

@test "the program: values that begin with a fixed part" {
    run wscope --complete proxy --identity c </dev/null
    assert_output $'part\tcookie:\t'
    run wscope --complete proxy --identity a </dev/null
    assert_output $'word\taddress\t\nword\tall\t'
    run wscope --complete fanout --expect i </dev/null
    assert_output $'part\tislands:\t'
}

@test "the program: protocols and their keys" {
    run wscope --complete --as stom </dev/null
    assert_output $'part\tstomp\t'
    run wscope --complete --as sockjs+stomp,dest=/a,h </dev/null
    assert_output $'part\tsockjs+stomp,dest=/a,heart-beat=\t'
    run wscope --complete --as=sockjs+phoe </dev/null
    assert_output $'part\t--as=sockjs+phoenix\t'
    run wscope --complete --as sockjs+non </dev/null
    assert_output ''
}

@test "bash: values" {
    in_bash 'wscope run --junit a'
    assert_output 'wscope run --junit a.wscope '
    in_bash 'wscope run --junit=with'
    assert_output 'wscope run --junit=with\ blank '
    in_bash 'wscope run --transcript fol'
    assert_output 'wscope run --transcript folder/'
    in_bash 'wscope run b.w'
    assert_output 'wscope run b.wscope '
    in_bash 'wscope run ~/wsc'
    assert_output 'wscope run ~/wscope/'
    in_bash 'wscope -H @a'
    assert_output 'wscope -H @a.wscope '
    in_bash 'wscope --tls-min ' all
    assert_line 1.2
    assert_line 1.3
    in_bash 'wscope --reconnect=sig'
    assert_output 'wscope --reconnect=signalr '
    in_bash 'wscope -b --events open,pon'
    assert_output 'wscope -b --events open,pong'
    in_bash 'wscope --fault drop-p'
    assert_output 'wscope --fault drop-pong'
    in_bash 'wscope --fault=rst@ev'
    assert_output 'wscope --fault=rst@every:'
    in_bash "wscope --fault 'fin;rst@ope"
    assert_output "wscope --fault 'fin;rst@open'"
    in_bash 'wscope proxy --rule tex'
    assert_output 'wscope proxy --rule text'
    in_bash "wscope proxy --rule 'any -> dela"
    assert_output "wscope proxy --rule 'any -> delay'"
    in_bash 'wscope --profile li'
    assert_output 'wscope --profile live '
    in_bash 'wscope ws'
    assert_output 'wscope ws'
    in_bash 'wscope ws://1'
    assert_output 'wscope ws://127.0.0.1:1/typed\?a=b '
    in_bash 'wscope --poll http:'
    assert_output 'wscope --poll http://'
    in_bash 'wscope serve 1'
    assert_output 'wscope serve 127.0.0.1:7001 '
    in_bash 'wscope help se'
    assert_output 'wscope help serve '
}

@test "zsh: values" {
    in_zsh 'wscope run --junit a'
    assert_output 'wscope run --junit a.wscope '
    in_zsh 'wscope run --junit=with'
    assert_output 'wscope run --junit=with\ blank '
    in_zsh 'wscope run --transcript fol'
    assert_output 'wscope run --transcript folder/'
    in_zsh 'wscope run b.w'
    assert_output 'wscope run b.wscope '
    in_zsh 'wscope -H @a'
    assert_output 'wscope -H @a.wscope '
    in_zsh 'wscope --tls-min ' all
    assert_line 1.2
    assert_line 1.3
    in_zsh 'wscope --reconnect=sig'
    assert_output 'wscope --reconnect=signalr '
    in_zsh 'wscope -b --events open,pon'
    assert_output 'wscope -b --events open,pong'
    in_zsh 'wscope --fault drop-p'
    assert_output 'wscope --fault drop-pong'
    in_zsh 'wscope --fault=rst@ev'
    assert_output 'wscope --fault=rst@every:'
    in_zsh "wscope --fault 'fin;rst@ope"
    assert_output "wscope --fault 'fin;rst@open"
    in_zsh 'wscope proxy --rule tex'
    assert_output 'wscope proxy --rule text'
    in_zsh "wscope proxy --rule 'any -> dela"
    assert_output "wscope proxy --rule 'any -> delay"
    in_zsh 'wscope --profile li'
    assert_output 'wscope --profile live '
    in_zsh 'wscope ws://1'
    assert_output --regexp '^wscope ws://127\.0\.0\.1:1/typed\\\?a=b '
    in_zsh 'wscope serve 1'
    assert_output 'wscope serve 127.0.0.1:7001 '
    in_zsh 'wscope help se'
    assert_output 'wscope help serve '
}

@test "fish: values" {
    in_fish 'wscope run --junit a'
    assert_output a.wscope
    in_fish 'wscope run --junit=with'
    assert_output '--junit=with blank'
    in_fish 'wscope run --transcript fol'
    assert_output folder/
    in_fish 'wscope run b.w'
    assert_output b.wscope
    in_fish 'wscope -H @a'
    assert_output @a.wscope
    in_fish 'wscope --tls-min '
    assert_output $'1.2\n1.3'
    in_fish 'wscope --reconnect=sig'
    assert_output --reconnect=signalr
    in_fish 'wscope -b --events open,pon'
    assert_output open,pong
    in_fish 'wscope --fault drop-p'
    assert_output drop-pong
    in_fish 'wscope --fault=rst@ev'
    assert_output --fault=rst@every:
    in_fish "wscope --fault 'fin;rst@ope"
    assert_output 'fin;rst@open'
    in_fish 'wscope proxy --rule tex'
    assert_output text
    in_fish "wscope proxy --rule 'any -> dela"
    assert_output 'any -> delay'
    in_fish 'wscope --profile li'
    assert_output live
    in_fish 'wscope ws://1'
    assert_output 'ws://127.0.0.1:1/typed?a=b'
    in_fish 'wscope --poll http:'
    assert_output $'http://example.com/news\nhttp://'
    in_fish 'wscope serve 1'
    assert_output 127.0.0.1:7001
    in_fish 'wscope help se'
    assert_output serve
}
