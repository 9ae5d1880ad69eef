# What the tests with servers of others share.

load ../bats/helpers

PEERS_HERE=${BASH_SOURCE[0]%/*}
export NODE_PATH=${NODE_PATH:-$PEERS_HERE/node_modules}

# How many lines make a long stream (PEER_LINES); servers that are slow by themselves get a part of it, and instrumented
# programs take their time.
MANY=$((${PEER_LINES:-1000000} / SLOW))

need_npm() {
    need node || return
    node -e "require('$1')" 2>/dev/null || missing "the npm package $1 is not installed (npm install in tests/peers)"
}

need_ws() {
    need_npm ws
}

# start_on PORT COMMAND...: a server in the background that accepts connections on that port of the loopback once this
# returns. What it prints goes to $BATS_TEST_TMPDIR/COMMAND.log.
start_on() {
    local port=$1 log=$BATS_TEST_TMPDIR/${2##*/}.log end=$((SECONDS + 20 * SLOW)) pid
    shift
    "$@" >"$log" 2>&1 </dev/null 3>&- &
    pid=$!
    PEERS+=("$pid")
    until (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        if ((SECONDS > end)) || ! kill -0 "$pid" 2>/dev/null; then
            echo "nothing listens on port $port; $1 printed:" >&2
            cat "$log" >&2
            return 1
        fi
        read -r -t 0.02 <> <(:) || true
    done
}

# start_nginx PORT [DIRECTIVE]: nginx in the foreground, once it listens on that port. What stands inside its http block
# is read here, the directive goes before it; its files, nginx.conf among them, lie in $BATS_TEST_TMPDIR.
start_nginx() {
    local folder=$BATS_TEST_TMPDIR user=
    PATH=$PATH:/usr/sbin:/usr/local/sbin
    need nginx
    [[ $(id -u) == 0 ]] && user='user root;'
    cat - <(echo '}') >"$folder/http.conf"
    cat - "$folder/http.conf" >"$folder/nginx.conf" <<END
$user
${2-}
daemon off;
master_process off;
pid $folder/nginx.pid;
error_log stderr warn;
events { worker_connections 64; }
http {
    access_log $folder/access.log;
    client_body_temp_path $folder/body;
    proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi;
    uwsgi_temp_path $folder/uwsgi;
    scgi_temp_path $folder/scgi;
END
    restart_nginx "$1"
}

# restart_nginx PORT: the same nginx again, after it was killed.
restart_nginx() {
    start_on "$1" nginx -e stderr -p "$BATS_TEST_TMPDIR" -c "$BATS_TEST_TMPDIR/nginx.conf"
}

# wait_until COMMAND...: until it succeeds.
wait_until() {
    local end=$((SECONDS + 30 * SLOW))
    until "$@"; do
        ((SECONDS <= end)) || return 1
        read -r -t 0.02 <> <(:) || true
    done
}

# last_ended STATUS REGEX: what await started last ended like this, and said so after all else.
last_ended() {
    local log=$BATS_TEST_TMPDIR/peer.$((${#PEERS[@]} - 1))
    status=0
    wait "${PEERS[-1]}" || status=$?
    assert_equal "$status" "$1"
    # A process of its own brings it there.
    wait_until grep -qE -- "$2" "$log" || {
        cat "$log" >&2
        return 1
    }
}

# dialogue ARGUMENTS...: wscope in a conversation. Of the lines read here, "> MESSAGE" is sent and "< REGEX" waits for a
# line that matches; then stdin ends. What it printed is in $output, $lines and $stderr, how it ended in $status.
dialogue() {
    local to from pid line came rest in=$BATS_TEST_TMPDIR/dialogue.in out=$BATS_TEST_TMPDIR/dialogue.out
    rm -f "$in" "$out"
    mkfifo "$in" "$out"
    wscope "$@" <"$in" >"$out" 2>"$BATS_TEST_TMPDIR/stderr" 3>&- &
    pid=$!
    # Both ways: writing to a wscope that is gone is no reason to die of SIGPIPE.
    exec {to}<>"$in" {from}<"$out"
    output=
    while IFS= read -r line; do
        if [[ $line == '> '* ]]; then
            printf '%s\n' "${line#> }" >&"$to"
            continue
        fi
        came=
        until [[ $came =~ ${line#< } ]]; do
            IFS= read -r -u "$from" came || break 2
            output+=$came$'\n'
        done
    done
    exec {to}>&-
    rest=$(cat <&"$from")
    exec {from}<&-
    if [[ $rest ]]; then
        output+=$rest
    else
        output=${output%$'\n'}
    fi
    status=0
    wait "$pid" || status=$?
    # Both are for the tests.
    # shellcheck disable=SC2034
    {
        mapfile -t lines <<<"$output"
        stderr=$(<"$BATS_TEST_TMPDIR/stderr")
    }
}

EXAMPLES=$PEERS_HERE/../../examples

# passes ARGUMENTS...: wscope run passes, and skips no test.
passes() {
    both run "$@"
    if [[ $status != 0 || $output == *'# SKIP'* ]]; then
        printf 'exit %s\n%s\n%s\n' "$status" "$output" "$stderr" >&2
        return 1
    fi
}

# URL arguments...: a stream of many lines comes back as it went.
round_trip() {
    seq 1 "$MANY" | WSCOPE_LIMIT=120 wscope -w 5 --count "$MANY" "$@" 2>"$BATS_TEST_TMPDIR/stderr" | cmp - <(seq 1 "$MANY") || {
        cat "$BATS_TEST_TMPDIR/stderr" >&2
        return 1
    }
}

# manual_examples NAME URL: the examples of wscope-as(7) that speak this protocol, as they are typed, but to the server of
# that URL: each prints what the manual shows.
manual_examples() {
    local folder=$BATS_TEST_TMPDIR/manual authority=${2#ws://} file files
    mkdir -p "$folder/bin"
    printf '#!/bin/sh\nexec %s "$@"\n' "${WSCOPE_COMMAND[*]}" >"$folder/bin/wscope"
    chmod +x "$folder/bin/wscope"
    "$PYTHON3" "$PEERS_HERE/../bats/manual_commands.py" "$folder" \
        "${top_srcdir:-$PEERS_HERE/../..}/man/wscope-as.7"
    files=$(grep -lE -- "^wscope --as ${1//./\\.}[ ,]" "$folder"/*.sh)
    for file in $files; do
        sed -i "s/localhost:[0-9]*/${authority%%/*}/" "$file"
        PATH=$folder/bin:$PATH timeout $((60 * SLOW)) bash -e "$file" >"$file.output" 2>"$file.errors" </dev/null || {
            cat "$file" "$file.errors" >&2
            return 1
        }
        diff "${file%.sh}.out" "$file.output" >&2 || return
    done
}
