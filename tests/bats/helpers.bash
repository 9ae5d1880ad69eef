# What the command-line tests share: running the program, peers in the background, waiting for them.
#
# The variables set here are for the tests; `status` and `output` are set by bats.
# shellcheck disable=SC2034,SC2154
#
# WSCOPE is the program, possibly with arguments ("valgrind -q wscope"); WSCOPE_SLOW multiplies time limits.

: "${BATS_LIB_PATH:=/usr/lib/bats:/usr/share/bats:/usr/lib:/usr/local/lib}"
export BATS_LIB_PATH
load_library() {
    local folder
    local IFS=:
    for folder in $BATS_LIB_PATH; do
        if [[ -e $folder/$1/load.bash ]]; then
            load "$folder/$1/load.bash"
            return
        fi
    done
    echo "$1 is not in $BATS_LIB_PATH" >&2
    return 1
}
load_library bats-support
load_library bats-assert

HERE=${BASH_SOURCE[0]%/*}
PYTHON3=${PYTHON3:-/usr/bin/python3}
SLOW=${WSCOPE_SLOW:-1}
read -ra WSCOPE_COMMAND <<<"${WSCOPE:-wscope}"
export LC_ALL=C.UTF-8
unset NO_COLOR WSCOPE_TRACE SSL_CERT_FILE SSL_CERT_DIR SSLKEYLOGFILE
unset http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY

# Nothing here may take longer; 124 says that it did.
wscope() {
    timeout -k 2 $((${WSCOPE_LIMIT:-120} * SLOW)) "${WSCOPE_COMMAND[@]}" "$@"
}

# tenths N: so many tenths of a second, in seconds, longer where the program is slow.
tenths() {
    echo "$(($1 * SLOW / 10)).$(($1 * SLOW % 10))"
}

# wscope with its standard error in $stderr, its standard output in $output, its exit code in $status.
both() {
    local errors=$BATS_TEST_TMPDIR/stderr
    run both_into "$errors" "$@"
    stderr=$(<"$errors")
}

both_into() {
    local errors=$1
    shift
    wscope "$@" 2>"$errors"
}

# assert_stderr REGEX...: each is found in $stderr, whatever its case.
assert_stderr() {
    local pattern
    for pattern in "$@"; do
        if ! grep -qiE -- "$pattern" <<<"$stderr"; then
            printf 'stderr does not match /%s/:\n%s\nexit %s\n' "$pattern" "$stderr" "$status" >&2
            return 1
        fi
    done
}

refute_stderr() {
    if grep -qiE -- "$1" <<<"$stderr"; then
        printf 'stderr matches /%s/:\n%s\n' "$1" "$stderr" >&2
        return 1
    fi
}

# need COMMAND WHAT: a missing tool is a skip by hand and a failure where all must be there.
need() {
    command -v "$1" >/dev/null 2>&1 && return
    missing "$1 is not installed"
}

need_python_module() {
    "$PYTHON3" -c "import $1" 2>/dev/null || missing "Python has no module $1"
}

missing() {
    if [[ ${CI:-} == true ]]; then
        echo "$1" >&2
        return 1
    fi
    skip "$1"
}

PEERS=()
DRAINS=()

# await PATTERN COMMAND...: start the command in the background and wait until it prints a line that matches the regular
# expression; the match's first group is then $found. The rest of what it prints goes to $BATS_TEST_TMPDIR/peer.N.
await() {
    local pattern=$1 line number=${#PEERS[@]} fifo log pid
    shift
    fifo=$BATS_TEST_TMPDIR/fifo.$number
    log=$BATS_TEST_TMPDIR/peer.$number
    mkfifo "$fifo"
    "$@" >"$fifo" 2>&1 </dev/null 3>&- &
    pid=$!
    PEERS+=("$pid")
    local input
    exec {input}<"$fifo"
    found=
    while IFS= read -t $((20 * SLOW)) -r -u "$input" line; do
        echo "$line" >>"$log"
        if [[ $line =~ $pattern ]]; then
            found=${BASH_REMATCH[1]}
            break
        fi
    done
    cat <&"$input" >>"$log" 3>&- &
    DRAINS+=($!)
    exec {input}<&-
    if [[ -z $found ]]; then
        echo "$1 did not print /$pattern/:" >&2
        cat "$log" >&2
        return 1
    fi
}

# The embedded server on a free port; its address without a path is then $SERVE.
serve() {
    await '(wss?://[^ ]*[0-9])' "${WSCOPE_COMMAND[@]}" serve "$@" 0
    SERVE=$found
    SERVE_PORT=${SERVE##*:}
}

# A peer of tests/bats/peer.py on a free port, which is then $PORT.
peer() {
    await '^port ([0-9]+)$' "$PYTHON3" "$HERE/peer.py" "$@"
    PORT=$found
}

# eventually COMMAND...: until it succeeds; 1 if it has not within 20 s. What has no end to wait for is asked again.
eventually() {
    local end=$((SECONDS + 20 * SLOW))
    until "$@"; do
        ((SECONDS < end)) || return 1
        sleep 0.05
    done
}

# appears REGEX FILE...: until one of the files has a line that matches.
appears() {
    eventually grep -qE -- "$@" && return
    printf 'no line matches /%s/:\n' "$1" >&2
    shift
    cat "$@" >&2
    return 1
}

# Wait until something accepts connections on a port of the loopback.
await_port() {
    "$PYTHON3" - "$1" $((20 * SLOW)) <<'END'
import socket, sys, time
end = time.monotonic() + float(sys.argv[2])
while True:
    try:
        socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1).close()
        break
    except OSError:
        if time.monotonic() > end:
            sys.exit(f"nothing listens on port {sys.argv[1]}")
        # A refused connection returns at once: wait on a socket that stays silent.
        import select
        select.select([], [], [], 0.02)
END
}

# A port that nothing listens on, and below those that the kernel gives to connections.
free_port() {
    "$PYTHON3" -c '
import random
import socket

while True:
    with socket.socket() as s:
        try:
            s.bind(("127.0.0.1", random.randrange(12000, 32000)))
        except OSError:
            continue
        print(s.getsockname()[1])
        break
'
}

stop_peers() {
    local pid
    for pid in "${PEERS[@]}"; do
        kill "$pid" 2>/dev/null || true
    done
    for pid in "${PEERS[@]}"; do
        wait "$pid" 2>/dev/null || true
    done
    # What a peer leaves running may hold its output open.
    for pid in "${DRAINS[@]}"; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    PEERS=()
    DRAINS=()
}

teardown() {
    stop_peers
}

# certificate NAME SAN: NAME.pem and NAME.key in the test's folder, signed by ca.pem there.
certificate() {
    local folder=$BATS_TEST_TMPDIR name=$1 san=$2
    if [[ ! -e $folder/ca.pem ]]; then
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=Bats Test Root' \
            -addext basicConstraints=critical,CA:TRUE -keyout "$folder/ca.key" -out "$folder/ca.pem" 2>/dev/null
    fi
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" -keyout "$folder/$name.key" \
        -out "$folder/$name.csr" 2>/dev/null
    openssl x509 -req -in "$folder/$name.csr" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" -CAcreateserial -days 30 \
        -extfile <(echo "subjectAltName=$san") -out "$folder/$name.pem" 2>/dev/null
}
