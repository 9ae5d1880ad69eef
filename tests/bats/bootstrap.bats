#!/usr/bin/env bats
# bootstrap: what it does on a machine where only the build's needs are installed at first. The real
# configure runs in a scratch tree; apt-get, make and the like are stand-ins, so that nothing is
# installed and nothing compiled.

load helpers

setup() {
    [[ -x $top_srcdir/configure ]] || skip 'there is no configure'
    command -v pkg-config >/dev/null || missing 'pkg-config is not installed'
    TREE=$BATS_TEST_TMPDIR/tree
    FAKE=$BATS_TEST_TMPDIR/bin
    PC=$BATS_TEST_TMPDIR/pkgconfig
    copy_tree
    hide_library cmocka
    stand_ins
    export PATH=$FAKE:$PATH PKG_CONFIG_LIBDIR=$PC PC
    unset PKG_CONFIG_PATH CI BOOTSTRAP_INSTALL CC CFLAGS LDFLAGS MAKEFLAGS MFLAGS
}

# What bootstrap and configure read, writable also where the sources are not.
copy_tree() {
    mkdir -p "$TREE/src" "$TREE/tests/peers/node_modules"
    cp -R "$top_srcdir/build-aux" "$TREE"
    cp "$top_srcdir"/{bootstrap,configure,configure.ac,aclocal.m4,Makefile.in,config.h.in} "$TREE"
    cp "$top_srcdir/src/main.c" "$TREE/src"
    chmod -R u+w "$TREE"
    touch "$TREE/tests/peers/package.json" "$TREE/tests/peers/node_modules/.installed"
    mkdir -p "$FAKE" "$PC"
}

# pkg-config finds all that the system has but this; install_library ends that.
hide_library() {
    local folder file
    for folder in $(pkg-config --variable pc_path pkg-config | tr : ' '); do
        for file in "$folder"/*.pc; do
            [[ ! -e $file ]] || ln -sf "$file" "$PC"
        done
    done
    [[ -e $PC/$1.pc ]] || missing "$1 is not installed"
    mv "$PC/$1.pc" "$PC/$1.pc.hidden"
}

stand_in() {
    cat >"$FAKE/$1"
    chmod +x "$FAKE/$1"
}

# apt-get "installs" cmocka. make builds a program that does nothing, and its tests are one that
# passes with the unit tests, one that is skipped without. sudo runs apt-get only: nothing outside
# the scratch tree is written.
stand_ins() {
    echo 'echo 1000' | stand_in id
    echo 'case $1 in env) exec "$@" ;; *) cat >/dev/null ;; esac' | stand_in sudo
    echo 'exit 0' | stand_in npm
    stand_in apt-get <<'END'
case "$*" in *--simulate*) ;; *install*libcmocka-dev*) mv "$PC/cmocka.pc.hidden" "$PC/cmocka.pc" ;; esac
END
    stand_in make <<'END'
case "$*" in *am--depfiles*) exit 0 ;; esac
echo exit 0 >build/wscope
chmod +x build/wscope
case " $* " in *" check "*) ;; *) exit 0 ;; esac
mkdir -p build/tests
if grep -q '^UNIT_TESTS_RUN = .(UNIT_ALL)' build/Makefile; then
    echo 'PASS: tests/unit/base_buf 1' >build/tests/unit.log
    echo ':test-result: PASS' >build/tests/unit.trs
else
    echo 'SKIP: tests/no_unit.sh - the unit tests need cmocka' >build/tests/unit.log
    echo ':test-result: SKIP' >build/tests/unit.trs
fi
END
}

bootstrap() {
    run sh "$TREE/bootstrap" "$@"
}

@test "demo and then check on a fresh machine: check installs cmocka and configures again" {
    bootstrap demo
    assert_success
    assert_output --partial 'configuring in build/'
    grep -qx 'UNIT_TESTS_RUN = tests.no_unit.sh' "$TREE/build/Makefile"

    bootstrap check
    assert_success
    assert_output --partial 'libcmocka-dev'
    assert_output --partial 'configuring in build/ again'
    assert_line '1 passed, 0 failed, 0 skipped'
    refute_output --partial 'skipped: '

    bootstrap check
    assert_success
    refute_output --partial 'configuring'
    assert_line '1 passed, 0 failed, 0 skipped'
}

@test "configuring again keeps the options that the folder was configured with" {
    mkdir -p "$TREE/build"
    (cd "$TREE/build" && ../configure --quiet --enable-werror --prefix=/opt/elsewhere)
    bootstrap check
    assert_success
    grep -qx 'prefix = /opt/elsewhere' "$TREE/build/Makefile"
    grep -q '^WSCOPE_CFLAGS = .*-Werror' "$TREE/build/Makefile"
    grep -q '^UNIT_TESTS_RUN = .(UNIT_ALL)' "$TREE/build/Makefile"
}

@test "check ends with what was skipped, why, and how often" {
    stand_in make <<'END'
case "$*" in *am--depfiles*) exit 0 ;; esac
case " $* " in *" check "*) ;; *) exit 0 ;; esac
mkdir -p build/tests
printf '%s\n' 'SKIP: tests/no_unit.sh - the unit tests need cmocka' >build/tests/no_unit.log
echo ':test-result: SKIP' >build/tests/no_unit.trs
printf '%s\n' 'ok 1 a # skip no nginx' 'SKIP: tests/peers/nginx.bats 1 - a # skip no nginx' \
    'SKIP: tests/peers/nginx.bats 2 - b # SKIP no nginx' >build/tests/nginx.log
printf ':test-result: %s\n' 'SKIP a' 'SKIP b' >build/tests/nginx.trs
END
    bootstrap check
    assert_success
    assert_line 'skipped: tests/no_unit.sh: the unit tests need cmocka (1)'
    assert_line 'skipped: tests/peers/nginx.bats: no nginx (2)'
    assert_equal "${lines[-1]}" '0 passed, 0 failed, 3 skipped'
}

@test "a missing tool is a skip, and with CI=true a failure" {
    local empty=$BATS_TEST_TMPDIR/empty shell
    shell=$(command -v sh)
    mkdir -p "$empty"
    run env PATH="$empty" "$shell" "$top_srcdir/tests/tap" some.bats
    assert_output '1..0 # SKIP bats is not installed'
    run env PATH="$empty" CI=true "$shell" "$top_srcdir/tests/tap" some.bats
    assert_output 'Bail out! bats is not installed'

    run env CI= sh "$top_srcdir/tests/no_unit.sh"
    assert_output --partial '1..0 # SKIP '
    run env CI=true sh "$top_srcdir/tests/no_unit.sh"
    assert_output --partial 'Bail out! '
}
