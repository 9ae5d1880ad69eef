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
