#!/bin/sh
# includes: each room of src/ includes only what its row allows. Prints TAP, one test a room; the
# last ones plant violations in a scratch tree to see that they would be found.
set -eu
top_srcdir=${top_srcdir:-$(dirname "$0")/..}

# Which rooms of ours a room may include besides itself. A name with a slash allows that header
# alone, and one with "@FILE" after it in that file alone. `main` is src/main.c, `verb/*` a subcommand that
# has no row of its own.
rooms='
base
event             base
proto             base event
fault             base event
net               base event fault proto/http1_reader.h@net/link_proxy.c
peer              base event proto fault net
http              base event proto fault net
redis             base event fault net http/shared.h proto/excerpt.h proto/url.h
channel           base event proto fault net peer http
relay             base event decode proto fault net peer http
session/books     base event
session/diagnose  base event
session           base event decode net/timer.h net/watch.h@session/header_cmd.c channel http proto/http_date.h proto/withhold.h@session/attempt.h
decode            base event
measure           base event proto/http_date.h proto/list.h
grade             base event measure proto session/backoff.h session/books
fanout            base event measure
probe             base event
sink              base event measure
sink/compare      base event measure sink
sink/grade        base event grade measure sink
sink/fanout       base event fanout measure sink
sink/probe        base event probe sink
script/expect     base event proto
script            base event sink command script/expect
command           base event proto session script/expect fault/fault.h@command/set.h
serve             base event decode proto fault net peer redis http/shared.h
cli               base event decode proto fault net sink
term              base event sink
app               base event net/supplies.h@app/loop.h net/timer.h@app/fleet.c net/timer.h@app/proxying_act.c fault relay cli command script session grade measure sink serve term proto/withhold.h@app/target.h net/fault_clock.h net/traffic.h@app/comparing.h
verb/connect      base event app cli command script session measure sink serve term proto/url_resolve.h@verb/connect/repl_options.c
verb/run          base event app cli command grade/expect.h@verb/run/script_proxy.c script session sink serve term
verb/compare      base event app cli measure sink
verb/fanout       base decode event app cli fanout http measure/criteria.h net/timer.h redis sink sink/fanout
verb/proxy        base event app cli command fault grade relay net/timer.h net/link.h@verb/proxy/control_private.h net/listener.h@verb/proxy/control_private.h net/pump.h@verb/proxy/control_private.h proto/http1.h proto/http1_reader.h proto/ip_literal.h script sink sink/grade term
verb/probe        base event app cli http measure/moment.h net/resolve.h@verb/probe/probe_private.h net/route.h@verb/probe/probe_private.h net/timer.h@verb/probe/visit.h probe proto/url.h@verb/probe/probe.c sink sink/probe
verb/serve        base event app cli redis/redis_url.h sink serve term
verb/demo         base event app cli command session sink serve term verb/connect
verb/help         base event app cli
verb/complete     base decode event fault relay/rule.h cli sink term
verb/*            base event app cli command session sink serve term
verb              cli verb
main              base event cli app verb
'

# Rooms, and files of rooms (patterns under src/), that do no I/O, read no clock and draw no random numbers.
pure='proto decode fault measure grade fanout probe session/books session/diagnose script/expect relay/rule* redis/resp* redis/redis_url* serve/chat_* serve/feed_epoch*'

# Headers that not every file of an allowed room may include, our own among them, and the files that may (patterns under src/).
# The first row that fits a header decides; a header that no row fits is free to all.
libraries='
cli/options.h     cli/* main.c
app/complain.h    app/* main.c verb/run/script_error.c verb/run/script_load.c
zlib.h            proto/deflate*.c proto/gunzip.c proto/zlib_memory.h cli/*version*
openssl/*         net/* cli/*version*
uv.h              net/* peer/* http/* redis/redis* relay/* channel/* session/session* session/fallback* session/header_cmd* app/* term/* verb/* serve/* cli/*version*
cjson/*           sink/json_tree.h verb/proxy/control_request.c cli/*version*
histedit.h        term/lineedit*
idn2.h            net/*
sys/socket.h      base/out.c net/* serve/* app/* term/* verb/*
sys/un.h          net/* serve/*
netdb.h           net/*
netinet/*         net/* serve/*
arpa/inet.h       fault/fault_args.c net/* serve/* cli/*
linux/*           net/*
poll.h            base/out.c net/* app/* term/* verb/* serve/*
time.h            base/* event/* net/* sink/* script/junit.c app/* term/* verb/* serve/* session/* channel/* main.c
sys/time.h        base/clock.c
unistd.h          base/* net/* relay/relayed.c app/* term/* verb/* serve/* cli/* sink/* session/* channel/* main.c
fcntl.h           base/* net/* session/header_cmd.c app/* term/* verb/* serve/* cli/* main.c
signal.h          base/* app/* term/* verb/* session/* main.c
termios.h         term/* app/typing.c verb/*
pthread.h
threads.h
'

# What pure rooms may not call.
impure='FILE|fopen|fdopen|fclose|fread|fwrite|printf|fprintf|vprintf|vfprintf|puts|fputs|putchar|perror|stdin|stdout|stderr|open|read|write|send|recv|socket|time|clock|clock_gettime|gettimeofday|rand|random|getrandom|getenv'

scratch=$(mktemp -d "${TMPDIR:-/tmp}/wscope-includes.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# Prints a sentence for each include under $1 (a src folder) that breaks a rule, in files of room $2.
violations() {
    if [ "$2" = main ]; then
        set -- "$1" "$2" main.c
    else
        set -- "$1" "$2" "$2"
    fi
    # shellcheck disable=SC2016 # the dollars are awk's
    (
        cd "$1"
        find "$3" -maxdepth 1 -name '*.[ch]' | sort | xargs awk -v room="$2" -v rooms="$rooms" \
            -v libraries="$libraries" -v impure="$impure" -v pure=" $pure " '
    function fits(name, pattern) {
        gsub(/[.]/, "[.]", pattern)
        gsub(/[*]/, ".*", pattern)
        return name ~ ("^" pattern "$")
    }
    function report(text) {
        printf "%s:%d: %s\n", FILENAME, FNR, text
    }
    function check_ours(header,    i) {
        if (header == "config.h")
            return
        if (header !~ "/") {
            report("\"" header "\": includes of ours are written from src/, as \"room/name.h\"")
            return
        }
        if (header ~ /_private[.]h$/ && index(header, room "/") != 1)
            report(header " is private to its room")
        for (i = 1; i <= allowed_count; i++)
            if (allowed[i] == header || allowed[i] == header "@" FILENAME ||
                index(header, allowed[i] "/") == 1)
                return
        report(room "/ may not include \"" header "\"")
    }
    function is_pure(    i) {
        if (index(pure, " " room " "))
            return 1
        for (i = 1; i <= pure_count; i++)
            if (fits(FILENAME, pure_file[i]))
                return 1
        return 0
    }
    function check_theirs(header,    i, j, n, words) {
        if (is_pure() && header == "uv.h") {
            report("<uv.h> may not be included here")
            return
        }
        for (i = 1; i <= row_count; i++) {
            n = split(row[i], words, " ")
            if (n == 0 || !fits(header, words[1]))
                continue
            for (j = 2; j <= n; j++)
                if (fits(FILENAME, words[j]))
                    return
            report(header " may not be included here")
            return
        }
    }
    BEGIN {
        n = split(rooms, line, "\n")
        for (i = 1; i <= n; i++) {
            count = split(line[i], word, " ")
            if (count && !known && (word[1] == room || (word[1] == "verb/*" && room ~ /^verb[\/]/))) {
                known = 1
                allowed_count = count
                allowed[1] = room
                for (j = 2; j <= count; j++)
                    allowed[j] = word[j]
            }
        }
        if (!known)
            print "src/" room ": a room without a row in tests/includes.sh"
        row_count = split(libraries, row, "\n")
        pure_count = split(pure, pure_file, " ")
    }
    /^[ \t]*#[ \t]*include[ \t]*"/ {
        split($0, part, "\"")
        check_ours(part[2])
        check_theirs(part[2])
    }
    /^[ \t]*#[ \t]*include[ \t]*</ {
        split($0, part, /[<>]/)
        if (part[2] == "config.h")
            next
        check_theirs(part[2])
    }
    FNR == 1 { comment = 0 }
    is_pure() {
        code = $0
        gsub(/"([^"\\]|\\.)*"/, "\"\"", code)
        gsub(/\/\*[^*]*\*\//, "", code)
        if (comment && sub(/^.*\*\//, "", code))
            comment = 0
        if (comment)
            next
        if (sub(/\/\*.*$/, "", code))
            comment = 1
        sub(/\/\/.*$/, "", code)
        if (match(code, "(^|[^A-Za-z0-9_.>])(" impure ")[ ]*[(]") || code ~ /(^|[^A-Za-z0-9_])(FILE|stdin|stdout|stderr)([^A-Za-z0-9_]|$)/)
            report(room "/ does no I/O, reads no clock and draws no random numbers: " $0)
    }
    '
    )
}

number=0
# Prints one test line: the name, and what was found wrong (nothing: passed).
result() {
    number=$((number + 1))
    if [ -z "$2" ]; then
        echo "ok $number - $1"
    else
        printf '%s\n' "$2" | sed 's/^/# /'
        echo "not ok $number - $1"
    fi
}

(cd "$top_srcdir/src" && find . -mindepth 2 -name '*.[ch]' | sed 's|^[.]/||; s|/[^/]*$||') |
    sort -u >"$scratch/present"
[ ! -e "$top_srcdir/src/main.c" ] || echo main >>"$scratch/present"
while read -r room; do
    result "src/$room includes only what its row allows" "$(violations "$top_srcdir/src" "$room")"
done <"$scratch/present"

# What is quoted on standard error may be anybody's: one file filters it. The other two draw, and filter for themselves.
raw=$(
    cd "$top_srcdir/src"
    grep -rnE 'stderr *[,)]' . | grep -vE '^[.]/(app/complain|verb/run/script_progress|term/lineedit)[.]c:'
) || true
result 'only app/complain writes sentences on standard error' "$raw"

# libuv needs a handle's memory until it has closed it: few files have to know.
closers=$(
    cd "$top_srcdir/src"
    grep -rnE 'uv_close *[(]' . |
        grep -vE '^[.]/(net/(pump|timer|watch)[.]c|(app|term|verb)/)'
) || true
result 'net/pump, net/timer and net/watch close handles for everything below app' "$closers"

# A cast to libuv's handle is taken of anything's address, so only those who own handles write one: these rooms have
# timers and watches of net, which are asked with timer_runs.
handles=$(cd "$top_srcdir/src" && grep -rnE 'uv_(handle|timer|poll|idle|is_active|is_closing|close)' serve peer http redis channel) || true
result 'serve, peer, http, redis and channel leave the handles of libuv to net' "$handles"

# Each module receives its own group of options (cli/groups.h).
all_options() {
    (cd "$1" && grep -rnE 'struct options([^_[:alnum:]]|$)' . | grep -vE '^[.]/(cli/|main[.]c:)') || true
}
result 'struct options is seen by cli and main alone' "$(all_options "$top_srcdir/src")"

# One stage: only app opens the loop, handles SIGINT and SIGTERM, and ends the program.
own_stage() {
    (cd "$1" && grep -rnE '(app_loop_(init|close|stop_signals)|uv_loop_init|uv_stop|uv_signal_init|[^_[:alnum:]]_?exit) *[(]' verb) || true
}
result 'verbs leave loop, signals and exit to app' "$(own_stage "$top_srcdir/src")"

# A file that the makefiles do not name would be missing from the next release, a test would not run.
unlisted=$(
    cd "$top_srcdir"
    for file in src/*.[ch] src/*/*.[ch] src/*/*/*.[ch] tests/unit/*.[ch] tests/fuzz/*.[ch] tests/*/*.bats; do
        case $file in
        *'*'*) continue ;;
        tests/*.c) name=${file%.c} ;;
        *) name=$file ;;
        esac
        cat src/Makefile.inc tests/Makefile.inc |
            grep -qE "(^|[[:space:]])$name([[:space:]]|[.]c|\$)" || echo "$file is in no Makefile.inc"
    done
)
result 'every source file and test is named in a Makefile.inc' "$unlisted"

# A function fits on a screen.
long=$(
    cd "$top_srcdir/src"
    find . -name '*.c' | sort | xargs awk '
        /^{$/ { start = FNR }
        /^}$/ && start { if (FNR - start > 61) printf "%s:%d: %d lines\n", FILENAME, start, FNR - start - 1; start = 0 }'
)
result 'no function is longer than 60 lines' "$long"

# What some files of a room share and nobody else includes has one kind of name.
private=$(cd "$top_srcdir/src" && find . -name '*internal*.h')
result 'private headers are named NAME_private.h' "$private"

# planted NAME ROOM/FILE LINE [RULE]: the rule must find such a line.
planted() {
    rm -rf "$scratch/src"
    mkdir -p "$scratch/src/$(dirname "$2")"
    printf '%s\n' "$3" >"$scratch/src/$2"
    if [ -n "$("${4:-violations}" "$scratch/src" "${2%/*}")" ]; then
        result "$1 would be found" ''
    else
        result "$1 would be found" "nothing was reported about '$3' in src/$2"
    fi
}

planted 'an include of a room above' proto/bad.c '#include "session/session.h"'
planted 'an include without its room' base/bad.c '#include "buf.h"'
planted 'HTTP in net, but for link_proxy' net/bad.c '#include "proto/http1.h"'
planted 'a socket in proto' proto/bad.h '#include <sys/socket.h>'
planted 'a clock in proto' proto/bad.c '# include <time.h>'
planted 'zlib outside deflate' proto/bad.c '#include <zlib.h>'
planted 'OpenSSL outside net' proto/bad.c '#include <openssl/sha.h>'
planted 'libuv in a sink' sink/bad.c '#include <uv.h>'
planted 'a channel in the HTTP client' http/bad.c '#include "channel/channel.h"'
planted 'a session in a sink' sink/bad.h '#include "session/session.h"'
planted 'a verb in another' verb/compare/bad.c '#include "verb/connect/pipe.h"'
planted 'a verb in a new one' verb/new/bad.c '#include "verb/connect/pipe.h"'
planted 'all options in a verb' verb/serve/bad.c '#include "cli/options.h"'
planted 'all options in app' app/bad.h '#include "cli/options.h"'
planted 'a sentence of a verb past app_fail' verb/serve/bad.c '#include "app/complain.h"'
planted 'all options, only declared' app/bad.h 'int bad(const struct options *o);' all_options
planted 'a loop of a verb' verb/serve/bad.c '    uv_loop_init(&loop);' own_stage
planted 'signals of a verb' verb/serve/bad.c '    app_loop_stop_signals(loop, on_signal, s, e);' own_stage
planted 'an exit in a verb' verb/serve/bad.c '    _exit(1);' own_stage
planted 'a private header of another room' app/bad.c '#include "session/session_private.h"'
planted 'a session above its books' session/books/bad.c '#include "session/session.h"'
planted 'a clock in the books' session/books/bad.c '    t = time(NULL);'
planted 'libuv in a diagnosis' session/diagnose/bad.h '#include <uv.h>'
planted 'a file in an expectation' script/expect/bad.c '    f = fopen(name, "r");'
planted 'a clock in a rule' relay/rule_bad.c '    t = time(NULL);'
planted 'libuv in a rule' relay/rule_bad.h '#include <uv.h>'
planted 'printing in proto' proto/bad.c '    fprintf(stderr, "%d", n);'
planted 'a room without a row' attic/bad.c '#include <stddef.h>'

echo "1..$number"
