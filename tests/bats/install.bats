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

# The version that each file names first.
versions() {
    sed -nE '/^([0-9][0-9.]*)$/{s//NEWS \1/p;q}' "$TOP/NEWS"
    sed -nE 's/^AC_INIT\(\[wscope\], \[(.*)\]\)/configure.ac \1/p' "$TOP/configure.ac"
    sed -nE '1s/^wscope \((.*)-[^-]*\).*/debian \1/p' "$TOP/debian/changelog"
    sed -nE 's/^Version: +/spec /p' "$TOP/packaging/wscope.spec"
    sed -nE '/^%changelog/{n;s/.* - (.*)-[^-]*$/spec-changelog \1/p}' "$TOP/packaging/wscope.spec"
    sed -nE 's|^ *url ".*/wscope-(.*)\.tar\.xz"|formula \1|p' "$TOP/packaging/wscope.rb"
}

@test "NEWS, configure and all packages are of one version" {
    local version

    run versions
    version=${lines[0]#NEWS }
    assert_output "NEWS $version
configure.ac $version
debian $version
spec $version
spec-changelog $version
formula $version"
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
