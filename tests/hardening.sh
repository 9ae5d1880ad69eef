#!/bin/sh
# hardening: the program is built with what makes a memory error hard to exploit. Read off the
# program itself; what the compiler does not offer is skipped. WSCOPE_CC and WSCOPE_FLAGS are what
# it was compiled with.
set -eu

program=${WSCOPE##* }
number=0

result() {
    number=$((number + 1))
    echo "$1 $number - $2"
}

cannot_run() {
    if [ "${CI:-}" = true ]; then
        echo "Bail out! $1"
    else
        echo "1..0 # SKIP $1"
    fi
    exit 0
}

for tool in readelf objdump; do
    command -v $tool >/dev/null 2>&1 || cannot_run "$tool is not installed"
done
readelf -h "$program" >/dev/null 2>&1 || cannot_run "$program is not an ELF file"

# takes FLAG...: whether the compiler does, with the builder's flags.
takes() {
    # Both are lists of words.
    # shellcheck disable=SC2086
    echo '#include <string.h>' |
        $WSCOPE_CC ${WSCOPE_CFLAGS:-} -Werror "$@" -x c -c -o /dev/null - 2>/dev/null
}

# has TEXT COMMAND...: whether the command's output contains the regular expression.
has() {
    text=$1
    shift
    "$@" | grep -E -- "$text" >/dev/null
}

# at_least N TEXT COMMAND...: whether that many lines of the command's output match.
at_least() {
    least=$1 text=$2
    shift 2
    [ "$("$@" | grep -cE -- "$text")" -ge "$least" ]
}

# check WHAT COMMAND...
check() {
    what=$1
    shift
    if "$@"; then
        result ok "$what"
    else
        result 'not ok' "$what"
    fi
}

# check_flag FLAG WHAT COMMAND...: skipped where the compiler does not take the flag.
check_flag() {
    flag=$1 what=$2
    shift 2
    if takes "$flag"; then
        check "$what" "$@"
    else
        result ok "$what # SKIP the compiler does not take $flag"
    fi
}

flagged() {
    case " $WSCOPE_FLAGS " in *" $1 "*) ;; *) return 1 ;; esac
}

# On x86-64 the code shows it, elsewhere the flag has to do.
clash_protected() {
    flagged -fstack-clash-protection || return 1
    # shellcheck disable=SC2016 # the dollar is the assembler's
    ! has 'X86-64' readelf -h "$program" ||
        has '(or|mov|test)[a-z]* +\$0x0,(0x[0-9a-f]+)?\(%rsp\)' objdump -d "$program"
}

fortified() {
    has '__(memcpy|snprintf)_chk' readelf -W --dyn-syms "$program" || return 1
    flagged -D_FORTIFY_SOURCE=3 || ! takes -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
}

echo 1..8
check 'the program is loaded at a random address' has 'Type: +DYN' readelf -h "$program"
check 'the stack is not executable' has 'GNU_STACK.* RW ' readelf -W -l "$program"
check 'relocations are read-only' has GNU_RELRO readelf -W -l "$program"
check 'functions of libraries are bound before main' has 'BIND_NOW|Flags:.* NOW' readelf -d "$program"
check_flag -fstack-protector-strong 'overwritten stacks are detected' \
    has __stack_chk_fail readelf -W --dyn-syms "$program"
check_flag -fstack-clash-protection 'large frames touch each page of the stack' clash_protected
# The C library's start code has a few of these itself.
check_flag -fcf-protection 'indirect calls have landing pads' \
    at_least 100 'endbr(64|32)' objdump -d "$program"
case " $WSCOPE_FLAGS " in
*' -fsanitize='* | *' --coverage '*)
    result ok 'calls of the C library are checked # SKIP the sanitizers check them in this build'
    ;;
*)
    what='calls of the C library are checked, at level 3 where there is one'
    if takes -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2; then
        check "$what" fortified
    else
        result ok "$what # SKIP the compiler does not take -D_FORTIFY_SOURCE=2"
    fi
    ;;
esac
