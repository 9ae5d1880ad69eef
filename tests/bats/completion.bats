#!/usr/bin/env bats
# The completions, in the shells themselves.

load helpers

setup() {
    COMPLETIONS=${top_srcdir:-$HERE/../..}/completions
    cd "$BATS_TEST_TMPDIR" || return
    touch a.wscope b.wscope
    mkdir folder
}

# What bash completes of the words; the last one is under the cursor.
in_bash() {
    # The words are for the inner shell.
    # shellcheck disable=SC2016
    run bash --norc -c '
        compopt() { :; } # it needs a terminal
        . "$1/wscope.bash"
        shift
        COMP_WORDS=(wscope "$@")
        COMP_CWORD=$#
        _wscope
        printf "%s\n" "${COMPREPLY[@]}"' - "$COMPLETIONS" "$@"
}

in_fish() {
    need fish || return
    HOME=$BATS_TEST_TMPDIR run fish --no-config -c "source '$COMPLETIONS/wscope.fish'; complete -C '$1'"
}

# What zsh makes of a line when Tab is pressed behind it: it has to be a terminal.
in_zsh() {
    need zsh || return
    run timeout $((20 * SLOW)) zsh -f "$HERE/complete.zsh" "$COMPLETIONS" "$1"
}

@test "bash: commands, options of run, their values, scripts" {
    in_bash ru
    assert_output run
    in_bash run --jun
    assert_output --junit
    in_bash run --fail-f
    assert_output '--fail-fast'
    in_bash --reco
    assert_line --record
    in_bash run --against ''
    assert_line serve
    in_bash run --junit a
    assert_output a.wscope
    in_bash run --transcript fol
    assert_output folder/
    in_bash run b.w
    assert_output b.wscope
}

@test "bash: serve, compare, the values of options" {
    in_bash se
    assert_output serve
    in_bash serve --bur
    assert_output --burst
    in_bash compare --cli
    assert_output --clients
    in_bash --tls-min ''
    assert_output $'1.2\n1.3'
    in_bash --reconnect = sig
    assert_output signalr
    in_bash -b --events open,pon
    assert_output open,pong
    in_bash --fault bl
    assert_output blackhole
    in_bash --fault la
    assert_output latency:
    in_bash --fault clo
    assert_output ''
    in_bash serve --fault = clo
    assert_output close:
}

@test "bash: options only of the command that was named" {
    in_bash serve --
    assert_line --rate
    refute_line --header
    refute_line --junit
    in_bash run --
    assert_line --junit
    assert_line --header
    refute_line --rate
    refute_line --count
    in_bash compare --
    assert_line --clients
    refute_line --junit
    in_bash --
    assert_line --count
    refute_line --rate
    refute_line --clients
    refute_line --junit
    in_bash help se
    assert_output serve
}

@test "fish: options only of the command that was named" {
    in_fish 'wscope serve --'
    assert_line --regexp '^--rate\b'
    refute_line --regexp '^--(header|junit)\b'
    in_fish 'wscope run --'
    assert_line --regexp '^--junit\b'
    assert_line --regexp '^--header\b'
    refute_line --regexp '^--(rate|count)\b'
    in_fish 'wscope compare --'
    assert_line --regexp '^--clients\b'
    refute_line --regexp '^--junit\b'
    in_fish 'wscope --'
    assert_line --regexp '^--count\b'
    refute_line --regexp '^--(rate|clients|junit)\b'
    in_fish 'wscope help se'
    assert_line --regexp '^serve\b'
}

@test "zsh: options only of the command that was named" {
    in_zsh 'wscope --bur'
    assert_output 'wscope --bur'
    in_zsh 'wscope serve --juni'
    assert_output 'wscope serve --juni'
    in_zsh 'wscope run --juni'
    assert_output 'wscope run --junit='
    in_zsh 'wscope compare --rat'
    assert_output 'wscope compare --rat'
    in_zsh 'wscope help se'
    assert_output 'wscope help serve '
}

@test "fish: commands, options of run, their values, scripts" {
    in_fish 'wscope ru'
    assert_line --regexp '^run\b'
    in_fish 'wscope run --jun'
    assert_line --regexp '^--junit\b'
    in_fish 'wscope run --fail-f'
    assert_line --regexp '^--fail-fast\b'
    in_fish 'wscope --rec'
    assert_line --regexp '^--record\b'
    in_fish 'wscope run --against '
    assert_line --regexp '^serve\b'
    in_fish 'wscope run b.'
    assert_line --regexp '^b\.wscope'
}

@test "fish: serve, compare, the values of options" {
    in_fish 'wscope se'
    assert_line --regexp '^serve\b'
    in_fish 'wscope serve --bur'
    assert_line --regexp '^--burst\b'
    in_fish 'wscope compare --cli'
    assert_line --regexp '^--clients\b'
    in_fish 'wscope --tls-min '
    assert_line --regexp '^1\.2\b'
    assert_line --regexp '^1\.3\b'
    in_fish 'wscope --reconnect=sig'
    assert_line --regexp '^--reconnect=signalr\b'
    in_fish 'wscope -b --events open,pon'
    assert_line --regexp '^open,pong\b'
    in_fish 'wscope --fault bl'
    assert_line --regexp '^blackhole\b'
    in_fish 'wscope --fault=la'
    assert_line --regexp '^--fault=latency:'
    in_fish 'wscope --fault clo'
    refute_output --partial close:
    in_fish 'wscope serve --fault clo'
    assert_line --regexp '^close:'
}

@test "zsh: commands, options of run, their values, scripts" {
    in_zsh 'wscope ru'
    assert_output 'wscope run '
    in_zsh 'wscope run --jun'
    assert_output 'wscope run --junit='
    in_zsh 'wscope run --fail-f'
    assert_output 'wscope run --fail-fast '
    in_zsh 'wscope --record=a'
    assert_output 'wscope --record=a.wscope '
    in_zsh 'wscope run b'
    assert_output 'wscope run b.wscope '
}

@test "zsh: serve, compare, the values of options" {
    in_zsh 'wscope se'
    assert_output 'wscope serve '
    in_zsh 'wscope serve --bur'
    assert_output 'wscope serve --burst='
    in_zsh 'wscope compare --cli'
    assert_output 'wscope compare --clients='
    in_zsh 'wscope --tls-min=1.'
    assert_output --regexp '^wscope --tls-min=1\.[23]? ?$'
    in_zsh 'wscope --reconnect=sig'
    assert_output 'wscope --reconnect=signalr '
    in_zsh 'wscope -b --events open,pon'
    assert_output --regexp '^wscope -b --events open,pong'
    in_zsh 'wscope --fault bl'
    assert_output 'wscope --fault blackhole'
    in_zsh 'wscope --fault=la'
    assert_output 'wscope --fault=latency:'
    in_zsh 'wscope --fault=clo'
    assert_output 'wscope --fault=clo'
    in_zsh 'wscope serve --fault clo'
    assert_output 'wscope serve --fault close:'
}
