#!/usr/bin/env bats
# What contributors use: the hook of `make hooks`, compile_commands.json, check-unit.

load helpers

setup() {
    need git
    unset MAKEFLAGS MFLAGS MAKELEVEL "${!GIT_@}"
    BUILD=$(dirname "${WSCOPE_COMMAND[-1]}")
    [[ -f $BUILD/Makefile ]] || skip "$BUILD is no build folder"
    REPO=$BATS_TEST_TMPDIR/repo
}

# A repository with one C file; its build folder notes which rooms are tested.
repository() {
    need clang-format
    mkdir -p "$REPO/src/base" "$REPO/tests/unit" "$REPO/build"
    cp "$top_srcdir/.clang-format" "$REPO"
    cp "$top_srcdir/tests/pre_commit.sh" "$REPO/tests"
    echo 'echo "ok 1 - fine"' >"$REPO/tests/includes.sh"
    printf 'check-unit:\n\t@echo "$(ROOMS)" >rooms; test ! -e fail || { echo "FAIL: one"; exit 1; }\n' >"$REPO/build/Makefile"
    echo /build >"$REPO/.gitignore"
    cd "$REPO"
    git init -q
    git config user.name nobody
    git config user.email nobody@example.org
    printf 'int one;\n' >src/base/one.c
    git add .
    git commit -qm start
    printf '#!/bin/sh\nexec sh tests/pre_commit.sh build\n' >.git/hooks/pre-commit
    chmod +x .git/hooks/pre-commit
}

@test "the hook formats what is staged, and tests the rooms that are touched" {
    repository
    mkdir -p src/verb/run src/session/books
    printf 'int   two ;\n' | tee src/base/two.c src/verb/run/two.c src/session/books/two.c tests/unit/proto_two.c >/dev/null
    git add .
    run git commit -qm two
    assert_success
    assert_equal "$(git show HEAD:src/base/two.c)" 'int two;'
    assert_equal "$(<src/session/books/two.c)" 'int two;'
    assert_equal "$(git status --short)" ''
    assert_equal "$(<build/rooms)" 'base proto run session '
}

@test "the hook leaves alone what is not staged" {
    repository
    printf 'int   one ;\n' >src/base/one.c
    git add .
    printf 'int   one ;\nint   more ;\n' >src/base/one.c
    run git commit -qm one
    assert_success
    assert_equal "$(git show HEAD:src/base/one.c)" 'int one;'
    assert_equal "$(<src/base/one.c)" $'int   one ;\nint   more ;'
}

@test "the hook stops a commit that breaks a rule or a test" {
    repository
    printf 'int other;\n' >src/base/one.c
    git add .
    touch build/fail
    run git commit -qm other
    assert_failure
    assert_output --partial 'FAIL: one'
    rm build/fail
    echo 'echo "not ok 1 - base/ may not include that"' >tests/includes.sh
    run git commit -qm other
    assert_failure
    assert_output --partial 'may not include'
    run git commit -qnm other
    assert_success
}

@test "a commit without C files needs no tests" {
    repository
    touch README build/fail
    git add README
    run git commit -qm text
    assert_success
}

@test "make hooks installs the hook, and replaces no other" {
    git init -q "$REPO"
    GIT_DIR=$REPO/.git run make -s -C "$BUILD" hooks
    assert_success
    [[ -x $REPO/.git/hooks/pre-commit ]]
    grep -q 'tests/pre_commit.sh' "$REPO/.git/hooks/pre-commit"
    GIT_DIR=$REPO/.git run make -s -C "$BUILD" hooks
    assert_success
    echo '#!/bin/sh' >"$REPO/.git/hooks/pre-commit"
    GIT_DIR=$REPO/.git run make -s -C "$BUILD" hooks
    assert_failure
    assert_equal "$(<"$REPO/.git/hooks/pre-commit")" '#!/bin/sh'
}

@test "compile_commands.json holds a command for each source file" {
    need jq
    run make -s -C "$BUILD" compile_commands.json
    assert_success
    jq -r '.[].file' "$BUILD/compile_commands.json" | grep -q '^/.*/src/main\.c$'
    eval "cd $BUILD && $(jq -r '.[] | select(.file | endswith("/src/base/decimal.c")) | .command' "$BUILD/compile_commands.json") -o $BATS_TEST_TMPDIR/decimal.o"
    [[ -s $BATS_TEST_TMPDIR/decimal.o ]]
}
