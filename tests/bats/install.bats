#!/usr/bin/env bats
# What make install brings beside the program, and the pictures of the README.

load helpers

setup() {
    TOP=${top_srcdir:-$HERE/../..}
}

@test "after make install, man -k finds each page of the manual" {
    local page

    need makewhatis mapropos || return
    [[ -e Makefile ]] || skip 'this is no build folder'
    MAKEFLAGS='' make -s install-man prefix=/usr DESTDIR="$BATS_TEST_TMPDIR"
    makewhatis "$BATS_TEST_TMPDIR/usr/share/man"
    run mapropos -M "$BATS_TEST_TMPDIR/usr/share/man" wscope
    assert_success
    for page in "$TOP"/man/*.[1-9]; do
        page=${page##*/}
        assert_line --regexp "^${page%.*}\(${page##*.}\) - "
    done
}

@test "pictures that the README shows are there, and made by make pictures" {
    local picture

    for picture in $(sed -nE 's/.*!\[[^]]+\]\(([^)]+)\).*/\1/p' "$TOP/README.md"); do
        [[ -s $TOP/$picture ]] || fail "there is no $picture"
        grep -qF "/${picture##*/}" "$TOP/doc/pictures.sh" || fail "doc/pictures.sh does not make $picture"
    done
}

@test "a terminal's text becomes an SVG: styles, columns, what XML reserves" {
    run "$PYTHON3" "$TOP/doc/terminal_svg.py" 'a & b' <<<$'\e[32m●\e[0m a<b \e[1;91mbold\e[22m\e[39m 漢x\n\e[7mback\e[m'
    assert_success
    assert_line --partial '<title>a &amp; b</title>'
    assert_line --partial ' textLength="8.4" fill="#8cc570">●</text>'
    assert_line --partial '>a&lt;b</text>'
    assert_line --partial ' textLength="33.6" fill="#f08a90" font-weight="bold">bold</text>'
    assert_line --partial ' textLength="25.2">漢x</text>'
    assert_line --partial ' fill="#16191f">back</text>'
    need xmllint || return
    xmllint --noout - <<<"$output"
}
